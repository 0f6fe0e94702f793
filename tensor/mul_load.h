/*
 * What each format is in a panel (mul.h), for mul_rows.h: of 16 elements of a run of 32 the k-th
 * four, as bytes without sign, and scales and minima of a run. Bits are as in the formats' files,
 * which is where their meaning is told. A loader gets a block, in which `b` counts the runs of
 * 32, `half` the 16s of one. Where products take bytes of 8 bits, some loaders leave bits where they
 * are, shift_<format> to the left of their place: one shift of the sum is less than one of each.
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

/*
 * A block of a panel. Of units that several runs read `kept` has copies where mul_rows.h keeps
 * them, at the same places, and is `units` where it doesn't.
 */
struct block {
	const uint8_t *units, *kept;
	const uint8_t *lone;	/* its scale, if that is taken out */
};

/* Units of a block that are to be kept, of the first LL_KEPT_UNITS. */
#define LL_KEPT_UNITS 40

struct range {
	unsigned first, count;
};

INLINE V
unit(struct block at, size_t i)
{
	return v_load(at.units + 64 * i);
}

INLINE V
kept(struct block at, size_t i)
{
	return v_load(at.kept + 64 * i);
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

/* Of each byte of a unit the bits at `from` that `mask` has, to be at `to`. */
INLINE V
masked(V unit, unsigned from, uint8_t mask, unsigned to)
{
	return v_and(v_srl(unit, from - to), v_set((uint32_t)mask * 0x01010101u << to));
}

INLINE V
nibbles(V unit, unsigned from)
{
	return masked(unit, from, 0x0f, 0);
}

/* The bits of `bits` at `from` become those of `mask` in q. */
INLINE V
more_bits(V q, V bits, unsigned from, uint8_t mask)
{
	unsigned to = (unsigned)__builtin_ctz(mask);

	bits = from > to ? v_srl(bits, from - to) : v_sll(bits, to - from);
	return v_or(q, v_and(bits, v_set(mask * 0x01010101u)));
}

/* Q4_0 */

INLINE V
load_q4_0(struct block at, unsigned b, unsigned half, unsigned k)
{
	(void)b;
	return nibbles(unit(at, k), 4 * half);
}

INLINE struct ll_scales
scales_lone(struct block at, unsigned b)
{
	(void)b;
	return (struct ll_scales){ .scale = { f_load_f16(at.lone) } };
}

/* Q4_1 */

INLINE V
load_q4_1(struct block at, unsigned b, unsigned half, unsigned k)
{
	(void)b;
	return nibbles(unit(at, 1 + k), 4 * half);
}

INLINE struct ll_scales
scales_pair(struct block at, unsigned b)
{
	V pair = unit(at, 0);

	(void)b;
	return (struct ll_scales){ .scale = { f_low_f16(pair) }, .min = { f_low_f16(v_srl(pair, 16)) } };
}

/* Q5_0, Q5_1: the fifth bits of all 32 elements are one unit. */

INLINE V
fifth_bits(V bits, unsigned half, unsigned k)
{
	return v_spread4(bits, 16 * half + 4 * k, 0x10);
}

INLINE V
load_q5_0(struct block at, unsigned b, unsigned half, unsigned k)
{
	(void)b;
	return v_or(nibbles(unit(at, 1 + k), 4 * half), fifth_bits(unit(at, 0), half, k));
}

INLINE V
load_q5_1(struct block at, unsigned b, unsigned half, unsigned k)
{
	(void)b;
	return v_or(nibbles(unit(at, 2 + k), 4 * half), fifth_bits(unit(at, 1), half, k));
}

/* Q8_0 */

INLINE V
load_q8_0(struct block at, unsigned b, unsigned half, unsigned k)
{
	(void)b;
	return v_xor(unit(at, 4 * half + k), v_set(0x80808080));
}

/* IQ4_NL, IQ4_XS */

INLINE V
look_up(V q)
{
	return v_look_up(v_xor(v_table(ll_iq4_values), v_set(0x80808080)), q);
}

INLINE V
load_iq4_nl(struct block at, unsigned b, unsigned half, unsigned k)
{
	return look_up(load_q4_0(at, b, half, k));
}

INLINE V
load_iq4_xs(struct block at, unsigned b, unsigned half, unsigned k)
{
	return look_up(nibbles(unit(at, 2 + 4 * b + k), 4 * half));
}

INLINE struct range
keep_iq4_xs(unsigned b, unsigned half)
{
	return (struct range){ 0, b == 0 && half == 0 ? 2 : 0 };
}

INLINE struct ll_scales
scales_iq4_xs(struct block at, unsigned b)
{
	V head = kept(at, 0);
	V low = v_and(v_srl(kept(at, 1), 4 * b), v_set(15));
	V high = v_and(v_srl(head, 16 + 2 * b), v_set(3));
	V sub = v_sub(v_or(low, v_sll(high, 4)), v_set(32));

	return (struct ll_scales){ .scale = { f_mul(f_low_f16(head), f_from(sub)) } };
}

/* Q4_K, Q5_K: scale and min, then 12 bytes of six bits (ll_load_subs). */

/* Those of runs b / 4 * 4 to + 3, a byte each. */
struct four {
	V scales, mins;
};

INLINE struct four
four_subs(struct block at, unsigned b)
{
	const V low = v_set(0x0f0f0f0f), high = v_set(0x30303030);
	V scales = kept(at, 1), mins = kept(at, 2), last = kept(at, 3);

	if (b < 4)
		return (struct four){ v_and(scales, v_or(low, high)), v_and(mins, v_or(low, high)) };
	return (struct four){
		v_or(v_and(last, low), v_and(v_srl(scales, 2), high)),
		v_or(v_and(v_srl(last, 4), low), v_and(v_srl(mins, 2), high)),
	};
}

INLINE struct ll_scales
scales_subs(struct block at, unsigned b)
{
	V pair = kept(at, 0);
	struct four four = four_subs(at, b);

	return (struct ll_scales){
		.scale = { f_mul(f_low_f16(pair), f_from(byte(four.scales, b % 4))) },
		.min = { f_mul(f_neg(f_low_f16(v_srl(pair, 16))), f_from(byte(four.mins, b % 4))) },
	};
}

INLINE struct range
keep_q4_k(unsigned b, unsigned half)
{
	return (struct range){ 0, b == 0 && half == 0 ? 4 : 0 };
}

INLINE struct range
keep_q5_k(unsigned b, unsigned half)
{
	return (struct range){ 0, b == 0 && half == 0 ? 12 : 0 };
}

INLINE V
subs_q4_k(struct block at, unsigned b)
{
	V four = four_subs(at, b).scales;

	return b % 4 == 0 ? v_or(v_and(four, v_set(0xff)), v_and(v_sll(four, 8), v_set(0xff0000))) :
	    v_or(v_and(v_srl(four, 16), v_set(0xff)), v_and(v_srl(four, 8), v_set(0xff0000)));
}

INLINE F
scale_q4_k(struct block at)
{
	return f_low_f16(kept(at, 0));
}

INLINE F
offset_q4_k(struct block at, unsigned b)
{
	struct four four = four_subs(at, b);
	F min = f_mul(f_neg(f_low_f16(v_srl(kept(at, 0), 16))), f_from(byte(four.mins, b % 4)));

	return f_fma(f_mul(scale_q4_k(at), f_set(8.0f)), f_from(byte(four.scales, b % 4)), min);
}

INLINE unsigned
shift_q4_k(unsigned b)
{
	return LL_DOT_BITS == 8 ? b % 2 * 4 : 0;
}

INLINE V
load_q4_k(struct block at, unsigned b, unsigned half, unsigned k)
{
	return masked(unit(at, 4 + b / 2 * 8 + 4 * half + k), b % 2 * 4, 0x0f, shift_q4_k(b));
}

INLINE V
load_q5_k(struct block at, unsigned b, unsigned half, unsigned k)
{
	V low = nibbles(unit(at, 12 + b / 2 * 8 + 4 * half + k), b % 2 * 4);

	return more_bits(low, kept(at, 4 + 4 * half + k), b, 0x10);
}

/* Q2_K */

INLINE V
two_bits(struct block at, unsigned first, unsigned b, unsigned half, unsigned k, unsigned to)
{
	return masked(unit(at, first + b / 4 * 8 + 4 * half + k), b % 4 * 2, 0x03, to);
}

INLINE unsigned
shift_q2_k(unsigned b)
{
	return LL_DOT_BITS == 8 ? b % 4 * 2 : 0;
}

INLINE V
load_q2_k(struct block at, unsigned b, unsigned half, unsigned k)
{
	return two_bits(at, 4, b, half, k, shift_q2_k(b));
}

INLINE struct ll_scales
scales_q2_k(struct block at, unsigned b)
{
	V pair = unit(at, 20);
	F scale = f_low_f16(pair), min = f_neg(f_low_f16(v_srl(pair, 16)));
	V subs = unit(at, b / 2);
	struct ll_scales out;

	UNROLL
	for (unsigned i = 0; i < 2; i++) {
		V sub = byte(subs, b % 2 * 2 + i);

		out.scale[i] = f_mul(scale, f_from(v_and(sub, v_set(15))));
		out.min[i] = f_mul(min, f_from(v_srl(sub, 4)));
	}
	return out;
}

/* Q3_K */

/* There must be room for the third bit. */
INLINE unsigned
shift_q3_k(unsigned b)
{
	return LL_DOT_BITS < 8 ? 0 : b % 4 < 3 ? b % 4 * 2 : 4;
}

INLINE V
load_q3_k(struct block at, unsigned b, unsigned half, unsigned k)
{
	unsigned left = shift_q3_k(b);

	return more_bits(two_bits(at, 8, b, half, k, left), unit(at, 4 * half + k), b,
	    (uint8_t)(0x04 << left));
}

INLINE struct ll_scales
scales_q3_k(struct block at, unsigned b)
{
	F scale = f_load_f16(at.lone);
	V low = v_and(v_srl(unit(at, 24 + b / 2 % 2), b / 4 * 4), v_set(0x0f0f0f0f));
	V high = unit(at, 26);
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

INLINE V
load_q6_k(struct block at, unsigned b, unsigned half, unsigned k)
{
	unsigned first = 4 + b / 4 * 24 + k;
	V low = nibbles(unit(at, first + (b % 2 == 0 ? 4 + 8 * half : 16 + 4 * half)), b % 4 / 2 * 4);

	return more_bits(low, kept(at, first + 8 * half), b % 4 * 2, 0x30);
}

/* High bits, and the subs with the first of them. */
INLINE struct range
keep_q6_k(unsigned b, unsigned half)
{
	if (b == 0 && half == 0)
		return (struct range){ 0, 8 };
	return (struct range){ 4 + b / 4 * 24 + 8 * half, b % 4 == 0 ? 4 : 0 };
}

INLINE struct ll_scales
scales_q6_k(struct block at, unsigned b)
{
	F scale = f_load_f16(at.lone);
	V subs = kept(at, b / 2);
	struct ll_scales out;

	UNROLL
	for (unsigned i = 0; i < 2; i++)
		out.scale[i] = f_mul(scale, f_from(signed_byte(subs, b % 2 * 2 + i)));
	return out;
}

/* Any format made wide (mul.h): bytes with 128 for zero, and two scales. */

INLINE V
load_wide(struct block at, unsigned b, unsigned half, unsigned k)
{
	(void)b;
	return unit(at, 4 * half + k);
}

/* Runs of LL_WIDE_64, whose units are counted from the block's beginning. */

INLINE V
load_wide_64(struct block at, unsigned b, unsigned half, unsigned k)
{
	return unit(at, 11 * b + 4 * half + k);
}

INLINE V
subs_wide_block(struct block at, unsigned b)
{
	return v_or(unit(at, 11 * b + 8), v_sll(unit(at, 11 * (b + 1) + 8), 16));
}

INLINE F
offset_wide_block(struct block at, unsigned b)
{
	return f_bits(unit(at, 11 * b + 9));
}

INLINE F
scale_wide_block(struct block at)
{
	return f_bits(unit(at, 10));
}

INLINE struct ll_scales
wide_scales(struct block at, unsigned scales, bool min)
{
	struct ll_scales out;

	UNROLL
	for (unsigned i = 0; i < scales; i++) {
		out.scale[i] = f_bits(unit(at, 8 + i));
		if (min)
			out.min[i] = f_bits(unit(at, 8 + scales + i));
	}
	return out;
}

#define WIDE_SCALES(name, scales, min) \
	INLINE struct ll_scales \
	scales_wide_##name(struct block at, unsigned b) \
	{ \
		(void)b; \
		return wide_scales(at, scales, min); \
	}

WIDE_SCALES(32, 1, false)
WIDE_SCALES(32_min, 1, true)
WIDE_SCALES(16, 2, false)
WIDE_SCALES(16_min, 2, true)

#endif
