/*
 * The chain of samplers; see chain.h.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "sample/candidates.h"
#include "sample/chain.h"
#include "sample/logits.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define LARGEST 1e30

struct ll_chain {
	struct ll_sampling sampling;
	const struct ll_sampler *links[LL_SAMPLERS + 1];
	size_t count;
	struct ll_candidates candidates;
	char text[200];
};

/* Those that come last, whatever the order. */
static const struct ll_sampler *const closing[] = {
	&ll_sampler_mirostat, &ll_sampler_mirostat2, &ll_sampler_adaptive,
};

static void
write_text(struct ll_chain *chain)
{
	size_t used = 0;

	chain->text[0] = '\0';
	for (size_t i = 0; i < chain->count; i++)
		used += (size_t)snprintf(chain->text + used, sizeof(chain->text) - used, "%s%s", i > 0 ? " " : "",
		    chain->links[i]->name);
	if (chain->sampling.temperature <= 0)
		snprintf(chain->text + used, sizeof(chain->text) - used, "%sgreedy", used > 0 ? " " : "");
}

void
ll_chain_set(struct ll_chain *chain, const struct ll_sampling *sampling, const struct ll_order *order)
{
	bool greedy = sampling->temperature <= 0;

	chain->sampling = *sampling;
	chain->count = 0;
	for (size_t i = 0; i < order->count; i++) {
		const struct ll_sampler *sampler = order->list[i];
		bool idle = sampler->shapes && (greedy || (sampling->mirostat > 0 && sampler != &ll_sampler_temperature));

		if (!idle && sampler->wanted(sampling))
			chain->links[chain->count++] = sampler;
	}
	for (size_t i = 0; i < COUNT(closing) && !greedy; i++)
		if (closing[i]->wanted(sampling) && (i < 2 || sampling->mirostat == 0))
			chain->links[chain->count++] = closing[i];
}

int
ll_chain_new(struct ll_chain **out, const struct ll_sampling *sampling, const struct ll_order *order,
    struct ll_err *err)
{
	struct ll_chain *chain = ll_alloc(1, sizeof(*chain), err);
	int status;

	if (chain == NULL)
		return -LL_ENOMEM;
	if ((status = ll_candidates_init(&chain->candidates, err)) < 0) {
		free(chain);
		return status;
	}
	ll_chain_set(chain, sampling, order);
	write_text(chain);
	*out = chain;
	return 0;
}

void
ll_chain_free(struct ll_chain *chain)
{
	if (chain == NULL)
		return;
	ll_candidates_free(&chain->candidates);
	free(chain);
}

const char *
ll_chain_text(const struct ll_chain *chain)
{
	return chain->text;
}

/* Whether biases and what is forbidden change a row. */
static bool
is_edited(const struct ll_sampler_view *view)
{
	bool edited = view->bias_count > 0;

	for (size_t v = 0; v < COUNT(view->never); v++)
		edited |= view->never[v].count > 0;
	return edited;
}

static void
apply_biases(struct ll_candidates *candidates, const struct ll_sampler_view *view)
{
	size_t changed = 0, at;

	for (size_t i = 0; i < view->bias_count; i++)
		if (ll_candidates_find(candidates, view->biases[i].token, &at)) {
			ll_candidates_set(candidates, at, (double)candidates->logits[at] + (double)view->biases[i].bias);
			changed++;
		}
	for (size_t v = 0; v < COUNT(view->never); v++)
		for (size_t i = 0; i < view->never[v].count; i++)
			if (ll_candidates_find(candidates, view->never[v].ids[i], &at)) {
				ll_candidates_set(candidates, at, -INFINITY);
				changed++;
			}
	if (changed > 0)
		ll_candidates_settle(candidates);
}

/* How many links a fixed temperature is, 0 or 1: it changes no order. A quotient too large for a float is none. */
static size_t
fixed_temperature(const struct ll_chain *chain, const struct ll_logits *row)
{
	const struct ll_sampling *s = &chain->sampling;

	return chain->count > 0 && chain->links[0] == &ll_sampler_temperature && s->dynatemp_range <= 0 &&
	    s->temperature >= LL_LOGITS_LEAST_TEMPERATURE && fabs((double)row->max) / s->temperature < LARGEST;
}

