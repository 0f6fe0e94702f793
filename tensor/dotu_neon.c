/*
 * Products of unpacked weights with rounded activations, for NEON with the dot product
 * instructions.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include <arm_neon.h>

#include "tensor/kern_isa.h"
#include "tensor/unpack.h"

/* Sixteen weights, which share a scale and are four lanes. */
static inline float32x4_t
add_half(float32x4_t lanes, const int8_t *q, const int8_t *rounded, float factor)
{
	int32x4_t sums = vdotq_s32(vdupq_n_s32(0), vld1q_s8(q), vld1q_s8(rounded));

	return vaddq_f32(lanes, vmulq_n_f32(vcvtq_f32_s32(sums), factor));
}

static void
add(float *lane, const struct ll_unpacked *w, const struct ll_q8_act *x, size_t blocks)
{
	float32x4_t lanes[4];

	for (size_t i = 0; i < 4; i++)
		lanes[i] = vld1q_f32(lane + 4 * i);
	for (size_t b = 0; b < blocks; b++) {
		const int8_t *rounded = x[b / 2].q[b % 2];
		float32x4_t *half = lanes + b % 2 * 2;
		float scale = x[b / 2].block[b % 2].scale;

		half[0] = add_half(half[0], w->q[b], rounded, w->scale[b][0] * scale);
		half[1] = add_half(half[1], w->q[b] + 16, rounded + 16, w->scale[b][1] * scale);
	}
	for (size_t i = 0; i < 4; i++)
		vst1q_f32(lane + 4 * i, lanes[i]);
}

LL_UNPACKED_FORMATS(LL_UNPACKED_DOT)

const struct ll_kern ll_kern_dotu_neon = {
	.isa = LL_ISA_NEON,
	.dot_q8 = { LL_UNPACKED_FORMATS(LL_UNPACKED_ENTRY) },
};

#endif
