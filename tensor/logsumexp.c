/*
 * The logarithm of a sum of exponentials; see logsumexp.h.
 */

#include <math.h>
#include <string.h>

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

double
ll_logsumexp(const struct ll_kern *kern, const float *x, size_t n, float *terms, float *most, double *sum)
{
	*most = kern->max(x, n);
	if (terms != x)
		memcpy(terms, x, n * sizeof(*x));
	/* The kernel passes over a NaN when it looks for the greatest, but not here. */
	kern->softmax_terms(terms, n, *most);
	*sum = ll_sum(terms, n);
	return (double)*most + log(*sum);
}
