/*
 * The products of mul.h, from one source for every ISA: the including file has defined vectors
 * whose lanes are LL_LANE_ROWS rows (V of integers, F of floats) and what is done with them, and
 * gets the functions mul_<format>.
 *
 * v_dot adds products of four bytes in each lane to it: weights without sign, at most 127 or, where
 * LL_DOT_BITS is 8, 255, and activations. v_dot128 is for weights of which 128 is zero, and what it adds to begins with
 * v_begin128.
 */

#ifndef LL_TENSOR_MUL_ROWS_H
#define LL_TENSOR_MUL_ROWS_H

#include "tensor/mul.h"
#include "tensor/mul_load.h"
#include "tensor/prefetch.h"
#include "tensor/unpack.h"

/* What is constant in a format, so that the compiler drops what it has not. */
struct shape {
	V (*load)(const uint8_t *units, unsigned b, unsigned half, unsigned k);
	struct ll_scales (*scales)(const uint8_t *lone, const uint8_t *units, unsigned b);
	unsigned zero;			/* of the weights: a power of two, or 0 */
	bool halves, min;
	unsigned runs;			/* of 32 elements in a block */
	bool lone;
	unsigned units;			/* of a block */
	bool shared;			/* runs are of the same units */
	unsigned (*shift)(unsigned b);	/* how much the bytes of a run are shifted to the left, or NULL */
};

INLINE unsigned
left(const struct shape *shape, unsigned b)
{
	return shape->shift == NULL ? 0 : shape->shift(b);
}

INLINE unsigned
shift_of(unsigned power)
{
	return (unsigned)__builtin_ctz(power);
}

/* What the sum of a run begins with. */
INLINE V
begin(const struct shape *shape, unsigned b, const struct ll_act_q8 *x, unsigned half)
{
	int32_t less128 = shape->halves ? x->less128_half[half] : x->less128;

	if (shape->zero == 128)
		return v_begin128(less128);
	if (shape->zero == 8 && !shape->halves)
		return v_set((uint32_t)x->less8);
	return shape->zero == 0 ? v_set(0) : v_sra(v_set((uint32_t)less128),
	    shift_of(128 / shape->zero) - left(shape, b));
}

INLINE V
dot(const struct shape *shape, V sum, V q, const int8_t *x)
{
	return shape->zero == 128 ? v_dot128(sum, q, x) : v_dot(sum, q, x);
}

/*
 * `group` runs of 32 elements with `cols` columns: of one column two that share units are taken
 * together, so that each unit is loaded once.
 */
INLINE void
run(F *acc, const struct shape *shape, const uint8_t *lone, const uint8_t *units, unsigned first,
    unsigned group, const union ll_act *x, size_t width, size_t cols)
{
	V sum[LL_MUL_COLS];	/* of [group][cols] */
	F t[LL_MUL_COLS];
	V q[8];			/* of [4][group] */

	UNROLL
	for (unsigned half = 0; half < 2; half++) {
		if (half == 0 || shape->halves)
			UNROLL
			for (size_t j = 0; j < group * cols; j++)
				sum[j] = begin(shape, first + j / cols, &x[j / cols * width + j % cols].q8, half);
		UNROLL
		for (unsigned k = 0; k < 4 * group; k++)
			q[k] = shape->load(units, first + k % group, half, k / group);
		UNROLL
		for (unsigned k = 0; k < 4 * group; k++)
			UNROLL
			for (size_t j = 0; j < cols; j++)
				sum[k % group * cols + j] = dot(shape, sum[k % group * cols + j], q[k],
				    x[k % group * width + j].q8.q + 16 * half + 4 * (k / group));
		if (!shape->halves && half == 0)
			continue;
		UNROLL
		for (size_t j = 0; j < group * cols; j++) {
			unsigned b = first + (unsigned)(j / cols);
			struct ll_scales s = shape->scales(lone, units, b);
			F part = f_from(left(shape, b) == 0 ? sum[j] : v_sra(sum[j], left(shape, b)));

			t[j] = shape->halves && half == 1 ? f_fma(part, s.scale[1], t[j]) : f_mul(part, s.scale[0]);
		}
	}
	UNROLL
	for (size_t j = 0; j < group * cols; j++) {
		struct ll_scales s = shape->scales(lone, units, first + (unsigned)(j / cols));
		const struct ll_act_q8 *at = &x[j / cols * width + j % cols].q8;

		if (shape->min && !shape->halves)
			t[j] = f_fma(s.min[0], f_set(at->sum), t[j]);
		if (shape->min && shape->halves)
			t[j] = f_fma(s.min[1], f_set(at->sum_half[1]), f_fma(s.min[0], f_set(at->sum_half[0]), t[j]));
		acc[j % cols] = f_fma(t[j], f_set(at->scale), acc[j % cols]);
	}
}

