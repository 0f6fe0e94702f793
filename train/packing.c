/*
 * Documents to rows of a batch; see corpus.h. Each stretch asks at most OPEN_MOST rows whether
 * it fits, so time is linear in the corpus.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "train/corpus.h"

#define OPEN_MOST 32

struct open {
	size_t row, room;	/* inputs that it still takes */
};

struct packing {
	size_t context;
	struct ll_span *spans;	/* in the order in which they are packed */
	size_t *row;		/* of each */
	size_t count, cap;
	struct open open[OPEN_MOST];	/* the oldest first */
	size_t open_count;
	size_t rows;
};

/* Whether any prediction in a stretch counts: its first token is not predicted in it. */
static bool
has_something(const struct ll_corpus *corpus, size_t begin, size_t length)
{
	return memchr(corpus->learn + begin + 1, 1, length - 1) != NULL;
}

static int
add_span(struct packing *packing, size_t begin, size_t length, struct ll_err *err)
{
	int status = ll_grow(&packing->spans, &packing->cap, packing->count + 1, sizeof(*packing->spans), err);

	if (status == 0)
		packing->spans[packing->count++] = (struct ll_span){ begin, length };
	return status;
}

static int
cut(struct packing *packing, const struct ll_corpus *corpus, struct ll_err *err)
{
	int status = 0;

	for (size_t d = 0; d < corpus->documents && status == 0; d++) {
		size_t begin = corpus->start[d], left = corpus->start[d + 1] - begin;

		while (left > 1 && status == 0) {
			size_t inputs = left - 1 > packing->context ? packing->context : left - 1;

			if (has_something(corpus, begin, inputs + 1))
				status = add_span(packing, begin, inputs + 1, err);
			begin += inputs;
			left -= inputs;
		}
	}
	return status;
}

/* Uniform in 0 .. below - 1: what would favour the low ones is drawn again. */
static uint64_t
draw(struct ll_rng *rng, uint64_t below)
{
	uint64_t least = -below % below, drawn;

	do
		drawn = ll_rng_next(rng);
	while (drawn < least);
	return drawn % below;
}

static void
shuffle_spans(struct packing *packing, uint64_t seed, uint64_t epoch)
{
	struct ll_rng rng;

	ll_rng_seed(&rng, seed, epoch);
	for (size_t i = packing->count; i > 1; i--) {
		size_t other = (size_t)draw(&rng, i);
		struct ll_span span = packing->spans[i - 1];

		packing->spans[i - 1] = packing->spans[other];
		packing->spans[other] = span;
	}
}

static void
shut(struct packing *packing, size_t which)
{
	packing->open_count--;
	memmove(packing->open + which, packing->open + which + 1,
	    (packing->open_count - which) * sizeof(packing->open[0]));
}

static size_t
fullest(const struct packing *packing)
{
	size_t which = 0;

	for (size_t i = 1; i < packing->open_count; i++)
		if (packing->open[i].room < packing->open[which].room)
			which = i;
	return which;
}

/* The row that takes so many more inputs. */
static size_t
place(struct packing *packing, size_t inputs)
{
	size_t which = 0, row;

	while (which < packing->open_count && packing->open[which].room < inputs)
		which++;
	if (which == packing->open_count) {
		if (packing->open_count == OPEN_MOST) {
			shut(packing, fullest(packing));
			which--;
		}
		packing->open[packing->open_count++] = (struct open){ packing->rows++, packing->context };
	}
	row = packing->open[which].row;
	packing->open[which].room -= inputs;
	if (packing->open[which].room == 0)
		shut(packing, which);
	return row;
}

/* Puts the spans of each row together, in the order in which they came into it. */
static int
gather(struct ll_packing *order, const struct packing *packing, struct ll_err *err)
{
	size_t *next = ll_alloc(packing->rows + 1, sizeof(*next), err);

	order->rows = packing->rows;
	order->spans = ll_alloc(packing->count, sizeof(*order->spans), err);
	order->row = ll_alloc(packing->rows + 1, sizeof(*order->row), err);
	if (next == NULL || order->spans == NULL || order->row == NULL) {
		free(next);
		return -LL_ENOMEM;
	}
	for (size_t i = 0; i < packing->count; i++)
		order->row[packing->row[i] + 1]++;
	for (size_t r = 0; r < packing->rows; r++) {
		order->row[r + 1] += order->row[r];
		next[r] = order->row[r];
	}
	for (size_t i = 0; i < packing->count; i++)
		order->spans[next[packing->row[i]]++] = packing->spans[i];
	free(next);
	return 0;
}

int
ll_packing_make(struct ll_packing *order, const struct ll_corpus *corpus, size_t context, uint64_t seed,
    uint64_t epoch, bool shuffle, struct ll_err *err)
{
	struct packing packing = { .context = context };
	int status;

	*order = (struct ll_packing){ 0 };
	if ((status = cut(&packing, corpus, err)) < 0)
		goto out;
	if (shuffle)
		shuffle_spans(&packing, seed, epoch);
	if ((packing.row = ll_alloc(packing.count, sizeof(*packing.row), err)) == NULL) {
		status = -LL_ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < packing.count; i++)
		packing.row[i] = place(&packing, packing.spans[i].length - 1);
	status = gather(order, &packing, err);
out:
	free(packing.spans);
	free(packing.row);
	return status;
}

void
ll_packing_free(struct ll_packing *order)
{
	free(order->spans);
	free(order->row);
	*order = (struct ll_packing){ 0 };
}
