/*
 * Products of wide runs (mul.h) for NEON with products of 8-bit integer matrices (FEAT_I8MM).
 *
 * SMMLA adds the products of two rows and two columns, eight elements each, to four sums, twice
 * what SDOT does. Two units of four rows, zipped, are two rows of eight elements twice; the sums
 * are unzipped into lanes that are rows when their run is complete. Integer sums are exact, and all
 * else is as in mul_rows.h: the bits are those of NEON without it.
 */

#if defined(__ARM_FEATURE_MATMUL_INT8)

#include "tensor/iq_grids.h"
#include "tensor/kern_isa.h"
#include "tensor/rows_neon.h"

#include "tensor/mul_load.h"

/* Sums of rows 0 1 and of rows 2 3 with two columns: r0c0 r0c1 r1c0 r1c1. */
struct sums {
	int32x4_t low, high;
};

/* Bytes 8 * i .. 8 * i + 7 of two columns. */
INLINE int8x16_t
columns(const union ll_act *x, size_t i, bool second)
{
	return vcombine_s8(vld1_s8(x[0].q8.q + 8 * i), vld1_s8(x[second].q8.q + 8 * i));
}

INLINE void
add_eight(struct sums *sums, const uint8_t *units, size_t i, int8x16_t x, bool min)
{
	V flip = v_set(min ? 0 : 0x80808080);
	V a = v_xor(v_load(units + 128 * i), flip), b = v_xor(v_load(units + 128 * i + 64), flip);

	sums->low = vmmlaq_s32(sums->low, vreinterpretq_s8_u32(vzip1q_u32(a, b)), x);
	sums->high = vmmlaq_s32(sums->high, vreinterpretq_s8_u32(vzip2q_u32(a, b)), x);
}

/* The sums of one column, a lane for each row. */
INLINE F
column(const struct sums *sums, bool second)
{
	return vcvtq_f32_s32(second ? vuzp2q_s32(sums->low, sums->high) :
	    vuzp1q_s32(sums->low, sums->high));
}

/* Four rows with one column, or two. */
INLINE void
lanes(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    bool second, bool more, unsigned scales, bool min)
{
	F acc[2];

	for (size_t j = 0; j <= second; j++)
		acc[j] = more ? f_load(y + j * y_stride) : f_zero();
	for (size_t i = 0; i < runs; i++, x += width, w += 64 * (8 + scales * (min ? 2 : 1))) {
		struct ll_scales s = wide_scales((struct block){ .units = w, .kept = w }, scales, min);
		struct sums sums[2] = { 0 };

		UNROLL
		for (size_t k = 0; k < 4; k++)
			add_eight(&sums[k / 2 * (scales - 1)], w, k, columns(x, k, second), min);
		for (size_t j = 0; j <= second; j++) {
			const struct ll_act_q8 *q8 = &x[j].q8;
			F t = f_mul(column(&sums[0], j), s.scale[0]);

			if (scales == 2)
				t = f_fma(column(&sums[1], j), s.scale[1], t);
			if (min && scales == 1)
				t = f_fma(s.min[0], f_set(q8->sum), t);
			if (min && scales == 2)
				t = f_fma(s.min[1], f_set(ll_act_sum_high(q8)),
				    f_fma(s.min[0], f_set(q8->sum_low), t));
			acc[j] = f_fma(t, f_set(q8->scale), acc[j]);
		}
	}
	for (size_t j = 0; j <= second; j++)
		f_store(y + j * y_stride, acc[j]);
}

/* The sums of a run of LL_WIDE_64 by its sub, of one column; 8 is the weights' zero. */
INLINE int32x4_t
by_sub(const struct sums *sums, const uint8_t *units, const struct ll_act_q8 *x, bool second)
{
	int32x4_t sum = second ? vuzp2q_s32(sums->low, sums->high) : vuzp1q_s32(sums->low, sums->high);

	return vmulq_s32(vaddq_s32(sum, vdupq_n_s32(x->less8)), vreinterpretq_s32_u32(v_load(units + 64 * 8)));
}

/* The same of such runs, whose blocks are eight. */
INLINE void
lanes64(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    bool second, bool more)
{
	F acc[2], block[2], offsets;

	for (size_t j = 0; j <= second; j++)
		acc[j] = more ? f_load(y + j * y_stride) : f_zero();
	for (size_t i = 0; i < runs; i += 8, x += 8 * width, w += 8 * 64 * 11) {
		block[0] = block[1] = f_zero();
		for (size_t b = 0; b < 8; b += 2) {
			const uint8_t *at = w + b * 64 * 11;
			struct sums sums[2] = { 0 };

			UNROLL
			for (size_t k = 0; k < 8; k++)
				add_eight(&sums[k / 4], at + k / 4 * 64 * 11, k % 4, columns(x + (b + k / 4) * width, k % 4, second),
				    true);
			for (size_t j = 0; j <= second; j++) {
				int32x4_t both = vaddq_s32(by_sub(&sums[0], at, &x[b * width + j].q8, j),
				    by_sub(&sums[1], at + 64 * 11, &x[(b + 1) * width + j].q8, j));

				block[j] = f_fma(vcvtq_f32_s32(both), f_set(x[b * width + j].q8.scale), block[j]);
			}
		}
		for (size_t j = 0; j <= second; j++) {
			offsets = f_zero();
			for (size_t b = 0; b < 8; b++)
				offsets = f_fma(f_bits(v_load(w + 64 * (11 * b + 9))), f_set(x[b * width + j].q8.sum_scaled), offsets);
			acc[j] = f_add(f_fma(f_bits(v_load(w + 64 * 10)), block[j], acc[j]), offsets);
		}
	}
	for (size_t j = 0; j <= second; j++)
		f_store(y + j * y_stride, acc[j]);
}

/* One or two columns of four rows. */
INLINE void
some(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    bool second, bool more, unsigned scales, bool min)
{
	if (scales == 0)
		lanes64(y, y_stride, w, runs, x, width, second, more);
	else
		lanes(y, y_stride, w, runs, x, width, second, more, scales, min);
}

/* `scales` 0 is LL_WIDE_64. */
INLINE void
pairs(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    size_t cols, bool more, unsigned scales, bool min)
{
	for (size_t j = 0; j < cols; j += 2)
		for (size_t row = 0; row < LL_PANEL_ROWS; row += LL_LANE_ROWS) {
			float *to = y + j * y_stride + row;

			if (j + 1 < cols)
				some(to, y_stride, w + 4 * row, runs, x + j, width, true, more, scales, min);
			else
				some(to, y_stride, w + 4 * row, runs, x + j, width, false, more, scales, min);
		}
}

#define WIDE(name, scales, min) \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t runs, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		pairs(y, y_stride, w, runs, x, width, cols, more, scales, min); \
	}

WIDE(wide_32, 1, false)
WIDE(wide_32_min, 1, true)
WIDE(wide_16, 2, false)
WIDE(wide_16_min, 2, true)
WIDE(wide_64, 0, true)

const struct ll_kern ll_kern_mul_neoni8mm = {
	.isa = LL_ISA_NEON_I8MM,
	.mul_wide = { mul_wide_32, mul_wide_32_min, mul_wide_16, mul_wide_16_min, mul_wide_64 },
	.wide_first = true,
};

#endif
