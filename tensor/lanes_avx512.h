/*
 * The order of summation of kern.h in AVX-512: the 16 lanes are one register. A masked-off lane
 * adds 0 * 0, which leaves it as it is, since no lane is ever -0.
 */

#ifndef LL_TENSOR_LANES_AVX512_H
#define LL_TENSOR_LANES_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

/* Elements i .. i + 15 of n, those past the end masked off. */
static inline __mmask16
ll_mask_avx512(size_t i, size_t n)
{
	return n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : (__mmask16)0xffff;
}

static inline __m512
ll_load_f32_avx512(const void *w, size_t i, __mmask16 mask)
{
	return _mm512_maskz_loadu_ps(mask, (const uint8_t *)w + 4 * i);
}

static inline __m512
ll_load_f16_avx512(const void *w, size_t i, __mmask16 mask)
{
	return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, (const uint8_t *)w + 2 * i));
}

static inline __m512
ll_load_bf16_avx512(const void *w, size_t i, __mmask16 mask)
{
	__m256i brains = _mm256_maskz_loadu_epi16(mask, (const uint8_t *)w + 2 * i);

	return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(brains), 16));
}

/* Widened to halves whose exponents are too low by 8; those of NaN are all ones. */
static inline __m512
ll_load_f8_e4m3_avx512(const void *w, size_t i, __mmask16 mask)
{
	__m256i wide = _mm256_cvtepu8_epi16(_mm_maskz_loadu_epi8(mask, (const uint8_t *)w + i));
	__m256i size = _mm256_and_si256(_mm256_slli_epi16(wide, 7), _mm256_set1_epi16(0x3f80));
	__m256i sign = _mm256_and_si256(_mm256_slli_epi16(wide, 8), _mm256_set1_epi16(-0x8000));
	__m256i nan = _mm256_cmpeq_epi16(size, _mm256_set1_epi16(0x3f80));
	__m256i halves = _mm256_or_si256(_mm256_or_si256(size, sign), nan);

	return _mm512_mul_ps(_mm512_cvtph_ps(halves), _mm512_set1_ps(0x1p8f));
}

static inline __m512
ll_add_avx512(__m512 sum, __m512 a, __m512 b)
{
	return _mm512_add_ps(sum, _mm512_mul_ps(a, b));
}

/* Folded to four lanes. */
static inline __m128
ll_fold_half_avx512(__m512 lanes)
{
	__m256 eight = _mm256_add_ps(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps(lanes, 1));

	return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

static inline float
ll_fold_avx512(__m512 lanes)
{
	__m128 four = ll_fold_half_avx512(lanes);
	__m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* Four folds side by side. */
static inline __m128
ll_fold4_avx512(__m512 a, __m512 b, __m512 c, __m512 d)
{
	__m128 lane0 = ll_fold_half_avx512(a), lane1 = ll_fold_half_avx512(b);
	__m128 lane2 = ll_fold_half_avx512(c), lane3 = ll_fold_half_avx512(d);

	_MM_TRANSPOSE4_PS(lane0, lane1, lane2, lane3);
	return _mm_add_ps(_mm_add_ps(lane0, lane2), _mm_add_ps(lane1, lane3));
}

#endif
