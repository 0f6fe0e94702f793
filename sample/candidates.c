/*
 * Candidates; see candidates.h.
 */

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/err.h"
#include "base/mem.h"
#include "sample/candidates.h"
#include "sample/logits.h"
#include "tensor/kern.h"
#include "tensor/logsumexp.h"

/* The histogram of a cut: by distance from the greatest logit, the last bucket open. */
#define BUCKETS 1024
#define BUCKETS_PER_UNIT 32.0f

/* Logits that are passed over together. */
#define PIECE 32

/* Covers the rounding of a logit and of its exponential; a mean that leaves room for it. */
#define MARGIN 0.001
#define MOST_MEAN 0.9

int
ll_candidates_init(struct ll_candidates *candidates, struct ll_err *err)
{
	int isa = ll_cpu_isa(err);

	*candidates = (struct ll_candidates){ 0 };
	if (isa < 0)
		return isa;
	candidates->kern = ll_kern((enum ll_isa)isa);
	return 0;
}

void
ll_candidates_free(struct ll_candidates *candidates)
{
	free(candidates->ids);
	free(candidates->logits);
	free(candidates->weights);
	free(candidates->marks);
	free(candidates->keys);
	free(candidates->heap);
	free(candidates->scratch);
	*candidates = (struct ll_candidates){ 0 };
}

static int
reserve(struct ll_candidates *candidates, size_t count, struct ll_err *err)
{
	const struct ll_kern *kern = candidates->kern;

	if (count <= candidates->cap)
		return 0;
	ll_candidates_free(candidates);
	candidates->kern = kern;
	candidates->ids = ll_alloc(count, sizeof(uint32_t), err);
	candidates->logits = ll_alloc(count, sizeof(float), err);
	candidates->weights = ll_alloc(count, sizeof(float), err);
	candidates->marks = ll_alloc(count, sizeof(uint32_t), err);
	candidates->keys = ll_alloc(count, sizeof(float), err);
	candidates->heap = ll_alloc(count, sizeof(uint32_t), err);
	if (candidates->ids == NULL || candidates->logits == NULL || candidates->weights == NULL ||
	    candidates->marks == NULL || candidates->keys == NULL || candidates->heap == NULL)
		return -LL_ENOMEM;
	candidates->cap = count;
	return 0;
}

int
ll_candidates_reserve(struct ll_candidates *candidates, size_t count, struct ll_err *err)
{
	return ll_grow(&candidates->scratch, &candidates->scratch_cap, count, sizeof(uint32_t), err);
}

/* Those at or above a logit among [begin, end) of the row. */
static void
load_range(struct ll_candidates *candidates, const struct ll_logits *row, size_t begin, size_t end, float least)
{
	size_t count = candidates->count;

	/* Written always, counted when possible: no branch to mispredict. */
	for (size_t i = begin; i < end; i++) {
		candidates->ids[count] = row->ids != NULL ? row->ids[i] : (uint32_t)i;
		candidates->logits[count] = row->logits[i];
		count += row->logits[i] >= least;
	}
	candidates->count = count;
}

/* Those at or above a logit, of which there are few: what has none is passed over by its maximum. */
static void
load_few(struct ll_candidates *candidates, const struct ll_logits *row, float least)
{
	for (size_t b = 0; b < ll_logits_blocks(row); b++) {
		size_t begin = b * LL_LOGITS_BLOCK;
		size_t end = begin + LL_LOGITS_BLOCK < row->count ? begin + LL_LOGITS_BLOCK : row->count;

		for (size_t at = begin; at < end && row->block_max[b] >= least; at += PIECE) {
			size_t n = end - at < PIECE ? end - at : PIECE;

			if (candidates->kern->max(row->logits + at, n) >= least)
				load_range(candidates, row, at, at + n, least);
		}
	}
}

static int
begin_load(struct ll_candidates *candidates, const struct ll_logits *row, struct ll_err *err)
{
	int status = reserve(candidates, row->count, err);

	candidates->count = 0;
	candidates->max = row->max;
	candidates->base = 0;
	candidates->weighed = false;
	candidates->whole = 0;
	return status;
}

