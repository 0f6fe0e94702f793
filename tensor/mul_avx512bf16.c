/*
 * Products of panels of BF16 with activations rounded to bf16, for AVX-512 with BF16.
 */

#if defined(__AVX512BF16__)

#include <immintrin.h>
#include <string.h>

#include "tensor/kern_isa.h"
#include "tensor/prefetch.h"
#include "tensor/rows_avx512.h"

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define INLINE static inline __attribute__((always_inline))
#define RUN (LL_MUL_RUN / 2)	/* pairs */

INLINE __m512
dot(__m512 sum, __m512i pairs, const uint16_t *x)
{
	int pair;

	memcpy(&pair, x, sizeof pair);
	return _mm512_dpbf16_ps(sum, (__m512bh)pairs, (__m512bh)_mm512_set1_epi32(pair));
}

INLINE void
rows(float *y, size_t y_stride, const uint8_t *w, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, bool more)
{
	__m512 acc[LL_MUL_COLS], even[LL_MUL_COLS], odd[LL_MUL_COLS];

	UNROLL
	for (size_t j = 0; j < cols; j++)
		acc[j] = more ? _mm512_loadu_ps(y + j * y_stride) : _mm512_setzero_ps();
	for (size_t i = 0; i < blocks; i += 2) {
		UNROLL
		for (size_t j = 0; j < cols; j++)
			even[j] = odd[j] = _mm512_setzero_ps();
		for (size_t block = i; block < blocks && block < i + 2; block++, x += width)
			for (size_t k = 0; k < 16; k += 2, w += 128) {
				__m512i first = _mm512_loadu_si512(w), second = _mm512_loadu_si512(w + 64);

				ll_prefetch_floats(w, cols);
				ll_prefetch_floats(w + 64, cols);
				UNROLL
				for (size_t j = 0; j < cols; j++)
					even[j] = dot(even[j], first, x[j].bf16 + 2 * k);
				UNROLL
				for (size_t j = 0; j < cols; j++)
					odd[j] = dot(odd[j], second, x[j].bf16 + 2 * k + 2);
			}
		UNROLL
		for (size_t j = 0; j < cols; j++)
			acc[j] = _mm512_add_ps(acc[j], _mm512_add_ps(even[j], odd[j]));
	}
	UNROLL
	for (size_t j = 0; j < cols; j++)
		_mm512_storeu_ps(y + j * y_stride, acc[j]);
}

static void
mul_bf16(float *y, size_t y_stride, const uint8_t *w, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, bool more)
{
	switch (cols) {
	case 1: rows(y, y_stride, w, blocks, x, width, 1, more); break;
	case 2: rows(y, y_stride, w, blocks, x, width, 2, more); break;
	case 3: rows(y, y_stride, w, blocks, x, width, 3, more); break;
	case 4: rows(y, y_stride, w, blocks, x, width, 4, more); break;
	case 5: rows(y, y_stride, w, blocks, x, width, 5, more); break;
	case 6: rows(y, y_stride, w, blocks, x, width, 6, more); break;
	case 7: rows(y, y_stride, w, blocks, x, width, 7, more); break;
	case 8: rows(y, y_stride, w, blocks, x, width, 8, more); break;
	}
}

static void
runs_bf16(float *sums, const uint8_t *w, const uint8_t *x)
{
	__m512 sum[2] = { _mm512_setzero_ps(), _mm512_setzero_ps() };
	V four[4];

	UNROLL
	for (size_t pair = 0; pair < RUN; pair += 4) {
		v_four_units(four, w + 4 * pair, 4 * RUN);
		UNROLL
		for (size_t i = 0; i < 4; i++)
			sum[i % 2] = _mm512_dpbf16_ps(sum[i % 2], (__m512bh)four[i],
			    (__m512bh)v_load(x + 64 * (pair + i)));
	}
	_mm512_storeu_ps(sums, _mm512_add_ps(sum[0], sum[1]));
}

/* Rounded to nearest even by the instruction, subnormals to zero. */
static void
act_bf16(union ll_act *out, size_t width, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += 32, out += width) {
		size_t left = n - i;
		__mmask32 mask = left < 32 ? (1u << left) - 1 : 0xffffffff;
		__m512 low = _mm512_maskz_loadu_ps((__mmask16)mask, x + i);
		__m512 high = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + i + 16);

		_mm512_storeu_si512(out->bf16, (__m512i)_mm512_cvtne2ps_pbh(high, low));
	}
}

const struct ll_kern ll_kern_mul_avx512bf16 = {
	.isa = LL_ISA_AVX512BF16,
	.wants = { [LL_BF16] = LL_ACT_BF16 },
	.act = { [LL_ACT_BF16] = act_bf16 },
	.mul = { [LL_BF16] = mul_bf16 },
	.mul_runs = { [LL_BF16] = runs_bf16 },
};

#endif
