/*
 * Q6_K: blocks of 256 six-bit integers, 32 standing for zero; a signed byte scales each 16,
 * an f16 all of them.
 *
 * Each half of the block is four runs of 32 elements. Element i of run r has its low four bits
 * in low[32 * (r % 2) + i], the low nibble for runs 0 and 1 and the high one for 2 and 3, and
 * its high two bits in high[i], at bit 2 * r.
 */

#include "tensor/lanes.h"
#include "tensor/quant.h"

/* Run 0..7 of the block, that is elements 32 * run and on. */
static void
unpack(int8_t *q, const struct ll_q6_k *block, size_t run)
{
	const uint8_t *low = block->low + run / 4 * 64 + run % 2 * 32;
	const uint8_t *high = block->high + run / 4 * 32;
	unsigned low_shift = run % 4 / 2 * 4;
	unsigned high_shift = run % 4 * 2;

	for (size_t i = 0; i < 32; i++) {
		unsigned bits = (low[i] >> low_shift & 15u) | (high[i] >> high_shift & 3u) << 4;

		q[i] = (int8_t)((int)bits - 32);
	}
}

static void
dequantize(float *out, const void *w, size_t n)
{
	const struct ll_q6_k *block = w;

	for (size_t b = 0; b < n / 32; b++) {
		const struct ll_q6_k *from = &block[b / 8];
		const int8_t *sub = from->sub + b % 8 * 2;
		float scale = ll_load_f16(from->scale);
		int8_t q[32];

		unpack(q, from, b % 8);
		for (size_t i = 0; i < 32; i++)
			out[32 * b + i] = scale * (float)sub[i / 16] * (float)q[i];
	}
}

static float
dot_one(const struct ll_q6_k *w, const struct ll_q8_act *x, size_t blocks)
{
	float lane[LL_LANES] = { 0 };

	for (size_t b = 0; b < blocks; b++) {
		const struct ll_q6_k *from = &w[b / 8];
		int8_t q[32];

		unpack(q, from, b % 8);
		ll_lanes_add(lane, b, q, ll_load_f16(from->scale), from->sub + b % 8 * 2, x);
	}
	return ll_lanes_fold(lane);
}

static void
dot(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t x_stride,
    size_t count, size_t n)
{
	for (size_t row = 0; row < count; row++)
		out[row * out_stride] = dot_one(w, x + row * x_stride, n / 32);
}

const struct ll_format ll_format_q6_k = {
	.info = { "Q6_K", 256, sizeof(struct ll_q6_k) },
	.dequantize = dequantize,
	.dot_q8 = dot,
};
