/*
 * Locally typical sampling: the fewest candidates whose probabilities sum to p or more, those
 * first whose surprise -ln p_i is nearest to the entropy (Meister et al. 2022).
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->typical_p < 1;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double total = ll_candidates_total(candidates);
	/* The logit of a candidate whose surprise is the entropy. */
	double typical = (double)candidates->max + log(total) - ll_candidates_entropy(candidates);
	float *nearness = candidates->keys;

	for (size_t i = 0; i < candidates->count; i++)
		nearness[i] = -(float)fabs((double)candidates->logits[i] - typical);
	ll_candidates_cut_by(candidates, nearness, candidates->weights, view->sampling->typical_p * total);
	ll_candidates_settle(candidates);
}

const struct ll_sampler ll_sampler_typical = {
	.name = "typical",
	.options = "typical-p",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
};
