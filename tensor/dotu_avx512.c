/*
 * Products of unpacked weights with rounded activations, for AVX-512 with VNNI: an even block
 * and the odd one after it at once. The activations take the signs of the weights, because
 * vpdpbusd wants one side unsigned.
 */

#if defined(__AVX512VNNI__)

#include <immintrin.h>

#include "tensor/kern_isa.h"
#include "tensor/unpack.h"

/* `there`: which of the four scales are of blocks that exist; the others add 0 * 0. */
static inline __m512
add_pair(__m512 lanes, const struct ll_unpacked *w, size_t b, const struct ll_q8_act *x,
    __mmask8 there)
{
	const __m512i each = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
	const __m512i block = _mm512_set_epi32(2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m512i none = _mm512_setzero_si512();
	__m512i q = _mm512_loadu_si512(w->q[b]);
	__m512i rounded = _mm512_loadu_si512(x->q);
	__m512i sums;
	__m128 scales = _mm_maskz_loadu_ps(there, w->scale[b]);
	__m512 factors = _mm512_permutexvar_ps(each, _mm512_castps128_ps512(scales));
	__m512 act = _mm512_castps128_ps512(_mm_loadu_ps(&x->block[0].scale));

	rounded = _mm512_mask_sub_epi8(rounded, _mm512_movepi8_mask(q), none, rounded);
	sums = _mm512_dpbusd_epi32(none, _mm512_abs_epi8(q), rounded);
	factors = _mm512_mul_ps(factors, _mm512_permutexvar_ps(block, act));
	return _mm512_add_ps(lanes, _mm512_mul_ps(_mm512_cvtepi32_ps(sums), factors));
}

static void
add(float *lane, const struct ll_unpacked *w, const struct ll_q8_act *x, size_t blocks)
{
	__m512 lanes = _mm512_loadu_ps(lane);
	size_t b = 0;

	for (; b + 2 <= blocks; b += 2, x++)
		lanes = add_pair(lanes, w, b, x, 15);
	if (b < blocks)
		lanes = add_pair(lanes, w, b, x, 3);
	_mm512_storeu_ps(lane, lanes);
}

LL_UNPACKED_FORMATS(LL_UNPACKED_DOT)

const struct ll_kern ll_kern_dotu_avx512 = {
	.isa = LL_ISA_AVX512,
	.dot_q8 = { LL_UNPACKED_FORMATS(LL_UNPACKED_ENTRY) },
};

#endif
