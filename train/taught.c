/*
 * Documents that grow with what is said of them; see taught.h. Each row is a block of its own:
 * rows come one by one, in no order, and some are taken back.
 */

#include "train/taught.h"

#include <inttypes.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

static int
order(const void *left, const void *right)
{
	uint64_t a = ((const struct ll_taught *)left)->sequence, b = ((const struct ll_taught *)right)->sequence;

	return (a > b) - (a < b);
}

struct ll_taught *
ll_taught_find(const struct ll_taught_set *set, uint64_t sequence)
{
	struct ll_taught key = { .sequence = sequence };
	void *node = tfind(&key, &set->root, order);

	return node != NULL ? *(struct ll_taught **)node : NULL;
}

struct ll_taught *
ll_taught_add(struct ll_taught_set *set, uint64_t sequence, struct ll_err *err)
{
	struct ll_taught *new = ll_alloc(1, sizeof *new, err);

	if (new == NULL)
		return NULL;
	new->sequence = sequence;
	if (tsearch(new, &set->root, order) != NULL)
		return new;
	free(new);
	ll_fail(err, LL_ENOMEM, "out of memory: a sequence");
	return NULL;
}

struct ll_taught *
ll_taught_remove(struct ll_taught_set *set, uint64_t sequence)
{
	struct ll_taught *document = ll_taught_find(set, sequence);

	if (document != NULL)
		tdelete(document, &set->root, order);
	return document;
}

struct ll_taught *
ll_taught_remove_any(struct ll_taught_set *set)
{
	return set->root != NULL ? ll_taught_remove(set, (*(struct ll_taught **)set->root)->sequence) : NULL;
}

void
ll_taught_set_free(struct ll_taught_set *set)
{
	while (set->root != NULL)
		ll_taught_free(ll_taught_remove_any(set));
}

void
ll_taught_free(struct ll_taught *document)
{
	if (document == NULL)
		return;
	for (size_t i = 0; i < document->row_count; i++)
		free(document->rows[i].probabilities);
	free(document->rows);
	free(document->tokens);
	free(document);
}

void
ll_teacher_free(struct ll_teacher *teacher)
{
	free(teacher->marks);
	teacher->marks = NULL;
}

int
ll_teacher_tokens(const struct ll_teacher *teacher, struct ll_taught *d, uint64_t position, const uint32_t *ids,
    size_t count, const char *where, struct ll_err *err)
{
	size_t end;

	if (position > d->count)
		return ll_fail(err, LL_EDATA, "%s: tokens at position %" PRIu64 ", but the sequence has %zu", where, position,
		    d->count);
	for (size_t i = 0; i < count; i++)
		if (ids[i] >= teacher->vocab)
			return ll_fail(err, LL_EDATA, "%s: id %" PRIu32 ", but the student's vocabulary has %zu tokens", where,
			    ids[i], teacher->vocab);
	if (ll_add((size_t)position, count, &end))
		return ll_fail(err, LL_ENOMEM, "out of memory: a sequence");
	if (ll_grow(&d->tokens, &d->cap, end, sizeof *d->tokens, err) < 0)
		return -LL_ENOMEM;
	if (count > 0)
		memcpy(d->tokens + position, ids, count * sizeof *ids);
	d->count = end;
	while (d->row_count > position)
		free(d->rows[--d->row_count].probabilities);
	return 0;
}

/* A row with room for so many entries, in place of what was said at the position. */
static int
make_row(struct ll_taught_row **out, struct ll_taught *d, uint64_t position, size_t count, bool listed,
    const char *where, struct ll_err *err)
{
	size_t bytes, each = sizeof(float) + (listed ? sizeof(uint32_t) : 0);
	struct ll_taught_row *row;

	if (position >= d->count)
		return ll_fail(err, LL_EDATA, "%s: logits, but the token there did not come before", where);
	if (ll_grow(&d->rows, &d->rows_cap, (size_t)position + 1, sizeof *d->rows, err) < 0)
		return -LL_ENOMEM;
	while (d->row_count <= position)
		d->rows[d->row_count++] = (struct ll_taught_row){ 0 };
	row = &d->rows[position];
	free(row->probabilities);
	*row = (struct ll_taught_row){ 0 };
	if (ll_mul(count, each, &bytes) || (row->probabilities = ll_alloc(bytes, 1, err)) == NULL)
		return ll_fail(err, LL_ENOMEM, "out of memory: a row of %zu logits", count);
	if (listed)
		row->ids = (uint32_t *)(void *)(row->probabilities + count);
	row->count = count;
	*out = row;
	return 0;
}

