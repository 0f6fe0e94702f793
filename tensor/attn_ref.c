/*
 * Kernels of attention, the specification: scores of one query against rows of keys, and the
 * weighted sum of rows of values.
 */

#include "tensor/kern_isa.h"
#include "tensor/lanes.h"

static void
scores_f16(float *scores, const float *q, const uint16_t *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	for (size_t t = 0; t < count; t++) {
		const uint16_t *key = keys + t * stride;
		float lane[LL_LANES] = { 0 };

		for (size_t i = 0; i < n; i++)
			lane[i % LL_LANES] += q[i] * ll_f16_to_f32(key[i]);
		scores[t] = scale * ll_lanes_fold(lane);
	}
}

static void
scores_f32(float *scores, const float *q, const float *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	for (size_t t = 0; t < count; t++) {
		const float *key = keys + t * stride;
		float lane[LL_LANES] = { 0 };

		for (size_t i = 0; i < n; i++)
			lane[i % LL_LANES] += q[i] * key[i];
		scores[t] = scale * ll_lanes_fold(lane);
	}
}

static void
mix_f16(float *out, const float *weight, const uint16_t *values, size_t stride, size_t count,
    size_t n)
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < n; i++)
			out[i] += weight[t] * ll_f16_to_f32(values[t * stride + i]);
}

static void
mix_f32(float *out, const float *weight, const float *values, size_t stride, size_t count,
    size_t n)
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; i < n; i++)
			out[i] += weight[t] * values[t * stride + i];
}

const struct ll_kern ll_kern_attn_ref = {
	.isa = LL_ISA_REF,
	.scores_f16 = scores_f16,
	.scores_f32 = scores_f32,
	.mix_f16 = mix_f16,
	.mix_f32 = mix_f32,
};
