/*
 * IQ4_XS: blocks of 256 nibbles that stand for the integers of IQ4_NL, with an f16 scale and six
 * bits of sub, 32 standing for zero, for each 32: four in sub_low, two in sub_high.
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq4_xs *from = w;
	float scale = ll_load_f16(from->scale);
	unsigned all_high = ll_load_u16(from->sub_high);

	for (size_t b = 0; b < blocks; b++) {
		unsigned low = from->sub_low[b / 2] >> b % 2 * 4 & 15u;
		unsigned high = all_high >> 2 * b & 3u;

		ll_look_up_nibbles(out->q[b], from->q + 16 * b, ll_iq4_values);
		ll_scale_block(out, b, scale * (float)((int)(low | high << 4) - 32));
	}
}

const struct ll_format ll_format_iq4_xs = {
	.info = { "IQ4_XS", 256, sizeof(struct ll_iq4_xs) },
	.unpack = unpack,
	.panel = true,
};