/* softmax(logits / temperature) */
static int
soften(float *out, const float *logits, size_t count, double temperature, const char *where, struct ll_err *err)
{
	float most = -INFINITY, scale = (float)(1 / temperature);
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		if (!(logits[i] < INFINITY))
			return ll_fail(err, LL_EDATA, "%s: logit %zu is %g", where, i, (double)logits[i]);
		most = logits[i] > most ? logits[i] : most;
	}
	if (!isfinite(most))
		return ll_fail(err, LL_EDATA, "%s: all logits are -infinity", where);
	for (size_t i = 0; i < count; i++) {
		out[i] = expf((logits[i] - most) * scale);
		sum += (double)out[i];
	}
	for (size_t i = 0; i < count; i++)
		out[i] = (float)((double)out[i] / sum);
	return 0;
}

/* exp(logits - log_sum_exp) */
static int
weigh(float *out, const float *logits, size_t count, double log_sum_exp, const char *where, struct ll_err *err)
{
	if (!isfinite(log_sum_exp))
		return ll_fail(err, LL_EDATA, "%s: log-sum-exp is %g", where, log_sum_exp);
	for (size_t i = 0; i < count; i++) {
		if (isnan(logits[i]) || (double)logits[i] == INFINITY)
			return ll_fail(err, LL_EDATA, "%s: logit %zu is %g", where, i, (double)logits[i]);
		out[i] = (float)exp((double)logits[i] - log_sum_exp);
		if (!isfinite(out[i]))
			return ll_fail(err, LL_EDATA, "%s: logit %zu is %g, far above the log-sum-exp %g", where, i,
			    (double)logits[i], log_sum_exp);
	}
	return 0;
}

int
ll_teacher_dense(struct ll_teacher *teacher, struct ll_taught *document, uint64_t position, const float *logits,
    size_t count, const char *where, struct ll_err *err)
{
	struct ll_taught_row *row;
	int status;

	if (count != teacher->vocab)
		return ll_fail(err, LL_EDATA, "%s: %zu logits, but the student's vocabulary has %zu tokens", where, count,
		    teacher->vocab);
	if ((status = make_row(&row, document, position, count, false, where, err)) < 0)
		return status;
	return soften(row->probabilities, logits, count, teacher->temperature, where, err);
}

static int
check_ids(struct ll_teacher *teacher, const uint32_t *ids, size_t count, const char *where, struct ll_err *err)
{
	if (teacher->marks == NULL &&
	    (teacher->marks = ll_alloc(teacher->vocab, sizeof *teacher->marks, err)) == NULL)
		return -LL_ENOMEM;
	if (++teacher->mark == 0) {
		memset(teacher->marks, 0, teacher->vocab * sizeof *teacher->marks);
		teacher->mark = 1;
	}
	for (size_t i = 0; i < count; i++) {
		if (ids[i] >= teacher->vocab)
			return ll_fail(err, LL_EDATA, "%s: id %" PRIu32 ", but the student's vocabulary has %zu tokens", where,
			    ids[i], teacher->vocab);
		if (teacher->marks[ids[i]] == teacher->mark)
			return ll_fail(err, LL_EDATA, "%s: id %" PRIu32 " is listed twice", where, ids[i]);
		teacher->marks[ids[i]] = teacher->mark;
	}
	return 0;
}

int
ll_teacher_sparse(struct ll_teacher *teacher, struct ll_taught *document, uint64_t position, float log_sum_exp,
    const uint32_t *ids, const float *logits, size_t count, const char *where, struct ll_err *err)
{
	struct ll_taught_row *row;
	int status;

	if ((status = check_ids(teacher, ids, count, where, err)) < 0 ||
	    (status = make_row(&row, document, position, count, true, where, err)) < 0)
		return status;
	memcpy(row->ids, ids, count * sizeof *ids);
	if (teacher->temperature < 1 || teacher->temperature > 1)
		return soften(row->probabilities, logits, count, teacher->temperature, where, err);
	return weigh(row->probabilities, logits, count, (double)log_sum_exp, where, err);
}
