/*
 * Vectors of gemm_tile.h: AVX-512.
 */

#ifndef LL_TENSOR_GEMM_AVX512_H
#define LL_TENSOR_GEMM_AVX512_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VEC __m512
#define LANES 16
#define TILE_ROWS 14
#define TILE_WIDE 2

#define VECTOR static inline __attribute__((always_inline))

VECTOR VEC vec_zero(void) { return _mm512_setzero_ps(); }
VECTOR VEC vec_load(const void *from) { return _mm512_loadu_ps(from); }
VECTOR void vec_store(void *to, VEC value) { _mm512_storeu_ps(to, value); }
VECTOR VEC vec_splat(const void *from) { return _mm512_set1_ps(*(const float *)from); }
VECTOR __mmask16 first(size_t n) { return (__mmask16)((1u << n) - 1); }
VECTOR VEC vec_load_part(const float *from, size_t n) { return _mm512_maskz_loadu_ps(first(n), from); }
VECTOR void vec_store_part(float *to, VEC value, size_t n) { _mm512_mask_storeu_ps(to, first(n), value); }

/* Quarters of vectors, as pairs of lanes and then lanes, change places with those of others. */
VECTOR void
vec_transpose(VEC v[LANES])
{
	VEC t[LANES];

#pragma GCC unroll 16
	for (size_t i = 0; i < LANES; i += 2) {
		t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
		t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
	}
#pragma GCC unroll 16
	for (size_t i = 0; i < LANES; i += 4)
#pragma GCC unroll 2
		for (size_t j = 0; j < 2; j++) {
			__m512d low = _mm512_castps_pd(t[i + j]), high = _mm512_castps_pd(t[i + j + 2]);

			v[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
			v[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
		}
#pragma GCC unroll 4
	for (size_t i = 0; i < 4; i++) {
		VEC even = _mm512_shuffle_f32x4(v[i], v[i + 4], 0x88), odd = _mm512_shuffle_f32x4(v[i], v[i + 4], 0xdd);
		VEC even2 = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0x88);
		VEC odd2 = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0xdd);

		v[i] = _mm512_shuffle_f32x4(even, even2, 0x88);
		v[i + 4] = _mm512_shuffle_f32x4(odd, odd2, 0x88);
		v[i + 8] = _mm512_shuffle_f32x4(even, even2, 0xdd);
		v[i + 12] = _mm512_shuffle_f32x4(odd, odd2, 0xdd);
	}
}

#endif
