/*
 * IQ3_S: blocks of 256, four elements at a time one of 512 points of a grid, eight bits of the index
 * in q and one in `high`, with half a byte of signs. A nibble of sub for each 32. Weights are point *
 * scale * (2 * sub + 1).
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq3_s *from = w;
	float scale = ll_load_f16(from->scale);

	for (size_t b = 0; b < blocks; b++) {
		unsigned sub = from->sub[b / 2] >> b % 2 * 4 & 15u;

		for (size_t i = 0; i < 4; i++) {
			const uint8_t *q = from->q + 8 * b + 2 * i;
			unsigned high = from->high[b] >> 2 * i;
			uint64_t first = ll_iq3_s_grid[q[0] | (high & 1) << 8];
			uint64_t second = ll_iq3_s_grid[q[1] | (high >> 1 & 1) << 8];

			ll_put8(out->q[b] + 8 * i, ll_negate8(first | second << 32, from->sign[4 * b + i]));
		}
		ll_scale_block(out, b, scale * (float)(2 * sub + 1));
	}
}

const struct ll_format ll_format_iq3_s = {
	.info = { "IQ3_S", 256, sizeof(struct ll_iq3_s) },
	.unpack = unpack,
	.halves = true,
};
