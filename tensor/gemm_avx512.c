/*
 * Products of matrices (gemm.h) for AVX-512.
 */

#if defined(__AVX512VNNI__)

#include "tensor/gemm_avx512.h"

VECTOR VEC vec_step(VEC a, VEC b, VEC sum) { return _mm512_fmadd_ps(a, b, sum); }

VECTOR VEC
round_bf16(VEC x)
{
	__m512i bits = _mm512_castps_si512(x);
	__m512i even = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
	__m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(even, _mm512_set1_epi32(0x7fff)));
	__m512i out = _mm512_and_si512(up, _mm512_set1_epi32(-0x10000));
	__mmask16 small = _mm512_cmplt_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(0x1p-126f));

	out = _mm512_mask_and_epi32(out, small, bits, _mm512_set1_epi32(INT32_MIN));
	return _mm512_castsi512_ps(_mm512_mask_mov_epi32(out, _mm512_cmpunord_ps_mask(x, x), bits));
}

#define vec_round round_bf16

#include "tensor/gemm_flush.h"

const struct ll_gemm_kern ll_gemm_avx512[2] = {
	[LL_GEMM_F32] = { .lanes = LANES, .rows = TILE_ROWS, .cols = TILE_WIDE * LANES, .pack = pack_f32,
	    .tile = tile },
	[LL_GEMM_BF16] = { .lanes = LANES, .rows = TILE_ROWS, .cols = TILE_WIDE * LANES, .pack = pack_bf16,
	    .tile = tile_bf16 },
};

#endif
