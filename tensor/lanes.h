/*
 * The order of summation of kern.h in scalar C, shared by the reference kernels.
 */

#ifndef LL_TENSOR_LANES_H
#define LL_TENSOR_LANES_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/kern.h"

static inline float
ll_lanes_fold(float *lane)
{
	for (size_t half = LL_LANES / 2; half > 0; half /= 2)
		for (size_t l = 0; l < half; l++)
			lane[l] += lane[l + half];
	return lane[0];
}

/*
 * Adds block b of a quantised product: q * scale are its weights, each of the two sub scales
 * four lanes; x is the row of activations.
 */
static inline void
ll_lanes_add(float *lane, size_t b, const int8_t *q, float scale, const int8_t *sub,
    const struct ll_q8_act *x)
{
	const int8_t *rounded = x[b / 2].q[b % 2];
	float *half = lane + b % 2 * (LL_LANES / 2);
	float factor = scale * x[b / 2].block[b % 2].scale;

	for (size_t l = 0; l < LL_LANES / 2; l++) {
		int32_t sum = 0;

		for (size_t i = 4 * l; i < 4 * l + 4; i++)
			sum += q[i] * rounded[i];
		half[l] += (float)(sum * sub[l / 4]) * factor;
	}
}

#endif
