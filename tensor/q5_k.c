/*
 * Q5_K: as Q4_K with five bits, the fifth at bit b of byte i of `high` for element i of the b-th 32.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q5_k *from = w;
	float scale = ll_load_f16(from->scale), min = ll_load_f16(from->min);

	for (size_t b = 0; b < blocks; b++) {
		struct ll_subs subs = ll_load_subs(from->sub, b);

		for (size_t i = 0; i < 32; i += 8) {
			uint64_t low = ll_bits8(ll_get8(from->q + b / 2 * 32 + i), b % 2 * 4, 15);
			uint64_t high = ll_bits8(ll_get8(from->high + i), (unsigned)b, 1);

			ll_put8(out->q[b] + i, low | high << 4);
		}
		ll_scale_block(out, b, scale * (float)subs.scale);
		out->min[b][0] = -(min * (float)subs.min);
		out->min[b][1] = out->min[b][0];
	}
}

const struct ll_format ll_format_q5_k = {
	.info = { "Q5_K", 256, sizeof(struct ll_q5_k) },
	.unpack = unpack,
	.panel = true,
	.min = true,
};
