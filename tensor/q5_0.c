/*
 * Q5_0: blocks of 32 five-bit integers, 16 standing for zero, with one f16 scale. The low nibbles
 * of q are elements 0..15, the high ones 16..31; bit i of `high` is the fifth of element i.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q5_0 *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		for (size_t i = 0; i < 4; i++) {
			uint64_t low = ll_bits8(ll_get8(from->q + i % 2 * 8), i < 2 ? 0 : 4, 15);

			ll_put8(out->q[b] + 8 * i, ll_less8(low | ll_spread8(from->high[i]) << 4, 16));
		}
		ll_scale_block(out, b, ll_load_f16(from->scale));
	}
}

const struct ll_format ll_format_q5_0 = {
	.info = { "Q5_0", 32, sizeof(struct ll_q5_0) },
	.unpack = unpack,
	.panel = true,
};
