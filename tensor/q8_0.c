/*
 * Q8_0: blocks of 32 signed bytes with one f16 scale.
 */

#include "tensor/lanes.h"
#include "tensor/quant.h"

static const int8_t sub[2] = { 1, 1 };

static void
dequantize(float *out, const void *w, size_t n)
{
	const struct ll_q8_0 *block = w;

	for (size_t i = 0; i < n; i++)
		out[i] = ll_load_f16(block[i / 32].scale) * (float)block[i / 32].q[i % 32];
}

static float
dot_one(const struct ll_q8_0 *w, const struct ll_q8_act *x, size_t blocks)
{
	float lane[LL_LANES] = { 0 };

	for (size_t b = 0; b < blocks; b++)
		ll_lanes_add(lane, b, w[b].q, ll_load_f16(w[b].scale), sub, x);
	return ll_lanes_fold(lane);
}

static void
dot(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t x_stride,
    size_t count, size_t n)
{
	for (size_t row = 0; row < count; row++)
		out[row * out_stride] = dot_one(w, x + row * x_stride, n / 32);
}

const struct ll_format ll_format_q8_0 = {
	.info = { "Q8_0", 32, sizeof(struct ll_q8_0) },
	.dequantize = dequantize,
	.dot_q8 = dot,
};
