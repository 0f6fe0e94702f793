/*
 * Limits of AVX2. Without a dot product of bytes the least that a sum of them takes is
 * VPMADDUBSW and an addition of its 16-bit pairs; a kernel must also widen those now and then.
 */

#if defined(__AVX2__)

#include <immintrin.h>

#define LL_READ_WIDTH 32

#include "bench/limits_isa.h"
#include "bench/limits_read.h"

#define CHAINS 12	/* that do not wait for each other: 2 a cycle, 4 or 5 cycles each */

static float
first(__m256 x)
{
	return _mm256_cvtss_f32(x);
}

__attribute__((target("fma"))) static float
f32(size_t turns)
{
	__m256 sum[CHAINS], x = _mm256_set1_ps(1e-3f);

	for (size_t k = 0; k < CHAINS; k++)
		sum[k] = _mm256_set1_ps((float)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 12
		for (size_t k = 0; k < CHAINS; k++)
			sum[k] = _mm256_fmadd_ps(x, x, sum[k]);
	for (size_t k = 1; k < CHAINS; k++)
		sum[0] = _mm256_add_ps(sum[0], sum[k]);
	return first(sum[0]);
}

static float
int8(size_t turns)
{
	__m256i sum[CHAINS], x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(-2);

	for (size_t k = 0; k < CHAINS; k++)
		sum[k] = _mm256_set1_epi16((short)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 12
		for (size_t k = 0; k < CHAINS; k++) {
			LL_UNKNOWN(x);
			sum[k] = _mm256_add_epi16(sum[k], _mm256_maddubs_epi16(x, y));
		}
	for (size_t k = 1; k < CHAINS; k++)
		sum[0] = _mm256_add_epi16(sum[0], sum[k]);
	return first(_mm256_cvtepi32_ps(sum[0]));
}

const struct ll_limits_isa ll_limits_avx2 = {
	.read = read_memory,
	.peak = {
		[LL_PEAK_F32] = { "VFMADD231PS, 256 bits", f32, 2 * 8 * CHAINS },
		[LL_PEAK_INT8] = { "VPMADDUBSW and VPADDW, 256 bits", int8, 2 * 32 * CHAINS },
	},
};

#endif
