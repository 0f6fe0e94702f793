/*
 * IQ4_NL: blocks of 32 nibbles that stand for 16 fixed integers, with one f16 scale.
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq4_nl *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		ll_look_up_nibbles(out->q[b], from->q, ll_iq4_values);
		ll_scale_block(out, b, ll_load_f16(from->scale));
	}
}

const struct ll_format ll_format_iq4_nl = {
	.info = { "IQ4_NL", 32, sizeof(struct ll_iq4_nl) },
	.unpack = unpack,
	.panel = true,
};
