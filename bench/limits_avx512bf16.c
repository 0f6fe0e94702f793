/*
 * Limits of what AVX-512 BF16 adds.
 */

#if defined(__AVX512BF16__)

#include <immintrin.h>

#include "bench/limits_isa.h"

#define CHAINS 12

static float
bf16(size_t turns)
{
	__m512 sum[CHAINS];
	__m512bh x = _mm512_cvtne2ps_pbh(_mm512_set1_ps(1e-3f), _mm512_set1_ps(1e-3f));

	for (size_t k = 0; k < CHAINS; k++)
		sum[k] = _mm512_set1_ps((float)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 12
		for (size_t k = 0; k < CHAINS; k++)
			sum[k] = _mm512_dpbf16_ps(sum[k], x, x);
	for (size_t k = 1; k < CHAINS; k++)
		sum[0] = _mm512_add_ps(sum[0], sum[k]);
	return _mm512_cvtss_f32(sum[0]);
}

const struct ll_limits_isa ll_limits_avx512bf16 = {
	.peak = { [LL_PEAK_BF16] = { "VDPBF16PS, 512 bits", bf16, 2 * 32 * CHAINS } },
};

#endif
