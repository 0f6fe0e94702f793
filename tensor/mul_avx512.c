/*
 * Products of panels (mul.h) for AVX-512 with VNNI.
 */

#if defined(__AVX512VNNI__)

#include "tensor/kern_isa.h"
#include "tensor/iq_grids.h"
#include "tensor/rows_avx512.h"

#include "tensor/mul_rows.h"

#include "tensor/interleave.h"

/* Columns that F32 has of two panels at a time. An activation that is loaded is used twice, which one panel does not. */
#define TWO_COLS 4

INLINE void
two_rows(struct ll_sums to, struct ll_sums from, const uint8_t *const w[2], size_t blocks, const union ll_act *x,
    size_t width, size_t cols)
{
	F acc[2][TWO_COLS], sum[2][2][TWO_COLS];

	UNROLL
	for (size_t j = 0; j < cols; j++)
		for (size_t p = 0; p < 2; p++)
			acc[p][j] = from.y != NULL ? f_load(from.y + j * from.stride + p * LL_PANEL_ROWS) : f_zero();
	for (size_t i = 0; i < blocks; i += LL_MUL_RUN / 16) {
		UNROLL
		for (size_t j = 0; j < cols; j++)
			sum[0][0][j] = sum[0][1][j] = sum[1][0][j] = sum[1][1][j] = f_zero();
		for (size_t block = i; block < blocks && block < i + LL_MUL_RUN / 16; block++, x += width) {
			const uint8_t *first = w[0] + block * 1024, *second = w[1] + block * 1024;

			UNROLL
			for (size_t e = 0; e < 16; e++) {
				F one = f_load((const float *)(const void *)first + 16 * e);
				F other = f_load((const float *)(const void *)second + 16 * e);

				UNROLL
				for (size_t j = 0; j < cols; j++) {
					F activation = f_set(x[j].f32[e]);

					sum[0][e % 2][j] = f_fma(one, activation, sum[0][e % 2][j]);
					sum[1][e % 2][j] = f_fma(other, activation, sum[1][e % 2][j]);
				}
			}
		}
		UNROLL
		for (size_t j = 0; j < cols; j++)
			for (size_t p = 0; p < 2; p++)
				acc[p][j] = f_add(acc[p][j], f_add(sum[p][0][j], sum[p][1][j]));
	}
	UNROLL
	for (size_t j = 0; j < cols; j++)
		for (size_t p = 0; p < 2; p++)
			f_store(to.y + j * to.stride + p * LL_PANEL_ROWS, acc[p][j]);
}

static struct ll_sums
behind(struct ll_sums sums, size_t cols)
{
	return (struct ll_sums){ sums.y != NULL ? sums.y + cols * sums.stride : NULL, sums.stride };
}

static void
mul_f32_two(struct ll_sums to, struct ll_sums from, const uint8_t *const w[2], size_t blocks, const union ll_act *x,
    size_t width, size_t cols, const struct ll_soon soon[2])
{
	(void)soon;
	for (; cols >= TWO_COLS; cols -= TWO_COLS, x += TWO_COLS) {
		two_rows(to, from, w, blocks, x, width, TWO_COLS);
		to = behind(to, TWO_COLS);
		from = behind(from, TWO_COLS);
	}
	switch (cols) {
	case 1: two_rows(to, from, w, blocks, x, width, 1); break;
	case 2: two_rows(to, from, w, blocks, x, width, 2); break;
	case 3: two_rows(to, from, w, blocks, x, width, 3); break;
	}
}

static void
mul_wide_f32_two(struct ll_sums to, struct ll_sums from, const uint8_t *const w[2], size_t runs, const union ll_act *x,
    size_t width, size_t cols, const struct ll_soon soon[2])
{
	mul_f32_two(to, from, w, 2 * runs, x, width, cols, soon);
}

static void
mul_wide_f32(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    size_t cols, bool more)
{
	mul_f32(y, y_stride, w, 2 * runs, x, width, cols, more);
}

static void
widen_f16(uint8_t *out, const uint8_t *w, size_t blocks)
{
	for (size_t pair = 0; pair < 16 * blocks; pair++, w += 64, out += 128) {
		V halves = v_load(w);

		v_store(out, _mm512_castps_si512(f_low_f16(halves)));
		v_store(out + 64, _mm512_castps_si512(f_low_f16(v_srl(halves, 16))));
	}
}

const struct ll_kern ll_kern_mul_avx512 = {
	.isa = LL_ISA_AVX512,
	LL_MUL_ENTRIES,
	.mul_wide[LL_WIDE_F32] = mul_wide_f32,
	.mul_two = { [LL_F32] = mul_f32_two },
	.mul_wide_two = { [LL_WIDE_F32] = mul_wide_f32_two },
	.widen[LL_F16] = widen_f16,
	.interleave = interleave,
};

#endif
