/*
 * The logarithm of a sum of exponentials, in double precision.
 */

#ifndef LL_TENSOR_LOGSUMEXP_H
#define LL_TENSOR_LOGSUMEXP_H

#include <stddef.h>

struct ll_kern;

/* The sum of n floats in double precision, in eight interleaved parts. */
double ll_sum(const float *x, size_t n);

/*
 * log(sum of exp(x[i])), the same to the bit for every ISA. terms[i] = exp(x[i] - *most) with
 * *most the greatest of x, where `terms` may be x; *sum is that of the terms. Where all are
 * -infinity, or one is +infinity or NaN, the result is not finite.
 */
double ll_logsumexp(const struct ll_kern *kern, const float *x, size_t n, float *terms, float *most, double *sum);

#endif
