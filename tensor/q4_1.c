/*
 * Q4_1: blocks of 32 nibbles with an f16 scale and an f16 minimum.
 */

#include "tensor/lanes.h"
#include "tensor/quant.h"

static const int8_t sub[2] = { 1, 1 };

static void
unpack(int8_t *q, const struct ll_q4_1 *block)
{
	for (size_t i = 0; i < 16; i++) {
		q[i] = (int8_t)(block->q[i] & 15);
		q[i + 16] = (int8_t)(block->q[i] >> 4);
	}
}

static void
dequantize(float *out, const void *w, size_t n)
{
	const struct ll_q4_1 *block = w;

	for (size_t b = 0; b < n / 32; b++) {
		float scale = ll_load_f16(block[b].scale);
		float min = ll_load_f16(block[b].min);
		int8_t q[32];

		unpack(q, &block[b]);
		for (size_t i = 0; i < 32; i++)
			out[32 * b + i] = scale * (float)q[i] + min;
	}
}

static float
dot_one(const struct ll_q4_1 *w, const struct ll_q8_act *x, size_t blocks)
{
	float lane[LL_LANES] = { 0 };
	float offset[2] = { 0 };

	for (size_t b = 0; b < blocks; b++) {
		int8_t q[32];

		unpack(q, &w[b]);
		ll_lanes_add(lane, b, q, ll_load_f16(w[b].scale), sub, x);
		offset[b % 2] += ll_load_f16(w[b].min) * x[b / 2].block[b % 2].sum;
	}
	return ll_lanes_fold(lane) + (offset[0] + offset[1]);
}

static void
dot(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t x_stride,
    size_t count, size_t n)
{
	for (size_t row = 0; row < count; row++)
		out[row * out_stride] = dot_one(w, x + row * x_stride, n / 32);
}

const struct ll_format ll_format_q4_1 = {
	.info = { "Q4_1", 32, sizeof(struct ll_q4_1) },
	.dequantize = dequantize,
	.dot_q8 = dot,
};
