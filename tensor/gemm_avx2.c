/*
 * Products of matrices (gemm.h) for AVX2 with FMA.
 */

#if defined(__AVX2__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VEC __m256
#define LANES 8
#define TILE_ROWS 6
#define TILE_WIDE 2

#define VECTOR static inline __attribute__((always_inline))

VECTOR VEC vec_zero(void) { return _mm256_setzero_ps(); }
VECTOR VEC vec_load(const void *from) { return _mm256_loadu_ps(from); }
VECTOR void vec_store(void *to, VEC value) { _mm256_storeu_ps(to, value); }
VECTOR VEC vec_splat(const void *from) { return _mm256_broadcast_ss(from); }
VECTOR VEC vec_step(VEC a, VEC b, VEC sum) { return _mm256_fmadd_ps(a, b, sum); }

VECTOR __m256i
first(size_t n)
{
	return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

VECTOR VEC vec_load_part(const float *from, size_t n) { return _mm256_maskload_ps(from, first(n)); }
VECTOR void vec_store_part(float *to, VEC value, size_t n) { _mm256_maskstore_ps(to, first(n), value); }

VECTOR void
vec_transpose(VEC v[LANES])
{
	VEC t[LANES];

#pragma GCC unroll 8
	for (size_t i = 0; i < LANES; i += 2) {
		t[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
		t[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
	}
#pragma GCC unroll 8
	for (size_t i = 0; i < LANES; i += 4)
#pragma GCC unroll 2
		for (size_t j = 0; j < 2; j++) {
			v[i + 2 * j] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0x44);
			v[i + 2 * j + 1] = _mm256_shuffle_ps(t[i + j], t[i + j + 2], 0xee);
		}
#pragma GCC unroll 4
	for (size_t i = 0; i < 4; i++) {
		VEC low = v[i], high = v[i + 4];

		v[i] = _mm256_permute2f128_ps(low, high, 0x20);
		v[i + 4] = _mm256_permute2f128_ps(low, high, 0x31);
	}
}

VECTOR VEC
round_bf16(VEC x)
{
	__m256i bits = _mm256_castps_si256(x);
	__m256i even = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
	__m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(even, _mm256_set1_epi32(0x7fff)));
	VEC out = _mm256_castsi256_ps(_mm256_and_si256(up, _mm256_set1_epi32(-0x10000)));
	VEC sign = _mm256_set1_ps(-0.0f), size = _mm256_andnot_ps(sign, x);

	out = _mm256_blendv_ps(out, _mm256_and_ps(x, sign), _mm256_cmp_ps(size, _mm256_set1_ps(0x1p-126f), _CMP_LT_OQ));
	return _mm256_blendv_ps(out, x, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

#define vec_round round_bf16

#include "tensor/gemm_flush.h"

const struct ll_gemm_kern ll_gemm_avx2[2] = {
	[LL_GEMM_F32] = { .lanes = LANES, .rows = TILE_ROWS, .cols = TILE_WIDE * LANES, .pack = pack_f32,
	    .tile = tile },
	[LL_GEMM_BF16] = { .lanes = LANES, .rows = TILE_ROWS, .cols = TILE_WIDE * LANES, .pack = pack_bf16,
	    .tile = tile_bf16 },
};

#endif
