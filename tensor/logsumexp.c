/*
 * The logarithm of a sum of exponentials; see logsumexp.h.
 */

#include <math.h>
#include <stdbool.h>

#include "tensor/kern.h"
#include "tensor/logsumexp.h"

#define PARTS 8

double
ll_sum(const float *x, size_t n)
{
	double part[PARTS] = { 0 };
	double sum = 0;
	size_t i = 0;

	for (; i + PARTS <= n; i += PARTS)
		for (size_t p = 0; p < PARTS; p++)
			part[p] += (double)x[i + p];
	for (size_t p = 0; i < n; i++, p++)
		part[p] += (double)x[i];
	for (size_t p = 0; p < PARTS; p++)
		sum += part[p];
	return sum;
}

static bool
is_empty(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (x[i] != -INFINITY)
			return false;
	return true;
}

double
ll_logsumexp(const struct ll_kern *kern, const float *x, size_t n, float *block_max, float *most,
    double *sum)
{
	*most = -INFINITY;
	*sum = 0;
	for (size_t i = 0; i < n; i += LL_LOGSUMEXP_BLOCK) {
		size_t length = n - i < LL_LOGSUMEXP_BLOCK ? n - i : LL_LOGSUMEXP_BLOCK;
		float max, part = kern->sum_exp(x + i, length, *most, 1, &max);

		if (block_max != NULL)
			block_max[i / LL_LOGSUMEXP_BLOCK] = max;
		if (max > *most) {
			*sum *= *most > -INFINITY ? exp((double)*most - (double)max) : 1;
			*most = max;
			part = kern->sum_exp(x + i, length, max, 1, &max);
		}
		*sum += (double)(*most > -INFINITY || !is_empty(x + i, length) ? part : 0);
	}
	return (double)*most + log(*sum);
}
