/*
 * Q4_1: blocks of 32 nibbles with an f16 scale and an f16 minimum.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q4_1 *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		for (size_t i = 0; i < 32; i += 8)
			ll_put8(out->q[b] + i, ll_bits8(ll_get8(from->q + i % 16), i < 16 ? 0 : 4, 15));
		ll_scale_block(out, b, ll_load_f16(from->scale));
		out->min[b][0] = out->min[b][1] = ll_load_f16(from->min);
	}
}

const struct ll_format ll_format_q4_1 = {
	.info = { "Q4_1", 32, sizeof(struct ll_q4_1) },
	.unpack = unpack,
	.min = true,
	.panel = true,
};
