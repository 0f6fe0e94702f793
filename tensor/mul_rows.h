/*
 * The products of mul.h, from one source for every ISA: the including file has defined vectors
 * whose lanes are LL_LANE_ROWS rows (V of integers, F of floats) and what is done with them, and
 * gets the functions mul_<format>.
 *
 * v_dot adds products of four bytes in each lane to it: weights without sign, at most 127 or, where
 * LL_DOT_BITS is 8, 255, and activations. v_dot128 is for weights of which 128 is zero, and what it adds to begins with
 * v_begin128.
 *
 * A file that defines LL_WIDE_SIGNED multiplies wide runs itself, of signed bytes: it gets the functions
 * widen_<format> alone.
 */

#ifndef LL_TENSOR_MUL_ROWS_H
#define LL_TENSOR_MUL_ROWS_H

#include <stdatomic.h>

#include "tensor/mul.h"
#include "tensor/mul_load.h"
#include "tensor/prefetch.h"
#include "tensor/unpack.h"

#ifdef LL_WIDE_SIGNED
#define LL_WIDE_ZERO 0
#define LL_WIDE_ZERO_64 0
#else
#define LL_WIDE_ZERO 128
#define LL_WIDE_ZERO_64 8
#endif

/* Of formats of LL_WIDE_64. */
struct subs64 {
	V (*subs)(struct block at, unsigned b);	/* of runs b, even, and b + 1: the low 16 bits, and the high */
	F (*offset)(struct block at, unsigned b);
	F (*scale)(struct block at);
};

/* What is constant in a format, so that the compiler drops what it has not. */
struct shape {
	V (*load)(struct block at, unsigned b, unsigned half, unsigned k);
	struct ll_scales (*scales)(struct block at, unsigned b);
	unsigned zero;			/* of the weights: a power of two, or 0 */
	bool halves, min;
	unsigned runs;			/* of 32 elements in a block */
	bool lone;
	unsigned units;			/* of a block */
	unsigned shared;		/* this run and that, so much later, are of the same units; or 0 */
	struct range (*keep)(unsigned b, unsigned half);	/* what this is the first to read of what others do, or NULL */
	unsigned (*shift)(unsigned b);	/* how much the bytes of a run are shifted to the left, or NULL */
	const struct subs64 *subs64;	/* or NULL */
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

	if (shape->zero == 0)
		return v_set(0);
	if (shape->zero == 128)
		return v_begin128(less128);
	if (shape->zero == 8 && !shape->halves)
		return v_set((uint32_t)(left(shape, b) == 4 ? less128 : x->less8));
	return v_sra(v_set((uint32_t)less128), shift_of(128 / shape->zero) - left(shape, b));
}

INLINE V
dot(const struct shape *shape, V sum, V q, const int8_t *x)
{
	return shape->zero == 128 ? v_dot128(sum, q, x) : v_dot(sum, q, x);
}

/* Whether products wait for weights from memory, in whole lines: of few columns. */
INLINE bool
streams(size_t cols)
{
	return cols < LL_PREFETCH_COLS && LL_LANE_ROWS == LL_PANEL_ROWS;
}

/* Whether what several runs read is kept, so that each line is read once. */
INLINE bool
keeps(const struct shape *shape, size_t cols)
{
	return streams(cols) && shape->keep != NULL;
}

/* The compiler leaves loads before this before those after it. */
INLINE void
in_order(bool really)
{
	if (really)
		atomic_signal_fence(memory_order_seq_cst);
}

INLINE void
keep(uint8_t *place, const uint8_t *units, struct range range)
{
	UNROLL
	for (unsigned k = range.first; k < range.first + range.count; k++) {
		v_store(place + 64 * k, v_load(units + 64 * k));
		in_order(true);
	}
}

/* What of what comes later, beyond a panel's end of the next, is due in some runs: units of a block. */
INLINE struct range
due(const struct shape *shape, unsigned b, unsigned group)
{
	unsigned first = shape->units * b / shape->runs;

	return (struct range){ first, shape->units * (b + group) / shape->runs - first };
}

INLINE struct range
half_of(struct range range, unsigned half)
{
	unsigned first = range.count * half / 2;

	return (struct range){ range.first + first, half == 0 ? range.count / 2 : range.count - first };
}

