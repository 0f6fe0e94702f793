/*
 * Products of matrices in scalar C, the specification: gemm.h has it in words.
 */

#include <math.h>

#include "tensor/brain.h"
#include "tensor/gemm_kern.h"

#define LANES 4

typedef float step(float a, float b, float sum);

static void
tile(float *c, size_t stride, const float *a, const float *b, size_t rows, size_t cols, size_t steps, bool add,
    step *next)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++) {
			float sum = add ? c[i * stride + j] : 0.0f;

			for (size_t s = 0; s < steps; s++)
				sum = next(a[s * LANES + i], b[s * LANES + j], sum);
			c[i * stride + j] = sum;
		}
}

static void
tile_f32(float *c, size_t stride, const void *a, const void *b, size_t rows, size_t cols, size_t steps, bool add)
{
	tile(c, stride, a, b, rows, cols, steps, add, fmaf);
}

static void
tile_bf16(float *c, size_t stride, const void *a, const void *b, size_t rows, size_t cols, size_t steps, bool add)
{
	tile(c, stride, a, b, rows, cols, steps, add, ll_brain_step);
}

static void
pack_f32(void *out, size_t pitch, const float *x, size_t across, size_t along, size_t count, size_t k)
{
	float *to = out;

	for (size_t p = 0; p < k; p++)
		for (size_t l = 0; l < LANES; l++)
			to[p * pitch + l] = l < count ? x[l * across + p * along] : 0.0f;
}

static void
pack_bf16(void *out, size_t pitch, const float *x, size_t across, size_t along, size_t count, size_t k)
{
	float *to = out;

	for (size_t p = 0; p < (k + 1) / 2 * 2; p++)
		for (size_t l = 0; l < LANES; l++)
			to[(p ^ 1) * pitch + l] = l < count && p < k ? ll_brain_round(x[l * across + p * along]) : 0.0f;
}

const struct ll_gemm_kern ll_gemm_ref[2] = {
	[LL_GEMM_F32] = { .lanes = LANES, .rows = LANES, .cols = LANES, .pack = pack_f32, .tile = tile_f32 },
	[LL_GEMM_BF16] = { .lanes = LANES, .rows = LANES, .cols = LANES, .pack = pack_bf16, .tile = tile_bf16 },
};
