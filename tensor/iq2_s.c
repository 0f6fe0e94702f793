/*
 * IQ2_S: blocks of 256, eight elements at a time one of 1024 points of a grid, eight bits of the
 * index in q and two in `high`, with a byte of signs. A nibble of sub for each 16. Weights are point
 * * scale * (2 * sub + 1) / 8.
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq2_s *from = w;
	float scale = ll_load_f16(from->scale) * 0.125f;

	for (size_t b = 0; b < blocks; b++) {
		for (size_t i = 0; i < 4; i++) {
			unsigned q = from->q[4 * b + i] | (from->high[b] >> 2 * i & 3u) << 8;

			ll_put8(out->q[b] + 8 * i, ll_negate8(ll_iq2_s_grid[q], from->sign[4 * b + i]));
		}
		out->scale[b][0] = scale * (float)(2 * (from->sub[b] & 15) + 1);
		out->scale[b][1] = scale * (float)(2 * (from->sub[b] >> 4) + 1);
	}
}

const struct ll_format ll_format_iq2_s = {
	.info = { "IQ2_S", 256, sizeof(struct ll_iq2_s) },
	.unpack = unpack,
	.halves = true,
};
