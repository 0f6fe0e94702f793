/*
 * Encoders of blocks of 256 whose parts have a scale and a minimum: Q2_K (16 parts), Q4_K and
 * Q5_K (8). What the bits are is in the files of the formats.
 *
 * Each part is fitted alone; of these scales the largest gives the block's, and so of the
 * minima. Then each part takes, of the integers around its own, those that leave the least
 * error; the block's two numbers are solved for with all integers kept; and that is repeated.
 */

#include <math.h>
#include <string.h>

#include "tensor/enc_block.h"
#include "tensor/enc_search.h"
#include "tensor/quant.h"

#define PARTS_MOST 16
#define PASSES 3

struct shape {
	size_t parts, size;	/* their product is 256 */
	float hi;		/* of the integers, from 0 */
	float sub_hi;		/* of the parts' scales and minima, from 0 */
};

static const struct shape shape2 = { 16, 16, 3, 15 };
static const struct shape shape4 = { 8, 32, 15, 63 };
static const struct shape shape5 = { 8, 32, 31, 63 };

/* A block: q * (scale * sub_scale) - min * sub_min. */
struct fitted {
	uint8_t scale[2], min[2];
	float sub_scale[PARTS_MOST], sub_min[PARTS_MOST];
	float q[256];
	float error;
};

/* A block to fit, and each part's line. */
struct task {
	const struct shape *shape;
	const float *x;
	float w[256];
	struct ll_enc_line line[PARTS_MOST];
};

static float
whole(float value, float hi)
{
	value = rintf(value);
	return value < 0 ? 0 : value > hi ? hi : value;
}

/* Part j's integers for these numbers of the block. */
static void
choose_part(struct fitted *to, const struct task *task, size_t j, float scale, float min)
{
	const struct shape *shape = task->shape;
	const float *x = task->x + j * shape->size, *w = task->w + j * shape->size;
	float at_scale = whole(scale > 0 ? task->line[j].scale / scale : 0, shape->sub_hi);
	float at_min = whole(min > 0 ? -task->line[j].min / min : 0, shape->sub_hi);
	float best = INFINITY, q[LL_ENC_MOST];

	for (float a = at_scale - 1; a <= at_scale + 1; a++) {
		for (float b = at_min - 1; b <= at_min + 1; b++) {
			float error;

			if (a < 0 || a > shape->sub_hi || b < 0 || b > shape->sub_hi)
				continue;
			error = ll_enc_line_round(q, x, w, shape->size,
			    (struct ll_enc_line){ scale * a, -(min * b) }, shape->hi);
			if (error < best) {
				best = error;
				to->sub_scale[j] = a;
				to->sub_min[j] = b;
				memcpy(to->q + j * shape->size, q, shape->size * sizeof(*q));
			}
		}
	}
	to->error += best;
}

static void
choose(struct fitted *to, const struct task *task, float scale, float min)
{
	scale = ll_enc_f16(to->scale, scale);
	min = ll_enc_f16(to->min, min);
	to->error = 0;
	for (size_t j = 0; j < task->shape->parts; j++)
		choose_part(to, task, j, scale, min);
}

/* The block's numbers with the least error for these integers; false if there are none. */
static bool
solve(const struct fitted *from, const struct task *task, float *scale, float *min)
{
	double aa = 0, ab = 0, bb = 0, xa = 0, xb = 0, determinant;

	for (size_t i = 0; i < 256; i++) {
		size_t j = i / task->shape->size;
		double a = (double)from->sub_scale[j] * (double)from->q[i], b = -(double)from->sub_min[j];
		double w = (double)task->w[i], x = (double)task->x[i];

		aa += w * a * a;
		ab += w * a * b;
		bb += w * b * b;
		xa += w * x * a;
		xb += w * x * b;
	}
	determinant = aa * bb - ab * ab;
	if (determinant > 1e-9 * aa * bb) {
		*scale = (float)((bb * xa - ab * xb) / determinant);
		*min = (float)((aa * xb - ab * xa) / determinant);
	} else if (aa > 0 && bb <= 0) {
		*scale = (float)(xa / aa);
		*min = 0;
	} else {
		return false;
	}
	return *scale >= 0 && *min >= 0;
}

