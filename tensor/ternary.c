/*
 * TQ1_0 and TQ2_0: blocks of 256 weights -1, 0 and 1 with one f16 scale. TQ2_0 has two bits for a
 * weight: four times 32 of them in the same 32 bytes, the lowest bits first. TQ1_0 has a byte for
 * five, as a fraction of 256 in base 3, rounded up: the first digit after the point is the first weight's.
 * A byte's digits are one after the other of five times as many weights as there are bytes together: 32,
 * then 16; the last four bytes have four digits each.
 */

#include "tensor/unpack.h"

/* out[i] of each byte's digit, which then leaves it; all less 1. */
static void
take_digits(int8_t *out, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned three = 3u * bytes[i];

		out[i] = (int8_t)((int)(three >> 8) - 1);
		bytes[i] = (uint8_t)three;
	}
}

static void
unpack_tq1(struct ll_unpacked *out, const void *w, size_t blocks)
{
	static const struct {
		uint8_t bytes, digits;
	} parts[] = { { 32, 5 }, { 16, 5 }, { 4, 4 } };
	const struct ll_tq1_0 *from = w;
	int8_t *q = out->q[0];
	uint8_t left[52];
	size_t at = 0;

	memcpy(left, from->q, sizeof left);
	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		for (size_t digit = 0; digit < parts[p].digits; digit++, q += parts[p].bytes)
			take_digits(q, left + at, parts[p].bytes);
		at += parts[p].bytes;
	}
	for (size_t b = 0; b < blocks; b++)
		ll_scale_block(out, b, ll_load_f16(from->scale));
}

static void
unpack_tq2(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_tq2_0 *from = w;

	for (size_t b = 0; b < blocks; b++) {
		for (size_t i = 0; i < 32; i += 8)
			ll_put8(out->q[b] + i, ll_less8(ll_bits8(ll_get8(from->q + b / 4 * 32 + i), 2 * (b % 4), 3), 1));
		ll_scale_block(out, b, ll_load_f16(from->scale));
	}
}

const struct ll_format ll_format_tq1_0 = {
	.info = { "TQ1_0", 256, sizeof(struct ll_tq1_0) },
	.unpack = unpack_tq1,
};

const struct ll_format ll_format_tq2_0 = {
	.info = { "TQ2_0", 256, sizeof(struct ll_tq2_0) },
	.unpack = unpack_tq2,
};
