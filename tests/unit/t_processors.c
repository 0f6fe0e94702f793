/*
 * base/processors: cores and limits of made-up machines.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/processors.h"

static char root[] = "/tmp/ll-processors-XXXXXX";
static char made[64][160];
static size_t count;

/* A file of the made-up machine, with the folders above it. */
static void
put(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof whole, "%s%s", root, path);
	for (char *at = whole + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		if (mkdir(whole, 0700) == 0)
			snprintf(made[count++], sizeof made[0], "%.159s", whole);
		*at = '/';
	}
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	snprintf(made[count++], sizeof made[0], "%.159s", whole);
}

static void
siblings(size_t processor, const char *list)
{
	char path[128];

	snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list", processor);
	put(path, list);
}

static int
make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/ll-processors-XXXXXX");
	count = 0;
	return mkdtemp(root) == NULL;
}

static int
remove_root(void **state)
{
	(void)state;
	while (count-- > 0)
		remove(made[count]);
	return rmdir(root);
}

static void
test_siblings(void **state)
{
	const unsigned char all[] = { 1, 1, 1, 1, 1, 1 }, some[] = { 0, 1, 0, 1, 1, 0 };
	const unsigned char pair[] = { 1, 0, 0, 1, 0, 0 };

	(void)state;
	siblings(0, "0,3\n");
	siblings(3, "0,3\n");
	siblings(1, "1,4\n");
	siblings(4, "1,4\n");
	siblings(2, "2,5\n");
	siblings(5, "2,5\n");
	assert_int_equal(ll_processors_at(root, all, 6), 3);
	assert_int_equal(ll_processors_at(root, some, 6), 2);
	assert_int_equal(ll_processors_at(root, pair, 6), 1);
}

static void
test_ranges(void **state)
{
	const unsigned char all[] = { 1, 1, 1, 1, 1 };

	(void)state;
	siblings(0, "0-1");
	siblings(1, "0-1");
	siblings(2, "2-3,");
	siblings(3, "2-3");
	/* The last says nothing: a core of its own. */
	assert_int_equal(ll_processors_at(root, all, 5), 3);
}

static void
test_nonsense(void **state)
{
	const unsigned char all[] = { 1, 1, 1 };

	(void)state;
	siblings(0, "\n");
	siblings(1, "99999999999999999999999-3\n");
	siblings(2, "7-1,x");
	assert_int_equal(ll_processors_at(root, all, 3), 3);
	put("/sys/fs/cgroup/cpu.max", "much\n");
	assert_int_equal(ll_processors_at(root, all, 3), 3);
}

static void
test_quota(void **state)
{
	const unsigned char all[] = { 1, 1, 1, 1 };

	(void)state;
	put("/sys/fs/cgroup/cpu.max", "max 100000\n");
	assert_int_equal(ll_processors_at(root, all, 4), 4);
	put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
	assert_int_equal(ll_processors_at(root, all, 4), 2);
	put("/sys/fs/cgroup/cpu.max", "1000 100000\n");
	assert_int_equal(ll_processors_at(root, all, 4), 1);
	put("/sys/fs/cgroup/cpu.max", "900000 100000\n");
	assert_int_equal(ll_processors_at(root, all, 4), 4);
	put("/sys/fs/cgroup/cpu.max", "0 100000\n");
	assert_int_equal(ll_processors_at(root, all, 4), 1);
}

static void
test_here(void **state)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	assert_in_range(ll_processors(), 1, (uintmax_t)online);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_siblings, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_ranges, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_nonsense, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_quota, make_root, remove_root),
		cmocka_unit_test(test_here),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
