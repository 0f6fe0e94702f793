/*
 * Rows of logits; see logits.h.
 */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/err.h"
#include "base/mem.h"
#include "sample/logits.h"
#include "tensor/dtype.h"
#include "tensor/kern.h"
#include "tensor/logsumexp.h"

/* An entry of a sparse row on its way to be sorted. */
struct ll_listed {
	uint32_t id;
	float logit;
};

int
ll_logits_init(struct ll_logits *row, struct ll_err *err)
{
	int isa = ll_cpu_isa(err);

	*row = (struct ll_logits){ 0 };
	if (isa < 0)
		return isa;
	row->kern = ll_kern((enum ll_isa)isa);
	return 0;
}

void
ll_logits_free(struct ll_logits *row)
{
	free(row->own_ids);
	free(row->own_logits);
	free(row->block_max);
	free(row->block_sums);
	free(row->terms);
	free(row->listed);
	*row = (struct ll_logits){ 0 };
}

static int
reserve(struct ll_logits *row, size_t count, struct ll_err *err)
{
	const struct ll_kern *kern = row->kern;

	if (count <= row->cap)
		return 0;
	ll_logits_free(row);
	row->kern = kern;
	row->own_ids = ll_alloc(count, sizeof(uint32_t), err);
	row->own_logits = ll_alloc(count, sizeof(float), err);
	row->block_sums = ll_alloc(count / LL_LOGITS_BLOCK + 1, sizeof(double), err);
	row->block_max = ll_alloc(count / LL_LOGITS_BLOCK + 1, sizeof(float), err);
	row->listed = ll_alloc(count, sizeof(struct ll_listed), err);
	if (row->own_ids == NULL || row->own_logits == NULL || row->block_max == NULL || row->block_sums == NULL ||
	    row->listed == NULL)
		return -LL_ENOMEM;
	row->cap = count;
	return 0;
}

static uint32_t
id_at(const struct ll_logits *row, size_t i)
{
	return row->ids != NULL ? row->ids[i] : (uint32_t)i;
}

/* Names what cannot be sampled from, if anything. */
static int
refuse(const struct ll_logits *row, const char *where, struct ll_err *err)
{
	for (size_t i = 0; i < row->count; i++) {
		if (isnan(row->logits[i]))
			return ll_fail(err, LL_EDATA, "%s: logit of id %" PRIu32 " is not a number",
			    where, id_at(row, i));
		if (row->logits[i] == INFINITY)
			return ll_fail(err, LL_EDATA, "%s: logit of id %" PRIu32 " is infinite",
			    where, id_at(row, i));
	}
	return ll_fail(err, LL_EDATA, "%s: every logit is -infinity", where);
}

size_t
ll_logits_blocks(const struct ll_logits *row)
{
	return (row->count + LL_LOGITS_BLOCK - 1) / LL_LOGITS_BLOCK;
}

static size_t
block_length(const struct ll_logits *row, size_t block)
{
	size_t rest = row->count - block * LL_LOGITS_BLOCK;

	return rest < LL_LOGITS_BLOCK ? rest : LL_LOGITS_BLOCK;
}

/* Sets max and block_max; a NaN shows in the sum. */
static int
measure(struct ll_logits *row, double *log_sum_exp, const char *where, struct ll_err *err)
{
	double sum;

	*log_sum_exp = ll_logsumexp(row->kern, row->logits, row->count, row->block_max, &row->max, &sum);
	return isfinite(row->max) && !isnan(sum) ? 0 : refuse(row, where, err);
}

int
ll_logits_dense(struct ll_logits *row, uint32_t dtype, const void *data, size_t count,
    const char *where, struct ll_err *err)
{
	int status = reserve(row, count, err);

	if (status < 0)
		return status;
	row->ids = NULL;
	row->logits = dtype == LL_F32 ? data : row->own_logits;
	row->count = count;
	if (dtype == LL_F16 || dtype == LL_BF16)
		ll_dequantize(row->own_logits, (enum ll_dtype)dtype, data, count);
	else if (dtype != LL_F32)
		return ll_fail(err, LL_EDATA,
		    "%s: logits of data type %" PRIu32 ", not F32, F16 or BF16", where, dtype);
	return measure(row, &row->log_sum_exp, where, err);
}

