/*
 * Unit tests of base/map.c: a mapped file that shrinks while it is read.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/pool.h"

#define SIZE 200000

struct reading {
	struct ll_map map;
	size_t reader;		/* the thread that reads */
	volatile unsigned char last;
};

static void
read_last(void *arg, size_t thread, size_t count)
{
	struct reading *reading = arg;

	(void)count;
	if (thread == reading->reader)
		reading->last = reading->map.data[SIZE - 1];
}

/* Of a process that maps a file, shortens it to `size` bytes, and reads its last one on a thread of two. */
static int
status_of(size_t reader, off_t size)
{
	char path[] = "/tmp/ll-map-XXXXXX";
	struct reading reading = { .reader = reader };
	struct ll_pool *pool;
	int fd = mkstemp(path), status = 0;
	pid_t child;

	assert_true(fd >= 0 && ftruncate(fd, SIZE) == 0);
	assert_int_equal(ll_map_open(&reading.map, path, NULL), 0);
	unlink(path);
	if ((child = fork()) == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL || ftruncate(fd, size) != 0 || ll_pool_new(&pool, 2, NULL) < 0)
			_exit(LL_EBUG);
		ll_pool_run(pool, read_last, &reading);
		_exit(0);
	}
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	ll_map_close(&reading.map);
	close(fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
shrinking_is_bad_data(void **state)
{
	(void)state;
	assert_int_equal(status_of(0, SIZE), 0);
	for (size_t thread = 0; thread < 2; thread++)
		assert_int_equal(status_of(thread, 0), LL_EDATA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shrinking_is_bad_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
