/*
 * The tokens that may still be sampled, as the samplers of a chain pass them on: three
 * parallel arrays, ascending by id whatever was dropped. A sampler changes logits or keeps
 * fewer candidates.
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
	float *logits;		/* never NaN or +infinity; above `base` */
	float *weights;		/* once weighed: exp(logit - max), proportional to probability */
	size_t count;		/* at least 1, but after ll_candidates_settle */
	float max;		/* the greatest of logits */
	double base;		/* finite; 0 until a temperature measures from the greatest */
	bool weighed;		/* what changes logits resets it */
	double whole;		/* 0, or the sum of the weights before some were left out */

	/* For samplers, as long as the others: zeros, to be left as zeros; and anything. */
	uint32_t *marks;
	float *keys;

	const struct ll_kern *kern;
	uint32_t *heap;
	size_t cap;
	uint32_t *scratch;	/* see ll_candidates_reserve */
	size_t scratch_cap;
};

/* Zero-initialises; -LL_ECONFIG when LL_CPU names no ISA of this machine. */
int ll_candidates_init(struct ll_candidates *candidates, struct ll_err *err);
void ll_candidates_free(struct ll_candidates *candidates);

/* Begins with the tokens of a row whose logit is above -infinity. Allocates to grow: -LL_ENOMEM. */
int ll_candidates_load(struct ll_candidates *candidates, const struct ll_logits *row,
    struct ll_err *err);

/*
 * The same with the k likeliest of them alone, or more, found with little more than a look at
 * the row where k is not above its blocks.
 */
int ll_candidates_load_top(struct ll_candidates *candidates, const struct ll_logits *row, size_t k,
    struct ll_err *err);

/*
 * The same without most of those that top-p drops at a temperature (LL_LOGITS_LEAST_TEMPERATURE or
 * more) and a probability below 1; `whole` is then what all of them would weigh.
 */
int ll_candidates_load_nucleus(struct ll_candidates *candidates, const struct ll_logits *row, double temperature,
    double p, struct ll_err *err);

/* Room for `count` numbers at `scratch`. -LL_ENOMEM. */
int ll_candidates_reserve(struct ll_candidates *candidates, size_t count, struct ll_err *err);

/* Where the candidate with this id is; false if it is none. */
bool ll_candidates_find(const struct ll_candidates *candidates, uint32_t id, size_t *at);

/*
 * Changes one logit; what is too large for a float becomes the greatest float, or -infinity.
 * ll_candidates_settle must follow.
 */
void ll_candidates_set(struct ll_candidates *candidates, size_t at, double logit);

/* After changes: drops what is -infinity and finds the maximum. With none left the count is 0. */
void ll_candidates_settle(struct ll_candidates *candidates);

/* The same, dropping nothing, where all logits changed and some are above -infinity. */
void ll_candidates_measure(struct ll_candidates *candidates);

/* Fills the weights unless they are there. */
void ll_candidates_weigh(struct ll_candidates *candidates);

/* The sum of the weights. */
double ll_candidates_total(struct ll_candidates *candidates);

/* The entropy of the distribution, nats. */
double ll_candidates_entropy(struct ll_candidates *candidates);

/* The `count` greatest logits in order; how many there are. */
size_t ll_candidates_greatest(const struct ll_candidates *candidates, float *out, size_t count);

/* The index of the greatest logit, of equal ones the first. */
size_t ll_candidates_best(const struct ll_candidates *candidates);

/* Keeps those whose logit is at least `least`, which is not above the maximum. */
void ll_candidates_keep_above(struct ll_candidates *candidates, float least);

/*
 * Orders them from the greatest logit down, of equal ones the lowest id first, and keeps as
 * few from the front as have masses whose sum reaches `target`: all if none do, one at
 * least. mass[i] is candidate i's; NULL: each has 1. O(n), plus O(log n) for each candidate
 * within 1/32 of the logit where the cut falls.
 */
void ll_candidates_cut(struct ll_candidates *candidates, const float *mass, double target);

/* The same in the order of other keys than the logits; ll_candidates_settle must follow. */
void ll_candidates_cut_by(struct ll_candidates *candidates, const float *keys, const float *mass,
    double target);

/* The index at `unit` (in [0, 1)) of the cumulated probabilities. */
size_t ll_candidates_draw(struct ll_candidates *candidates, double unit);

#endif
