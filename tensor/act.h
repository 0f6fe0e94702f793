/*
 * Rounding of activations, the part that is the same on all ISAs: an ISA's file has round16, which
 * rounds 16 floats times a factor to bytes and returns their sum, and greatest, the greatest
 * magnitude of 32, which is an infinity or a NaN where there is one.
 */

#ifndef LL_TENSOR_ACT_H
#define LL_TENSOR_ACT_H

#include <float.h>
#include <math.h>
#include <string.h>

#include "tensor/mul.h"

typedef int32_t ll_round16(int8_t *q, const float *x, float factor);
typedef float ll_greatest(const float *x);

static inline __attribute__((always_inline)) void
ll_act_round(union ll_act *line, const float *x, ll_greatest *greatest, ll_round16 *round16)
{
	struct ll_act_q8 *out = &line->q8;
	float most = greatest(x), scale = most / 127.0f;
	int32_t low, high;

	if (!(scale >= FLT_MIN && most <= FLT_MAX)) {
		memset(out, 0, sizeof *out);
		out->scale = most <= FLT_MAX ? 0.0f : NAN;
		return;
	}
	low = round16(out->q, x, 127.0f / most);
	high = round16(out->q + 16, x + 16, 127.0f / most);
	out->scale = scale;
	out->less8 = -8 * (low + high);
	out->less128 = -128 * (low + high);
	out->less128_half[0] = -128 * low;
	out->less128_half[1] = -128 * high;
	out->sum = (float)(low + high);
	out->sum_half[0] = (float)low;
	out->sum_half[1] = (float)high;
}

#endif
