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

/* A line of 32 numbers, of which `most` is the greatest magnitude. */
static inline __attribute__((always_inline)) void
ll_act_line(union ll_act *line, const float *x, float most, ll_round16 *round16)
{
	struct ll_act_q8 *out = &line->q8;
	float scale = most / 127.0f;
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
	out->sum_low = (float)low;
	out->sum_scaled = out->sum * scale;
}

/* LL_ACT_Q8. */
static inline __attribute__((always_inline)) void
ll_act_round(union ll_act *out, size_t width, const float *x, size_t n, ll_greatest *greatest,
    ll_round16 *round16)
{
	for (size_t i = 0; i < n; i += 32, out += width)
		ll_act_line(out, x + i, greatest(x + i), round16);
}

/* LL_ACT_Q8_64. */
static inline __attribute__((always_inline)) void
ll_act_round_64(union ll_act *out, size_t width, const float *x, size_t n, ll_greatest *greatest,
    ll_round16 *round16)
{
	for (size_t i = 0; i < n; i += 64, out += 2 * width) {
		float a = greatest(x + i), b = greatest(x + i + 32);
		/* One that is not finite, if there is. */
		float most = a <= FLT_MAX && (b > a || !(b <= FLT_MAX)) ? b : a;

		ll_act_line(out, x + i, most, round16);
		ll_act_line(out + width, x + i + 32, most, round16);
	}
}

#endif
