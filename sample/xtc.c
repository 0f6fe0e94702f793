/*
 * XTC, "exclude top choices" (text-generation-webui, pull request 6335): with the probability
 * given, all candidates whose p_i is at least the threshold are dropped but the least probable
 * of them.
 */

#include <math.h>

#include "base/rng.h"
#include "sample/candidates.h"
#include "sample/sampler.h"

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->xtc_probability > 0;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	const struct ll_sampling *s = view->sampling;
	bool chance = ll_rng_unit(view->rng) < s->xtc_probability;
	double least;
	size_t good = 0, last = 0, count = 0;

	if (!chance || candidates->count < 2)
		return;
	least = s->xtc_threshold * ll_candidates_total(candidates);
	for (size_t i = 0; i < candidates->count; i++) {
		if ((double)candidates->weights[i] < least)
			continue;
		/* Of equal ones the lowest id counts as the likelier. */
		if (good++ == 0 || candidates->logits[i] <= candidates->logits[last])
			last = i;
	}
	if (good < 2)
		return;
	for (size_t i = 0; i < candidates->count; i++) {
		if (i != last && (double)candidates->weights[i] >= least)
			continue;
		candidates->ids[count] = candidates->ids[i];
		candidates->logits[count++] = candidates->logits[i];
	}
	candidates->count = count;
	ll_candidates_settle(candidates);
}

const struct ll_sampler ll_sampler_xtc = {
	.name = "xtc",
	.options = "xtc-",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
};
