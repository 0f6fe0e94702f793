/*
 * Products of panels (mul.h) for AVX-512 with VNNI.
 */

#if defined(__AVX512VNNI__)

#include "tensor/kern_isa.h"
#include "tensor/iq_grids.h"
#include "tensor/rows_avx512.h"

#include "tensor/mul_rows.h"

/* Four units of 16 rows that are row_bytes apart, as four vectors of one unit each. */
static inline void
transpose(uint8_t *units, const uint8_t *const row[16], size_t at)
{
	__m512i four[4], low, high, low2, high2;

	for (size_t i = 0; i < 4; i++) {
		four[i] = _mm512_castsi128_si512(_mm_loadu_si128((const void *)(row[i] + at)));
		four[i] = _mm512_mask_broadcast_i32x4(four[i], 0x00f0, _mm_loadu_si128((const void *)(row[i + 4] + at)));
		four[i] = _mm512_mask_broadcast_i32x4(four[i], 0x0f00, _mm_loadu_si128((const void *)(row[i + 8] + at)));
		four[i] = _mm512_mask_broadcast_i32x4(four[i], 0xf000, _mm_loadu_si128((const void *)(row[i + 12] + at)));
	}
	low = _mm512_unpacklo_epi32(four[0], four[1]);
	high = _mm512_unpackhi_epi32(four[0], four[1]);
	low2 = _mm512_unpacklo_epi32(four[2], four[3]);
	high2 = _mm512_unpackhi_epi32(four[2], four[3]);
	_mm512_storeu_si512(units, _mm512_unpacklo_epi64(low, low2));
	_mm512_storeu_si512(units + 64, _mm512_unpackhi_epi64(low, low2));
	_mm512_storeu_si512(units + 128, _mm512_unpacklo_epi64(high, high2));
	_mm512_storeu_si512(units + 192, _mm512_unpackhi_epi64(high, high2));
}

#define LL_TRANSPOSE_ROWS 16
#include "tensor/interleave.h"

const struct ll_kern ll_kern_mul_avx512 = {
	.isa = LL_ISA_AVX512,
	LL_MUL_ENTRIES,
	.interleave = interleave,
};

#endif
