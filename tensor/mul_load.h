/*
 * What each format is in a panel (mul.h), for mul_rows.h: 16 elements of a run of 32 as four
 * vectors of bytes without sign, and scales and minima of a run. Bits are as in the formats' files,
 * which is where their meaning is told. A loader gets the units of a block; `b` counts the runs of
 * 32 in it, `half` the 16s.
 *
 * The ISA's file defines V, a vector of LL_LANE_ROWS integers, F, one of floats, and v_*, f_* on
 * them.
 */

#ifndef LL_TENSOR_MUL_LOAD_H
#define LL_TENSOR_MUL_LOAD_H

/* The loops over columns and over parts of a run must not stay loops. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define INLINE static inline __attribute__((always_inline))

struct ll_scales {
	F scale[2], min[2];
};

INLINE V
unit(const uint8_t *units, size_t i)
{
	return v_load(units + 64 * i);
}

/* Byte i of the units from `first` on, of all rows: scales of 8 bits. */
INLINE V
byte(const uint8_t *units, size_t first, unsigned i)
{
	return v_and(v_srl(unit(units, first + i / 4), i % 4 * 8), v_set(0xff));
}

INLINE void
nibbles(V q[4], const uint8_t *units, size_t first, unsigned shift)
{
	UNROLL
	for (size_t k = 0; k < 4; k++)
		q[k] = v_and(v_srl(unit(units, first + k), shift), v_set(0x0f0f0f0f));
}

INLINE void
add(V q[4], unsigned bytes)
{
	UNROLL
	for (size_t k = 0; k < 4; k++)
		q[k] = v_add8(q[k], v_set(bytes * 0x01010101u));
}

/* Q4_0 */

INLINE void
load_q4_0(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	(void)b;
	nibbles(q, units, 0, 4 * half);
}

INLINE struct ll_scales
scales_lone(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	(void)units;
	(void)b;
	return (struct ll_scales){ .scale = { f_load_f16(lone) } };
}

/* Q4_1 */

INLINE void
load_q4_1(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	(void)b;
	nibbles(q, units, 1, 4 * half);
}

INLINE struct ll_scales
scales_pair(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	V pair = unit(units, 0);

	(void)lone;
	(void)b;
	return (struct ll_scales){ .scale = { f_low_f16(pair) }, .min = { f_low_f16(v_srl(pair, 16)) } };
}

/* Q5_0, Q5_1: the fifth bits of all 32 elements are one unit. */

INLINE void
fifth_bits(V q[4], V bits, unsigned half)
{
	UNROLL
	for (unsigned k = 0; k < 4; k++)
		q[k] = v_or(q[k], v_spread4(bits, 16 * half + 4 * k, 0x10));
}

INLINE void
load_q5_0(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	(void)b;
	nibbles(q, units, 1, 4 * half);
	fifth_bits(q, unit(units, 0), half);
	add(q, 128 - 16);
}

INLINE void
load_q5_1(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	(void)b;
	nibbles(q, units, 2, 4 * half);
	fifth_bits(q, unit(units, 1), half);
}

/* Q8_0 */

INLINE void
load_q8_0(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	(void)b;
	UNROLL
	for (size_t k = 0; k < 4; k++)
		q[k] = v_xor(unit(units, 4 * half + k), v_set(0x80808080));
}

/* IQ4_NL, IQ4_XS */

INLINE void
look_up(V q[4])
{
	const V table = v_xor(v_table(ll_iq4_values), v_set(0x80808080));

	UNROLL
	for (size_t k = 0; k < 4; k++)
		q[k] = v_look_up(table, q[k]);
}

INLINE void
load_iq4_nl(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	load_q4_0(q, units, b, half);
	look_up(q);
}

INLINE void
load_iq4_xs(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	nibbles(q, units, 2 + 4 * b, 4 * half);
	look_up(q);
}

INLINE struct ll_scales
scales_iq4_xs(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	V head = unit(units, 0);
	V low = v_and(v_srl(unit(units, 1), 4 * b), v_set(15));
	V high = v_and(v_srl(head, 16 + 2 * b), v_set(3));
	V sub = v_sub(v_or(low, v_sll(high, 4)), v_set(32));

	(void)lone;
	return (struct ll_scales){ .scale = { f_mul(f_low_f16(head), f_from(sub)) } };
}

/* Q4_K, Q5_K: scale and min, then 12 bytes of six bits (ll_load_subs). */

INLINE struct ll_scales
scales_subs(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	V pair = unit(units, 0);
	V scale, min;

	(void)lone;
	if (b < 4) {
		scale = v_and(v_srl(unit(units, 1), 8 * b), v_set(63));
		min = v_and(v_srl(unit(units, 2), 8 * b), v_set(63));
	} else {
		V low = v_srl(unit(units, 3), 8 * (b - 4));
		V high_scale = v_srl(unit(units, 1), 8 * (b - 4) + 2);
		V high_min = v_srl(unit(units, 2), 8 * (b - 4) + 2);

		scale = v_or(v_and(low, v_set(15)), v_and(high_scale, v_set(48)));
		min = v_or(v_and(v_srl(low, 4), v_set(15)), v_and(high_min, v_set(48)));
	}
	return (struct ll_scales){
		.scale = { f_mul(f_low_f16(pair), f_from(scale)) },
		.min = { f_neg(f_mul(f_low_f16(v_srl(pair, 16)), f_from(min))) },
	};
}