/* Asks for it. */
INLINE void
ahead(const uint8_t *w, struct range due, size_t cols, const struct shape *shape)
{
	/* What was made wide is in a cache. */
	if (shape->load == load_wide || shape->load == load_wide_64)
		return;
	if (cols < LL_PREFETCH_COLS) {
		for (unsigned k = due.first; k < due.first + due.count && ll_prefetch_few; k++)
			ll_prefetch_line(w + 64 * k);
		return;
	}
	/* Not unrolled by force: gcc 12 leaves a loop for Q6_K, which has a quarter less without it (8 columns). */
	for (unsigned k = due.first; k < due.first + due.count; k++) {
		__builtin_prefetch(w + 64 * k + LL_PREFETCH_FAR(shape->runs), 0, 1);
		__builtin_prefetch(w + 64 * k + LL_PREFETCH_NEAR(shape->runs), 0, 3);
	}
}

/* By halves where lines are read once and in order: many at a time hold up the reading. */
INLINE void
ahead_half(const uint8_t *w, struct range due, unsigned half, size_t cols, const struct shape *shape)
{
	if (keeps(shape, cols))
		ahead(w, half_of(due, half), cols, shape);
	else if (half == 0)
		ahead(w, due, cols, shape);
}

/*
 * What `group` runs of 32 elements, `step` apart, add to the sums of `cols` columns, but for minima and the
 * scales of activations: t is of [runs][cols], run `first` at its beginning. Units are loaded once for all of them,
 * and those of `later` asked for.
 */
INLINE void
terms(F *t, const struct shape *shape, struct block at, uint8_t *place, unsigned first, unsigned group,
    unsigned step, const union ll_act *x, size_t width, size_t cols, struct range later)
{
	V sum[LL_MUL_COLS];	/* of [group][cols] */
	V q[8];			/* of [4][group] */

	UNROLL
	for (unsigned half = 0; half < 2; half++) {
		ahead_half(at.units, later, half, cols, shape);
		if (keeps(shape, cols))
			keep(place, at.units, shape->keep(first, half));
		if (half == 0 || shape->halves)
			UNROLL
			for (size_t j = 0; j < group * cols; j++)
				sum[j] = begin(shape, first + (unsigned)(j / cols) * step,
				    &x[j / cols * step * width + j % cols].q8, half);
		UNROLL
		for (unsigned k = 0; k < 4 * group; k++) {
			q[k] = shape->load(at, first + k % group * step, half, k / group);
			in_order(keeps(shape, cols) && k % group == group - 1);
		}
		UNROLL
		for (unsigned k = 0; k < 4 * group; k++)
			UNROLL
			for (size_t j = 0; j < cols; j++)
				sum[k % group * cols + j] = dot(shape, sum[k % group * cols + j], q[k],
				    x[k % group * step * width + j].q8.q + 16 * half + 4 * (k / group));
		if (!shape->halves && half == 0)
			continue;
		UNROLL
		for (size_t j = 0; j < group * cols; j++) {
			unsigned b = first + (unsigned)(j / cols) * step;
			struct ll_scales s = shape->scales(at, b);
			F part = f_from(left(shape, b) == 0 ? sum[j] : v_sra(sum[j], left(shape, b)));
			F *to = t + j / cols * step * cols + j % cols;

			*to = shape->halves && half == 1 ? f_fma(part, s.scale[1], *to) : f_mul(part, s.scale[0]);
		}
	}
}

/* Run b's are added. */
INLINE void
add_terms(F *acc, const F *t, const struct shape *shape, struct block at, unsigned b, const union ll_act *x,
    size_t cols)
{
	UNROLL
	for (size_t j = 0; j < cols; j++) {
		struct ll_scales s = shape->scales(at, b);
		F term = t[j];

		if (shape->min && !shape->halves)
			term = f_fma(s.min[0], f_set(x[j].q8.sum), term);
		if (shape->min && shape->halves)
			term = f_fma(s.min[1], f_set(ll_act_sum_high(&x[j].q8)), f_fma(s.min[0], f_set(x[j].q8.sum_low), term));
		acc[j] = f_fma(term, f_set(x[j].q8.scale), acc[j]);
	}
}

INLINE void
read_through(const uint8_t *w, const struct shape *shape)
{
	for (unsigned k = 0; k < shape->units; k++)
		(void)*(const volatile uint8_t *)(w + 64 * k);
}

