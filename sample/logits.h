/*
 * One row of logits as samplers want it: as f32, checked, with its log-sum-exp, whatever
 * form it had in the stream.
 */

#ifndef LL_SAMPLE_LOGITS_H
#define LL_SAMPLE_LOGITS_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/logsumexp.h"

struct ll_err;
struct ll_kern;

#define LL_LOGITS_BLOCK LL_LOGSUMEXP_BLOCK

struct ll_logits {
	const uint32_t *ids;	/* ascending; NULL: 0 .. count - 1 */
	const float *logits;	/* never NaN or +infinity; not all -infinity */
	size_t count;
	float max;
	double log_sum_exp;	/* over the whole vocabulary, also when only a part is listed */

	const struct ll_kern *kern;
	uint32_t *own_ids;
	float *own_logits;
	float *block_max;		/* of each LL_LOGITS_BLOCK logits */
	double *block_sums;		/* scratch */
	float *terms;			/* of ll_logits_terms() */
	struct ll_listed *listed;
	size_t cap;
};

/* A token and the natural logarithm of its probability in the row: no temperature, no filter. */
struct ll_ranked {
	uint32_t token;
	float logprob;
};

/* Zero-initialises; -LL_ECONFIG when LL_CPU names no ISA of this machine. */
int ll_logits_init(struct ll_logits *row, struct ll_err *err);
void ll_logits_free(struct ll_logits *row);

/*
 * Takes a dense row: `count` (at least 1) elements of F32 (borrowed until the next call), F16 or
 * BF16. -LL_EDATA, beginning with `where`, for a logit that is not a number or +infinity, and
 * when all are -infinity. Allocates only to grow: -LL_ENOMEM.
 */
int ll_logits_dense(struct ll_logits *row, uint32_t dtype, const void *data, size_t count,
    const char *where, struct ll_err *err);

/*
 * The same for a sparse row: f32 log-sum-exp, u32 0, u32 ids[count], f32 logits[count].
 * The ids may come in any order, each once.
 */
int ll_logits_sparse(struct ll_logits *row, const void *data, size_t count, const char *where,
    struct ll_err *err);

/*
 * Makes a sparse row dense: the tokens that it does not list share evenly what it leaves of the
 * probability. Where that is less than LL_LOGITS_REST it is taken for so much, but no logit then
 * is above the least that is listed: a difference of two rows is always a number, and rounding of
 * the log-sum-exp gives nobody a rank. -LL_EDATA, beginning with `where`, for an id beyond out[vocab].
 */
#define LL_LOGITS_REST 1e-6
int ll_logits_complete(const struct ll_logits *row, float *out, size_t vocab, const char *where,
    struct ll_err *err);

/*
 * exp(logit - max) of all that are listed, and in *sum their sum; valid until the next row. NULL when
 * out of memory.
 */
const float *ll_logits_terms(struct ll_logits *row, double *sum, struct ll_err *err);

/* The token with the greatest logit; of equal ones the lowest id. */
uint32_t ll_logits_best(const struct ll_logits *row);

/* How many blocks there are, the last of them with fewer logits. */
size_t ll_logits_blocks(const struct ll_logits *row);

/* A logit that at least k tokens have or exceed, usually not many more; -infinity if none is known. */
float ll_logits_bound(const struct ll_logits *row, size_t k, float *scratch);

/* Below it a quotient of logits may be too large for what follows. */
#define LL_LOGITS_LEAST_TEMPERATURE 1e-4

/* The sum of exp((l - max) / T), T being LL_LOGITS_LEAST_TEMPERATURE or more. */
double ll_logits_total(const struct ll_logits *row, double temperature);

/* The token at `unit` (in [0, 1)) of the cumulated probabilities at such a temperature. */
uint32_t ll_logits_draw(const struct ll_logits *row, double temperature, double unit);

/* The log-probability of a token that is listed; -infinity for another. */
float ll_logits_logprob(const struct ll_logits *row, uint32_t token);

/*
 * The log-probability of the token that came, as ll-forward --score has it, with a log-sum-exp
 * rounded to f32. -LL_EDATA, beginning with `where`, for one that is not listed, or whose logit is
 * above the log-sum-exp.
 */
int ll_logits_score(const struct ll_logits *row, uint32_t token, double *logprob, const char *where,
    struct ll_err *err);

/* The `count` likeliest tokens in order, ties by id; how many there are. */
size_t ll_logits_top(const struct ll_logits *row, struct ll_ranked *out, size_t count);

#endif