INLINE void
load_q4_k(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	nibbles(q, units, 4 + b / 2 * 8 + 4 * half, b % 2 * 4);
}

INLINE void
load_q5_k(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	nibbles(q, units, 12 + b / 2 * 8 + 4 * half, b % 2 * 4);
	UNROLL
	for (size_t k = 0; k < 4; k++) {
		V bit = v_and(v_srl(unit(units, 4 + 4 * half + k), b), v_set(0x01010101));

		q[k] = v_or(q[k], v_sll(bit, 4));
	}
}

/* Q2_K */

INLINE void
two_bits(V q[4], const uint8_t *units, size_t first, unsigned b, unsigned half)
{
	UNROLL
	for (size_t k = 0; k < 4; k++)
		q[k] = v_and(v_srl(unit(units, first + b / 4 * 8 + 4 * half + k), b % 4 * 2),
		    v_set(0x03030303));
}

INLINE void
load_q2_k(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	two_bits(q, units, 4, b, half);
}

INLINE struct ll_scales
scales_q2_k(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	V pair = unit(units, 20);
	F scale = f_low_f16(pair), min = f_low_f16(v_srl(pair, 16));
	struct ll_scales out;

	(void)lone;
	UNROLL
	for (unsigned i = 0; i < 2; i++) {
		V sub = byte(units, 0, 2 * b + i);

		out.scale[i] = f_mul(scale, f_from(v_and(sub, v_set(15))));
		out.min[i] = f_neg(f_mul(min, f_from(v_srl(sub, 4))));
	}
	return out;
}

/* Q3_K */

INLINE void
load_q3_k(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	two_bits(q, units, 8, b, half);
	UNROLL
	for (size_t k = 0; k < 4; k++) {
		V bit = v_and(v_srl(unit(units, 4 * half + k), b), v_set(0x01010101));

		q[k] = v_or(q[k], v_sll(bit, 2));
	}
	add(q, 128 - 4);
}

INLINE struct ll_scales
scales_q3_k(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	F scale = f_load_f16(lone);
	struct ll_scales out;

	UNROLL
	for (unsigned i = 0; i < 2; i++) {
		unsigned j = 2 * b + i;
		V low = v_and(v_srl(byte(units, 24, j % 8), j / 8 * 4), v_set(15));
		V high = v_and(v_srl(byte(units, 24, 8 + j % 4), j / 4 * 2), v_set(3));

		out.scale[i] = f_mul(scale, f_from(v_sub(v_or(low, v_sll(high, 4)), v_set(32))));
	}
	return out;
}

/* Q6_K, in its own order of units: four of subs, then of each half eight high, sixteen low */

INLINE void
load_q6_k(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	nibbles(q, units, 12 + b / 4 * 24 + b % 2 * 8 + 4 * half, b % 4 / 2 * 4);
	UNROLL
	for (size_t k = 0; k < 4; k++) {
		V high = v_srl(unit(units, 4 + b / 4 * 24 + 4 * half + k), b % 4 * 2);

		q[k] = v_or(q[k], v_sll(v_and(high, v_set(0x03030303)), 4));
	}
	add(q, 128 - 32);
}

INLINE struct ll_scales
scales_q6_k(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	F scale = f_load_f16(lone);
	V subs = unit(units, b / 2);
	struct ll_scales out;

	UNROLL
	for (unsigned i = 0; i < 2; i++) {
		out.scale[i] = f_mul(scale, f_from(v_sra(v_sll(subs, 24 - (b % 2 * 16 + i * 8)), 24)));
	}
	return out;
}

/* Any format made wide (mul.h): bytes with 128 for zero, and two scales. */

INLINE void
load_wide(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	(void)b;
	UNROLL
	for (size_t k = 0; k < 4; k++)
		q[k] = unit(units, 4 * half + k);
}

INLINE struct ll_scales
wide_scales(const uint8_t *units, unsigned scales, bool min)
{
	struct ll_scales out;

	UNROLL
	for (unsigned i = 0; i < scales; i++) {
		out.scale[i] = f_load((const float *)(const void *)(units + 64 * (8 + i)));
		if (min)
			out.min[i] = f_load((const float *)(const void *)(units + 64 * (8 + scales + i)));
	}
	return out;
}

#define WIDE_SCALES(name, scales, min) \
	INLINE struct ll_scales \
	scales_wide_##name(const uint8_t *lone, const uint8_t *units, unsigned b) \
	{ \
		(void)lone; \
		(void)b; \
		return wide_scales(units, scales, min); \
	}

WIDE_SCALES(32, 1, false)
WIDE_SCALES(32_min, 1, true)
WIDE_SCALES(16, 2, false)
WIDE_SCALES(16_min, 2, true)

#endif
