/*
 * The logarithm of a sum of exponentials, in double precision.
 */

#ifndef LL_TENSOR_LOGSUMEXP_H
#define LL_TENSOR_LOGSUMEXP_H

#include <stddef.h>

struct ll_kern;

/* Numbers that are read together: what is done with them twice is done in the nearest cache. */
#define LL_LOGSUMEXP_BLOCK 512

/* The sum of n floats in double precision, in eight interleaved parts. */
double ll_sum(const float *x, size_t n);

/*
 * log(sum of exp(x[i])), the same to the bit for every ISA, in one pass: a block is measured by
 * the greatest so far; its own becomes block_max[i / LL_LOGSUMEXP_BLOCK] unless that is NULL. *most is
 * the greatest of all, *sum the sum of exp(x[i] - *most). Where all are -infinity, or one is
 * +infinity or NaN, the result is not finite.
 */
double ll_logsumexp(const struct ll_kern *kern, const float *x, size_t n, float *block_max, float *most,
    double *sum);

#endif
