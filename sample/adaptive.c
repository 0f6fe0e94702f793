/*
 * Adaptive-p (llama.cpp, pull request 17927): candidates whose probability is near a target are
 * preferred, l_i = 5 - 10 d^2 / (1 + d) with d = |p_i - q| / 0.3. The target given, t, is what
 * the tokens drawn shall have on the average: q = 2 t - m within 0 .. 1, m being the mean of
 * their probabilities before this step, weighted by powers of the decay and begun at t.
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

#define PEAK 5.0
#define SHARPNESS 10.0
#define WIDTH 0.3

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->adaptive_target > 0;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	const struct ll_sampling *s = view->sampling;
	struct ll_sampler_memory *memory = view->memory;
	double total = ll_candidates_total(candidates), wanted_p;
	float *probabilities = candidates->keys;

	if (!memory->begun) {
		memory->weight = 1 / (1 - s->adaptive_decay);
		memory->sum = s->adaptive_target * memory->weight;
		memory->begun = true;
	}
	wanted_p = fmin(1, fmax(0, 2 * s->adaptive_target - memory->sum / memory->weight));
	for (size_t i = 0; i < candidates->count; i++) {
		double p = (double)candidates->weights[i] / total, d = fabs(p - wanted_p) / WIDTH;

		probabilities[i] = (float)p;
		if (candidates->logits[i] > -INFINITY)
			candidates->logits[i] = (float)(PEAK - SHARPNESS * d * d / (1 + d));
	}
	ll_candidates_measure(candidates);
}

static void
accept(const struct ll_sampler_view *view, struct ll_candidates *candidates, size_t chosen)
{
	struct ll_sampler_memory *memory = view->memory;
	double decay = view->sampling->adaptive_decay;

	memory->sum = (double)candidates->keys[chosen] + decay * memory->sum;
	memory->weight = 1 + decay * memory->weight;
}

const struct ll_sampler ll_sampler_adaptive = {
	.name = "adaptive-p",
	.options = "adaptive-",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
	.accept = accept,
};
