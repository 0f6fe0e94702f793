/*
 * Products of floats in panels, and of runs of F16 and BF16 as they lie (runs.h), for mul_rows.h,
 * which includes this. A unit is one element, two, or four.
 */

#ifndef LL_TENSOR_MUL_FLOATS_H
#define LL_TENSOR_MUL_FLOATS_H

#include "tensor/mul.h"
#include "tensor/mul_load.h"
#include "tensor/prefetch.h"

struct float_shape {
	F (*element)(V unit, unsigned i);	/* element i of a unit */
	unsigned per_unit, units;		/* of a block */
};

INLINE F
element_f32(V unit, unsigned i)
{
	(void)i;
	return f_bits(unit);
}

INLINE F
element_f16(V pair, unsigned i)
{
	return f_low_f16(i == 0 ? pair : v_srl(pair, 16));
}

INLINE F
element_bf16(V pair, unsigned i)
{
	return f_bits(i == 0 ? v_sll(pair, 16) : v_and(pair, v_set(0xffff0000)));
}

/* Halves whose exponents are too low by 8; those of NaN are all ones. */
INLINE F
element_f8(V four, unsigned i)
{
	V byte = v_srl(four, i * 8);
	V size = v_sll(v_and(byte, v_set(0x7f)), 7);
	V nan = v_and(v_equal(size, v_set(0x3f80)), v_set(0x7fff));
	V sign = v_sll(v_and(byte, v_set(0x80)), 8);

	return f_mul(f_low_f16(v_or(v_or(size, nan), sign)), f_set(0x1p8f));
}

INLINE F
float_at(const uint8_t *units, unsigned i, const struct float_shape *shape)
{
	return shape->element(v_load(units + 64 * (i / shape->per_unit)), i % shape->per_unit);
}

INLINE void
float_lanes(float *y, size_t y_stride, const uint8_t *units, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, bool more, const struct float_shape *shape)
{
	F acc[LL_MUL_COLS], even[LL_MUL_COLS], odd[LL_MUL_COLS];
	unsigned elements = shape->per_unit * shape->units, in_run = LL_MUL_RUN / elements;

	UNROLL
	for (size_t j = 0; j < cols; j++)
		acc[j] = more ? f_load(y + j * y_stride) : f_zero();
	for (size_t i = 0; i < blocks; i += in_run) {
		UNROLL
		for (size_t j = 0; j < cols; j++)
			even[j] = odd[j] = f_zero();
		for (size_t block = i; block < blocks && block < i + in_run; block++) {
			for (unsigned k = 0; k < shape->units; k++)
				ll_prefetch_floats(units + 64 * k, cols);
			UNROLL
			for (unsigned e = 0; e < elements; e += 2) {
				F first = float_at(units, e, shape), second = float_at(units, e + 1, shape);
				const union ll_act *at = x + e / 16 * width;

				UNROLL
				for (size_t j = 0; j < cols; j++)
					even[j] = f_fma(first, f_set(at[j].f32[e % 16]), even[j]);
				UNROLL
				for (size_t j = 0; j < cols; j++)
					odd[j] = f_fma(second, f_set(at[j].f32[e % 16 + 1]), odd[j]);
			}
			units += 64 * shape->units;
			x += elements / 16 * width;
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

/* The sum of each run as above; four units at a time are put in lanes. */
INLINE void
float_runs(float *sums, const uint8_t *w, const uint8_t *x, const struct float_shape *shape)
{
	unsigned run_bytes = 4 * LL_MUL_RUN / shape->per_unit;

	for (size_t run = 0; run < LL_RUNS; run += LL_LANE_ROWS) {
		const float *at = (const float *)(const void *)x + run;
		F sum[2] = { f_zero(), f_zero() };
		V four[4];

		for (size_t unit = 0; unit < run_bytes / 4; unit += 4) {
			v_four_units(four, w + run * run_bytes + 4 * unit, run_bytes);
			UNROLL
			for (unsigned i = 0; i < 4 * shape->per_unit; i++, at += LL_RUNS)
				sum[i % 2] = f_fma(shape->element(four[i / shape->per_unit], i % shape->per_unit), f_load(at),
				    sum[i % 2]);
		}
		f_store(sums + run, f_add(sum[0], sum[1]));
	}
}

#define LL_MUL_RUNS(name) \
	static void runs_##name(float *sums, const uint8_t *w, const uint8_t *x) \
	{ \
		float_runs(sums, w, x, &shape_##name); \
	}
#define LL_MUL_FLOAT(name, ...) \
	static const struct float_shape shape_##name = { __VA_ARGS__ }; \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t blocks, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		LL_MUL_SWITCH(float_rows, &shape_##name) \
	}

LL_MUL_FLOAT(f32, element_f32, 1, 16)
LL_MUL_FLOAT(f16, element_f16, 2, 16)
LL_MUL_FLOAT(bf16, element_bf16, 2, 16)
LL_MUL_FLOAT(f8_e4m3, element_f8, 4, 4)
LL_MUL_RUNS(f16)
LL_MUL_RUNS(bf16)

#endif
