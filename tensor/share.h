/*
 * How panels of matrices that are multiplied together are shared out over threads. Each begins with as many, at a
 * place that is known before; then they take what is left, many at first, then fewer, so that a thread that is held up
 * does not hold up the others.
 */

#ifndef LL_TENSOR_SHARE_H
#define LL_TENSOR_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "tensor/ops.h"

struct ll_shares {
	size_t panels;		/* of all matrices */
	size_t few;		/* that a thread takes at once, at least */
	size_t first;		/* that each begins with */
	atomic_size_t next;	/* that nobody has taken */
};

/*
 * For `rows` rows of activations in so many tiles (panels.h). Where there are several each share begins at a multiple
 * of LL_PLAN_PANELS.
 */
void ll_shares(struct ll_shares *shares, const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count, size_t rows,
    size_t tiles);

/* Panels begin .. end - 1 are what thread number `thread` begins with; none if they are equal. */
void ll_shares_first(const struct ll_shares *shares, size_t thread, size_t *begin, size_t *end);

/* The same of those that it takes next. False when there are none. */
bool ll_shares_take(struct ll_shares *shares, size_t threads, size_t *begin, size_t *end);

/* Tells the pool what the thread begins the next product (ops.h) with, if that has as many rows. */
void ll_shares_ahead(const struct ll_ops *ops, size_t rows, size_t tiles, size_t thread);

#endif
