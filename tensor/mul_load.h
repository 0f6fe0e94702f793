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

/* Byte i of a unit, of all rows. */
INLINE V
byte(V unit, unsigned i)
{
	return i == 3 ? v_srl(unit, 24) : v_and(v_srl(unit, i * 8), v_set(0xff));
}

/* The same with its sign. */
INLINE V
signed_byte(V unit, unsigned i)
{
	return v_sra(v_sll(unit, 24 - i * 8), 24);
}

INLINE void
nibbles(V q[4], const uint8_t *units, size_t first, unsigned shift)
{
	UNROLL
	for (size_t k = 0; k < 4; k++)
		q[k] = v_and(v_srl(unit(units, first + k), shift), v_set(0x0f0f0f0f));
}

/* Of each byte of the units from `first` on the bits at `from` become those of `mask` in q. */
INLINE void
more_bits(V q[4], const uint8_t *units, size_t first, unsigned from, uint8_t mask)
{
	unsigned to = (unsigned)__builtin_ctz(mask);

	UNROLL
	for (size_t k = 0; k < 4; k++) {
		V bits = unit(units, first + k);

		bits = from > to ? v_srl(bits, from - to) : v_sll(bits, to - from);
		q[k] = v_or(q[k], v_and(bits, v_set(mask * 0x01010101u)));
	}
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
	const V low = v_set(0x0f0f0f0f), high = v_set(0x30303030);
	V pair = unit(units, 0), scales = unit(units, 1), mins = unit(units, 2), last = unit(units, 3);

	(void)lone;
	if (b < 4) {
		scales = v_and(scales, v_or(low, high));
		mins = v_and(mins, v_or(low, high));
	} else {
		scales = v_or(v_and(last, low), v_and(v_srl(scales, 2), high));
		mins = v_or(v_and(v_srl(last, 4), low), v_and(v_srl(mins, 2), high));
	}
	return (struct ll_scales){
		.scale = { f_mul(f_low_f16(pair), f_from(byte(scales, b % 4))) },
		.min = { f_mul(f_neg(f_low_f16(v_srl(pair, 16))), f_from(byte(mins, b % 4))) },
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
	more_bits(q, units, 4 + 4 * half, b, 0x10);
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
	F scale = f_low_f16(pair), min = f_neg(f_low_f16(v_srl(pair, 16)));
	V subs = unit(units, b / 2);
	struct ll_scales out;

	(void)lone;
	UNROLL
	for (unsigned i = 0; i < 2; i++) {
		V sub = byte(subs, b % 2 * 2 + i);

		out.scale[i] = f_mul(scale, f_from(v_and(sub, v_set(15))));
		out.min[i] = f_mul(min, f_from(v_srl(sub, 4)));
	}
	return out;
}

/* Q3_K */

INLINE void
load_q3_k(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	two_bits(q, units, 8, b, half);
	more_bits(q, units, 4 * half, b, 0x04);
}

INLINE struct ll_scales
scales_q3_k(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	F scale = f_load_f16(lone);
	V low = v_and(v_srl(unit(units, 24 + b / 2 % 2), b / 4 * 4), v_set(0x0f0f0f0f));
	V high = unit(units, 26);
	V subs;
	struct ll_scales out;

	high = b / 2 < 2 ? v_sll(high, 4 - b / 2 * 2) : v_srl(high, b / 2 * 2 - 4);
	subs = v_add8(v_or(low, v_and(high, v_set(0x30303030))), v_set(0xe0e0e0e0));	/* - 32 */
	UNROLL
	for (unsigned i = 0; i < 2; i++)
		out.scale[i] = f_mul(scale, f_from(signed_byte(subs, b % 2 * 2 + i)));
	return out;
}

/*
 * Q6_K, in its own order of units: four of subs, then of each half four high, four low, four high,
 * twelve low
 */

INLINE void
load_q6_k(V q[4], const uint8_t *units, unsigned b, unsigned half)
{
	units += 64 * (4 + b / 4 * 24);
	nibbles(q, units, b % 2 == 0 ? 4 + 8 * half : 16 + 4 * half, b % 4 / 2 * 4);
	more_bits(q, units, 8 * half, b % 4 * 2, 0x30);
}

INLINE struct ll_scales
scales_q6_k(const uint8_t *lone, const uint8_t *units, unsigned b)
{
	F scale = f_load_f16(lone);
	V subs = unit(units, b / 2);
	struct ll_scales out;

	UNROLL
	for (unsigned i = 0; i < 2; i++)
		out.scale[i] = f_mul(scale, f_from(signed_byte(subs, b % 2 * 2 + i)));
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
