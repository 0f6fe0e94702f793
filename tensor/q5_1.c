/*
 * Q5_1: blocks of 32 five-bit integers with an f16 scale and an f16 minimum, the bits as in Q5_0.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q5_1 *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		for (size_t i = 0; i < 4; i++) {
			uint64_t low = ll_bits8(ll_get8(from->q + i % 2 * 8), i < 2 ? 0 : 4, 15);

			ll_put8(out->q[b] + 8 * i, low | ll_spread8(from->high[i]) << 4);
		}
		ll_scale_block(out, b, ll_load_f16(from->scale));
		out->min[b][0] = out->min[b][1] = ll_load_f16(from->min);
	}
}

const struct ll_format ll_format_q5_1 = {
	.info = { "Q5_1", 32, sizeof(struct ll_q5_1) },
	.unpack = unpack,
	.panel = true,
	.min = true,
};
