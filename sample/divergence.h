/*
 * The Kullback-Leibler divergence of one model's distributions to another's, a row at a time,
 * and what is told of all rows: KL(P || Q) = sum of p log(p / q), natural (Kullback and Leibler
 * 1951), P being the first.
 */

#ifndef LL_SAMPLE_DIVERGENCE_H
#define LL_SAMPLE_DIVERGENCE_H

#include <stddef.h>
#include <stdint.h>

#include "sample/tally.h"

struct ll_err;
struct ll_logits;

/* Zero-initialise; free with ll_divergence_free. Memory is 8 bytes a row. */
struct ll_divergence {
	double *rows;
	size_t count, cap;
	uint64_t same_top;
	struct ll_tally texts[2];
	double product;		/* of both log-probabilities of a target, summed */
};

/*
 * Adds a row: both dense and as long as each other. `target` is the token that follows, whose
 * log-probabilities make the perplexities. -LL_EDATA, beginning with `where`, for an id that is
 * possible in P but not in Q, where the divergence is infinite, and for a target that is
 * impossible in one; -LL_ENOMEM.
 */
int ll_divergence_add(struct ll_divergence *d, struct ll_logits *p, struct ll_logits *q, uint32_t target,
    const char *where, struct ll_err *err);
void ll_divergence_free(struct ll_divergence *d);

/* Of at least one row; the rows are sorted. */
struct ll_divergence_report {
	struct ll_estimate mean, same_top;
	double median, p99, most;	/* quantiles between rows are interpolated */
	struct ll_estimate perplexity[2];
	struct ll_estimate delta;	/* Q's perplexity minus P's; the error is that of pairs */
};
void ll_divergence_report(struct ll_divergence *d, struct ll_divergence_report *out);

#endif
