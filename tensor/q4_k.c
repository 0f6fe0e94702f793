/*
 * Q4_K: blocks of 256 nibbles: q * scale * sub - min * sub_min, where sub and sub_min are six bits
 * for each 32 elements (ll_load_subs), scale and min f16. The low nibbles of each 32 bytes of q are
 * 32 elements, the high ones the next 32.
 */

#include <math.h>

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q4_k *from = w;
	float scale = ll_load_f16(from->scale), min = ll_load_f16(from->min);

	for (size_t b = 0; b < blocks; b++) {
		struct ll_subs subs = ll_load_subs(from->sub, b);

		for (size_t i = 0; i < 32; i += 8)
			ll_put8(out->q[b] + i, ll_bits8(ll_get8(from->q + b / 2 * 32 + i), b % 2 * 4, 15));
		ll_scale_block(out, b, scale * (float)subs.scale);
		out->min[b][0] = -(min * (float)subs.min);
		out->min[b][1] = out->min[b][0];
	}
}

static void
subs64(struct ll_subs64 *out, const void *w)
{
	const struct ll_q4_k *from = w;
	float min = ll_load_f16(from->min);

	out->scale = ll_load_f16(from->scale);
	for (size_t b = 0; b < 8; b++) {
		struct ll_subs subs = ll_load_subs(from->sub, b);

		out->sub[b] = (int32_t)subs.scale;
		out->offset[b] = fmaf(8.0f * out->scale, (float)subs.scale, -(min * (float)subs.min));
	}
}

const struct ll_format ll_format_q4_k = {
	.info = { "Q4_K", 256, sizeof(struct ll_q4_k) },
	.unpack = unpack,
	.subs64 = subs64,
	.panel = true,
	.min = true,
};
