/*
 * Arithmetic of bfloat16 numbers in scalar C, as the instructions of AVX-512 do it.
 */

#ifndef LL_TENSOR_BRAIN_H
#define LL_TENSOR_BRAIN_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float
ll_brain_flush(float x)
{
	return fabsf(x) < 0x1p-126f ? copysignf(0.0f, x) : x;
}

/* Rounded to bfloat16, as a float: to nearest, ties to even; a denormal is zero. */
static inline float
ll_brain_round(float x)
{
	uint32_t bits;

	if (isnan(x))
		return x;
	x = ll_brain_flush(x);
	memcpy(&bits, &x, sizeof bits);
	bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
	memcpy(&x, &bits, sizeof x);
	return x;
}

/*
 * One step of VDPBF16PS: fmaf(a, b, sum), where a denormal is zero before and after. What counts
 * after is the sum rounded to 24 bits as if exponents had no end, so 2^-126 stays only if it was
 * at least half way there. a and b are bfloat16 numbers, and no denormals.
 */
static inline float
ll_brain_step(float a, float b, float sum)
{
	float next;

	sum = ll_brain_flush(sum);
	next = fmaf(a, b, sum);
	if (fabsf(next) <= 0x1p-126f && fabs(fma((double)a, (double)b, (double)sum)) < 0x1p-126 * (1 - 0x1p-25))
		return copysignf(0.0f, next);
	return next;
}

/* The sum of two that are no denormals, which is exact where it is one. */
static inline float
ll_brain_add(float a, float b)
{
	return ll_brain_flush(a + b);
}

#endif
