/*
 * Top-p, nucleus sampling: the fewest candidates, likeliest first, whose probabilities sum to
 * p or more (Holtzman et al. 2020).
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

/* Covers the rounding of a logit and of its exponential. */
#define MARGIN 0.001

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->top_p < 1;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double p = view->sampling->top_p;
	bool partly = candidates->whole > 0;
	double total = partly ? candidates->whole : ll_candidates_total(candidates);
	/*
	 * All the candidates below this have no more than the tail's mass together, so they are
	 * in it: usually nearly all, and what is left is cheap to order.
	 */
	double mean = (1 - p) * total / (double)candidates->count;

	candidates->whole = 0;
	ll_candidates_weigh(candidates);
	if (mean < 1 && !partly)
		ll_candidates_keep_above(candidates,
		    (float)((double)candidates->max + log(mean) - MARGIN));
	ll_candidates_cut(candidates, candidates->weights, p * total);
}

const struct ll_sampler ll_sampler_top_p = {
	.name = "top-p",
	.options = "top-p",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
};
