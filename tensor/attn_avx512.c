/*
 * Kernels of attention for AVX-512.
 */

#if defined(__AVX512F__)

#include <stdbool.h>

#include "tensor/exp.h"
#include "tensor/lanes_avx512.h"

#define VEC __m512
#define LANES 16
#define TILE_ROWS 8
#define TILE_WIDE 2

#define vec_set _mm512_set1_ps
#define vec_load _mm512_loadu_ps
#define vec_store _mm512_storeu_ps
#define vec_mul _mm512_mul_ps
#define vec_fma _mm512_fmadd_ps

#define vec_add _mm512_add_ps
#define vec_sub _mm512_sub_ps
#define vec_max _mm512_max_ps
#define vec_most _mm512_reduce_max_ps
#define vec_fold(lanes) ll_fold_avx512((lanes)[0])

static inline __m512
vec_power(__m512 t)
{
	return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_slli_epi32(_mm512_castps_si512(t), 23),
	    _mm512_set1_epi32(LL_EXP_ONE_BITS)));
}

static inline __m512
load_f32(const void *from)
{
	return _mm512_loadu_ps(from);
}

static inline __m512
load_f16(const void *from)
{
	return _mm512_cvtph_ps(_mm256_loadu_si256(from));
}

static inline __m512
load_bf16(const void *from)
{
	return _mm512_castsi512_ps(_mm512_slli_epi32(
	    _mm512_cvtepu16_epi32(_mm256_loadu_si256(from)), 16));
}

#define INTS __m512i
#define KEY_BIAS 128

#define ints_set _mm512_set1_epi32
#define ints_float _mm512_cvtepi32_ps
#define ints_dot _mm512_dpbusd_epi32
#define load_keys _mm512_loadu_si512
#define load_keys4 _mm512_loadu_si512

static inline __m512i
keys4_low(__m512i bytes)
{
	return _mm512_and_si512(bytes, _mm512_set1_epi8(15));
}

static inline __m512i
keys4_high(__m512i bytes)
{
	return _mm512_and_si512(_mm512_srli_epi16(bytes, 4), _mm512_set1_epi8(15));
}

#define VALUE_WIDE 2

#define vec_min _mm512_min_ps
#define vec_abs _mm512_abs_ps
#define ints_round _mm512_cvtps_epi32
#define load_bytes _mm512_loadu_si512
#define ints_dot_weights _mm512_dpbusd_epi32

static inline uint16_t
most_half(const uint16_t *halves)
{
	__m512i all = _mm512_andnot_si512(_mm512_loadu_si512(halves), _mm512_set1_epi16(0x7fff));
	__m256i half = _mm256_min_epu16(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));

	/* The least of the complements. */
	return (uint16_t)(0x7fff - _mm_extract_epi16(_mm_minpos_epu16(
	    _mm_min_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1))), 0));
}

static inline void
half_signs(uint8_t *signs, const uint16_t *halves)
{
	_mm256_storeu_si256((__m256i *)(void *)signs,
	    _mm256_movm_epi8(_mm512_movepi16_mask(_mm512_loadu_si512(halves))));
}

static inline void
store_halves(uint8_t *high, uint8_t *low, __m512i weights)
{
	_mm_storeu_si128((__m128i *)(void *)high, _mm512_cvtepi32_epi8(_mm512_srli_epi32(weights, 7)));
	_mm_storeu_si128((__m128i *)(void *)low,
	    _mm512_cvtepi32_epi8(_mm512_and_si512(weights, _mm512_set1_epi32(127))));
}

static inline __m512i
signed4(__m512i bytes, __m512i mask)
{
	bytes = _mm512_sub_epi8(bytes, _mm512_set1_epi8(8));
	return _mm512_sub_epi8(_mm512_xor_si512(bytes, mask), mask);
}

static inline __m512i
ints_join(__m512i high, __m512i low)
{
	return _mm512_add_epi32(_mm512_slli_epi32(high, 7), low);
}

#include "tensor/attn_tile.h"

const struct ll_kern ll_kern_attn_avx512 = {
	.isa = LL_ISA_AVX512,
	ATTENTION_ENTRIES
};

#endif
