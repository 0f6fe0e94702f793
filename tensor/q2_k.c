/*
 * Q2_K: blocks of 256 two-bit integers: q * scale * (low nibble of sub) - min * (high nibble of
 * sub), a byte of sub for each 16 elements, scale and min f16.
 *
 * Each half of the block is four runs of 32 elements; element i of run r is at bit 2 * r of byte i
 * of the half's 32.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q2_k *from = w;
	float scale = ll_load_f16(from->scale), min = ll_load_f16(from->min);

	for (size_t b = 0; b < blocks; b++) {
		for (size_t i = 0; i < 32; i += 8)
			ll_put8(out->q[b] + i, ll_bits8(ll_get8(from->q + b / 4 * 32 + i), b % 4 * 2, 3));
		for (size_t i = 0; i < 2; i++) {
			unsigned sub = from->sub[2 * b + i];

			out->scale[b][i] = scale * (float)(sub & 15);
			out->min[b][i] = -(min * (float)(sub >> 4));
		}
	}
}

const struct ll_format ll_format_q2_k = {
	.info = { "Q2_K", 256, sizeof(struct ll_q2_k) },
	.unpack = unpack,
	.halves = true,
	.panel = true,
	.min = true,
};
