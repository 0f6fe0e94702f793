/*
 * The chain of samplers: from a row of logits and a random number to a token.
 *
 * The samplers that the settings ask for are applied in the order temperature, top-k, top-p,
 * min-p, each to what the one before left; one token is drawn from the rest. With temperature 0
 * it is the likeliest, of equal ones the lowest id, and no random number is drawn.
 */

#ifndef LL_SAMPLE_CHAIN_H
#define LL_SAMPLE_CHAIN_H

#include <stdint.h>

#include "sample/sampler.h"

struct ll_chain;
struct ll_err;
struct ll_rng;
struct ll_logits;

/* Copies the settings. -LL_ENOMEM, -LL_ECONFIG. */
int ll_chain_new(struct ll_chain **out, const struct ll_sampling *sampling, struct ll_err *err);
void ll_chain_free(struct ll_chain *chain);

/* The samplers in use, for a report: "temperature top-p"; "greedy" when there is no choice. */
const char *ll_chain_text(const struct ll_chain *chain);

/* From now on these settings count. */
void ll_chain_set(struct ll_chain *chain, const struct ll_sampling *sampling);

/* Samples one token of a row for `position` of `sequence`. Allocates to grow: -LL_ENOMEM. */
int ll_chain_sample(struct ll_chain *chain, const struct ll_logits *row, uint64_t sequence,
    uint64_t position, struct ll_rng *rng, uint32_t *token, struct ll_err *err);

#endif
