/*
 * The order of summation of kern.h in AVX2: the 16 lanes are two registers. Rows that are no
 * multiple of 16 end in a chunk filled up with zeros; adding 0 * 0 leaves a lane as it is, since
 * no lane is ever -0.
 */

#ifndef LL_TENSOR_LANES_AVX2_H
#define LL_TENSOR_LANES_AVX2_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ll_lanes_avx2 {
	__m256 low, high;
};

static inline struct ll_lanes_avx2
ll_set_avx2(float value)
{
	return (struct ll_lanes_avx2){ _mm256_set1_ps(value), _mm256_set1_ps(value) };
}

/* Sixteen elements, which may lie at any address. */
static inline struct ll_lanes_avx2
ll_load_f32_avx2(const void *from)
{
	const float *x = from;

	return (struct ll_lanes_avx2){ _mm256_loadu_ps(x), _mm256_loadu_ps(x + 8) };
}

static inline struct ll_lanes_avx2
ll_load_f16_avx2(const void *from)
{
	const __m128i *halves = from;

	return (struct ll_lanes_avx2){
		_mm256_cvtph_ps(_mm_loadu_si128(halves)), _mm256_cvtph_ps(_mm_loadu_si128(halves + 1)),
	};
}

static inline __m256
ll_widen_bf16_avx2(__m128i brains)
{
	return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(brains), 16));
}

static inline struct ll_lanes_avx2
ll_load_bf16_avx2(const void *from)
{
	const __m128i *brains = from;

	return (struct ll_lanes_avx2){
		ll_widen_bf16_avx2(_mm_loadu_si128(brains)),
		ll_widen_bf16_avx2(_mm_loadu_si128(brains + 1)),
	};
}

/* Bytes as the halves that ll_f8_e4m3_to_f32 speaks of; those of NaN are all ones. */
static inline __m256i
ll_f8_halves_avx2(__m128i bytes)
{
	__m256i wide = _mm256_cvtepu8_epi16(bytes);
	__m256i size = _mm256_and_si256(_mm256_slli_epi16(wide, 7), _mm256_set1_epi16(0x3f80));
	__m256i sign = _mm256_and_si256(_mm256_slli_epi16(wide, 8), _mm256_set1_epi16(-0x8000));
	__m256i nan = _mm256_cmpeq_epi16(size, _mm256_set1_epi16(0x3f80));

	return _mm256_or_si256(_mm256_or_si256(size, sign), nan);
}

static inline struct ll_lanes_avx2
ll_load_f8_e4m3_avx2(const void *from)
{
	__m256i halves = ll_f8_halves_avx2(_mm_loadu_si128(from));
	__m256 factor = _mm256_set1_ps(0x1p8f);

	return (struct ll_lanes_avx2){
		_mm256_mul_ps(_mm256_cvtph_ps(_mm256_castsi256_si128(halves)), factor),
		_mm256_mul_ps(_mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1)), factor),
	};
}

static inline void
ll_store_avx2(float *to, struct ll_lanes_avx2 lanes)
{
	_mm256_storeu_ps(to, lanes.low);
	_mm256_storeu_ps(to + 8, lanes.high);
}

static inline struct ll_lanes_avx2
ll_mul_avx2(struct ll_lanes_avx2 a, struct ll_lanes_avx2 b)
{
	return (struct ll_lanes_avx2){ _mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high) };
}

static inline struct ll_lanes_avx2
ll_sum_avx2(struct ll_lanes_avx2 a, struct ll_lanes_avx2 b)
{
	return (struct ll_lanes_avx2){ _mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high) };
}

static inline struct ll_lanes_avx2
ll_add_avx2(struct ll_lanes_avx2 sum, struct ll_lanes_avx2 a, struct ll_lanes_avx2 b)
{
	return ll_sum_avx2(sum, ll_mul_avx2(a, b));
}

static inline float
ll_fold_avx2(struct ll_lanes_avx2 lanes)
{
	__m256 eight = _mm256_add_ps(lanes.low, lanes.high);
	__m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
	__m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#endif
