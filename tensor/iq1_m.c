/*
 * IQ1_M: as IQ1_S, with a nibble of `high` for each eight elements: three bits of index, and a one
 * where 1/8 is taken. Each word of sub holds four times three bits, one for each 16 elements, and at
 * its top four bits of the f16 scale, the lowest first.
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static float
load_scale(const struct ll_iq1_m *from)
{
	unsigned bits = 0;

	for (size_t i = 0; i < 4; i++)
		bits |= (unsigned)ll_load_u16(from->sub[i]) >> 12 << 4 * i;
	return ll_f16_to_f32((uint16_t)bits);
}

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq1_m *from = w;
	float scale = load_scale(from) * 0.125f;

	for (size_t b = 0; b < blocks; b++) {
		unsigned subs = (unsigned)ll_load_u16(from->sub[b / 2]) >> b % 2 * 6;

		for (size_t i = 0; i < 4; i++) {
			unsigned high = from->high[2 * b + i / 2] >> i % 2 * 4 & 15u;
			unsigned q = from->q[4 * b + i] | (high & 7) << 8;

			ll_put8(out->q[b] + 8 * i, ll_less8(ll_iq1_grid[q],
			    high & 8 ? LL_IQ1_ZERO + 1 : LL_IQ1_ZERO - 1));
		}
		out->scale[b][0] = scale * (float)(2 * (subs & 7) + 1);
		out->scale[b][1] = scale * (float)(2 * (subs >> 3 & 7) + 1);
	}
}

const struct ll_format ll_format_iq1_m = {
	.info = { "IQ1_M", 256, sizeof(struct ll_iq1_m) },
	.unpack = unpack,
	.halves = true,
};
