/*
 * Log-probabilities, summed up; see tally.h.
 */

#include <math.h>

#include "sample/tally.h"

/* Of the normal distribution, on both sides of 95%. */
#define QUANTILE 1.959963984540054

void
ll_tally_add(struct ll_tally *tally, double logprob, size_t bytes)
{
	double x = -logprob, b = (double)bytes;

	tally->tokens++;
	tally->x += x;
	tally->xx += x * x;
	tally->b += b;
	tally->bb += b * b;
	tally->xb += b > 0 ? x * b : 0;
}

void
ll_tally_merge(struct ll_tally *tally, const struct ll_tally *other)
{
	tally->tokens += other->tokens;
	tally->x += other->x;
	tally->xx += other->xx;
	tally->b += other->b;
	tally->bb += other->bb;
	tally->xb += other->xb;
}

double
ll_tally_error(double squares, double n)
{
	return n < 2 ? NAN : sqrt(fmax(squares, 0) / (n - 1) / n);
}

struct ll_estimate
ll_tally_perplexity(const struct ll_tally *tally)
{
	double n = (double)tally->tokens, mean = n > 0 ? tally->x / n : NAN, value = exp(mean);

	return (struct ll_estimate){ value, isfinite(value) ? value * ll_tally_error(tally->xx - n * mean * mean, n) : NAN };
}

struct ll_estimate
ll_tally_bits_per_byte(const struct ll_tally *tally)
{
	double n = (double)tally->tokens, ratio = tally->x / tally->b;
	double squares = tally->xx - 2 * ratio * tally->xb + ratio * ratio * tally->bb;

	if (!(tally->b > 0) || !isfinite(ratio))
		return (struct ll_estimate){ tally->b > 0 ? ratio : NAN, NAN };
	return (struct ll_estimate){ ratio / M_LN2, ll_tally_error(squares, n) * n / tally->b / M_LN2 };
}

void
ll_tally_wilson(uint64_t hits, uint64_t count, double *low, double *high)
{
	double n = (double)count, p = (double)hits / n, z2 = QUANTILE * QUANTILE;
	double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
	double half = QUANTILE / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));

	*low = fmax(centre - half, 0);
	*high = fmin(centre + half, 1);
}
