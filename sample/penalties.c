/*
 * Penalties of tokens that occurred in the window, prompt and answer: repetition (Keskar et
 * al. 2019, CTRL; a logit of 0 or less is multiplied, as transformers and others do), presence
 * and frequency (OpenAI's API): l_i becomes l_i / R, or l_i * R, minus A_presence and count *
 * A_frequency.
 */

#include "sample/candidates.h"
#include "sample/sampler.h"

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->repetition_penalty != 1 || sampling->presence_penalty != 0 ||
	    sampling->frequency_penalty != 0;
}

static double
penalised(const struct ll_sampling *s, double logit, uint32_t count)
{
	double divided = logit > 0 ? logit / s->repetition_penalty : logit * s->repetition_penalty;

	return divided - s->presence_penalty - count * s->frequency_penalty;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	uint64_t window = (uint64_t)view->sampling->penalty_window;
	size_t begin = window > 0 && window < view->past.count ? view->past.count - window : 0, at;
	uint32_t *counts = candidates->marks;

	for (size_t i = begin; i < view->past.count; i++)
		if (ll_candidates_find(candidates, view->past.ids[i], &at))
			counts[at]++;
	for (size_t i = begin; i < view->past.count; i++) {
		if (!ll_candidates_find(candidates, view->past.ids[i], &at) || counts[at] == 0)
			continue;
		ll_candidates_set(candidates, at, penalised(view->sampling, candidates->base +
		    (double)candidates->logits[at], counts[at]) - candidates->base);
		counts[at] = 0;
	}
	ll_candidates_settle(candidates);
}

const struct ll_sampler ll_sampler_penalties = {
	.name = "penalties",
	.options = "repetition-penalty presence-penalty frequency-penalty penalty-window",
	.wanted = wanted,
	.apply = apply,
};
