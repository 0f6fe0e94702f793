/*
 * One block of memory for the whole run; see arena.h.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"

#define ALIGNMENT 64

struct ll_arena {
	unsigned char *base;
	size_t size;
	size_t used;
};

int
ll_arena_new(struct ll_arena **out, size_t size, struct ll_err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ll_arena *arena;

	if (ll_add(size, page, &size))
		return ll_fail(err, LL_ENOMEM, "out of memory: run state does not fit the address space");
	size -= size % page;
	if ((arena = ll_alloc(1, sizeof(*arena), err)) == NULL)
		return -LL_ENOMEM;
	arena->base = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena->base == MAP_FAILED) {
		free(arena);
		return ll_fail_errno(err, LL_ENOMEM, "out of memory: %zu bytes of run state", size);
	}
	arena->size = size;
	*out = arena;
	return 0;
}

void
ll_arena_free(struct ll_arena *arena)
{
	if (arena == NULL)
		return;
	munmap(arena->base, arena->size);
	free(arena);
}

size_t
ll_arena_need(size_t count, size_t size)
{
	size_t bytes;

	if (ll_mul(count, size, &bytes) || ll_add(bytes, ALIGNMENT, &bytes))
		return SIZE_MAX;
	return bytes;
}

void *
ll_arena_carve(struct ll_arena *arena, size_t count, size_t size)
{
	size_t need = ll_arena_need(count, size);
	unsigned char *place = arena->base + arena->used;

	if (need > arena->size - arena->used) {
		fprintf(stderr, "arena: carving %zu bytes of %zu left\n", need, arena->size - arena->used);
		abort();
	}
	need -= need % ALIGNMENT;
	arena->used += need;
	return place;
}

size_t
ll_arena_used(const struct ll_arena *arena)
{
	return arena->used;
}
