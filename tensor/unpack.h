/*
 * What the formats' files unpack with. Eight bytes at a time are worked on as one number, the first
 * byte lowest.
 */

#ifndef LL_TENSOR_UNPACK_H
#define LL_TENSOR_UNPACK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tensor/quant.h"

/* Formats of which there are panels (mul.h): X(name of ll_format_, name of LL_). */
#define LL_PANEL_FORMATS(X) \
	X(q4_0, Q4_0) X(q4_1, Q4_1) X(q5_0, Q5_0) X(q5_1, Q5_1) X(q8_0, Q8_0) X(q2_k, Q2_K) \
	X(q3_k, Q3_K) X(q4_k, Q4_K) X(q5_k, Q5_K) X(q6_k, Q6_K) X(iq4_nl, IQ4_NL) X(iq4_xs, IQ4_XS)
#define LL_FLOAT_FORMATS(X) X(f32, F32) X(f16, F16) X(bf16, BF16) X(f8_e4m3, F8_E4M3)

#define LL_EACH8 0x0101010101010101u

static inline uint64_t
ll_get8(const uint8_t *from)
{
	uint64_t bytes;

	memcpy(&bytes, from, sizeof bytes);
	return bytes;
}

static inline void
ll_put8(int8_t *to, uint64_t bytes)
{
	memcpy(to, &bytes, sizeof bytes);
}

/* The low `mask` of each byte after a shift to the right. */
static inline uint64_t
ll_bits8(uint64_t bytes, unsigned shift, unsigned mask)
{
	return bytes >> shift & LL_EACH8 * mask;
}

/* Each byte, which is below 128, less `zero`, which is at most 128. */
static inline uint64_t
ll_less8(uint64_t bytes, unsigned zero)
{
	return ((bytes | LL_EACH8 * 0x80) - LL_EACH8 * zero) ^ LL_EACH8 * 0x80;
}

/* Eight bits, each in the lowest of a byte. */
static inline uint64_t
ll_spread8(unsigned bits)
{
	uint64_t alone = bits * LL_EACH8 & 0x8040201008040201u;

	return (alone + LL_EACH8 * 0x7f) >> 7 & LL_EACH8;
}

/* Bytes above 0 negated where there is a bit. */
static inline uint64_t
ll_negate8(uint64_t bytes, unsigned bits)
{
	uint64_t ones = ll_spread8(bits);

	return (bytes ^ ones * 0xff) + ones;
}

/* Seven signs, and the eighth that makes the count of negative ones even. */
static inline unsigned
ll_even_signs(unsigned bits)
{
	return (bits & 127) | (unsigned)__builtin_parity(bits & 127) << 7;
}

static inline uint32_t
ll_load_u32(const uint8_t *bytes)
{
	return ll_load_u16(bytes) | (uint32_t)ll_load_u16(bytes + 2) << 16;
}

struct ll_subs {
	unsigned scale, min;
};

/*
 * The b-th of the eight scales and minima of Q4_K and Q5_K, six bits each in 12 bytes: the first
 * four are the low bits of bytes b and b + 4; the others have their low four bits in byte b + 4,
 * scale low and minimum high, and the high two at the top of bytes b - 4 and b.
 */
static inline struct ll_subs
ll_load_subs(const uint8_t *bytes, size_t b)
{
	if (b < 4)
		return (struct ll_subs){ bytes[b] & 63u, bytes[b + 4] & 63u };
	return (struct ll_subs){
		(bytes[b + 4] & 15u) | (unsigned)bytes[b - 4] >> 6 << 4,
		(unsigned)bytes[b + 4] >> 4 | (unsigned)bytes[b] >> 6 << 4,
	};
}

/* 32 nibbles looked up: the low ones are elements 0..15, the high ones 16..31. */
static inline void
ll_look_up_nibbles(int8_t *out, const uint8_t *q, const int8_t *values)
{
	for (size_t i = 0; i < 16; i++) {
		out[i] = values[q[i] & 15];
		out[i + 16] = values[q[i] >> 4];
	}
}

/* One scale for all 32. */
static inline void
ll_scale_block(struct ll_unpacked *out, size_t b, float scale)
{
	out->scale[b][0] = scale;
	out->scale[b][1] = scale;
}

#endif
