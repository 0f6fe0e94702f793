/*
 * Top-n-sigma: candidates stay whose logit is at least the greatest minus n standard
 * deviations of all of them (Tang et al. 2024).
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->top_n_sigma > 0;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double n = (double)candidates->count, max = (double)candidates->max, sum = 0, squares = 0, mean;

	/* Distances from the greatest: no large numbers cancel. */
	for (size_t i = 0; i < candidates->count; i++) {
		double d = max - (double)candidates->logits[i];

		sum += d;
		squares += d * d;
	}
	mean = sum / n;
	ll_candidates_keep_above(candidates,
	    (float)(max - view->sampling->top_n_sigma * sqrt(fmax(0, squares / n - mean * mean))));
}

const struct ll_sampler ll_sampler_top_n_sigma = {
	.name = "top-n-sigma",
	.options = "top-n-sigma",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
};
