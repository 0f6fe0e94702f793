/*
 * Q3_K: blocks of 256 three-bit integers, 4 standing for zero, with six bits of sub, 32 standing
 * for zero, for each 16 and an f16 scale for all.
 *
 * The low two bits of an element lie as in Q2_K; the third is at bit b of byte i of `high`, for
 * element i of the b-th 32. Of sub j the low four bits are a nibble of byte j % 8, low for j < 8,
 * and the high two are in byte 8 + j % 4, at bit 2 * (j / 4).
 */

#include "tensor/unpack.h"

static float
sub(const uint8_t *bytes, size_t j)
{
	unsigned low = bytes[j % 8] >> j / 8 * 4 & 15u;
	unsigned high = bytes[8 + j % 4] >> j / 4 * 2 & 3u;

	return (float)((int)(low | high << 4) - 32);
}

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q3_k *from = w;
	float scale = ll_load_f16(from->scale);

	for (size_t b = 0; b < blocks; b++) {
		for (size_t i = 0; i < 32; i += 8) {
			uint64_t low = ll_bits8(ll_get8(from->q + b / 4 * 32 + i), b % 4 * 2, 3);
			uint64_t high = ll_bits8(ll_get8(from->high + i), (unsigned)b, 1);

			ll_put8(out->q[b] + i, ll_less8(low | high << 2, 4));
		}
		out->scale[b][0] = scale * sub(from->sub, 2 * b);
		out->scale[b][1] = scale * sub(from->sub, 2 * b + 1);
	}
}

const struct ll_format ll_format_q3_k = {
	.info = { "Q3_K", 256, sizeof(struct ll_q3_k) },
	.unpack = unpack,
	.halves = true,
	.panel = true,
	.scale_last = true,
};