int
ll_candidates_load(struct ll_candidates *candidates, const struct ll_logits *row,
    struct ll_err *err)
{
	int status = begin_load(candidates, row, err);

	if (status == 0)
		load_range(candidates, row, 0, row->count, -FLT_MAX);
	return status;
}

int
ll_candidates_load_top(struct ll_candidates *candidates, const struct ll_logits *row, size_t k,
    struct ll_err *err)
{
	int status = begin_load(candidates, row, err);
	float least;

	if (status < 0)
		return status;
	if ((least = ll_logits_bound(row, k, candidates->keys)) == -INFINITY)
		return ll_candidates_load(candidates, row, err);
	load_few(candidates, row, least);
	ll_candidates_cut(candidates, NULL, (double)k);
	return 0;
}

int
ll_candidates_load_nucleus(struct ll_candidates *candidates, const struct ll_logits *row, double temperature,
    double p, struct ll_err *err)
{
	int status = begin_load(candidates, row, err);
	double total, mean;

	if (status < 0)
		return status;
	total = ll_logits_total(row, temperature);
	/* All that weigh less than this weigh no more than the tail together, so they are in it. */
	mean = (1 - p) * total / (double)row->count;
	if (mean >= MOST_MEAN)
		return ll_candidates_load(candidates, row, err);
	load_few(candidates, row, (float)((double)row->max + temperature * (log(mean) - MARGIN)));
	candidates->whole = total;
	return 0;
}

bool
ll_candidates_find(const struct ll_candidates *candidates, uint32_t id, size_t *at)
{
	size_t low = 0, high = id < candidates->count ? (size_t)id + 1 : candidates->count;

	/* An id is at its own place, or where ids are missing before it. */
	if (high > id && candidates->ids[id] == id) {
		*at = id;
		return true;
	}
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (candidates->ids[middle] <= id)
			low = middle;
		else
			high = middle;
	}
	*at = low;
	return high > low && candidates->ids[low] == id;
}

void
ll_candidates_set(struct ll_candidates *candidates, size_t at, double logit)
{
	candidates->logits[at] = logit > (double)FLT_MAX ? FLT_MAX : (float)logit;
}

void
ll_candidates_measure(struct ll_candidates *candidates)
{
	candidates->max = candidates->kern->max(candidates->logits, candidates->count);
	candidates->weighed = false;
}

void
ll_candidates_settle(struct ll_candidates *candidates)
{
	size_t count = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		candidates->ids[count] = candidates->ids[i];
		candidates->logits[count] = candidates->logits[i];
		count += candidates->logits[i] > -INFINITY;
	}
	candidates->count = count;
	ll_candidates_measure(candidates);
}

void
ll_candidates_weigh(struct ll_candidates *candidates)
{
	if (candidates->weighed)
		return;
	memcpy(candidates->weights, candidates->logits, candidates->count * sizeof(float));
	candidates->kern->softmax_terms(candidates->weights, candidates->count, candidates->max);
	candidates->weighed = true;
}

double
ll_candidates_total(struct ll_candidates *candidates)
{
	ll_candidates_weigh(candidates);
	return ll_sum(candidates->weights, candidates->count);
}

double
ll_candidates_entropy(struct ll_candidates *candidates)
{
	double total = ll_candidates_total(candidates), sum = 0;

	/* H = ln Z - sum of p_i (l_i - max), Z being the sum of the weights. */
	for (size_t i = 0; i < candidates->count; i++)
		if (candidates->weights[i] > 0)
			sum += (double)candidates->weights[i] * (double)(candidates->logits[i] - candidates->max);
	return log(total) - sum / total;
}

size_t
ll_candidates_greatest(const struct ll_candidates *candidates, float *out, size_t count)
{
	size_t filled = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		float logit = candidates->logits[i];
		size_t at;

		if (filled == count && logit <= out[filled - 1])
			continue;
		filled += filled < count;
		for (at = filled - 1; at > 0 && out[at - 1] < logit; at--)
			out[at] = out[at - 1];
		out[at] = logit;
	}
	return filled;
}

