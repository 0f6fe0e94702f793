/*
 * IQ1_S: blocks of 256, eight elements at a time one of 2048 points of a grid of -1, 0 and 1, to
 * which 1/8 is added or taken. The index has eight bits in q and three in `high`, where each 32 have
 * 16 bits: four times three of index, three of sub, and a one where 1/8 is taken. Weights are (point
 * + delta) * scale * (2 * sub + 1); q is eight times the first.
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq1_s *from = w;
	float scale = ll_load_f16(from->scale) * 0.125f;

	for (size_t b = 0; b < blocks; b++) {
		unsigned high = ll_load_u16(from->high[b]);
		unsigned zero = high & 0x8000 ? LL_IQ1_ZERO + 1 : LL_IQ1_ZERO - 1;

		for (size_t i = 0; i < 4; i++) {
			unsigned q = from->q[4 * b + i] | (high >> 3 * i & 7) << 8;

			ll_put8(out->q[b] + 8 * i, ll_less8(ll_iq1_grid[q], zero));
		}
		ll_scale_block(out, b, scale * (float)(2 * (high >> 12 & 7) + 1));
	}
}

const struct ll_format ll_format_iq1_s = {
	.info = { "IQ1_S", 256, sizeof(struct ll_iq1_s) },
	.unpack = unpack,
	.halves = true,
};
