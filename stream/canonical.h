/*
 * The canonical form of a stream: what two runs must agree on, and nothing that batch,
 * chunks, shared prefixes or places of files may change. Tests compare it.
 *
 * Dropped: header keys about the run, WAIT, FLUSH, NEXT, STOP, FORK, what belongs to kept
 * prefixes, `want`. Frames of rows become frames of one row. A forked sequence has its own
 * copies of the states below the fork. Of rows evaluated twice in an epoch the last stays.
 * Order: sequence, position, type, epoch, arrival; then the ENDs.
 */

#ifndef LL_STREAM_CANONICAL_H
#define LL_STREAM_CANONICAL_H

#include <stddef.h>

#include "stream/select.h"
#include "stream/stream.h"

struct ll_err;
struct ll_canonical_block;

struct ll_canonical_item {
	struct ll_frame frame;
	size_t arrival;
};

struct ll_canonical {
	struct ll_header header;
	struct ll_canonical_item *items;	/* in order; the END of the stream is the last */
	size_t count, cap;
	struct ll_canonical_block *blocks;	/* the payloads */
};

/*
 * Reads the stream that the reader has just begun to its END, in memory; selects afterwards.
 * Zero-initialise *out; it is freed by ll_canonical_free, also after a failure.
 */
int ll_canonical_read(struct ll_canonical *out, struct ll_reader *in,
    const struct ll_selection *selection, struct ll_err *err);
void ll_canonical_free(struct ll_canonical *canonical);

/* Negative, 0 or positive: the order of two frames, by sequence, position and type. */
int ll_canonical_order(const struct ll_frame *a, const struct ll_frame *b);

/* The keys of the header that stay, in order; NULL ends them. */
extern const char *const ll_canonical_keys[];

#endif