/* Runs b and b + 1 of LL_WIDE_64. */
INLINE void
runs64(F *acc, const struct shape *shape, struct block at, unsigned b, const union ll_act *x,
    const union ll_act *x1, size_t cols)
{
	const struct range later = due(shape, b, 2);
	V sum[2 * LL_MUL_COLS];		/* of [2][cols] */
	V subs;

	UNROLL
	for (size_t j = 0; j < 2 * cols; j++)
		sum[j] = begin(shape, b + (unsigned)(j / cols), &(j < cols ? x + j : x1 + j - cols)->q8, 0);
	UNROLL
	for (unsigned k = 0; k < 8; k++) {
		V q[2] = { shape->load(at, b, k / 4, k % 4), shape->load(at, b + 1, k / 4, k % 4) };

		in_order(keeps(shape, cols));
		if (k % 4 == 0)
			ahead_half(at.units, later, k / 4, cols, shape);
		UNROLL
		for (size_t j = 0; j < 2 * cols; j++)
			sum[j] = v_dot(sum[j], q[j / cols], (j < cols ? x + j : x1 + j - cols)->q8.q + 4 * k);
	}
	subs = shape->subs64->subs(at, b);
	UNROLL
	for (size_t j = 0; j < cols; j++)
		acc[j] = f_fma(f_from(v_dot_pairs(v_pairs(sum[j], sum[cols + j], left(shape, b + 1)), subs)),
		    f_set(x[j].q8.scale), acc[j]);
}

INLINE void
add_offset(F *offsets, const struct shape *shape, struct block at, unsigned b, const union ll_act *x, size_t cols)
{
	F offset = shape->subs64->offset(at, b);

	UNROLL
	for (size_t j = 0; j < cols; j++)
		offsets[j] = f_fma(offset, f_set(x[j].q8.sum_scaled), offsets[j]);
}

/*
 * A block of 256 of LL_WIDE_64 with `cols` columns. Of many there are no registers for two sums of each at
 * once, of few activations are read in order.
 */
INLINE void
block64(float *y, size_t y_stride, const struct shape *shape, const uint8_t *units, const union ll_act *x,
    size_t width, size_t cols, bool more)
{
	uint8_t place[64 * LL_KEPT_UNITS];
	struct block at = { .units = units, .kept = keeps(shape, cols) ? place : units };
	F acc[LL_MUL_COLS], offsets[LL_MUL_COLS];

	if (keeps(shape, cols))
		keep(place, units, shape->keep(0, 0));
	UNROLL
	for (size_t j = 0; j < cols; j++)
		acc[j] = offsets[j] = f_zero();
	UNROLL
	for (unsigned b = 0; b < 8; b += 2) {
		runs64(acc, shape, at, b, x + b * width, x + (b + 1) * width, cols);
		if (streams(cols))
			UNROLL
			for (unsigned k = b; k < b + 2; k++)
				add_offset(offsets, shape, at, k, x + k * width, cols);
	}
	if (!streams(cols))
		UNROLL
		for (unsigned b = 0; b < 8; b++)
			add_offset(offsets, shape, at, b, x + b * width, cols);
	UNROLL
	for (size_t j = 0; j < cols; j++) {
		F sum = more ? f_load(y + j * y_stride) : f_zero();

		f_store(y + j * y_stride, f_add(f_fma(shape->subs64->scale(at), acc[j], sum), offsets[j]));
	}
}

INLINE void
lanes64(float *y, size_t y_stride, const uint8_t *w, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, bool more, const struct shape *shape)
{
	for (size_t i = 0; i < blocks; i++, w += 64 * shape->units, x += 8 * width)
		block64(y, y_stride, shape, w, x, width, cols, more || i > 0);
}

