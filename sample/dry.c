/*
 * DRY, "don't repeat yourself" (text-generation-webui, pull request 5677): a token that would
 * make the last n tokens, n >= length, and itself a repetition of what came before loses
 * multiplier * base^(n - length). Repetitions do not reach over breakers, and tokens that hold
 * one are not penalised.
 *
 * How far each place repeats the end is found for all places in linear time by the Z algorithm
 * (Gusfield 1997), from the end backwards.
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->dry_multiplier > 0;
}

static bool
is_breaker(const struct ll_sampler_view *view, uint32_t token)
{
	return view->breaks != NULL && token < view->break_count && view->breaks[token / 8] >> token % 8 & 1;
}

/*
 * z[k] = how many tokens before place k from the end equal those at the end: with back(i) the
 * i-th token from the end, the most n with back(j) == back(k + j) for all j < n.
 */
static void
repeats(const uint32_t *end, size_t count, uint32_t *z)
{
	size_t left = 0, right = 0;	/* [left, right) is the match that reaches farthest */

	for (size_t k = 1; k < count; k++) {
		size_t n = 0;

		if (k < right)
			n = z[k - left] < right - k ? z[k - left] : right - k;
		while (k + n < count && end[-1 - (ptrdiff_t)n] == end[-1 - (ptrdiff_t)(k + n)])
			n++;
		z[k] = (uint32_t)n;
		if (k + n > right) {
			left = k;
			right = k + n;
		}
	}
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	const struct ll_sampling *s = view->sampling;
	uint64_t window = (uint64_t)s->dry_window, least = (uint64_t)s->dry_length;
	size_t count = window > 0 && window < view->past.count ? window : view->past.count, at;
	const uint32_t *end = view->past.ids + view->past.count;
	uint32_t *longest = candidates->marks, *z = candidates->scratch;

	if (count <= least || view->unbroken < least)
		return;
	repeats(end, count, z);
	for (size_t k = 1; k < count; k++) {
		size_t n = z[k] < view->unbroken ? z[k] : view->unbroken;
		uint32_t next = end[-(ptrdiff_t)k];

		/* One more, so that 0 stays "none" where no length is left alone. */
		if (n >= least && ll_candidates_find(candidates, next, &at) && longest[at] < n + 1)
			longest[at] = (uint32_t)n + 1;
	}
	for (size_t k = 1; k < count; k++) {
		uint32_t next = end[-(ptrdiff_t)k];
		double penalty;

		if (!ll_candidates_find(candidates, next, &at) || longest[at] == 0)
			continue;
		penalty = s->dry_multiplier * pow(s->dry_base, (double)(longest[at] - 1 - least));
		if (!is_breaker(view, next))
			ll_candidates_set(candidates, at, (double)candidates->logits[at] - penalty);
		longest[at] = 0;
	}
	ll_candidates_settle(candidates);
}

const struct ll_sampler ll_sampler_dry = {
	.name = "dry",
	.options = "dry-",
	.wanted = wanted,
	.apply = apply,
};
