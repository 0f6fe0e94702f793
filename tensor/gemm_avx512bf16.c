/*
 * Products of matrices (gemm.h) under LL_GEMM_BF16 for AVX-512 with BF16.
 */

#if defined(__AVX512BF16__)

#include "tensor/gemm_avx512.h"

VECTOR VEC
vec_step(VEC a, VEC b, VEC sum)
{
	return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(a), (__m512bh)_mm512_castps_si512(b));
}

#include "tensor/gemm_tile.h"

/* The numbers of an even and an odd p as pairs. */
INLINE VEC
pair_up(VEC even, VEC odd)
{
	__m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
	__m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));

	return _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

static void
pack_across(uint8_t *to, size_t pitch, const float *x, size_t along, size_t count, size_t k)
{
	for (size_t p = 0; p < k; p += 2, to += pitch) {
		VEC even = vec_load_part(x + p * along, count);

		vec_store(to, pair_up(even, p + 1 < k ? vec_load_part(x + (p + 1) * along, count) : vec_zero()));
	}
}

/* 32 numbers of each row are 16 pairs. */
static void
pack_along(uint8_t *to, size_t pitch, const float *x, size_t across, size_t count, size_t k)
{
	VEC v[LANES];

	for (size_t p = 0; p < k; p += 2 * LANES) {
		size_t n = k - p < 2 * LANES ? k - p : 2 * LANES, low = n < LANES ? n : LANES;

		UNROLL
		for (size_t l = 0; l < LANES; l++) {
			const float *row = x + l * across + p;

			v[l] = l >= count ? vec_zero() :
			    _mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(vec_load_part(row + low, n - low),
			    vec_load_part(row, low)));
		}
		vec_transpose(v);
		UNROLL
		for (size_t l = 0; l < LANES; l++)
			if (2 * l < n)
				vec_store(to + (p / 2 + l) * pitch, v[l]);
	}
}

static void
pack_pairs(void *out, size_t pitch, const float *x, size_t across, size_t along, size_t count, size_t k)
{
	if (across == 1)
		pack_across(out, 4 * pitch, x, along, count, k);
	else
		pack_along(out, 4 * pitch, x, across, count, k);
}

const struct ll_gemm_kern ll_gemm_avx512bf16[1] = {
	{ .lanes = LANES, .rows = TILE_ROWS, .cols = TILE_WIDE * LANES, .paired = true, .pack = pack_pairs,
	    .tile = tile },
};

#endif
