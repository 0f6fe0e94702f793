/*
 * Limits of AMX: tiles of 16 rows, and what is left of the integer ones where blocks of 32 weights
 * have scales. In the last, a turn is 16 rows of weights and 16 columns: both tiles are loaded,
 * sums of the turn before are stored, and each column's 16 sums of the one before that are scaled.
 */

#if defined(__AMX_INT8__) || defined(__AMXINT8__)

#include <immintrin.h>
#include <stdbool.h>

#include "bench/limits_isa.h"
#include "tensor/tiles.h"

#define COLUMNS 16
#define INLINE static inline __attribute__((always_inline))

/* Four sums, activations, weights, and both of 32 bytes a row. */
static const struct ll_tiles shapes = {
	.palette = 1,
	.row_bytes = { 64, 64, 64, 64, 64, 64, 32, 64 },
	.rows = { 16, 16, 16, 16, 16, 16, 16, 8 },
};

static _Alignas(64) const int8_t zeros[1024];

static void
begin(void)
{
	ll_tiles_shape(&shapes);
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm4\n\ttileloadd (%0,%1,1), %%tmm5" :: "r"(zeros), "r"((size_t)64));
	__asm__ volatile("tilezero %tmm0\n\ttilezero %tmm1\n\ttilezero %tmm2\n\ttilezero %tmm3");
}

static float
end(void)
{
	ll_tiles_release();
	return 0.0f;
}

static float
bf16(size_t turns)
{
	begin();
	for (size_t i = 0; i < turns; i++)
		__asm__ volatile("tdpbf16ps %tmm5, %tmm4, %tmm0\n\ttdpbf16ps %tmm5, %tmm4, %tmm1\n\t"
		    "tdpbf16ps %tmm5, %tmm4, %tmm2\n\ttdpbf16ps %tmm5, %tmm4, %tmm3");
	return end();
}

static float
int8(size_t turns)
{
	begin();
	for (size_t i = 0; i < turns; i++)
		__asm__ volatile("tdpbssd %tmm5, %tmm4, %tmm0\n\ttdpbssd %tmm5, %tmm4, %tmm1\n\t"
		    "tdpbssd %tmm5, %tmm4, %tmm2\n\ttdpbssd %tmm5, %tmm4, %tmm3");
	return end();
}

#define TURN(product, stored, to) __asm__ volatile( \
	"tilezero %%tmm" product "\n\ttileloadd (%0,%1,1), %%tmm7\n\ttileloadd (%0,%1,1), %%tmm6\n\t" \
	"tdpbssd %%tmm7, %%tmm6, %%tmm" product "\n\ttilestored %%tmm" stored ", (%2,%1,1)" \
	:: "r"(zeros), "r"((size_t)64), "r"(to) : "memory")

/* `second`: one more FMA. */
INLINE float
blocks(size_t turns, bool second)
{
	_Alignas(64) int32_t sums[2][COLUMNS][16] = { 0 };
	__m512 out[COLUMNS], w = _mm512_set1_ps(1e-3f), a = w;

	begin();
	for (size_t k = 0; k < COLUMNS; k++)
		out[k] = _mm512_set1_ps((float)k);
	for (size_t i = 0; i < turns; i++) {
		if (i % 2 == 0)
			TURN("0", "1", sums[0]);
		else
			TURN("1", "0", sums[1]);
		LL_UNKNOWN(w);
#pragma GCC unroll 16
		for (size_t k = 0; k < COLUMNS; k++) {
			__m512 sum = _mm512_cvtepi32_ps(_mm512_load_si512(sums[(i + 1) % 2][k]));

			out[k] = _mm512_fmadd_ps(_mm512_mul_ps(sum, w), a, out[k]);
			if (second)
				out[k] = _mm512_fmadd_ps(w, a, out[k]);
		}
	}
	for (size_t k = 1; k < COLUMNS; k++)
		out[0] = _mm512_add_ps(out[0], out[k]);
	return end() + _mm512_cvtss_f32(out[0]);
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

#define TILE (2.0 * 16 * 16)	/* operations of each byte, or bf16, of a row */

const struct ll_limits_isa ll_limits_amx = {
	.peak = {
		[LL_PEAK_BF16] = { "TDPBF16PS, 16 x 16 x 32", bf16, 4 * TILE * 32 },
		[LL_PEAK_INT8] = { "TDPBSSD, 16 x 16 x 64", int8, 4 * TILE * 64 },
		[LL_PEAK_SCALE] = { "TDPBSSD, 16 (VMULPS, VFMADD231PS)", with_scale, TILE * 32 },
		[LL_PEAK_MIN] = { "TDPBSSD, 16 (VMULPS, 2 VFMADD231PS)", with_min, TILE * 32 },
	},
};

#endif