/* Asks for the part of what comes later, beyond a panel's end of the next, that is due in some runs. */
INLINE void
ahead(const uint8_t *w, unsigned b, unsigned group, size_t cols, const struct shape *shape)
{
	unsigned begin = shape->units * b / shape->runs, end = shape->units * (b + group) / shape->runs;

	/* Not unrolled by force: gcc 12 leaves a loop for Q6_K, which has a quarter less without it (8 columns). */
	for (unsigned k = begin; k < end; k++) {
		__builtin_prefetch(w + 64 * k + (cols <= LL_PREFETCH_COLS ? LL_PREFETCH : LL_PREFETCH_FAR(shape->runs)), 0, 1);
		if (cols > LL_PREFETCH_COLS)
			__builtin_prefetch(w + 64 * k + LL_PREFETCH_NEAR(shape->runs), 0, 3);
	}
}

INLINE void
read_through(const uint8_t *w, const struct shape *shape)
{
	for (unsigned k = 0; k < shape->units; k++)
		(void)*(const volatile uint8_t *)(w + 64 * k);
}

/* The rows of one vector. */
INLINE void
lanes(float *y, size_t y_stride, const uint8_t *w, size_t row, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more, const struct shape *shape)
{
	const uint8_t *lone = w + 2 * row;
	bool lines = shape->shared && LL_LANE_ROWS == LL_PANEL_ROWS;
	unsigned group = cols == 1 && lines ? 2 : 1;
	F acc[LL_MUL_COLS];

	w += 4 * row;

	UNROLL
	for (size_t j = 0; j < cols; j++)
		acc[j] = more ? f_load(y + j * y_stride) : f_zero();
	for (size_t i = 0; i < blocks; i++) {
		if (shape->lone && i % 2 == 0) {
			lone = w - 2 * row;
			w += 64;
		}
		if (cols <= LL_PREFETCH_COLS && lines)
			read_through(w, shape);
		UNROLL
		for (unsigned b = 0; b < shape->runs; b += group, x += group * width) {
			ahead(w, b, group, cols, shape);
			run(acc, shape, lone + i % 2 * 32, w, b, group, x, width, cols);
		}
		w += 64 * shape->units;
	}
	UNROLL
	for (size_t j = 0; j < cols; j++)
		f_store(y + j * y_stride, acc[j]);
}

INLINE void
rows(float *y, size_t y_stride, const uint8_t *w, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, bool more, const struct shape *shape)
{
	for (size_t row = 0; row < LL_PANEL_ROWS; row += LL_LANE_ROWS)
		lanes(y + row, y_stride, w, row, blocks, x, width, cols, more, shape);
}

/* Sanitizers take minutes over the code of many columns. */
#ifdef LL_FEW_COLS
#undef LL_LANE_COLS
#define LL_LANE_COLS 2
#endif

/* A function of its own for each number of columns that an ISA has registers for. */
#define LL_MUL_SWITCH(rows_of, ...) \
	size_t part; \
	for (; cols > 0; cols -= part, x += part, y += part * y_stride) { \
		part = cols < LL_LANE_COLS ? cols : LL_LANE_COLS; \
		switch (part) { \
		LL_MUL_CASES_2(rows_of, __VA_ARGS__) \
		LL_MUL_CASES_4(rows_of, __VA_ARGS__) \
		LL_MUL_CASES_8(rows_of, __VA_ARGS__) \
		} \
	}
#define LL_MUL_CASE(n, rows_of, ...) \
		case n: rows_of(y, y_stride, w, blocks, x, width, n, more, __VA_ARGS__); break;
#define LL_MUL_CASES_2(...) LL_MUL_CASE(1, __VA_ARGS__) LL_MUL_CASE(2, __VA_ARGS__)
#define LL_MUL_CASES_4(...)
#define LL_MUL_CASES_8(...)
#if LL_LANE_COLS >= 4
#undef LL_MUL_CASES_4
#define LL_MUL_CASES_4(...) LL_MUL_CASE(3, __VA_ARGS__) LL_MUL_CASE(4, __VA_ARGS__)
#endif
#if LL_LANE_COLS == 8
#undef LL_MUL_CASES_8
#define LL_MUL_CASES_8(...) LL_MUL_CASE(5, __VA_ARGS__) LL_MUL_CASE(6, __VA_ARGS__) \
		LL_MUL_CASE(7, __VA_ARGS__) LL_MUL_CASE(8, __VA_ARGS__)