/* The rows of one vector. */
INLINE void
lanes(float *y, size_t y_stride, const uint8_t *w, size_t row, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more, const struct shape *shape)
{
	/* Of few columns two runs that share units are taken together. */
	bool pairs = streams(cols) && shape->shared > 0;
	unsigned group = pairs ? 2 : 1, step = pairs ? shape->shared : 1;
	const uint8_t *lone = w + 2 * row;
	uint8_t place[64 * LL_KEPT_UNITS], lone_place[64];
	F acc[LL_MUL_COLS];
	F t[LL_MUL_COLS];	/* of [group * step][cols] */

	w += 4 * row;

	UNROLL
	for (size_t j = 0; j < cols; j++)
		acc[j] = more ? f_load(y + j * y_stride) : f_zero();
	for (size_t i = 0; i < blocks; i++) {
		struct block at;

		if (shape->lone && i % 2 == 0) {
			lone = w - 2 * row;
			if (streams(cols)) {
				keep(lone_place, lone, (struct range){ 0, 1 });
				lone = lone_place;
			}
			w += 64;
		}
		at = (struct block){ w, keeps(shape, cols) ? place : w, lone + i % 2 * 32 };
		if (pairs && !keeps(shape, cols))
			read_through(w, shape);
		UNROLL
		for (unsigned b = 0; b < shape->runs; b += group * step, x += group * step * width) {
			struct range later = due(shape, b, group * step);

			terms(t, shape, at, place, b, group, step, x, width, cols, step == 2 ? half_of(later, 0) : later);
			if (step == 2)
				terms(t + cols, shape, at, place, b + 1, group, step, x + width, width, cols, half_of(later, 1));
			UNROLL
			for (unsigned k = 0; k < group * step; k++)
				add_terms(acc, t + k * cols, shape, at, b + k, x + k * width, cols);
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
		if (shape->subs64 != NULL)
			lanes64(y + row, y_stride, w + 4 * row, blocks, x, width, cols, more, shape);
		else
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

/* What comes after the bytes of a run, in which `out` is where a vector's rows begin. */
INLINE void
widen_scales(uint8_t *out, const struct shape *shape, struct block at, unsigned b)
{
	unsigned scales = shape->halves ? 2 : 1;
	struct ll_scales s = shape->scales(at, b);

	UNROLL
	for (unsigned k = 0; k < scales; k++) {
		f_store((float *)(void *)(out + 64 * (8 + k)), s.scale[k]);
		if (shape->min)
			f_store((float *)(void *)(out + 64 * (8 + scales + k)), s.min[k]);
	}
}

INLINE void
widen_subs(uint8_t *out, const struct subs64 *subs64, struct block at, unsigned b)
{
	V subs = subs64->subs(at, b / 2 * 2);

	v_store(out + 64 * 8, b % 2 == 0 ? v_and(subs, v_set(0xffff)) : v_srl(subs, 16));
	f_store((float *)(void *)(out + 64 * 9), subs64->offset(at, b));
	f_store((float *)(void *)(out + 64 * 10), subs64->scale(at));
}

/* Makes runs wide, by what the products themselves load (ll_widen). */
INLINE void
widen(uint8_t *out, const uint8_t *w, size_t blocks, const struct shape *shape)
{
	size_t bytes = 64 * (shape->subs64 != NULL ? 11 : 8 + (shape->halves ? 2 : 1) * (shape->min ? 2 : 1));
	/* What makes the zero LL_WIDE_ZERO, or that of LL_WIDE_64. */
	uint8_t zero = shape->subs64 != NULL ? LL_WIDE_ZERO_64 : LL_WIDE_ZERO;
	const V more = v_set(shape->zero == 0 ? 0 : (uint8_t)(zero - shape->zero) * 0x01010101u);
	const struct ll_layout layout = { .lone = shape->lone, .units = (uint8_t)shape->units };

	for (size_t i = 0; i < blocks; i++)
		for (unsigned b = 0; b < shape->runs; b++) {
			ahead(w + ll_panel_units(&layout, i), due(shape, b, 1), LL_MUL_COLS, shape);
			for (size_t row = 0; row < LL_PANEL_ROWS; row += LL_LANE_ROWS) {
				const uint8_t *units = w + ll_panel_units(&layout, i) + 4 * row;
				const struct block at = { units, units, w + ll_panel_lone(&layout, i) + 2 * row };
				uint8_t *to = out + (i * shape->runs + b) * bytes + 4 * row;

				UNROLL
				for (unsigned k = 0; k < 8; k++)
					v_store(to + 64 * k,
					    v_add8(v_srl(shape->load(at, b, k / 4, k % 4), left(shape, b)), more));
				if (shape->subs64 != NULL)
					widen_subs(to, shape->subs64, at, b);
				else
					widen_scales(to, shape, at, b);
			}
		}
}

#ifdef LL_WIDE_SIGNED
#define LL_MUL_NARROW(name)
#else
#define LL_MUL_NARROW(name) \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t blocks, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		LL_MUL_SWITCH(rows, &shape_##name) \
	}
#endif
#define LL_MUL(name, ...) LL_MUL_OF(name, __VA_ARGS__, NULL)
#define LL_MUL_64(name, load, units, keep, shift) \
	static const struct subs64 subs64_##name = { subs_##name, offset_##name, scale_##name }; \
	LL_MUL_OF(name, load, NULL, 8, false, true, 8, false, units, 0, keep, shift, &subs64_##name)
#define LL_MUL_OF(name, ...) \
	static const struct shape shape_##name = { __VA_ARGS__ }; \
	LL_MUL_NARROW(name) \
	static inline void widen_##name(uint8_t *out, const uint8_t *w, size_t blocks) \
	{ \
		widen(out, w, blocks, &shape_##name); \
	}

LL_MUL(q4_0, load_q4_0, scales_lone, 8, false, false, 1, true, 4, 0, NULL, NULL)
LL_MUL(q4_1, load_q4_1, scales_pair, 0, false, true, 1, false, 5, 0, NULL, NULL)
LL_MUL(q5_0, load_q5_0, scales_lone, 16, false, false, 1, true, 5, 0, NULL, NULL)
LL_MUL(q5_1, load_q5_1, scales_pair, 0, false, true, 1, false, 6, 0, NULL, NULL)
LL_MUL(q8_0, load_q8_0, scales_lone, 128, false, false, 1, true, 8, 0, NULL, NULL)
LL_MUL(iq4_nl, load_iq4_nl, scales_lone, 128, false, false, 1, true, 4, 0, NULL, NULL)
LL_MUL(iq4_xs, load_iq4_xs, scales_iq4_xs, 128, false, false, 8, false, 34, 0, keep_iq4_xs, NULL)
LL_MUL(q2_k, load_q2_k, scales_q2_k, 0, true, true, 8, false, 21, 1, NULL, shift_q2_k)
LL_MUL(q3_k, load_q3_k, scales_q3_k, 4, true, false, 8, true, 27, 1, NULL, shift_q3_k)
LL_MUL_64(q4_k, load_q4_k, 36, keep_q4_k, shift_q4_k)
LL_MUL(q5_k, load_q5_k, scales_subs, 0, false, true, 8, false, 44, 1, keep_q5_k, NULL)
LL_MUL(q6_k, load_q6_k, scales_q6_k, 32, true, false, 8, true, 52, 2, keep_q6_k, NULL)
#define LL_WIDEN_ENTRY(name, type) [LL_##type] = widen_##name,

#ifndef LL_WIDE_SIGNED

LL_MUL(wide_32, load_wide, scales_wide_32, 128, false, false, 1, false, 9, 0, NULL, NULL)
LL_MUL(wide_32_min, load_wide, scales_wide_32_min, 0, false, true, 1, false, 10, 0, NULL, NULL)
LL_MUL(wide_16, load_wide, scales_wide_16, 128, true, false, 1, false, 10, 0, NULL, NULL)
LL_MUL(wide_16_min, load_wide, scales_wide_16_min, 0, true, true, 1, false, 12, 0, NULL, NULL)
LL_MUL_64(wide_block, load_wide_64, 88, NULL, NULL)

/* ll_product counts runs. */
static void
mul_wide_64(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    size_t cols, bool more)
{
	mul_wide_block(y, y_stride, w, runs / 8, x, width, cols, more);
}

#include "tensor/mul_floats.h"

#define LL_MUL_ENTRY(name, type) [LL_##type] = mul_##name,

/* What every ISA's table has of this. */
#define LL_MUL_ENTRIES \
	.wants = { [LL_F32] = LL_ACT_F32, [LL_F16] = LL_ACT_F32, [LL_BF16] = LL_ACT_F32, \
	    [LL_F8_E4M3] = LL_ACT_F32, [LL_Q4_K] = LL_ACT_Q8_64 }, \
	.mul = { LL_PANEL_FORMATS(LL_MUL_ENTRY) LL_FLOAT_FORMATS(LL_MUL_ENTRY) }, \
	.mul_runs = { [LL_F16] = runs_f16, [LL_BF16] = runs_bf16 }, \
	.mul_wide = { mul_wide_32, mul_wide_32_min, mul_wide_16, mul_wide_16_min, mul_wide_64 }, \
	.widen = { LL_PANEL_FORMATS(LL_WIDEN_ENTRY) }

#endif

#endif
