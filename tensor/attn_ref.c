/*
 * Kernels of attention, the specification: scores of query rows against a block of keys, and
 * weighted sums of a block of values (kv_block.h).
 */

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tensor/exp.h"
#include "tensor/kern_isa.h"
#include "tensor/lanes.h"

static float
float_at(const uint8_t *from, enum ll_kv_type type, size_t i)
{
	if (type == LL_KV_F32)
		return ((const float *)(const void *)from)[i];
	return type == LL_KV_F16 ? ll_f16_to_f32(((const uint16_t *)(const void *)from)[i]) :
	    ll_bf16_to_f32(((const uint16_t *)(const void *)from)[i]);
}

static void
score(float *scores, size_t stride, const float *q, size_t rows, const uint8_t *keys, size_t n,
    enum ll_kv_type type)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t t = 0; t < LL_KV_BLOCK; t++) {
			float sum = 0.0f;

			for (size_t d = 0; d < n; d++)
				sum = fmaf(q[d * LL_ATTEND_ROWS + r], float_at(keys, type, d * LL_KV_BLOCK + t), sum);
			scores[r * stride + t] = sum;
		}
}

static void
mix(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows,
    const uint8_t *values, size_t begin, size_t count, size_t n, enum ll_kv_type type)
{
	size_t v = (n + 15) / 16 * 16;

	for (size_t r = 0; r < rows; r++)
		for (size_t t = begin; t < begin + count; t++)
			for (size_t i = 0; i < v; i++)
				out[r * out_stride + i] = fmaf(weights[r * stride + t],
				    float_at(values, type, t * v + i), out[r * out_stride + i]);
}

#define FLOATS(name, type) \
	static void \
	scores_##name(float *scores, size_t stride, const void *q, size_t rows, const void *keys, \
	    const void *next, size_t n) \
	{ \
		(void)next; \
		score(scores, stride, q, rows, keys, n, type); \
	} \
	static void \
	mix_##name(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows, \
	    const void *values, const void *next, size_t begin, size_t count, size_t n) \
	{ \
		(void)next; \
		mix(out, out_stride, weights, stride, rows, values, begin, count, n, type); \
	}

#define WIDEN(name, type) \
	static void \
	widen_##name(float *out, const void *block, size_t n) \
	{ \
		for (size_t i = 0; i < n; i++) \
			out[i] = float_at(block, type, i); \
	}

WIDEN(f16, LL_KV_F16)
WIDEN(bf16, LL_KV_BF16)
FLOATS(f32, LL_KV_F32)
FLOATS(f16, LL_KV_F16)
FLOATS(bf16, LL_KV_BF16)

/* Number i of 32 of a key. */
static int
key_at(const uint8_t *keys, bool four, size_t t, size_t i)
{
	uint8_t byte = keys[(i % (four ? 16 : 32) / 4 * LL_KV_BLOCK + t) * 4 + i % 4];

	return !four ? byte - 128 : (i < 16 ? byte & 15 : byte >> 4) - 8;
}

/* Number i of 32 of a value, whose positions lie by fours. */
static int
value_at(const uint8_t *values, bool four, size_t i)
{
	if (!four)
		return (int8_t)values[4 * i];
	return (i < 16 ? values[4 * i] & 15 : values[4 * (i - 16)] >> 4) - 8;
}

static float
score_block(float score, const struct ll_attend_q8 *q, size_t r, const uint8_t *keys, bool four, size_t t, float scale)
{
	int32_t sum = 0;

	for (size_t i = 0; i < 32; i++)
		sum += key_at(keys, four, t, i) * (int8_t)((uint32_t)q->q[i / 4][r] >> 8 * (i % 4));
	return fmaf((float)sum, scale * q->scale[r], score);
}

static void
score_quantised(float *scores, size_t stride, const struct ll_attend_q8 *q, size_t rows,
    const uint8_t *keys, size_t n, bool four)
{
	size_t blocks = (n + 31) / 32, bytes = (four ? 16 : 32) * LL_KV_BLOCK;
	const uint16_t *scales = (const uint16_t *)(const void *)(keys + blocks * bytes);

	for (size_t r = 0; r < rows; r++)
		for (size_t t = 0; t < LL_KV_BLOCK; t++) {
			float sum = 0.0f;

			for (size_t b = 0; b < blocks; b++)
				sum = score_block(sum, &q[b], r, keys + b * bytes, four, t,
				    ll_f16_to_f32(scales[b * LL_KV_BLOCK + t]));
			scores[r * stride + t] = sum;
		}
}

