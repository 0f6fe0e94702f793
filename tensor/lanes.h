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

#endif
