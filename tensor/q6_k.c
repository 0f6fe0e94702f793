/*
 * Q6_K: blocks of 256 six-bit integers, 32 standing for zero; a signed byte scales each 16,
 * an f16 all of them.
 *
 * Each half of the block is four runs of 32 elements. Element i of run r has its low four bits
 * in low[32 * (r % 2) + i], the low nibble for runs 0 and 1 and the high one for 2 and 3, and
 * its high two bits in high[i], at bit 2 * r.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q6_k *from = w;
	float scale = ll_load_f16(from->scale);

	for (size_t b = 0; b < blocks; b++) {
		for (size_t i = 0; i < 32; i += 8) {
			uint64_t low = ll_get8(from->low + b / 4 * 64 + b % 2 * 32 + i);
			uint64_t high = ll_get8(from->high + b / 4 * 32 + i);

			ll_put8(out->q[b] + i, ll_less8(ll_bits8(low, b % 4 / 2 * 4, 15) |
			    ll_bits8(high, b % 4 * 2, 3) << 4, 32));
		}
		for (size_t i = 0; i < 2; i++)
			out->scale[b][i] = scale * (float)from->sub[2 * b + i];
	}
}

/* The subs, then each half's high bits before its low ones. */
static const uint8_t order[13] = { 2, 4, 5, 6, 8, 10, 11, 12, 1, 3, 7, 9, 0 };

const struct ll_format ll_format_q6_k = {
	.info = { "Q6_K", 256, sizeof(struct ll_q6_k) },
	.unpack = unpack,
	.halves = true,
	.panel = true,
	.order = order,
	.scale_last = true,
};
