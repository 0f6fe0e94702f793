/*
 * Encoders of blocks of 256 whose parts have a signed scale and no minimum: Q3_K and Q6_K (16
 * parts), IQ4_XS (8). What the bits are is in the files of the formats; the way is enc_line.c's.
 */

#include <math.h>
#include <string.h>

#include "tensor/enc_block.h"
#include "tensor/enc_search.h"
#include "tensor/iq_grids.h"
#include "tensor/quant.h"

#define PARTS_MOST 16
#define PASSES 3

struct shape {
	size_t parts, size;	/* their product is 256 */
	struct ll_enc_levels levels;
	float sub_lo, sub_hi;	/* of the parts' scales */
};

static const struct shape shape3 = { 16, 16, { -4, 3, false }, -32, 31 };
static const struct shape shape6 = { 16, 16, { -32, 31, false }, -128, 127 };
static const struct shape shape_iq4 = { 8, 32, { -127, 113, true }, -32, 31 };

/* A block: q * (scale * sub). */
struct fitted {
	uint8_t scale[2];
	float sub[PARTS_MOST];
	float q[256];
	float gain;		/* on the error of all zeros */
};

/* A block to fit, and each part's scale. */
struct task {
	const struct shape *shape;
	const float *x;
	float w[256];
	float scale[PARTS_MOST];
};

/* Part j's integers for this scale of the block. */
static void
choose_part(struct fitted *to, const struct task *task, size_t j, float scale)
{
	const struct shape *shape = task->shape;
	const float *x = task->x + j * shape->size, *w = task->w + j * shape->size;
	float at = scale != 0 ? rintf(task->scale[j] / scale) : 0, best = 0;

	at = at < shape->sub_lo ? shape->sub_lo : at > shape->sub_hi ? shape->sub_hi : at;
	/* A scale of 0 stands for zeros, whatever the integers. */
	to->sub[j] = 0;
	ll_enc_round(to->q + j * shape->size, x, w, shape->size, 0, &shape->levels);
	for (float sub = at - 1; sub <= at + 1; sub++) {
		float s = scale * sub, gain;
		struct ll_enc_sums sums;

		if (sub < shape->sub_lo || sub > shape->sub_hi || s == 0)
			continue;
		sums = ll_enc_round(NULL, x, w, shape->size, 1.0f / s, &shape->levels);
		gain = s * (2 * sums.xq - s * sums.qq);
		if (gain > best) {
			best = gain;
			to->sub[j] = sub;
		}
	}
	if (to->sub[j] != 0)
		ll_enc_round(to->q + j * shape->size, x, w, shape->size, 1.0f / (scale * to->sub[j]),
		    &shape->levels);
	to->gain += best;
}

/* The scale with the least error for these integers. */
static float
solve(const struct fitted *from, const struct task *task)
{
	double xa = 0, aa = 0;

	for (size_t i = 0; i < 256; i++) {
		double a = (double)from->sub[i / task->shape->size] * (double)from->q[i];

		xa += (double)task->w[i] * (double)task->x[i] * a;
		aa += (double)task->w[i] * a * a;
	}
	return aa > 0 ? (float)(xa / aa) : 0;
}

/* Keeps in `best` what is better, beginning with this scale of the block. */
static void
improve(struct fitted *best, const struct task *task, float scale)
{
	struct fitted now;
	float last = -1;

	for (int pass = 0; pass < PASSES; pass++) {
		float half = ll_enc_f16(now.scale, scale);

		now.gain = 0;
		for (size_t j = 0; j < task->shape->parts; j++)
			choose_part(&now, task, j, half);
		if (now.gain > best->gain)
			*best = now;
		if (now.gain <= last)
			return;
		last = now.gain;
		scale = solve(&now, task);
	}
}

