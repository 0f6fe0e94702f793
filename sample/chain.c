/*
 * The chain of samplers; see chain.h.
 */

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

static const struct ll_sampler *const samplers[] = {
	&ll_sampler_temperature,
	&ll_sampler_top_k,
	&ll_sampler_top_p,
	&ll_sampler_min_p,
};

struct ll_chain {
	struct ll_sampling sampling;
	const struct ll_sampler *links[COUNT(samplers)];
	size_t count;
	struct ll_candidates candidates;
	char text[200];
};

static void
add_text(struct ll_chain *chain, const char *name)
{
	size_t used = strlen(chain->text);

	snprintf(chain->text + used, sizeof(chain->text) - used, "%s%s", used > 0 ? " " : "", name);
}

void
ll_chain_set(struct ll_chain *chain, const struct ll_sampling *sampling)
{
	chain->sampling = *sampling;
	chain->count = 0;
	for (size_t i = 0; i < COUNT(samplers) && sampling->temperature > 0; i++)
		if (samplers[i]->wanted(sampling))
			chain->links[chain->count++] = samplers[i];
}

int
ll_chain_new(struct ll_chain **out, const struct ll_sampling *sampling, struct ll_err *err)
{
	struct ll_chain *chain = ll_alloc(1, sizeof(*chain), err);
	int status;

	if (chain == NULL)
		return -LL_ENOMEM;
	if ((status = ll_candidates_init(&chain->candidates, err)) < 0) {
		free(chain);
		return status;
	}
	ll_chain_set(chain, sampling);
	for (size_t i = 0; i < chain->count; i++)
		add_text(chain, chain->links[i]->name);
	if (sampling->temperature <= 0)
		add_text(chain, "greedy");
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

int
ll_chain_sample(struct ll_chain *chain, const struct ll_logits *row, uint64_t sequence,
    uint64_t position, struct ll_rng *rng, uint32_t *token, struct ll_err *err)
{
	struct ll_sampler_view view = { &chain->sampling, sequence, position };
	int status;

	if (chain->sampling.temperature <= 0) {
		*token = ll_logits_best(row);
		return 0;
	}
	if ((status = ll_candidates_load(&chain->candidates, row, err)) < 0)
		return status;
	for (size_t i = 0; i < chain->count; i++)
		chain->links[i]->apply(&view, &chain->candidates);
	*token = ll_candidates_draw(&chain->candidates, ll_rng_unit(rng));
	return 0;
}
