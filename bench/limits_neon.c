/*
 * Limits of NEON with the dot product of bytes.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include <arm_neon.h>

#define LL_READ_WIDTH 16

#include "bench/limits_isa.h"
#include "bench/limits_read.h"

#define CHAINS 16	/* four pipes, four cycles */

static float
f32(size_t turns)
{
	float32x4_t sum[CHAINS], x = vdupq_n_f32(1e-3f);

	for (size_t k = 0; k < CHAINS; k++)
		sum[k] = vdupq_n_f32((float)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 16
		for (size_t k = 0; k < CHAINS; k++)
			sum[k] = vfmaq_f32(sum[k], x, x);
	for (size_t k = 1; k < CHAINS; k++)
		sum[0] = vaddq_f32(sum[0], sum[k]);
	return vgetq_lane_f32(sum[0], 0);
}

static float
int8(size_t turns)
{
	int32x4_t sum[CHAINS];
	int8x16_t x = vdupq_n_s8(3);

	for (size_t k = 0; k < CHAINS; k++)
		sum[k] = vdupq_n_s32((int)k);
	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 16
		for (size_t k = 0; k < CHAINS; k++)
			sum[k] = vdotq_s32(sum[k], x, x);
	for (size_t k = 1; k < CHAINS; k++)
		sum[0] = vaddq_s32(sum[0], sum[k]);
	return (float)vgetq_lane_s32(sum[0], 0);
}

const struct ll_limits_isa ll_limits_neon = {
	.read = read_memory,
	.peak = {
		[LL_PEAK_F32] = { "FMLA, 128 bits", f32, 2 * 4 * CHAINS },
		[LL_PEAK_INT8] = { "SDOT, 128 bits", int8, 2 * 16 * CHAINS },
	},
};

#endif
