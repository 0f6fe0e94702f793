/*
 * Pooling: the hidden states of a text as one vector, as sentence embeddings are made (Reimers and
 * Gurevych, arXiv 1908.10084, section 3).
 */

#ifndef LL_EMBED_POOLED_H
#define LL_EMBED_POOLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;

enum ll_pooling {
	LL_POOLING_MEAN,	/* of all positions, summed in their order in double precision */
	LL_POOLING_LAST		/* the last position's, which alone has seen all others */
};

/* "mean" or "last"; -LL_EUSAGE otherwise. */
int ll_pooling_type(const char *name, struct ll_err *err);

/* What was seen of a sequence. Zero-initialise it; free with ll_pooled_free. */
struct ll_pooled {
	double *sum;		/* [dim]; NULL before the first */
	uint64_t rows;
};

/* One more position, x[dim]. -LL_ENOMEM. */
int ll_pooled_add(struct ll_pooled *pooled, enum ll_pooling pooling, const float *x, size_t dim,
    struct ll_err *err);

/*
 * out[dim], of Euclidean length 1 if `normalise`. rows > 0. False if a number is not finite, or there
 * is no direction: all are 0.
 */
bool ll_pooled_vector(float *out, const struct ll_pooled *pooled, enum ll_pooling pooling, size_t dim,
    bool normalise);

void ll_pooled_free(struct ll_pooled *pooled);

#endif
