/*
 * The records of a batch on their way into its pipe: a thread of its own reads the input and
 * writes the lines whose records are not done yet; a line that is done becomes an empty one,
 * so that every record keeps its number.
 */

#ifndef LL_SERVE_FEED_H
#define LL_SERVE_FEED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sources.h"

struct ll_ledger;

struct ll_feed {
	struct ll_sources sources;	/* the input; set it before */
	struct ll_ledger *ledger;
	int fd;				/* where to; closed at the end */
	struct ll_buf gathered;
	bool broken;			/* nobody reads any more */
	pthread_t thread;
	bool started;
	atomic_bool ended;
	struct ll_err err;		/* why it ended early; look when it has */
	size_t records, left;		/* counted: all, and those to be done */
};

/* Counts the records of an input that can be read twice. As ll_sources_read. */
int ll_feed_count(struct ll_feed *feed, struct ll_err *err);

/* Starts the thread. -LL_ENOMEM. */
int ll_feed_start(struct ll_feed *feed, int fd, struct ll_err *err);

/*
 * When the pipe has ended: 0, or why feeding it failed. A thread that still waits for its
 * input is left behind, for the process to end.
 */
int ll_feed_end(struct ll_feed *feed, struct ll_err *err);

#endif
