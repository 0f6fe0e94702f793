/*
 * The logarithm of a sum of exponentials; see logsumexp.h.
 */

#include <math.h>
#include <stdbool.h>

#include "tensor/exp.h"
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

struct ll_exp_sum
ll_exp_sum(float offset, float scale)
{
	struct ll_exp_sum sum = { .offset = offset, .scale = scale, .by = scale * LL_EXP_LOG2E, .factor = 1 };
	double exponent = (double)offset * (double)sum.by, shift = nearbyint(exponent * 8) / 8;

	if ((sum.far = !(fabs(shift) < LL_EXP_SHIFT_MAX)))
		return sum;
	sum.shift = (float)shift;
	sum.factor = exp2(shift - exponent);
	return sum;
}

double
ll_exp_sum_of(const struct ll_exp_sum *sum, const struct ll_kern *kern, const float *x, size_t n, float *most)
{
	float less[LL_LOGSUMEXP_BLOCK], ignored;
	double total = 0;

	if (!sum->far)
		return (double)kern->sum_powers(x, n, sum->by, sum->shift, most) * sum->factor;
	*most = kern->max(x, n);
	for (size_t count; n > 0; x += count, n -= count) {
		count = n < LL_LOGSUMEXP_BLOCK ? n : LL_LOGSUMEXP_BLOCK;
		for (size_t i = 0; i < count; i++)
			less[i] = (x[i] - sum->offset) * sum->scale;
		total += (double)kern->sum_powers(less, count, LL_EXP_LOG2E, 0, &ignored);
	}
	return total;
}

double
ll_logsumexp(const struct ll_kern *kern, const float *x, size_t n, float *block_max, float *most,
    double *sum)
{
	struct ll_exp_sum terms = ll_exp_sum(0, 1);

	*most = -INFINITY;
	*sum = 0;
	for (size_t i = 0; i < n; i += LL_LOGSUMEXP_BLOCK) {
		size_t length = n - i < LL_LOGSUMEXP_BLOCK ? n - i : LL_LOGSUMEXP_BLOCK;
		float max;
		double part = ll_exp_sum_of(&terms, kern, x + i, length, &max);

		if (block_max != NULL)
			block_max[i / LL_LOGSUMEXP_BLOCK] = max;
		if (max > *most) {
			*sum *= *most > -INFINITY ? exp((double)*most - (double)max) : 1;
			*most = max;
			terms = ll_exp_sum(max, 1);
			part = ll_exp_sum_of(&terms, kern, x + i, length, &max);
		}
		*sum += *most > -INFINITY || !is_empty(x + i, length) ? part : 0;
	}
	/* Of terms that are a little less than they should be, too, the greatest is 1. */
	if (*sum < 1 && *most > -INFINITY)
		*sum = 1;
	return (double)*most + log(*sum);
}
