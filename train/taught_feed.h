/*
 * Rows of a batch from documents that a teacher spoke about, one after the other as they come.
 */

#ifndef LL_TRAIN_TAUGHT_FEED_H
#define LL_TRAIN_TAUGHT_FEED_H

#include "train/row_feed.h"
#include "train/taught.h"

struct ll_err;

/*
 * Documents are cut into stretches of at most `span` inputs, which share one token, and those in
 * which nothing counts are left out; a row takes stretches in their order while they fit. A position
 * counts where something is said of it, with the token behind it for a target; without such a token it does where
 * `soft` is set. Zero-initialise but for the first members; free with ll_taught_feed_free.
 */
struct ll_taught_feed {
	/* The next document, which is the feed's from then on: 1; 0 behind the last; or -LL_E*. */
	int (*next)(void *context, struct ll_taught **document, struct ll_err *err);
	/* Begins anew; NULL: it cannot. */
	int (*again)(void *context, struct ll_err *err);
	void *context;
	const char *name;		/* of the stream, for messages */
	size_t span;
	bool soft;
	/* What came in this epoch. */
	uint64_t documents, tokens;
	uint64_t count, followed;	/* positions that count; those with a target */
	/* Private. */
	struct ll_row_place place;		/* of what comes next */
	bool ended;
	struct ll_taught *current, *used;	/* being cut; what a batch still points to */
	size_t begin, length, end;	/* its next stretch; where the last that counts ends */
	uint64_t bytes, hash;
	bool counting;
};

/*
 * As struct ll_row_feed has it; a place further on is come to by leaving out rows. -LL_EDATA, with the
 * name, if there are fewer.
 */
int ll_taught_feed_next(void *feed, struct ll_row_place *place, struct ll_gather *gather, struct ll_err *err);

struct ll_taught_total {
	uint64_t rows;			/* of an epoch */
	uint64_t bytes;			/* of the probabilities of one, at most */
	uint64_t hash;			/* over all that is learned */
};

/* Goes through an epoch, from the beginning, and is behind it. -LL_EDATA where nothing counts. */
int ll_taught_feed_count(struct ll_taught_feed *feed, struct ll_taught_total *total, struct ll_err *err);
void ll_taught_feed_free(struct ll_taught_feed *feed);

#endif
