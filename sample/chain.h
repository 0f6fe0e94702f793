/*
 * The chain of samplers: from a row of logits and random numbers to a token.
 *
 * First what is forbidden and biases; then the samplers that the settings ask for in their
 * order, each on what the one before left; then mirostat or adaptive-p; one token is drawn from
 * the rest. With temperature 0 what only shapes a draw is left out and the likeliest token
 * taken, of equal ones the lowest id: no random number is drawn.
 */

#ifndef LL_SAMPLE_CHAIN_H
#define LL_SAMPLE_CHAIN_H

#include <stdint.h>

#include "sample/order.h"

struct ll_chain;
struct ll_err;
struct ll_logits;

/* Copies the settings. -LL_ENOMEM, -LL_ECONFIG. */
int ll_chain_new(struct ll_chain **out, const struct ll_sampling *sampling, const struct ll_order *order,
    struct ll_err *err);
void ll_chain_free(struct ll_chain *chain);

/* The samplers in use, for a report: "temperature top-p"; "greedy" at the end when there is no draw. */
const char *ll_chain_text(const struct ll_chain *chain);

/* From now on these settings count. */
void ll_chain_set(struct ll_chain *chain, const struct ll_sampling *sampling, const struct ll_order *order);

/*
 * Samples one token of a row; view->sampling is set here. -LL_EDATA, beginning with `where`,
 * when nothing is left to be sampled. Allocates to grow: -LL_ENOMEM.
 */
int ll_chain_sample(struct ll_chain *chain, const struct ll_logits *row, const struct ll_sampler_view *view,
    const char *where, uint32_t *token, struct ll_err *err);

/*
 * What the chain makes of a row, up to the draw: the candidates, weighed, valid until the next
 * call. The same errors.
 */
int ll_chain_distribution(struct ll_chain *chain, const struct ll_logits *row, const struct ll_sampler_view *view,
    const char *where, const struct ll_candidates **out, struct ll_err *err);

/* Candidate `chosen` of that distribution is the token: what samplers remember of it. */
void ll_chain_accept(struct ll_chain *chain, const struct ll_sampler_view *view, size_t chosen);

#endif
