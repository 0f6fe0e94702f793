/*
 * MXFP4: blocks of 32 floats of four bits (E2M1) with a power of two as scale (E8M0), from the OCP
 * Microscaling Formats specification 1.0. The values are kept doubled, to be integers; so the
 * scale is half of 2^(byte - 127). A byte of 255, there a NaN, is 2^128 as for llama.cpp.
 */

#include "tensor/unpack.h"

static const int8_t values[16] = { 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12 };

/* 2^(byte - 128), whose first two are subnormal. */
static float
half_scale(uint8_t byte)
{
	uint32_t bits = byte < 2 ? (uint32_t)0x200000 << byte : (uint32_t)(byte - 1) << 23;
	float scale;

	memcpy(&scale, &bits, sizeof scale);
	return scale;
}

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_mxfp4 *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		ll_look_up_nibbles(out->q[b], from->q, values);
		ll_scale_block(out, b, half_scale(from->scale));
	}
}

const struct ll_format ll_format_mxfp4 = {
	.info = { "MXFP4", 32, sizeof(struct ll_mxfp4) },
	.unpack = unpack,
	.halves = true,
};