#endif

/* Makes runs wide, by what the products themselves load (ll_widen). */
INLINE void
widen(uint8_t *out, const uint8_t *w, size_t blocks, const struct shape *shape)
{
	unsigned scales = shape->halves ? 2 : 1;
	/* What makes the zero 128. */
	const V more = v_set(shape->zero == 0 ? 0 : (128 - shape->zero) * 0x01010101u);
	const struct ll_layout layout = { .lone = shape->lone, .units = (uint8_t)shape->units };

	for (size_t i = 0; i < blocks; i++)
		for (unsigned b = 0; b < shape->runs; b++) {
			ahead(w + ll_panel_units(&layout, i), b, 1, LL_MUL_COLS, shape);
			for (size_t row = 0; row < LL_PANEL_ROWS; row += LL_LANE_ROWS) {
				const uint8_t *units = w + ll_panel_units(&layout, i) + 4 * row;
				struct ll_scales s = shape->scales(w + ll_panel_lone(&layout, i) + 2 * row, units, b);
				uint8_t *at = out + (i * shape->runs + b) * 64 * (8 + scales * (shape->min ? 2 : 1)) +
				    4 * row;

				UNROLL
				for (unsigned k = 0; k < 8; k++)
					v_store(at + 64 * k,
					    v_add8(v_srl(shape->load(units, b, k / 4, k % 4), left(shape, b)), more));
				UNROLL
				for (unsigned k = 0; k < scales; k++) {
					f_store((float *)(void *)(at + 64 * (8 + k)), s.scale[k]);
					if (shape->min)
						f_store((float *)(void *)(at + 64 * (8 + scales + k)), s.min[k]);
				}
			}
		}
}

