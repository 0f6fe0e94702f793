/*
 * Q4_0: blocks of 32 nibbles, 8 standing for zero, with one f16 scale.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q4_0 *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		for (size_t i = 0; i < 32; i += 8)
			ll_put8(out->q[b] + i,
			    ll_less8(ll_bits8(ll_get8(from->q + i % 16), i < 16 ? 0 : 4, 15), 8));
		ll_scale_block(out, b, ll_load_f16(from->scale));
	}
}

const struct ll_format ll_format_q4_0 = {
	.info = { "Q4_0", 32, sizeof(struct ll_q4_0) },
	.unpack = unpack,
	.panel = true,
};
