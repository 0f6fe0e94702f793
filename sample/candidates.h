/*
 * The tokens that may still be sampled, as the samplers of a chain pass them on: three
 * parallel arrays, ascending by id whatever was dropped. A sampler changes logits or keeps
 * fewer candidates; the one with the greatest logit always stays.
 *
 * Sums are taken in an order that depends on the count alone, and the terms come from kernels
 * that give the same bits on every ISA: equal logits and equal random numbers give equal tokens.
 */

#ifndef LL_SAMPLE_CANDIDATES_H
#define LL_SAMPLE_CANDIDATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_kern;
struct ll_logits;

struct ll_candidates {
	uint32_t *ids;
	float *logits;		/* never NaN or +infinity */
	float *weights;		/* once weighed: exp(logit - max), proportional to probability */
	size_t count;		/* at least 1 */
	float max;		/* the greatest logit */
	bool weighed;		/* a sampler that changes logits resets it */

	const struct ll_kern *kern;
	uint32_t *heap;
	size_t cap;
};

/* Zero-initialises; -LL_ECONFIG when LL_CPU names no ISA of this machine. */
int ll_candidates_init(struct ll_candidates *candidates, struct ll_err *err);
void ll_candidates_free(struct ll_candidates *candidates);

/* Begins with the tokens of a row whose logit is above -infinity. Allocates to grow: -LL_ENOMEM. */
int ll_candidates_load(struct ll_candidates *candidates, const struct ll_logits *row,
    struct ll_err *err);

/* Fills the weights unless they are there. */
void ll_candidates_weigh(struct ll_candidates *candidates);

/* The sum of the weights. */
double ll_candidates_total(struct ll_candidates *candidates);

/* Keeps those whose logit is at least `least`, which is not above the maximum. */
void ll_candidates_keep_above(struct ll_candidates *candidates, float least);

/*
 * Orders them from the greatest logit down, of equal ones the lowest id first, and keeps as
 * few from the front as have masses whose sum reaches `target`: all if none do, one at
 * least. mass[i] is candidate i's; NULL: each has 1. O(n), plus O(log n) for each candidate
 * within 1/32 of the logit where the cut falls.
 */
void ll_candidates_cut(struct ll_candidates *candidates, const float *mass, double target);

/* The id at `unit` (in [0, 1)) of the cumulated probabilities. */
uint32_t ll_candidates_draw(struct ll_candidates *candidates, double unit);

#endif
