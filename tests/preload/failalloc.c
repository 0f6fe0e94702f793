/*
 * Preloaded into a program: its FAIL_ALLOC-th allocation fails, and so do FAIL_MORE more.
 * With COUNT_ALLOC=FILE the number of allocations is written there at the end. For glibc,
 * whose own names of the functions spare this one the search for them.
 */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long count, first, more;

__attribute__((constructor)) static void
begin(void)
{
	const char *at = getenv("FAIL_ALLOC"), *further = getenv("FAIL_MORE");

	first = at != NULL ? strtoul(at, NULL, 10) : 0;
	more = further != NULL ? strtoul(further, NULL, 10) : 0;
	count = 0;
	/* Not those that it starts. */
	unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void
end(void)
{
	const char *path = getenv("COUNT_ALLOC");
	char text[32];
	int fd;

	if (path == NULL || (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666)) < 0)
		return;
	(void)!write(fd, text, (size_t)snprintf(text, sizeof(text), "%lu\n", count));
	close(fd);
}

static int
fails(void)
{
	unsigned long number = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);

	if (first == 0 || number < first || number > first + more)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t number, size_t size)
{
	return fails() ? NULL : __libc_calloc(number, size);
}

void *
realloc(void *memory, size_t size)
{
	return fails() ? NULL : __libc_realloc(memory, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}