/* Whether nothing but a fixed temperature comes between the row and the draw. */
static bool
is_plain(const struct ll_chain *chain, const struct ll_logits *row)
{
	return chain->count == fixed_temperature(chain, row);
}

/* As few candidates as what chooses first among them allows. */
static int
load(struct ll_chain *chain, const struct ll_logits *row, const struct ll_sampler_view *view, struct ll_err *err)
{
	const struct ll_sampling *s = &chain->sampling;
	size_t first = fixed_temperature(chain, row);
	const struct ll_sampler *sampler = first < chain->count ? chain->links[first] : NULL;

	if (is_edited(view))
		return ll_candidates_load(&chain->candidates, row, err);
	if (sampler == &ll_sampler_top_k && (uint64_t)s->top_k < row->count)
		return ll_candidates_load_top(&chain->candidates, row, (size_t)s->top_k, err);
	if (sampler == &ll_sampler_top_p)
		return ll_candidates_load_nucleus(&chain->candidates, row, first > 0 ? s->temperature : 1, s->top_p, err);
	return ll_candidates_load(&chain->candidates, row, err);
}

static int
run(struct ll_chain *chain, const struct ll_logits *row, const struct ll_sampler_view *view, const char *where,
    struct ll_err *err)
{
	struct ll_candidates *candidates = &chain->candidates;
	int status = load(chain, row, view, err);

	if (status == 0 && chain->sampling.dry_multiplier > 0)
		status = ll_candidates_reserve(candidates, view->past.count, err);
	if (status < 0)
		return status;
	apply_biases(candidates, view);
	for (size_t i = 0; i < chain->count && candidates->count > 0; i++)
		chain->links[i]->apply(view, candidates);
	if (candidates->count == 0)
		return ll_fail(err, LL_EDATA, "%s: no token is left: biases, banned strings and stop rules forbid all",
		    where);
	return 0;
}

void
ll_chain_accept(struct ll_chain *chain, const struct ll_sampler_view *view, size_t chosen)
{
	struct ll_sampler_view own = *view;

	own.sampling = &chain->sampling;
	for (size_t i = 0; i < chain->count; i++)
		if (chain->links[i]->accept != NULL)
			chain->links[i]->accept(&own, &chain->candidates, chosen);
}

int
ll_chain_sample(struct ll_chain *chain, const struct ll_logits *row, const struct ll_sampler_view *view,
    const char *where, uint32_t *token, struct ll_err *err)
{
	struct ll_sampler_view own = *view;
	bool greedy = chain->sampling.temperature <= 0;
	size_t chosen;
	int status;

	own.sampling = &chain->sampling;
	if (is_plain(chain, row) && !is_edited(view)) {
		*token = greedy ? ll_logits_best(row) :
		    ll_logits_draw(row, chain->count > 0 ? chain->sampling.temperature : 1, ll_rng_unit(view->rng));
		return 0;
	}
	if ((status = run(chain, row, &own, where, err)) < 0)
		return status;
	chosen = greedy ? ll_candidates_best(&chain->candidates) :
	    ll_candidates_draw(&chain->candidates, ll_rng_unit(view->rng));
	*token = chain->candidates.ids[chosen];
	ll_chain_accept(chain, view, chosen);
	return 0;
}

int
ll_chain_distribution(struct ll_chain *chain, const struct ll_logits *row, const struct ll_sampler_view *view,
    const char *where, const struct ll_candidates **out, struct ll_err *err)
{
	struct ll_sampler_view own = *view;
	int status;

	own.sampling = &chain->sampling;
	if ((status = run(chain, row, &own, where, err)) < 0)
		return status;
	ll_candidates_weigh(&chain->candidates);
	*out = &chain->candidates;
	return 0;
}
