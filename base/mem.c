/*
 * Memory with checked sizes; see mem.h.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/mem.h"

#define PAGE ((size_t)2 << 20)	/* a large one of the usual processors */

void *
ll_alloc(size_t count, size_t size, struct ll_err *err)
{
	void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (memory == NULL)
		ll_fail(err, LL_ENOMEM, "out of memory: %zu items of %zu bytes", count, size);
	return memory;
}

/* As much as is mapped for it, or 0 if it is too small to be, or too large. */
static size_t
mapped(size_t count, size_t size)
{
	size_t bytes;

	if (ll_mul(count, size, &bytes) || bytes < PAGE / 2 || ll_add(bytes, 2 * PAGE - 1, &bytes))
		return 0;
	return bytes / PAGE * PAGE - PAGE;
}

void
ll_want_huge(void *memory, size_t bytes)
{
#ifdef MADV_HUGEPAGE
	madvise(memory, bytes, MADV_HUGEPAGE);
#else
	(void)memory;
	(void)bytes;
#endif
}

void *
ll_alloc_large(size_t count, size_t size, struct ll_err *err)
{
	size_t bytes = mapped(count, size), before;
	char *memory;

	if (bytes == 0)
		return ll_alloc(count, size, err);
	memory = mmap(NULL, bytes + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		ll_fail(err, LL_ENOMEM, "out of memory: %zu items of %zu bytes", count, size);
		return NULL;
	}
	/* A page more than asked for, so that one begins on a boundary; what lies beside goes back. */
	before = (PAGE - (uintptr_t)memory % PAGE) % PAGE;
	if (before > 0)
		munmap(memory, before);
	munmap(memory + before + bytes, PAGE - before);
	ll_want_huge(memory + before, bytes);
	return memory + before;
}

void
ll_free_large(void *memory, size_t count, size_t size)
{
	size_t bytes = mapped(count, size);

	if (bytes == 0)
		free(memory);
	else if (memory != NULL)
		munmap(memory, bytes);
}

int
ll_grow(void *array, size_t *capacity, size_t need, size_t size, struct ll_err *err)
{
	void **slot = array;
	size_t count = *capacity > 0 ? *capacity : 16;
	size_t bytes;
	void *memory;

	if (need <= *capacity)
		return 0;
	while (count < need)
		if (ll_mul(count, 2, &count))
			count = need;
	if (ll_mul(count, size, &bytes) || (memory = realloc(*slot, bytes)) == NULL)
		return ll_fail(err, LL_ENOMEM, "out of memory: %zu items of %zu bytes", count, size);
	*slot = memory;
	*capacity = count;
	return 0;
}

char *
ll_copy(const char *bytes, size_t length, struct ll_err *err)
{
	size_t size;
	char *copy;

	if (ll_add(length, 1, &size)) {
		ll_fail(err, LL_ENOMEM, "out of memory: %zu bytes", length);
		return NULL;
	}
	copy = ll_alloc(size, 1, err);
	if (copy != NULL && length > 0)
		memcpy(copy, bytes, length);
	return copy;
}
