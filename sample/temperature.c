/*
 * Temperature: every logit is divided by T, p_i ~ exp(l_i / T).
 */

#include <float.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->temperature != 1;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double inverse = 1 / view->sampling->temperature;
	float max = candidates->max;

	/* Infinity times the 0 of the greatest would not be a number. */
	if (inverse > DBL_MAX)
		inverse = DBL_MAX;
	/* Distances from the greatest logit: equal probabilities, small temperatures exact. */
	for (size_t i = 0; i < candidates->count; i++)
		candidates->logits[i] = (float)((double)(candidates->logits[i] - max) * inverse);
	candidates->max = 0;
	candidates->weighed = false;
}

const struct ll_sampler ll_sampler_temperature = {
	.name = "temperature",
	.wanted = wanted,
	.apply = apply,
};
