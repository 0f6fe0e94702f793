/*
 * Rows of logits of one stream that came before those of another that they are compared with.
 */

#ifndef LL_SAMPLE_AHEAD_H
#define LL_SAMPLE_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;

/* Where a row belongs. */
struct ll_ahead_place {
	uint64_t stream, sequence, position;
};

struct ll_ahead_row {
	struct ll_ahead_row *next;
	struct ll_ahead_place place;
	uint32_t target;	/* the token that follows */
	size_t count;
	float logits[];
};

/* Zero-initialise; free with ll_ahead_free. In the order in which they came. */
struct ll_ahead {
	struct ll_ahead_row *first, **last;
	size_t count, bytes;
	struct ll_ahead_place *forgotten;	/* sequences; their positions are 0 */
	size_t forgotten_count, forgotten_cap;
};

/* Keeps a copy; -LL_ENOMEM. Its bytes count in `bytes` until it is dropped. */
int ll_ahead_keep(struct ll_ahead *ahead, struct ll_ahead_place place, uint32_t target, const float *logits,
    size_t count, struct ll_err *err);

/* The row at a place, or NULL. */
struct ll_ahead_row *ll_ahead_find(const struct ll_ahead *ahead, struct ll_ahead_place place);

void ll_ahead_drop(struct ll_ahead *ahead, struct ll_ahead_row *row);

/*
 * A sequence ended in the stream whose rows are in `own`. If it failed there nothing will match its
 * rows in `other`: they are dropped, and those to come are forgotten. -LL_ENOMEM.
 */
int ll_ahead_end(struct ll_ahead *own, struct ll_ahead *other, uint64_t stream, uint64_t sequence, bool failed,
    struct ll_err *err);

/* Whether a row that comes now is to be left out, since its sequence failed in the other stream. */
bool ll_ahead_forgotten(const struct ll_ahead *ahead, struct ll_ahead_place place);

void ll_ahead_free(struct ll_ahead *ahead);

#endif