#define LL_MUL(name, ...) \
	static const struct shape shape_##name = { __VA_ARGS__ }; \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t blocks, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		LL_MUL_SWITCH(rows, &shape_##name) \
	} \
	static inline void widen_##name(uint8_t *out, const uint8_t *w, size_t blocks) \
	{ \
		widen(out, w, blocks, &shape_##name); \
	}

LL_MUL(q4_0, load_q4_0, scales_lone, 8, false, false, 1, true, 4, false, NULL)
LL_MUL(q4_1, load_q4_1, scales_pair, 0, false, true, 1, false, 5, false, NULL)
LL_MUL(q5_0, load_q5_0, scales_lone, 16, false, false, 1, true, 5, false, NULL)
LL_MUL(q5_1, load_q5_1, scales_pair, 0, false, true, 1, false, 6, false, NULL)
LL_MUL(q8_0, load_q8_0, scales_lone, 128, false, false, 1, true, 8, false, NULL)
LL_MUL(iq4_nl, load_iq4_nl, scales_lone, 128, false, false, 1, true, 4, false, NULL)
LL_MUL(iq4_xs, load_iq4_xs, scales_iq4_xs, 128, false, false, 8, false, 34, false, NULL)
LL_MUL(q2_k, load_q2_k, scales_q2_k, 0, true, true, 8, false, 21, true, shift_q2_k)
LL_MUL(q3_k, load_q3_k, scales_q3_k, 4, true, false, 8, true, 27, true, shift_q3_k)
LL_MUL(q4_k, load_q4_k, scales_subs, 0, false, true, 8, false, 36, true, shift_q4_k)
LL_MUL(q5_k, load_q5_k, scales_subs, 0, false, true, 8, false, 44, true, NULL)
LL_MUL(q6_k, load_q6_k, scales_q6_k, 32, true, false, 8, true, 52, true, NULL)
LL_MUL(wide_32, load_wide, scales_wide_32, 128, false, false, 1, false, 9, false, NULL)
LL_MUL(wide_32_min, load_wide, scales_wide_32_min, 0, false, true, 1, false, 10, false, NULL)
LL_MUL(wide_16, load_wide, scales_wide_16, 128, true, false, 1, false, 10, false, NULL)
LL_MUL(wide_16_min, load_wide, scales_wide_16_min, 0, true, true, 1, false, 12, false, NULL)

/* Floats: a unit is one element, two, or four. */

struct float_shape {
	F (*load)(const uint8_t *units, unsigned i);	/* elements i of a block */
	unsigned elements, units;			/* of a block */
};

INLINE F
element_f32(const uint8_t *units, unsigned i)
{
	return f_load((const float *)(const void *)(units + 64 * i));
}

INLINE F
element_f16(const uint8_t *units, unsigned i)
{
	V pair = unit(units, i / 2);

	return f_low_f16(i % 2 == 0 ? pair : v_srl(pair, 16));
}

INLINE F
element_bf16(const uint8_t *units, unsigned i)
{
	V pair = unit(units, i / 2);

	return f_bits(i % 2 == 0 ? v_sll(pair, 16) : v_and(pair, v_set(0xffff0000)));
}

/* Halves whose exponents are too low by 8; those of NaN are all ones. */
INLINE F
element_f8(const uint8_t *units, unsigned i)
{
	V byte = v_srl(unit(units, i / 4), i % 4 * 8);
	V size = v_sll(v_and(byte, v_set(0x7f)), 7);
	V nan = v_and(v_equal(size, v_set(0x3f80)), v_set(0x7fff));
	V sign = v_sll(v_and(byte, v_set(0x80)), 8);

	return f_mul(f_low_f16(v_or(v_or(size, nan), sign)), f_set(0x1p8f));
}

INLINE void
float_lanes(float *y, size_t y_stride, const uint8_t *units, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, bool more, const struct float_shape *shape)
{
	F acc[LL_MUL_COLS], even[LL_MUL_COLS], odd[LL_MUL_COLS];
	unsigned in_run = LL_MUL_RUN / shape->elements;

	UNROLL
	for (size_t j = 0; j < cols; j++)
		acc[j] = more ? f_load(y + j * y_stride) : f_zero();
	for (size_t i = 0; i < blocks; i += in_run) {
		UNROLL
		for (size_t j = 0; j < cols; j++)
			even[j] = odd[j] = f_zero();
		for (size_t block = i; block < blocks && block < i + in_run; block++) {
			if (cols > LL_PREFETCH_FLOAT_COLS)
				for (unsigned k = 0; k < shape->units; k++)
					ll_prefetch_floats(units + 64 * k);
			UNROLL
			for (unsigned e = 0; e < shape->elements; e += 2) {
				F first = shape->load(units, e), second = shape->load(units, e + 1);
				const union ll_act *at = x + e / 16 * width;

				UNROLL
				for (size_t j = 0; j < cols; j++)
					even[j] = f_fma(first, f_set(at[j].f32[e % 16]), even[j]);
				UNROLL
				for (size_t j = 0; j < cols; j++)
					odd[j] = f_fma(second, f_set(at[j].f32[e % 16 + 1]), odd[j]);
			}
			units += 64 * shape->units;
			x += shape->elements / 16 * width;
		}
		UNROLL
		for (size_t j = 0; j < cols; j++)
			acc[j] = f_add(acc[j], f_add(even[j], odd[j]));
	}
	UNROLL
	for (size_t j = 0; j < cols; j++)
		f_store(y + j * y_stride, acc[j]);
}

INLINE void
float_rows(float *y, size_t y_stride, const uint8_t *w, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more, const struct float_shape *shape)
{
	for (size_t row = 0; row < LL_PANEL_ROWS; row += LL_LANE_ROWS)
		float_lanes(y + row, y_stride, w + 4 * row, blocks, x, width, cols, more, shape);
}

#define LL_MUL_FLOAT(name, ...) \
	static const struct float_shape shape_##name = { __VA_ARGS__ }; \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t blocks, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		LL_MUL_SWITCH(float_rows, &shape_##name) \
	}

LL_MUL_FLOAT(f32, element_f32, 16, 16)
LL_MUL_FLOAT(f16, element_f16, 32, 16)
LL_MUL_FLOAT(bf16, element_bf16, 32, 16)
LL_MUL_FLOAT(f8_e4m3, element_f8, 16, 4)

#define LL_MUL_ENTRY(name, type) [LL_##type] = mul_##name,
#define LL_WIDEN_ENTRY(name, type) [LL_##type] = widen_##name,

/* What every ISA's table has of this. */
#define LL_MUL_ENTRIES \
	.wants = { [LL_F32] = LL_ACT_F32, [LL_F16] = LL_ACT_F32, [LL_BF16] = LL_ACT_F32, \
	    [LL_F8_E4M3] = LL_ACT_F32 }, \
	.mul = { LL_PANEL_FORMATS(LL_MUL_ENTRY) LL_FLOAT_FORMATS(LL_MUL_ENTRY) }, \
	.mul_wide = { mul_wide_32, mul_wide_32_min, mul_wide_16, mul_wide_16_min }, \
	.widen = { LL_PANEL_FORMATS(LL_WIDEN_ENTRY) }

#endif
