/*
 * Products of unpacked weights with rounded activations, for AVX2. The activations take the
 * signs of the weights, because vpmaddubsw wants one side unsigned; a pair of products is at
 * most 2 * 127 * 127, which fits 16 bits.
 */

#if defined(__AVX2__)

#include <immintrin.h>

#include "tensor/kern_isa.h"
#include "tensor/unpack.h"

static inline __m256
add_block(__m256 lanes, const struct ll_unpacked *w, size_t b, const struct ll_q8_act *x,
    size_t half)
{
	const __m256i each = _mm256_set_epi32(1, 1, 1, 1, 0, 0, 0, 0);
	__m256i q = _mm256_loadu_si256((const void *)w->q[b]);
	__m256i rounded = _mm256_sign_epi8(_mm256_loadu_si256((const void *)x->q[half]), q);
	__m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(q), rounded);
	__m256i sums = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
	__m128 scales = _mm_castpd_ps(_mm_load_sd((const void *)w->scale[b]));
	__m256 factors = _mm256_permutevar8x32_ps(_mm256_castps128_ps256(scales), each);

	factors = _mm256_mul_ps(factors, _mm256_broadcast_ss(&x->block[half].scale));
	return _mm256_add_ps(lanes, _mm256_mul_ps(_mm256_cvtepi32_ps(sums), factors));
}

static void
add(float *lane, const struct ll_unpacked *w, const struct ll_q8_act *x, size_t blocks)
{
	__m256 even = _mm256_loadu_ps(lane), odd = _mm256_loadu_ps(lane + 8);

	for (size_t b = 0; b < blocks; b += 2, x++) {
		even = add_block(even, w, b, x, 0);
		if (b + 1 < blocks)
			odd = add_block(odd, w, b + 1, x, 1);
	}
	_mm256_storeu_ps(lane, even);
	_mm256_storeu_ps(lane + 8, odd);
}

LL_UNPACKED_FORMATS(LL_UNPACKED_DOT)

const struct ll_kern ll_kern_dotu_avx2 = {
	.isa = LL_ISA_AVX2,
	.dot_q8 = { LL_UNPACKED_FORMATS(LL_UNPACKED_ENTRY) },
};

#endif
