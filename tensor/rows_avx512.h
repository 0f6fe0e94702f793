/*
 * Vectors whose lanes are 16 rows of weights, for mul_rows.h: AVX-512 with VNNI.
 */

#ifndef LL_TENSOR_ROWS_AVX512_H
#define LL_TENSOR_ROWS_AVX512_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define LL_LANE_ROWS 16
#define LL_LANE_COLS 8
#define LL_DOT_BITS 8

typedef __m512i V;
typedef __m512 F;

#define LANES static inline __attribute__((always_inline))

LANES V v_load(const uint8_t *from) { return _mm512_loadu_si512(from); }
LANES void v_store(uint8_t *to, V value) { _mm512_storeu_si512(to, value); }
LANES V v_set(uint32_t value) { return _mm512_set1_epi32((int)value); }
LANES V v_and(V a, V b) { return _mm512_and_si512(a, b); }
LANES V v_or(V a, V b) { return _mm512_or_si512(a, b); }
LANES V v_xor(V a, V b) { return _mm512_xor_si512(a, b); }
LANES V v_sub(V a, V b) { return _mm512_sub_epi32(a, b); }
LANES V v_add8(V a, V b) { return _mm512_add_epi8(a, b); }
LANES V v_srl(V a, unsigned count) { return _mm512_srl_epi32(a, _mm_cvtsi32_si128((int)count)); }
LANES V v_sra(V a, unsigned count) { return _mm512_sra_epi32(a, _mm_cvtsi32_si128((int)count)); }
LANES V v_sll(V a, unsigned count) { return _mm512_sll_epi32(a, _mm_cvtsi32_si128((int)count)); }
LANES V v_equal(V a, V b) { return _mm512_movm_epi32(_mm512_cmpeq_epi32_mask(a, b)); }
LANES V v_table(const int8_t *values) { return _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)values)); }
LANES V v_look_up(V table, V index) { return _mm512_shuffle_epi8(table, index); }

/* Bits i .. i + 3 of each lane as its four bytes, `one` where there is a bit. i a multiple of 4. */
LANES V
v_spread4(V bits, unsigned i, uint8_t one)
{
	V where = _mm512_set1_epi32((int)(i % 8 == 0 ? 0x08040201u : 0x80402010u));
	V all = _mm512_shuffle_epi8(bits, _mm512_add_epi8(_mm512_set1_epi8((char)(i / 8)),
	    _mm512_broadcast_i32x4(_mm_setr_epi32(0, 0x04040404, 0x08080808, 0x0c0c0c0c))));

	return _mm512_maskz_mov_epi8(_mm512_test_epi8_mask(all, where), _mm512_set1_epi8((char)one));
}

LANES uint32_t
word_at(const int8_t *x)
{
	uint32_t word;

	memcpy(&word, x, sizeof word);
	return word;
}

LANES V v_begin128(int32_t less) { return _mm512_set1_epi32(less); }
LANES V v_dot(V sum, V q, const int8_t *x) { return _mm512_dpbusd_epi32(sum, q, v_set(word_at(x))); }
LANES V v_dot128(V sum, V q, const int8_t *x) { return v_dot(sum, q, x); }

/* The low 16 bits of two vectors as pairs; those of `odd` have `left` zeros below them. */
LANES V v_pairs(V even, V odd, unsigned left) { return _mm512_mask_blend_epi16(0xaaaaaaaa, even, v_sll(odd, 16 - left)); }
LANES V v_dot_pairs(V a, V b) { return _mm512_madd_epi16(a, b); }

LANES F f_zero(void) { return _mm512_setzero_ps(); }
LANES F f_set(float value) { return _mm512_set1_ps(value); }
LANES F f_load(const float *from) { return _mm512_loadu_ps(from); }
LANES void f_store(float *to, F value) { _mm512_storeu_ps(to, value); }
LANES F f_bits(V bits) { return _mm512_castsi512_ps(bits); }
LANES F f_from(V integers) { return _mm512_cvtepi32_ps(integers); }
LANES F f_load_f16(const uint8_t *from) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)from)); }
LANES F f_low_f16(V pairs) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(pairs)); }
LANES F f_add(F a, F b) { return _mm512_add_ps(a, b); }
LANES F f_mul(F a, F b) { return _mm512_mul_ps(a, b); }
LANES F f_fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
LANES F f_neg(F a) { return _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(a), v_set(0x80000000))); }

/* 16 bytes of each fourth row. */
LANES V
v_four_rows(const uint8_t *row, size_t row_bytes)
{
	V four = _mm512_castsi128_si512(_mm_loadu_si128((const void *)row));

	four = _mm512_mask_broadcast_i32x4(four, 0x00f0, _mm_loadu_si128((const void *)(row + 4 * row_bytes)));
	four = _mm512_mask_broadcast_i32x4(four, 0x0f00, _mm_loadu_si128((const void *)(row + 8 * row_bytes)));
	return _mm512_mask_broadcast_i32x4(four, 0xf000, _mm_loadu_si128((const void *)(row + 12 * row_bytes)));
}

/* Of rows i, i + 4, i + 8 and i + 12 in from[i], as units of 16 rows. */
LANES void
v_units(V out[4], const V from[4])
{
	V low = _mm512_unpacklo_epi32(from[0], from[1]), high = _mm512_unpackhi_epi32(from[0], from[1]);
	V low2 = _mm512_unpacklo_epi32(from[2], from[3]), high2 = _mm512_unpackhi_epi32(from[2], from[3]);

	out[0] = _mm512_unpacklo_epi64(low, low2);
	out[1] = _mm512_unpackhi_epi64(low, low2);
	out[2] = _mm512_unpacklo_epi64(high, high2);
	out[3] = _mm512_unpackhi_epi64(high, high2);
}

/* Four units of rows that are row_bytes apart. */
LANES void
v_four_units(V out[4], const uint8_t *row, size_t row_bytes)
{
	const V from[4] = { v_four_rows(row, row_bytes), v_four_rows(row + row_bytes, row_bytes),
		v_four_rows(row + 2 * row_bytes, row_bytes), v_four_rows(row + 3 * row_bytes, row_bytes) };

	v_units(out, from);
}

#endif
