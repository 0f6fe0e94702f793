/*
 * A row of logits as few of them: the tokens that N draws with replacement hit, with the
 * weights that make their average the whole distribution (Anshumann and others 2025, Sparse
 * Logit Sampling, section 4: random sampling knowledge distillation).
 */

#ifndef LL_SAMPLE_DRAW_H
#define LL_SAMPLE_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_logits;
struct ll_rng;

/* A token that was hit, and the natural logarithm of its weight. */
struct ll_drawn {
	uint32_t token;
	uint32_t hits;
	float log_weight;
};

struct ll_draw {
	struct ll_drawn *drawn;		/* by falling weight, equal ones by rising id */
	size_t count;			/* at least 1, at most the number of draws */

	double *marks;
	float *terms;
	size_t draws, terms_cap;
};

/* For `draws` draws, at least one, of each row. -LL_ENOMEM. */
int ll_draw_init(struct ll_draw *draw, size_t draws, struct ll_err *err);
void ll_draw_free(struct ll_draw *draw);

/*
 * Draws from q = softmax(logits / temperature), temperature > 0, of a dense row. A token that
 * was hit c times of N weighs c/N * p/q, where p = softmax(logits): whatever the temperature,
 * the expected weight of every token with q > 0 is its p. With temperature 1 the weights are
 * c/N and their sum is 1. Allocates only to grow: -LL_ENOMEM.
 */
int ll_draw_row(struct ll_draw *draw, const struct ll_logits *row, double temperature, struct ll_rng *rng,
    struct ll_err *err);

#endif
