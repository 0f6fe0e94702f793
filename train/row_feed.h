/*
 * Where batches come from: rows of at most `context` inputs, each some stretches of documents
 * one after the other.
 */

#ifndef LL_TRAIN_ROW_FEED_H
#define LL_TRAIN_ROW_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "train/corpus.h"
#include "train/net.h"

struct ll_err;

/* Where in the data a run is. */
struct ll_row_place {
	uint64_t epoch;			/* from 0 */
	uint64_t row;			/* that comes next, in this epoch */
};

/* A batch that rows are added to. Zero-initialise. */
struct ll_gather {
	uint32_t *tokens, *targets;
	struct ll_document *spans;
	struct ll_teaching *teaching;	/* of all tokens, if `taught` */
	size_t count, span_count;
	size_t tokens_cap, targets_cap, spans_cap, teaching_cap;
	bool taught;
	struct ll_batch batch;		/* of these arrays, after ll_gather_batch */
};

/*
 * Room for n more tokens and one more stretch, `begin` of which is where they begin; `taught` is the same for all of a
 * batch. -LL_ENOMEM.
 */
int ll_gather_more(struct ll_gather *gather, size_t n, bool taught, struct ll_err *err);
const struct ll_batch *ll_gather_batch(struct ll_gather *gather);
void ll_gather_clear(struct ll_gather *gather);
void ll_gather_free(struct ll_gather *gather);

/*
 * next adds the row at *place and moves it on: 1, or 0 at the end of an epoch (and *place is the
 * next one's first row), or -LL_E*. What a gather points to stays until the next call after
 * ll_gather_clear.
 */
struct ll_row_feed {
	int (*next)(void *context, struct ll_row_place *place, struct ll_gather *gather, struct ll_err *err);
	void *context;
};

/* A corpus, shuffled in every epoch by the seed, or in the order of its documents. */
struct ll_corpus_feed {
	const struct ll_corpus *corpus;
	size_t span;			/* inputs of a row */
	uint64_t seed;
	bool shuffle;
	bool made;			/* the order below is of `epoch` */
	uint64_t epoch;
	struct ll_packing order;
};

/* Makes the order of an epoch, unless it is there. -LL_ENOMEM. */
int ll_corpus_feed_open(struct ll_corpus_feed *feed, uint64_t epoch, struct ll_err *err);
int ll_corpus_feed_next(void *feed, struct ll_row_place *place, struct ll_gather *gather, struct ll_err *err);
void ll_corpus_feed_free(struct ll_corpus_feed *feed);

#endif
