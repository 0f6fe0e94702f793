/*
 * Memory with checked sizes. Nothing here exits; NULL or non-zero means no.
 */

#ifndef LL_BASE_MEM_H
#define LL_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;

/* *out = a * b or a + b; true if it does not fit. */
static inline bool
ll_mul(size_t a, size_t b, size_t *out)
{
	return __builtin_mul_overflow(a, b, out);
}

static inline bool
ll_add(size_t a, size_t b, size_t *out)
{
	return __builtin_add_overflow(a, b, out);
}

/*
 * `count` zeroed elements of `size` bytes; NULL and LL_ENOMEM in `err` when they cannot be
 * had. A count of 0 gives a pointer that free() takes. Free with free().
 */
void *ll_alloc(size_t count, size_t size, struct ll_err *err);

/*
 * The same for tables that are read here and there, in large pages where the system has
 * them: fewer faults, and fewer searches for where a page is. Free with ll_free_large(),
 * which is told the same count and size; it takes NULL.
 */
void *ll_alloc_large(size_t count, size_t size, struct ll_err *err);
void ll_free_large(void *memory, size_t count, size_t size);

/* Asks for large pages in memory from mmap(2), where the system has them. */
void ll_want_huge(void *memory, size_t bytes);

/*
 * Grows an array to hold at least `need` elements of `size` bytes, doubling; `array` is the
 * address of the pointer to it, *capacity is in elements. Returns 0 or -LL_ENOMEM, and then the
 * old array stays. Call as ll_grow(&a, &cap, need, sizeof(*a), err).
 */
int ll_grow(void *array, size_t *capacity, size_t need, size_t size, struct ll_err *err);

/* A copy of `length` bytes with a NUL behind. Free with free(). */
char *ll_copy(const char *bytes, size_t length, struct ll_err *err);

#endif
