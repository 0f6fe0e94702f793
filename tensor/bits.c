/*
 * Q1_0 and Q2_0: one bit and two bits for a weight, in order, the lowest of a byte first, with one f16
 * scale for 128 and for 64. A bit is -1 or 1, two are -1, 0, 1 or 2.
 */

#include "tensor/unpack.h"

static void
unpack_q1(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q1_0 *from = w;

	for (size_t b = 0; b < blocks; b++) {
		for (size_t i = 0; i < 4; i++)
			ll_put8(out->q[b] + 8 * i, ll_less8(2 * ll_spread8(from[b / 4].q[b % 4 * 4 + i]), 1));
		ll_scale_block(out, b, ll_load_f16(from[b / 4].scale));
	}
}

static void
unpack_q2(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q2_0 *from = w;

	for (size_t b = 0; b < blocks; b++) {
		for (size_t i = 0; i < 32; i++)
			out->q[b][i] = (int8_t)((from[b / 2].q[b % 2 * 8 + i / 4] >> 2 * (i % 4) & 3) - 1);
		ll_scale_block(out, b, ll_load_f16(from[b / 2].scale));
	}
}

const struct ll_format ll_format_q1_0 = {
	.info = { "Q1_0", 128, sizeof(struct ll_q1_0) },
	.unpack = unpack_q1,
};

const struct ll_format ll_format_q2_0 = {
	.info = { "Q2_0", 64, sizeof(struct ll_q2_0) },
	.unpack = unpack_q2,
};