/* A weight of a position in units. Q8_0 has no scales below 0; of Q4_0 it takes their sign. */
static int32_t
round_weight(float weight, uint16_t scale, float inverse, bool four)
{
	float folded = weight * (fabsf(ll_f16_to_f32(scale)) * inverse);

	folded = folded > 0.0f ? folded : 0.0f;
	folded = folded < LL_WEIGHT_MOST ? folded : LL_WEIGHT_MOST;
	return four && scale & 0x8000 ? -(int32_t)rintf(folded) : (int32_t)rintf(folded);
}

/* A run of 32 numbers of the head for one row; the scales and weights are those of the block. */
static void
mix_run(float *out, const float *weights, const uint8_t *values, size_t quad_bytes, const uint16_t *scales,
    size_t begin, size_t count, bool four)
{
	uint16_t most = 0;
	int32_t sum[32] = { 0 };
	float size;

	for (size_t t = begin; t < begin + count; t++)
		most = (scales[t] & 0x7fff) > most ? scales[t] & 0x7fff : most;
	size = ll_f16_to_f32(most);
	for (size_t t = begin; t < begin + count; t++) {
		int32_t weight = round_weight(weights[t], scales[t], LL_WEIGHT_MOST / size, four);

		for (size_t i = 0; i < 32; i++)
			sum[i] += weight * value_at(values + t / 4 * quad_bytes + t % 4, four, i);
	}
	for (size_t i = 0; i < 32; i++)
		out[i] = fmaf((float)sum[i], size / LL_WEIGHT_MOST, out[i]);
}

static void
mix_quantised(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows,
    const uint8_t *values, size_t begin, size_t count, size_t n, bool four)
{
	size_t blocks = (n + 31) / 32, run_bytes = 4 * (four ? 16 : 32);
	const uint16_t *scales = (const uint16_t *)(const void *)(values + LL_KV_BLOCK / 4 * blocks * run_bytes);

	for (size_t r = 0; r < rows; r++)
		for (size_t b = 0; b < blocks; b++)
			mix_run(out + r * out_stride + 32 * b, weights + r * stride, values + b * run_bytes,
			    blocks * run_bytes, scales + b * LL_KV_BLOCK, begin, count, four);
}

#define QUANTISED(name, four) \
	static void \
	scores_##name(float *scores, size_t stride, const void *q, size_t rows, const void *keys, \
	    const void *next, size_t n) \
	{ \
		(void)next; \
		score_quantised(scores, stride, q, rows, keys, n, four); \
	} \
	static void \
	mix_##name(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows, \
	    const void *values, const void *next, size_t begin, size_t count, size_t n) \
	{ \
		(void)next; \
		mix_quantised(out, out_stride, weights, stride, rows, values, begin, count, n, four); \
	}

QUANTISED(q8_0, false)
QUANTISED(q4_0, true)

static float
exp_fused(float x)
{
	float t, n, r, p, power;
	uint32_t bits;

	x = x < LL_EXP_LOWEST ? LL_EXP_LOWEST : x;
	t = fmaf(x, LL_EXP_LOG2E, LL_EXP_ROUND);
	n = t - LL_EXP_ROUND;
	r = fmaf(n, -LL_EXP_LN2_LOW, fmaf(n, -LL_EXP_LN2_HIGH, x));
	p = fmaf(LL_EXP_C6, r, LL_EXP_C5);
	p = fmaf(p, r, LL_EXP_C4);
	p = fmaf(p, r, LL_EXP_C3);
	p = fmaf(p, r, LL_EXP_C2);
	memcpy(&bits, &t, sizeof bits);
	bits = (bits << 23) + LL_EXP_ONE_BITS;
	memcpy(&power, &bits, sizeof power);
	return fmaf(fmaf(p, r, 1.0f), r, 1.0f) * power;
}

static float
weigh(float *x, size_t n, float *most)
{
	float lane[LL_LANES] = { 0 };

	*most = -INFINITY;
	for (size_t i = 0; i < n; i++)
		*most = x[i] > *most ? x[i] : *most;
	for (size_t i = 0; i < n; i++) {
		x[i] = exp_fused(x[i] - *most);
		lane[i % LL_LANES] += x[i];
	}
	return ll_lanes_fold(lane);
}

static void
blend(float *out, float by, const float *x, float x_by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = fmaf(x_by, x[i], by * out[i]);
}

const struct ll_kern ll_kern_attn_ref = {
	.isa = LL_ISA_REF,
	.scores = { scores_f32, scores_f16, scores_bf16, scores_q8_0, scores_q4_0 },
	.mix = { mix_f32, mix_f16, mix_bf16, mix_q8_0, mix_q4_0 },
	.kv_widen = { NULL, widen_f16, widen_bf16 },
	.weigh = weigh,
	.blend = blend,
};
