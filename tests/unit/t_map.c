/*
 * Unit tests of base/map.c: a mapped file that shrinks while it is read.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void
read_anything(void *arg, size_t thread, size_t count)
{
	struct reading *reading = arg;

	(void)count;
	reading->last = reading->map.data[thread * (SIZE / 8)];
}

/* All threads find out at about the same time. */
static void
shrinking_is_told_once(void **state)
{
	(void)state;
	for (int round = 0; round < 50; round++) {
		char path[] = "/tmp/ll-map-XXXXXX", text[4000];
		struct reading reading = { 0 };
		struct ll_pool *pool;
		int fd = mkstemp(path), ends[2], status = 0;
		size_t length = 0;
		ssize_t got;
		pid_t child;

		assert_true(fd >= 0 && ftruncate(fd, SIZE) == 0 && pipe(ends) == 0);
		assert_int_equal(ll_map_open(&reading.map, path, NULL), 0);
		unlink(path);
		if ((child = fork()) == 0) {
			if (dup2(ends[1], STDERR_FILENO) < 0 || ftruncate(fd, 0) != 0 || ll_pool_new(&pool, 8, NULL) < 0)
				_exit(LL_EBUG);
			ll_pool_run(pool, read_anything, &reading);
			_exit(0);
		}
		close(ends[1]);
		while ((got = read(ends[0], text + length, sizeof(text) - 1 - length)) > 0)
			length += (size_t)got;
		text[length] = '\0';
		assert_true(child > 0 && waitpid(child, &status, 0) == child);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == LL_EDATA);
		assert_non_null(strstr(text, "truncated while in use\n"));
		assert_int_equal(strchr(text, '\n') - text + 1, length);
		close(ends[0]);
		ll_map_close(&reading.map);
		close(fd);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shrinking_is_bad_data),
		cmocka_unit_test(shrinking_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
