/*
 * Vectors whose lanes are 8 rows of weights, for mul_rows.h: AVX2 with FMA and F16C.
 */

#ifndef LL_TENSOR_ROWS_AVX2_H
#define LL_TENSOR_ROWS_AVX2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define LL_LANE_ROWS 8
#define LL_LANE_COLS 4
#define LL_DOT_BITS 7

typedef __m256i V;
typedef __m256 F;

#define LANES static inline __attribute__((always_inline))

LANES V v_load(const uint8_t *from) { return _mm256_loadu_si256((const void *)from); }
LANES void v_store(uint8_t *to, V value) { _mm256_storeu_si256((void *)to, value); }
LANES V v_set(uint32_t value) { return _mm256_set1_epi32((int)value); }
LANES V v_and(V a, V b) { return _mm256_and_si256(a, b); }
LANES V v_or(V a, V b) { return _mm256_or_si256(a, b); }
LANES V v_xor(V a, V b) { return _mm256_xor_si256(a, b); }
LANES V v_sub(V a, V b) { return _mm256_sub_epi32(a, b); }
LANES V v_add8(V a, V b) { return _mm256_add_epi8(a, b); }
LANES V v_srl(V a, unsigned count) { return _mm256_srl_epi32(a, _mm_cvtsi32_si128((int)count)); }
LANES V v_sra(V a, unsigned count) { return _mm256_sra_epi32(a, _mm_cvtsi32_si128((int)count)); }
LANES V v_sll(V a, unsigned count) { return _mm256_sll_epi32(a, _mm_cvtsi32_si128((int)count)); }
LANES V v_equal(V a, V b) { return _mm256_cmpeq_epi32(a, b); }
LANES V v_look_up(V table, V index) { return _mm256_shuffle_epi8(table, index); }

LANES V
v_table(const int8_t *values)
{
	return _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)values));
}

/* Bits i .. i + 3 of each lane as its four bytes, `one` where there is a bit. i a multiple of 4. */
LANES V
v_spread4(V bits, unsigned i, uint8_t one)
{
	V where = v_set(i % 8 == 0 ? 0x08040201u : 0x80402010u);
	V all = _mm256_shuffle_epi8(bits, _mm256_add_epi8(_mm256_set1_epi8((char)(i / 8)),
	    _mm256_setr_epi32(0, 0x04040404, 0x08080808, 0x0c0c0c0c, 0, 0x04040404, 0x08080808, 0x0c0c0c0c)));

	return v_and(_mm256_cmpeq_epi8(v_and(all, where), where), _mm256_set1_epi8((char)one));
}

LANES V
v_word(const int8_t *x)
{
	int word;

	memcpy(&word, x, sizeof word);
	return _mm256_set1_epi32(word);
}

LANES V v_begin128(int32_t less) { (void)less; return _mm256_setzero_si256(); }

/* Two products of at most 127 * 128 fit 16 bits. */
LANES V
v_add_products(V sum, V q, V x)
{
	return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(q, x), _mm256_set1_epi16(1)));
}

LANES V v_dot(V sum, V q, const int8_t *x) { return v_add_products(sum, q, v_word(x)); }

/* With signs: those of the weights go to the activations, which are never -128. */
LANES V
v_dot128(V sum, V q, const int8_t *x)
{
	V w = v_xor(q, _mm256_set1_epi8(-128));

	return v_add_products(sum, _mm256_abs_epi8(w), _mm256_sign_epi8(v_word(x), w));
}

/* The low 16 bits of two vectors as pairs; those of `odd` have `left` zeros below them. */
LANES V v_pairs(V even, V odd, unsigned left) { return _mm256_blend_epi16(even, v_sll(odd, 16 - left), 0xaa); }
LANES V v_dot_pairs(V a, V b) { return _mm256_madd_epi16(a, b); }

LANES F f_zero(void) { return _mm256_setzero_ps(); }
LANES F f_set(float value) { return _mm256_set1_ps(value); }
LANES F f_load(const float *from) { return _mm256_loadu_ps(from); }
LANES void f_store(float *to, F value) { _mm256_storeu_ps(to, value); }
LANES F f_bits(V bits) { return _mm256_castsi256_ps(bits); }
LANES F f_from(V integers) { return _mm256_cvtepi32_ps(integers); }
LANES F f_load_f16(const uint8_t *from) { return _mm256_cvtph_ps(_mm_loadu_si128((const void *)from)); }

LANES F
f_low_f16(V pairs)
{
	V low = v_and(pairs, v_set(0xffff));

	low = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, low), 0x08);
	return _mm256_cvtph_ps(_mm256_castsi256_si128(low));
}

LANES F f_add(F a, F b) { return _mm256_add_ps(a, b); }
LANES F f_mul(F a, F b) { return _mm256_mul_ps(a, b); }
LANES F f_fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
LANES F f_neg(F a) { return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f)); }

/* 16 bytes of a row and of the fourth after it. */
LANES V
v_two_rows(const uint8_t *row, size_t row_bytes)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)row)),
	    _mm_loadu_si128((const void *)(row + 4 * row_bytes)), 1);
}

/* Four units of rows that are row_bytes apart. */
LANES void
v_four_units(V out[4], const uint8_t *row, size_t row_bytes)
{
	V a = v_two_rows(row, row_bytes), b = v_two_rows(row + row_bytes, row_bytes);
	V c = v_two_rows(row + 2 * row_bytes, row_bytes), d = v_two_rows(row + 3 * row_bytes, row_bytes);
	V low = _mm256_unpacklo_epi32(a, b), high = _mm256_unpackhi_epi32(a, b);
	V low2 = _mm256_unpacklo_epi32(c, d), high2 = _mm256_unpackhi_epi32(c, d);

	out[0] = _mm256_unpacklo_epi64(low, low2);
	out[1] = _mm256_unpackhi_epi64(low, low2);
	out[2] = _mm256_unpacklo_epi64(high, high2);
	out[3] = _mm256_unpackhi_epi64(high, high2);
}

#endif