static int
by_id(const void *a, const void *b)
{
	uint32_t left = ((const struct ll_listed *)a)->id;
	uint32_t right = ((const struct ll_listed *)b)->id;

	return (left > right) - (left < right);
}

int
ll_logits_sparse(struct ll_logits *row, const void *data, size_t count, const char *where,
    struct ll_err *err)
{
	const unsigned char *ids = (const unsigned char *)data + 8;
	const unsigned char *logits = ids + count * sizeof(uint32_t);
	int status = reserve(row, count, err);
	float log_sum_exp;
	double listed;

	if (status < 0)
		return status;
	for (size_t i = 0; i < count; i++) {
		memcpy(&row->listed[i].id, ids + i * sizeof(uint32_t), sizeof(uint32_t));
		memcpy(&row->listed[i].logit, logits + i * sizeof(float), sizeof(float));
	}
	qsort(row->listed, count, sizeof(*row->listed), by_id);
	for (size_t i = 0; i < count; i++) {
		row->own_ids[i] = row->listed[i].id;
		row->own_logits[i] = row->listed[i].logit;
		if (i > 0 && row->own_ids[i] == row->own_ids[i - 1])
			return ll_fail(err, LL_EDATA, "%s: id %" PRIu32 " is listed twice", where,
			    row->own_ids[i]);
	}
	row->ids = row->own_ids;
	row->logits = row->own_logits;
	row->count = count;
	memcpy(&log_sum_exp, data, sizeof(log_sum_exp));
	if (!isfinite(log_sum_exp))
		return ll_fail(err, LL_EDATA, "%s: log-sum-exp is %g", where, (double)log_sum_exp);
	row->log_sum_exp = (double)log_sum_exp;
	return measure(row, &listed, where, err);
}

int
ll_logits_complete(const struct ll_logits *row, float *out, size_t vocab, const char *where, struct ll_err *err)
{
	float least = INFINITY, fill = 0;
	double rest = 1;

	if (row->ids[row->count - 1] >= vocab)
		return ll_fail(err, LL_EDATA, "%s: id %" PRIu32 " is listed, but the vocabulary has %zu", where,
		    row->ids[row->count - 1], vocab);
	for (size_t i = 0; i < row->count; i++) {
		rest -= exp((double)row->logits[i] - row->log_sum_exp);
		least = fminf(least, row->logits[i]);
	}
	if (row->count < vocab) {
		fill = (float)(row->log_sum_exp + log(fmax(rest, LL_LOGITS_REST) / (double)(vocab - row->count)));
		fill = rest < LL_LOGITS_REST ? fminf(fill, least) : fill;
	}
	for (size_t i = 0; i < vocab; i++)
		out[i] = fill;
	for (size_t i = 0; i < row->count; i++)
		out[row->ids[i]] = row->logits[i];
	return 0;
}

const float *
ll_logits_terms(struct ll_logits *row, double *sum, struct ll_err *err)
{
	if (row->terms == NULL && (row->terms = ll_alloc(row->cap, sizeof(float), err)) == NULL)
		return NULL;
	memcpy(row->terms, row->logits, row->count * sizeof(float));
	row->kern->softmax_terms(row->terms, row->count, row->max);
	*sum = ll_sum(row->terms, row->count);
	return row->terms;
}

uint32_t
ll_logits_best(const struct ll_logits *row)
{
	size_t b = 0, i;

	while (row->block_max[b] != row->max)
		b++;
	for (i = b * LL_LOGITS_BLOCK; row->logits[i] != row->max; i++)
		continue;
	return id_at(row, i);
}

float
ll_logits_bound(const struct ll_logits *row, size_t k, float *scratch)
{
	size_t blocks = ll_logits_blocks(row), filled = 0;

	if (k > blocks)
		return -INFINITY;
	/* The k greatest maxima of blocks, in order. */
	for (size_t b = 0; b < blocks; b++) {
		float max = row->block_max[b];
		size_t at;

		if (filled == k && max <= scratch[k - 1])
			continue;
		filled += filled < k;
		for (at = filled - 1; at > 0 && scratch[at - 1] < max; at--)
			scratch[at] = scratch[at - 1];
		scratch[at] = max;
	}
	return scratch[k - 1];
}

