/*
 * Memory with checked sizes; see mem.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

void *
ll_alloc(size_t count, size_t size, struct ll_err *err)
{
	void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (memory == NULL)
		ll_fail(err, LL_ENOMEM, "out of memory: %zu items of %zu bytes", count, size);
	return memory;
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
