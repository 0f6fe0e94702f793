/*
 * A thread pool: the caller and count - 1 workers run one function together.
 * Between calls workers sleep; within a run of calls they spin for some microseconds first.
 */

#ifndef LL_BASE_POOL_H
#define LL_BASE_POOL_H

#include <stddef.h>

struct ll_pool;
struct ll_err;

/* `count` threads including the caller, at least 1. Returns 0, -LL_ENOMEM. */
int ll_pool_new(struct ll_pool **out, size_t count, struct ll_err *err);
void ll_pool_free(struct ll_pool *pool);

/*
 * The threads for short work on `items` things, of which `each` are worth one: no more
 * than that, than `most`, and than there are processors for; at least 1. Under sanitizers few things are worth one,
 * as tests have few.
 */
size_t ll_pool_worthy(size_t items, size_t each, size_t most);

/* A pool of so many. NULL, which will do, where that is one or where none can be had. */
struct ll_pool *ll_pool_worth(size_t items, size_t each, size_t most);

/* 1 for NULL, which is the caller alone. */
size_t ll_pool_count(const struct ll_pool *pool);

/* Runs fn(arg, thread, count) on every thread, thread = 0 on the caller; returns when all have. */
void ll_pool_run(struct ll_pool *pool, void (*fn)(void *arg, size_t thread, size_t count), void *arg);

/*
 * What a thread reads while it waits for the others and for the next call, so that its caches have it
 * then; each thread tells its own, within a call. It holds until something else is told: so long, or until the pool is
 * freed, that memory can be read. With NULL for the pool nobody waits.
 */
void ll_pool_ahead(struct ll_pool *pool, size_t thread, const void *data, size_t bytes);

/* The share [*begin, *end) of `total` items for one thread, in units of `grain` items. */
void ll_pool_share(size_t total, size_t grain, size_t thread, size_t count, size_t *begin, size_t *end);

#endif
