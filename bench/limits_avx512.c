/*
 * Limits of AVX-512 with VNNI: the peaks, and what is left of the integer one where blocks of
 * 32 weights have scales. In the last, a turn is as a kernel's for 16 rows of weights: of each
 * column of activations eight VPDPBUSD into a fresh sum, then its scales.
 */

#if defined(__AVX512VNNI__)

#include <immintrin.h>
#include <stdbool.h>

#define LL_READ_WIDTH 64

#include "bench/limits_isa.h"
#include "bench/limits_read.h"

#define CHAINS 12
#define COLUMNS 8
#define INLINE static inline __attribute__((always_inline))

INLINE float
fold(__m512 *sum, size_t count)
{
	for (size_t k = 1; k < count; k++)
		sum[0] = _mm512_add_ps(sum[0], sum[k]);
	return _mm512_cvtss_f32(sum[0]);
}

static float
f32(size_t turns)
{
	__m512 sum[CHAINS], x = _mm512_set1_ps(1e-3f);

	for (size_t k = 0; k < CHAINS; k++)
		sum[k] = _mm512_set1_ps((float)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 12
		for (size_t k = 0; k < CHAINS; k++)
			sum[k] = _mm512_fmadd_ps(x, x, sum[k]);
	return fold(sum, CHAINS);
}

static float
int8(size_t turns)
{
	__m512i sum[CHAINS], x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(-2);
	__m512 out[CHAINS];

	for (size_t k = 0; k < CHAINS; k++)
		sum[k] = _mm512_set1_epi32((int)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 12
		for (size_t k = 0; k < CHAINS; k++)
			sum[k] = _mm512_dpbusd_epi32(sum[k], x, y);
	for (size_t k = 0; k < CHAINS; k++)
		out[k] = _mm512_cvtepi32_ps(sum[k]);
	return fold(out, CHAINS);
}

/* `second`: one more FMA. */
INLINE float
blocks(size_t turns, bool second)
{
	__m512i x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(-2);
	__m512 out[COLUMNS], w = _mm512_set1_ps(1e-3f), a = w;

	for (size_t k = 0; k < COLUMNS; k++)
		out[k] = _mm512_set1_ps((float)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 8
		for (size_t k = 0; k < COLUMNS; k++) {
			__m512i sum = _mm512_setzero_si512();

			LL_UNKNOWN(y);
			LL_UNKNOWN(a);
#pragma GCC unroll 8
			for (size_t j = 0; j < 8; j++)
				sum = _mm512_dpbusd_epi32(sum, x, y);
			out[k] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(w, a), out[k]);
			if (second)
				out[k] = _mm512_fmadd_ps(w, a, out[k]);
		}
	return fold(out, COLUMNS);
}

static float
with_scale(size_t turns)
{
	return blocks(turns, false);
}

static float
with_min(size_t turns)
{
	return blocks(turns, true);
}

const struct ll_limits_isa ll_limits_avx512 = {
	.read = read_memory,
	.peak = {
		[LL_PEAK_F32] = { "VFMADD231PS, 512 bits", f32, 2 * 16 * CHAINS },
		[LL_PEAK_INT8] = { "VPDPBUSD, 512 bits", int8, 2 * 64 * CHAINS },
		[LL_PEAK_SCALE] = { "8 VPDPBUSD, VMULPS, VFMADD231PS", with_scale, 2.0 * 64 * 8 * COLUMNS },
		[LL_PEAK_MIN] = { "8 VPDPBUSD, VMULPS, 2 VFMADD231PS", with_min, 2.0 * 64 * 8 * COLUMNS },
	},
};

#endif
