/*
 * Products of panels (mul.h) for AVX2 with FMA.
 */

#if defined(__AVX2__)

#include "tensor/iq_grids.h"
#include "tensor/kern_isa.h"
#include "tensor/rows_avx2.h"

#include "tensor/mul_rows.h"

/* Four units of four rows. */
static inline void
transpose(uint8_t *units, const uint8_t *row, size_t row_bytes)
{
	__m128i a = _mm_loadu_si128((const void *)row);
	__m128i b = _mm_loadu_si128((const void *)(row + row_bytes));
	__m128i c = _mm_loadu_si128((const void *)(row + 2 * row_bytes));
	__m128i d = _mm_loadu_si128((const void *)(row + 3 * row_bytes));
	__m128i low = _mm_unpacklo_epi32(a, b), high = _mm_unpackhi_epi32(a, b);
	__m128i low2 = _mm_unpacklo_epi32(c, d), high2 = _mm_unpackhi_epi32(c, d);

	_mm_storeu_si128((void *)units, _mm_unpacklo_epi64(low, low2));
	_mm_storeu_si128((void *)(units + 64), _mm_unpackhi_epi64(low, low2));
	_mm_storeu_si128((void *)(units + 128), _mm_unpacklo_epi64(high, high2));
	_mm_storeu_si128((void *)(units + 192), _mm_unpackhi_epi64(high, high2));
}

#include "tensor/interleave.h"

const struct ll_kern ll_kern_mul_avx2 = {
	.isa = LL_ISA_AVX2,
	LL_MUL_ENTRIES,
	.interleave = interleave,
};

#endif