double
ll_logits_total(const struct ll_logits *row, double temperature)
{
	struct ll_exp_sum terms = ll_exp_sum(row->max, (float)(1 / temperature));
	double total = 0;
	float ignored;

	for (size_t b = 0; b < ll_logits_blocks(row); b++) {
		row->block_sums[b] = ll_exp_sum_of(&terms, row->kern, row->logits + b * LL_LOGITS_BLOCK,
		    block_length(row, b), &ignored);
		total += row->block_sums[b];
	}
	return total;
}

uint32_t
ll_logits_draw(const struct ll_logits *row, double temperature, double unit)
{
	size_t blocks = ll_logits_blocks(row), found = 0, last = 0, n;
	double target = unit * ll_logits_total(row, temperature), before = 0, sum = 0;
	float terms[LL_LOGITS_BLOCK];

	for (size_t b = 0; b < blocks; b++) {
		if (row->block_sums[b] <= 0)
			continue;
		found = b;
		before = sum;
		sum += row->block_sums[b];
		if (sum > target)
			break;
	}
	n = block_length(row, found);
	for (size_t i = 0; i < n; i++)
		terms[i] = (row->logits[found * LL_LOGITS_BLOCK + i] - row->max) * (float)(1 / temperature);
	row->kern->softmax_terms(terms, n, 0);
	for (size_t i = 0; i < n; i++) {
		if (terms[i] > 0)
			last = i;
		before += (double)terms[i];
		if (before > target)
			break;
	}
	/* The two sums are not added in the same order: at the very end the last is meant. */
	return id_at(row, found * LL_LOGITS_BLOCK + last);
}

/* Where the token is listed, or at least `count`. */
static size_t
find(const struct ll_logits *row, uint32_t token)
{
	size_t i = token;

	if (row->ids != NULL)
		for (i = 0; i < row->count && row->ids[i] != token; i++)
			continue;
	return i;
}

float
ll_logits_logprob(const struct ll_logits *row, uint32_t token)
{
	size_t i = find(row, token);

	return i < row->count ? (float)((double)row->logits[i] - row->log_sum_exp) : -INFINITY;
}

int
ll_logits_score(const struct ll_logits *row, uint32_t token, double *logprob, const char *where, struct ll_err *err)
{
	size_t i = find(row, token);
	float log_sum_exp = (float)row->log_sum_exp;

	if (i >= row->count)
		return ll_fail(err, LL_EDATA, "%s: the next token, id %" PRIu32 ", is not among the %zu logits%s", where,
		    token, row->count, row->ids != NULL ? ": ll-forward needs --score" : "");
	*logprob = (double)row->logits[i] - (double)log_sum_exp;
	if (*logprob > 0)
		return ll_fail(err, LL_EDATA, "%s: the logit of id %" PRIu32 ", %g, is above the log-sum-exp, %g", where, token,
		    (double)row->logits[i], (double)log_sum_exp);
	return 0;
}

size_t
ll_logits_top(const struct ll_logits *row, struct ll_ranked *out, size_t count)
{
	size_t filled = 0;

	for (size_t i = 0; i < row->count && count > 0; i++) {
		float logit = row->logits[i];
		size_t at;

		/* A block with nothing among them is passed over. */
		if (i % LL_LOGITS_BLOCK == 0 && filled == count &&
		    row->block_max[i / LL_LOGITS_BLOCK] <= out[filled - 1].logprob) {
			i += LL_LOGITS_BLOCK - 1;
			continue;
		}
		if (logit == -INFINITY || (filled == count && logit <= out[filled - 1].logprob))
			continue;
		filled += filled < count;
		for (at = filled - 1; at > 0 && out[at - 1].logprob < logit; at--)
			out[at] = out[at - 1];
		out[at] = (struct ll_ranked){ id_at(row, i), logit };
	}
	for (size_t i = 0; i < filled; i++)
		out[i].logprob = (float)((double)out[i].logprob - row->log_sum_exp);
	return filled;
}
