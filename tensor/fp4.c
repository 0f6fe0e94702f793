/*
 * MXFP4 and NVFP4: floats of four bits (E2M1) with a scale for 32 that is a power of two (E8M0), from the OCP
 * Microscaling Formats specification 1.0, or one for 16 that is a float of eight bits without a sign (UE4M3), four of
 * which stand before 64. The values are kept doubled, to be integers; so scales are half of what
 * is written. What would be a NaN is, as for llama.cpp, 2^128 of E8M0 and 0 of UE4M3.
 */

#include "tensor/unpack.h"

static const int8_t values[16] = { 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12 };

/* 2^(byte - 128), whose first two are subnormal. */
static float
half_power(uint8_t byte)
{
	uint32_t bits = byte < 2 ? (uint32_t)0x200000 << byte : (uint32_t)(byte - 1) << 23;
	float scale;

	memcpy(&scale, &bits, sizeof scale);
	return scale;
}

static float
half_float(uint8_t byte)
{
	unsigned exponent = byte >> 3 & 15, mantissa = byte & 7;

	if (byte == 0x7f)
		return 0.0f;
	return exponent == 0 ? (float)mantissa * 0x1p-10f : (float)((mantissa | 8u) << (exponent - 1)) * 0x1p-10f;
}

static void
unpack_mx(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_mxfp4 *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		ll_look_up_nibbles(out->q[b], from->q, values);
		ll_scale_block(out, b, half_power(from->scale));
	}
}

static void
unpack_nv(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_nvfp4 *from = w;

	for (size_t i = 0; i < 2 * blocks; i++) {
		const uint8_t *q = from[i / 4].q + i % 4 * 8;

		for (size_t k = 0; k < 8; k++) {
			out->q[i / 2][i % 2 * 16 + k] = values[q[k] & 15];
			out->q[i / 2][i % 2 * 16 + k + 8] = values[q[k] >> 4];
		}
		out->scale[i / 2][i % 2] = half_float(from[i / 4].scale[i % 4]);
	}
}

const struct ll_format ll_format_mxfp4 = {
	.info = { "MXFP4", 32, sizeof(struct ll_mxfp4) },
	.unpack = unpack_mx,
	.halves = true,
};

const struct ll_format ll_format_nvfp4 = {
	.info = { "NVFP4", 64, sizeof(struct ll_nvfp4) },
	.unpack = unpack_nv,
	.halves = true,
};
