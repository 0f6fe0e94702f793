/*
 * Rows of a corpus, batch by batch; see row_feed.h.
 */

#include "train/row_feed.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/vocab.h"

int
ll_gather_more(struct ll_gather *g, size_t n, bool taught, struct ll_err *err)
{
	int status;

	if ((status = ll_grow(&g->tokens, &g->tokens_cap, g->count + n, sizeof *g->tokens, err)) < 0 ||
	    (status = ll_grow(&g->targets, &g->targets_cap, g->count + n, sizeof *g->targets, err)) < 0 ||
	    (status = ll_grow(&g->spans, &g->spans_cap, g->span_count + 1, sizeof *g->spans, err)) < 0)
		return status;
	g->taught = taught;
	if (taught)
		status = ll_grow(&g->teaching, &g->teaching_cap, g->count + n, sizeof *g->teaching, err);
	return status;
}

const struct ll_batch *
ll_gather_batch(struct ll_gather *g)
{
	g->batch = (struct ll_batch){ .tokens = g->tokens, .targets = g->targets, .count = g->count, .spans = g->spans,
	    .span_count = g->span_count, .teaching = g->taught ? g->teaching : NULL, .hard = 1, .temperature = 1 };
	return &g->batch;
}

void
ll_gather_clear(struct ll_gather *g)
{
	g->count = g->span_count = 0;
	g->taught = false;
}

void
ll_gather_free(struct ll_gather *g)
{
	free(g->tokens);
	free(g->targets);
	free(g->spans);
	free(g->teaching);
	*g = (struct ll_gather){ 0 };
}

static int
add_span(struct ll_gather *gather, const struct ll_corpus *corpus, const struct ll_span *span, struct ll_err *err)
{
	size_t n = span->length - 1;
	int status = ll_gather_more(gather, n, false, err);

	if (status < 0 || n == 0)
		return status;
	gather->spans[gather->span_count++] = (struct ll_document){ gather->count, n };
	for (size_t i = 0; i < n; i++) {
		size_t at = span->begin + i;

		gather->tokens[gather->count] = corpus->tokens[at];
		gather->targets[gather->count++] = corpus->learn[at + 1] ? corpus->tokens[at + 1] : LL_VOCAB_NONE;
	}
	return 0;
}

int
ll_corpus_feed_open(struct ll_corpus_feed *feed, uint64_t epoch, struct ll_err *err)
{
	int status;

	if (feed->made && feed->epoch == epoch)
		return 0;
	ll_corpus_feed_free(feed);
	if ((status = ll_packing_make(&feed->order, feed->corpus, feed->span, feed->seed, epoch, feed->shuffle, err)) < 0)
		return status;
	feed->made = true;
	feed->epoch = epoch;
	return 0;
}

int
ll_corpus_feed_next(void *context, struct ll_row_place *place, struct ll_gather *gather, struct ll_err *err)
{
	struct ll_corpus_feed *feed = context;
	int status = ll_corpus_feed_open(feed, place->epoch, err);

	if (status < 0)
		return status;
	if (place->row >= feed->order.rows) {
		*place = (struct ll_row_place){ place->epoch + 1, 0 };
		return 0;
	}
	for (size_t s = feed->order.row[place->row]; s < feed->order.row[place->row + 1]; s++)
		if ((status = add_span(gather, feed->corpus, &feed->order.spans[s], err)) < 0)
			return status;
	place->row++;
	return 1;
}

void
ll_corpus_feed_free(struct ll_corpus_feed *feed)
{
	if (feed->made)
		ll_packing_free(&feed->order);
	feed->made = false;
}
