/*
 * Temperature: every logit is divided by T, p_i ~ exp(l_i / T). With a range R the temperature
 * is dynamic (llama.cpp, pull request 4972): low where the model is sure, high where it is not,
 * T_min + (T_max - T_min) * (H / ln n)^E with T_min = max(0, T - R), T_max = T + R and H the
 * entropy of the n candidates.
 */

#include <float.h>
#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

#define LARGEST 1e30

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->temperature != 1 || sampling->dynatemp_range > 0;
}

static double
temperature_of(const struct ll_sampling *s, struct ll_candidates *candidates)
{
	double least = fmax(0, s->temperature - s->dynatemp_range);
	double most = s->temperature + s->dynatemp_range;
	double share;

	if (s->dynatemp_range <= 0)
		return s->temperature;
	if (candidates->count == 1)
		return 1;
	share = fmin(1, ll_candidates_entropy(candidates) / log((double)candidates->count));
	return least + (most - least) * pow(fmax(0, share), s->dynatemp_exponent);
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double inverse = 1 / temperature_of(view->sampling, candidates);
	float max = candidates->max;

	/* Infinity times the 0 of the greatest would not be a number. */
	if (inverse > DBL_MAX)
		inverse = DBL_MAX;
	/* Distances from the greatest logit: equal probabilities, small temperatures exact. */
	for (size_t i = 0; i < candidates->count; i++)
		candidates->logits[i] = (float)((double)(candidates->logits[i] - max) * inverse);
	candidates->base = fmax(-LARGEST, fmin((candidates->base + (double)max) * inverse, LARGEST));
	candidates->max = 0;
	candidates->weighed = false;
}

const struct ll_sampler ll_sampler_temperature = {
	.name = "temperature",
	.options = "temperature dynatemp-",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
};
