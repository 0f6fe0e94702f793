/*
 * Kernels of attention for AVX2, FMA and F16C.
 */

#if defined(__AVX2__)

#include <stdbool.h>

#include "tensor/exp.h"
#include "tensor/lanes_avx2.h"

#define VEC __m256
#define LANES 8
#define TILE_ROWS 4
#define TILE_WIDE 2

#define vec_set _mm256_set1_ps
#define vec_load _mm256_loadu_ps
#define vec_store _mm256_storeu_ps
#define vec_mul _mm256_mul_ps
#define vec_fma _mm256_fmadd_ps

#define vec_add _mm256_add_ps
#define vec_sub _mm256_sub_ps
#define vec_max _mm256_max_ps
#define vec_fold(lanes) ll_fold_avx2((struct ll_lanes_avx2){ (lanes)[0], (lanes)[1] })

static inline float
vec_most(__m256 a)
{
	__m128 most = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	most = _mm_max_ps(most, _mm_movehl_ps(most, most));
	return _mm_cvtss_f32(_mm_max_ss(most, _mm_movehdup_ps(most)));
}

static inline __m256
vec_power(__m256 t)
{
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(t), 23),
	    _mm256_set1_epi32(LL_EXP_ONE_BITS)));
}

static inline __m256
load_f32(const void *from)
{
	return _mm256_loadu_ps(from);
}

static inline __m256
load_f16(const void *from)
{
	return _mm256_cvtph_ps(_mm_loadu_si128(from));
}

static inline __m256
load_bf16(const void *from)
{
	return _mm256_castsi256_ps(_mm256_slli_epi32(
	    _mm256_cvtepu16_epi32(_mm_loadu_si128(from)), 16));
}

#define INTS __m256i
#define KEY_BIAS 128

#define ints_set _mm256_set1_epi32
#define ints_float _mm256_cvtepi32_ps

static inline __m256i
load_keys(const uint8_t *from)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

#define load_keys4 load_keys

static inline __m256i
keys4_low(__m256i bytes)
{
	return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

static inline __m256i
keys4_high(__m256i bytes)
{
	return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
}

/* Even and odd bytes apart, since vpmaddubsw saturates. */
static inline __m256i
ints_dot(__m256i sum, __m256i keys, __m256i q)
{
	__m256i even = _mm256_madd_epi16(_mm256_and_si256(keys, _mm256_set1_epi16(0xff)),
	    _mm256_srai_epi16(_mm256_slli_epi16(q, 8), 8));
	__m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(keys, 8), _mm256_srai_epi16(q, 8));

	return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
}

#define VALUE_WIDE 1

#define vec_min _mm256_min_ps
#define vec_abs(a) _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a)
#define ints_round _mm256_cvtps_epi32
#define load_bytes load_keys

static inline uint16_t
most_half(const uint16_t *halves)
{
	const __m256i size = _mm256_set1_epi16(0x7fff);
	__m256i all = _mm256_min_epu16(_mm256_andnot_si256(load_keys((const uint8_t *)halves), size),
	    _mm256_andnot_si256(load_keys((const uint8_t *)(halves + 16)), size));

	/* The least of the complements. */
	return (uint16_t)(0x7fff - _mm_extract_epi16(_mm_minpos_epu16(
	    _mm_min_epu16(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1))), 0));
}

static inline void
half_signs(uint8_t *signs, const uint16_t *halves)
{
	__m256i low = _mm256_srai_epi16(load_keys((const uint8_t *)halves), 15);
	__m256i high = _mm256_srai_epi16(load_keys((const uint8_t *)(halves + 16)), 15);

	_mm256_storeu_si256((__m256i *)(void *)signs,
	    _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8));
}

/* The lowest bytes of eight integers. */
static inline void
store_low_bytes(uint8_t *to, __m256i from)
{
	__m128i words = _mm_packs_epi32(_mm256_castsi256_si128(from), _mm256_extracti128_si256(from, 1));

	_mm_storel_epi64((__m128i *)(void *)to, _mm_packus_epi16(words, words));
}

static inline void
store_halves(uint8_t *high, uint8_t *low, __m256i weights)
{
	store_low_bytes(high, _mm256_srli_epi32(weights, 7));
	store_low_bytes(low, _mm256_and_si256(weights, _mm256_set1_epi32(127)));
}

static inline __m256i
signed4(__m256i bytes, __m256i mask)
{
	bytes = _mm256_sub_epi8(bytes, _mm256_set1_epi8(8));
	return _mm256_sub_epi8(_mm256_xor_si256(bytes, mask), mask);
}

/* Two products of 7 bits each fit 16. */
static inline __m256i
ints_dot_weights(__m256i sum, __m256i weights, __m256i values)
{
	return _mm256_add_epi32(sum,
	    _mm256_madd_epi16(_mm256_maddubs_epi16(weights, values), _mm256_set1_epi16(1)));
}

static inline __m256i
ints_join(__m256i high, __m256i low)
{
	return _mm256_add_epi32(_mm256_slli_epi32(high, 7), low);
}

#include "tensor/attn_tile.h"

const struct ll_kern ll_kern_attn_avx2 = {
	.isa = LL_ISA_AVX2,
	ATTENTION_ENTRIES
};

#endif
