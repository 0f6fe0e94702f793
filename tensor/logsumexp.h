/*
 * The logarithm of a sum of exponentials, in double precision.
 */

#ifndef LL_TENSOR_LOGSUMEXP_H
#define LL_TENSOR_LOGSUMEXP_H

#include <stdbool.h>
#include <stddef.h>

struct ll_kern;

/* How exp((x - offset) * scale) is summed. */
struct ll_exp_sum {
	float offset, scale;
	float by, shift;	/* as 2^(x * by - shift), */
	double factor;		/* times this; */
	bool far;		/* or, where shift would be too large, of what is made of x first */
};

/* scale > 0 */
struct ll_exp_sum ll_exp_sum(float offset, float scale);

/*
 * The sum over x[0 .. n - 1], none of which should be above the offset, the same for every ISA; what
 * is below 2^-126 counts as 0, and one NaN makes it NaN. *most is the greatest, NaNs passed over. Where x is the
 * offset the term is within 8e-8 of 1.
 */
double ll_exp_sum_of(const struct ll_exp_sum *sum, const struct ll_kern *kern, const float *x, size_t n, float *most);

/* Numbers that are read together: what is done with them twice is done in the nearest cache. */
#define LL_LOGSUMEXP_BLOCK 1024

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
