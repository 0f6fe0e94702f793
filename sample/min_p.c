/*
 * Min-p: candidates stay whose probability is at least p times that of the likeliest (Nguyen
 * et al. 2024), that is whose logit is at least the greatest plus ln p.
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->min_p > 0;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double least = (double)candidates->max + log(view->sampling->min_p);

	ll_candidates_keep_above(candidates, (float)least);
}

const struct ll_sampler ll_sampler_min_p = {
	.name = "min-p",
	.options = "min-p",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
};
