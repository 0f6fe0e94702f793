/*
 * Products of panels (mul.h) for AVX-512 with VNNI.
 */

#if defined(__AVX512VNNI__)

#include "tensor/kern_isa.h"
#include "tensor/iq_grids.h"
#include "tensor/rows_avx512.h"

#include "tensor/mul_rows.h"

/* 16 bytes of each fourth row. */
static inline __attribute__((always_inline)) __m512i
four_rows(const uint8_t *row, size_t row_bytes)
{
	__m512i four = _mm512_castsi128_si512(_mm_loadu_si128((const void *)row));

	four = _mm512_mask_broadcast_i32x4(four, 0x00f0, _mm_loadu_si128((const void *)(row + 4 * row_bytes)));
	four = _mm512_mask_broadcast_i32x4(four, 0x0f00, _mm_loadu_si128((const void *)(row + 8 * row_bytes)));
	return _mm512_mask_broadcast_i32x4(four, 0xf000, _mm_loadu_si128((const void *)(row + 12 * row_bytes)));
}

static inline __attribute__((always_inline)) void
store_units(uint8_t *units, __m512i a, __m512i b, __m512i c, __m512i d)
{
	__m512i low = _mm512_unpacklo_epi32(a, b), high = _mm512_unpackhi_epi32(a, b);
	__m512i low2 = _mm512_unpacklo_epi32(c, d), high2 = _mm512_unpackhi_epi32(c, d);

	_mm512_storeu_si512(units, _mm512_unpacklo_epi64(low, low2));
	_mm512_storeu_si512(units + 64, _mm512_unpackhi_epi64(low, low2));
	_mm512_storeu_si512(units + 128, _mm512_unpacklo_epi64(high, high2));
	_mm512_storeu_si512(units + 192, _mm512_unpackhi_epi64(high, high2));
}

/* Four units of 16 rows, as four vectors of one unit each. */
static inline void
transpose(uint8_t *units, const uint8_t *row, size_t row_bytes)
{
	store_units(units, four_rows(row, row_bytes), four_rows(row + row_bytes, row_bytes),
	    four_rows(row + 2 * row_bytes, row_bytes), four_rows(row + 3 * row_bytes, row_bytes));
}

/* 16 units; each line is met once, since 16 that are a power of two apart have no room in the first cache. */
static inline void
transpose16(uint8_t *units, const uint8_t *row, size_t row_bytes)
{
	__m512i four[4][4];

#pragma GCC unroll 4
	for (size_t i = 0; i < 4; i++)
#pragma GCC unroll 4
		for (size_t j = 0; j < 4; j++)
			four[j][i] = four_rows(row + i * row_bytes + 16 * j, row_bytes);
#pragma GCC unroll 4
	for (size_t j = 0; j < 4; j++)
		store_units(units + 256 * j, four[j][0], four[j][1], four[j][2], four[j][3]);
}

#define LL_TRANSPOSE_ROWS 16
#include "tensor/interleave.h"

const struct ll_kern ll_kern_mul_avx512 = {
	.isa = LL_ISA_AVX512,
	LL_MUL_ENTRIES,
	.interleave = interleave,
};

#endif
