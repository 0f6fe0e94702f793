/*
 * Mirostat (Basu et al. 2021): the surprise of the tokens drawn, in bits, is held at tau. mu
 * begins at 2 tau and becomes mu - eta (s - tau), s the surprise of the token drawn among those
 * that were left. Version 1 keeps the k likeliest, k = (e 2^mu / (1 - n^-e))^(1/s^), e = s^ - 1,
 * with s^ the exponent of Zipf's law that fits the 100 likeliest of n tokens; version 2 keeps
 * those whose surprise is not above mu.
 */

#include <math.h>

#include "sample/candidates.h"
#include "sample/sampler.h"

#define FITTED 100

static bool
wanted(const struct ll_sampling *sampling)
{
	return sampling->mirostat == 1;
}

static bool
wanted2(const struct ll_sampling *sampling)
{
	return sampling->mirostat == 2;
}

static double
mu_of(const struct ll_sampler_view *view)
{
	if (!view->memory->begun)
		view->memory->mu = 2 * view->sampling->mirostat_tau;
	view->memory->begun = true;
	return view->memory->mu;
}

/* Least squares through the origin of the steps of log p over those of log rank. */
static double
zipf_exponent(struct ll_candidates *candidates)
{
	float likeliest[FITTED];
	size_t count = ll_candidates_greatest(candidates, likeliest, FITTED);
	double products = 0, squares = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		double t = log((double)(i + 2) / (double)(i + 1));

		products += t * (double)(likeliest[i] - likeliest[i + 1]);
		squares += t * t;
	}
	return products / squares;
}

static void
apply(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double n = (double)candidates->count, mu = mu_of(view), s, e, k;

	if (candidates->count < 2)
		return;
	s = zipf_exponent(candidates);
	e = s - 1;
	/* Where e is 0 the quotient has the limit 1 / ln n. */
	k = pow(fabs(e) < 1e-9 ? exp2(mu) / log(n) : e * exp2(mu) / (1 - pow(n, -e)), 1 / s);
	if (k < n)
		ll_candidates_cut(candidates, NULL, k >= 2 ? floor(k) : 1);
	else if (isnan(k))
		ll_candidates_cut(candidates, NULL, 1);
}

static void
apply2(const struct ll_sampler_view *view, struct ll_candidates *candidates)
{
	double log_total = log(ll_candidates_total(candidates));
	double least = (double)candidates->max + log_total - mu_of(view) * log(2);

	ll_candidates_keep_above(candidates, fminf((float)least, candidates->max));
}

static void
accept(const struct ll_sampler_view *view, struct ll_candidates *candidates, size_t chosen)
{
	double total = ll_candidates_total(candidates);
	double surprise = -log2((double)candidates->weights[chosen] / total);

	view->memory->mu -= view->sampling->mirostat_eta * (surprise - view->sampling->mirostat_tau);
}

const struct ll_sampler ll_sampler_mirostat = {
	.name = "mirostat",
	.options = "mirostat",
	.shapes = true,
	.wanted = wanted,
	.apply = apply,
	.accept = accept,
};

const struct ll_sampler ll_sampler_mirostat2 = {
	.name = "mirostat-2",
	.options = "mirostat",
	.shapes = true,
	.wanted = wanted2,
	.apply = apply2,
	.accept = accept,
};