size_t
ll_candidates_best(const struct ll_candidates *candidates)
{
	size_t i = 0;

	while (candidates->logits[i] != candidates->max)
		i++;
	return i;
}

/* Keeps those above `key`, and of those at it the ones up to index `last`. */
static void
keep(struct ll_candidates *candidates, const float *keys, float key, size_t last)
{
	size_t count = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		float own = keys[i];

		candidates->ids[count] = candidates->ids[i];
		candidates->logits[count] = candidates->logits[i];
		candidates->weights[count] = candidates->weights[i];
		count += own > key || (own == key && i <= last);
	}
	candidates->count = count;
}

void
ll_candidates_keep_above(struct ll_candidates *candidates, float least)
{
	keep(candidates, candidates->logits, least, candidates->count);
}

/* What a cut goes by. */
struct order {
	const float *keys;
	float max;
};

static size_t
bucket_of(const struct order *order, size_t i)
{
	/* Does not rise with the key, so buckets are in order. */
	float place = (order->max - order->keys[i]) * BUCKETS_PER_UNIT;

	return place < BUCKETS - 1 ? (size_t)(int32_t)place : BUCKETS - 1;
}

static bool
comes_before(const struct order *order, uint32_t a, uint32_t b)
{
	return order->keys[a] > order->keys[b] || (order->keys[a] == order->keys[b] && a < b);
}

/* Lets heap[at] sink in a heap whose root comes before all others. */
static void
sink(const struct order *order, uint32_t *heap, size_t count, size_t at)
{
	uint32_t moved = heap[at];

	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && comes_before(order, heap[child + 1], heap[child]))
			child++;
		if (!comes_before(order, heap[child], moved))
			break;
		heap[at] = heap[child];
	}
	heap[at] = moved;
}

/* Takes from a bucket, best first, until `sum` reaches the target; the index of the last taken. */
static uint32_t
last_of_bucket(struct ll_candidates *candidates, const struct order *order, const float *mass, size_t bucket,
    double sum, double target)
{
	uint32_t *heap = candidates->heap;
	uint32_t last;
	size_t count = 0;

	for (size_t i = 0; i < candidates->count; i++)
		if (bucket_of(order, i) == bucket)
			heap[count++] = (uint32_t)i;
	for (size_t i = count / 2; i-- > 0;)
		sink(order, heap, count, i);
	do {
		last = heap[0];
		sum += mass != NULL ? (double)mass[last] : 1.0;
		heap[0] = heap[--count];
		sink(order, heap, count, 0);
	} while (sum < target && count > 0);
	return last;
}

static void
cut(struct ll_candidates *candidates, const struct order *order, const float *mass, double target)
{
	double masses[BUCKETS] = { 0 };
	double sum = 0;

	for (size_t i = 0; i < candidates->count; i++)
		masses[bucket_of(order, i)] += mass != NULL ? (double)mass[i] : 1.0;
	for (size_t b = 0; b < BUCKETS; b++) {
		if (masses[b] > 0 && sum + masses[b] >= target) {
			uint32_t last = last_of_bucket(candidates, order, mass, b, sum, target);

			keep(candidates, order->keys, order->keys[last], last);
			return;
		}
		sum += masses[b];
	}
}

void
ll_candidates_cut(struct ll_candidates *candidates, const float *mass, double target)
{
	cut(candidates, &(struct order){ candidates->logits, candidates->max }, mass, target);
}

void
ll_candidates_cut_by(struct ll_candidates *candidates, const float *keys, const float *mass, double target)
{
	struct order order = { keys, candidates->kern->max(keys, candidates->count) };

	cut(candidates, &order, mass, target);
}

size_t
ll_candidates_draw(struct ll_candidates *candidates, double unit)
{
	double target = unit * ll_candidates_total(candidates);
	double sum = 0;
	size_t last = 0;

	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->weights[i] > 0)
			last = i;
		sum += (double)candidates->weights[i];
		if (sum > target)
			break;
	}
	/* The two sums are not added in the same order: at the very end the last is meant. */
	return last;
}
