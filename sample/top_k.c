/*
 * Top-k: the k likeliest candidates stay (Fan, Lewis and Dauphin 2018).
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"
#include "tensor/kern.h"

/* Parts that are smaller than this are not worth a pass over the candidates. */
#define PART_LEAST 8

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->top_k > 0;
}

/*
 * A logit that at least k candidates have or exceed: the least of the maxima of k parts.
 * Usually few others do.
 */
static float
bound(const struct ll_candidates *candidates, size_t k)
{
	size_t length = candidates->count / k;
	float least = INFINITY;

	for (size_t part = 0; part < k; part++) {
		float max = candidates->kern->max(candidates->logits + part * length, length);

		least = max < least ? max : least;
	}
	return least;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	uint64_t k = (uint64_t)view->sampling->top_k;

	if (k >= candidates->count)
		return;
	if (candidates->count / k >= PART_LEAST)
		ll_candidates_keep_above(candidates, bound(candidates, k));
	ll_candidates_cut(candidates, NULL, (double)k);
}

const struct ll_sampler ll_sampler_top_k = {
	.name = "top-k",
	.options = "top-k",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
};