/* Keeps in `best` what is better, beginning with these numbers of the block. */
static void
improve(struct fitted *best, const struct task *task, float scale, float min)
{
	struct fitted now;
	float last = INFINITY;

	for (int pass = 0; pass < PASSES; pass++) {
		choose(&now, task, scale, min);
		if (now.error < best->error)
			*best = now;
		if (now.error >= last || !solve(&now, task, &scale, &min))
			return;
		last = now.error;
	}
}

static void
fit(struct fitted *best, const float *x, const float *importance, const struct shape *shape)
{
	struct task task = { .shape = shape, .x = x };
	float scale = 0, min = 0;

	ll_enc_weights(task.w, x, 256, importance);
	for (size_t j = 0; j < shape->parts; j++) {
		const struct ll_enc_line *line = &task.line[j];

		task.line[j] = ll_enc_line(x + j * shape->size, task.w + j * shape->size, shape->size,
		    shape->hi, true);
		scale = line->scale > scale ? line->scale : scale;
		min = -line->min > min ? -line->min : min;
	}
	best->error = INFINITY;
	improve(best, &task, scale / shape->sub_hi, min / shape->sub_hi);
}

/* Element i of each run of 32 in the 2 bits of byte i that are the run's, a half at a time. */
static void
pack2(uint8_t *out, const float *q)
{
	memset(out, 0, 64);
	for (size_t i = 0; i < 256; i++)
		out[i / 128 * 32 + i % 32] |= (uint8_t)((unsigned)q[i] << i % 128 / 32 * 2);
}

static void
pack4(uint8_t *out, const float *q)
{
	for (size_t i = 0; i < 128; i++) {
		size_t at = i / 32 * 64 + i % 32;

		out[i] = (uint8_t)(((unsigned)q[at] & 15) | ((unsigned)q[at + 32] & 15) << 4);
	}
}

static void
pack5(uint8_t *out, const float *q)
{
	memset(out, 0, 32);
	for (size_t i = 0; i < 256; i++)
		out[i % 32] |= (uint8_t)(((unsigned)q[i] >> 4 & 1) << i / 32);
}

/* As ll_load_subs takes them. */
static void
pack_subs(uint8_t *out, const struct fitted *from)
{
	for (size_t j = 0; j < 4; j++) {
		unsigned scale = (unsigned)from->sub_scale[j], min = (unsigned)from->sub_min[j];
		unsigned scale4 = (unsigned)from->sub_scale[j + 4], min4 = (unsigned)from->sub_min[j + 4];

		out[j] = (uint8_t)(scale | scale4 >> 4 << 6);
		out[j + 4] = (uint8_t)(min | min4 >> 4 << 6);
		out[j + 8] = (uint8_t)((scale4 & 15) | (min4 & 15) << 4);
	}
}

static const float *
part(const float *importance, size_t b)
{
	return importance != NULL ? importance + 256 * b : NULL;
}

void
ll_enc_q2_k(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q2_k *block = out;
	struct fitted best;

	for (size_t b = 0; b < n / 256; b++, block++) {
		fit(&best, x + 256 * b, part(importance, b), &shape2);
		memcpy(block->scale, best.scale, 2);
		memcpy(block->min, best.min, 2);
		for (size_t j = 0; j < 16; j++)
			block->sub[j] = (uint8_t)((unsigned)best.sub_scale[j] | (unsigned)best.sub_min[j] << 4);
		pack2(block->q, best.q);
	}
}

void
ll_enc_q4_k(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q4_k *block = out;
	struct fitted best;

	for (size_t b = 0; b < n / 256; b++, block++) {
		fit(&best, x + 256 * b, part(importance, b), &shape4);
		memcpy(block->scale, best.scale, 2);
		memcpy(block->min, best.min, 2);
		pack_subs(block->sub, &best);
		pack4(block->q, best.q);
	}
}

void
ll_enc_q5_k(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q5_k *block = out;
	struct fitted best;

	for (size_t b = 0; b < n / 256; b++, block++) {
		fit(&best, x + 256 * b, part(importance, b), &shape5);
		memcpy(block->scale, best.scale, 2);
		memcpy(block->min, best.min, 2);
		pack_subs(block->sub, &best);
		pack4(block->q, best.q);
		pack5(block->high, best.q);
	}
}
