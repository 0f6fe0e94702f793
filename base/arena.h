/*
 * One block of memory for the whole run: reserve once, carve, free at once.
 *
 * A forward pass needs some twenty buffers whose sizes are known when the model and the
 * batch are. They are carved here, 64-byte aligned, so that no allocation can fail or be
 * forgotten between two tokens. Growth by commit is the KV cache's business, not this one's.
 */

#ifndef LL_BASE_ARENA_H
#define LL_BASE_ARENA_H

#include <stddef.h>

struct ll_arena;
struct ll_err;

/*
 * Reserves `size` bytes, rounded up to whole pages, zeroed; committed as they are touched.
 * Returns 0, or -LL_ENOMEM with the size asked for in `err`. The caller frees.
 */
int ll_arena_new(struct ll_arena **out, size_t size, struct ll_err *err);
void ll_arena_free(struct ll_arena *arena);

/*
 * The next `count` elements of `size` bytes, 64-byte aligned; never NULL.
 * Carving more than was reserved is a bug of the plan, not of the input: it aborts.
 */
void *ll_arena_carve(struct ll_arena *arena, size_t count, size_t size);

/* What carving `count` elements of `size` bytes takes, padding included; SIZE_MAX if it wraps. */
size_t ll_arena_need(size_t count, size_t size);

/* Bytes carved so far, for the report of -v. */
size_t ll_arena_used(const struct ll_arena *arena);

#endif