static void
fit(struct fitted *best, const float *x, const float *importance, const struct shape *shape)
{
	struct task task = { .shape = shape, .x = x };
	float largest = 0;

	ll_enc_weights(task.w, x, 256, importance);
	for (size_t j = 0; j < shape->parts; j++) {
		task.scale[j] = ll_enc_scale(x + j * shape->size, task.w + j * shape->size, shape->size,
		    &shape->levels);
		if (fabsf(task.scale[j]) > fabsf(largest))
			largest = task.scale[j];
	}
	/* All zeros, until something is better. */
	*best = (struct fitted){ .gain = 0 };
	if (shape->levels.iq4)
		for (size_t i = 0; i < 256; i++)
			best->q[i] = (float)ll_iq4_values[0];
	improve(best, &task, largest / shape->sub_lo);
	improve(best, &task, largest / shape->sub_hi);
}

/* As in Q2_K. */
static void
pack2(uint8_t *out, const uint8_t *q)
{
	memset(out, 0, 64);
	for (size_t i = 0; i < 256; i++)
		out[i / 128 * 32 + i % 32] |= (uint8_t)((q[i] & 3u) << i % 128 / 32 * 2);
}

/* Of sub j, 32 standing for zero: four bits in byte j % 8, the high two in byte 8 + j % 4. */
static void
pack_subs3(uint8_t *out, const float *sub)
{
	memset(out, 0, 12);
	for (size_t j = 0; j < 16; j++) {
		unsigned bits = (unsigned)((int)sub[j] + 32);

		out[j % 8] |= (uint8_t)((bits & 15) << j / 8 * 4);
		out[8 + j % 4] |= (uint8_t)(bits >> 4 << j / 4 * 2);
	}
}

static const float *
part(const float *importance, size_t b)
{
	return importance != NULL ? importance + 256 * b : NULL;
}

void
ll_enc_q3_k(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q3_k *block = out;
	struct fitted best;
	uint8_t q[256];

	for (size_t b = 0; b < n / 256; b++, block++) {
		fit(&best, x + 256 * b, part(importance, b), &shape3);
		memcpy(block->scale, best.scale, 2);
		pack_subs3(block->sub, best.sub);
		memset(block->high, 0, 32);
		for (size_t i = 0; i < 256; i++) {
			q[i] = (uint8_t)((int)best.q[i] + 4);
			block->high[i % 32] |= (uint8_t)(q[i] >> 2 << i / 32);
		}
		pack2(block->q, q);
	}
}

void
ll_enc_q6_k(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q6_k *block = out;
	struct fitted best;

	for (size_t b = 0; b < n / 256; b++, block++) {
		fit(&best, x + 256 * b, part(importance, b), &shape6);
		memcpy(block->scale, best.scale, 2);
		for (size_t j = 0; j < 16; j++)
			block->sub[j] = (int8_t)best.sub[j];
		memset(block->low, 0, sizeof(block->low));
		memset(block->high, 0, sizeof(block->high));
		for (size_t i = 0; i < 256; i++) {
			unsigned bits = (unsigned)((int)best.q[i] + 32), run = (unsigned)(i % 128 / 32);

			block->low[i / 128 * 64 + run % 2 * 32 + i % 32] |=
			    (uint8_t)((bits & 15) << run / 2 * 4);
			block->high[i / 128 * 32 + i % 32] |= (uint8_t)(bits >> 4 << run * 2);
		}
	}
}

void
ll_enc_iq4_xs(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_iq4_xs *block = out;
	struct fitted best;

	for (size_t b = 0; b < n / 256; b++, block++) {
		fit(&best, x + 256 * b, part(importance, b), &shape_iq4);
		memcpy(block->scale, best.scale, 2);
		memset(block->sub_low, 0, sizeof(block->sub_low));
		memset(block->sub_high, 0, sizeof(block->sub_high));
		for (size_t j = 0; j < 8; j++) {
			unsigned bits = (unsigned)((int)best.sub[j] + 32);

			block->sub_low[j / 2] |= (uint8_t)((bits & 15) << j % 2 * 4);
			block->sub_high[j / 4] |= (uint8_t)(bits >> 4 << j % 4 * 2);
		}
		for (size_t i = 0; i < 128; i++) {
			const float *q = best.q + i / 16 * 32 + i % 16;

			block->q[i] = (uint8_t)(ll_enc_iq4_index(q[0]) | ll_enc_iq4_index(q[16]) << 4);
		}
	}
}
