/*
 * base/pool: every thread has its share, and what is told to be read ahead is, to its end and no further.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/pool.h"
#include "base/processors.h"

#define ITEMS 1000
#define PAGES 3

static atomic_int taken[ITEMS];

static void
take_share(void *arg, size_t thread, size_t count)
{
	size_t begin, end;

	(void)arg;
	ll_pool_share(ITEMS, 16, thread, count, &begin, &end);
	for (; begin < end; begin++)
		atomic_fetch_add(&taken[begin], 1);
}

static void
test_shares(void **state)
{
	(void)state;
	for (size_t count = 1; count <= 5; count++) {
		struct ll_pool *pool;

		assert_int_equal(ll_pool_new(&pool, count, NULL), 0);
		assert_int_equal(ll_pool_count(pool), count);
		for (int round = 0; round < 100; round++)
			ll_pool_run(pool, take_share, NULL);
		ll_pool_free(pool);
		for (size_t i = 0; i < ITEMS; i++)
			assert_int_equal(atomic_exchange(&taken[i], 0), 100);
	}
}

struct ahead {
	struct ll_pool *pool;
	const unsigned char *data;
	size_t bytes;
};

static void
tell_ahead(void *arg, size_t thread, size_t count)
{
	const struct ahead *ahead = arg;

	(void)count;
	ll_pool_ahead(ahead->pool, thread, thread == 1 ? ahead->data : NULL, thread == 1 ? ahead->bytes : 0);
}

/* Pages that nobody has touched have no memory yet; behind the last of them there is nothing to be read. */
static void
test_ahead(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ahead ahead;
	unsigned char *map, there[PAGES] = { 0 };

	(void)state;
	if (ll_processors_allowed() < 2)
		skip();
	map = mmap(NULL, (PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + PAGES * page, page, PROT_NONE), 0);
	assert_int_equal(ll_pool_new(&ahead.pool, 2, NULL), 0);
	/* The first page is left out. */
	ahead.data = map + page;
	ahead.bytes = (PAGES - 1) * page;
	ll_pool_run(ahead.pool, tell_ahead, &ahead);
	for (int i = 0; i < 5000 && (there[PAGES - 1] & 1) == 0; i++) {
		usleep(1000);
		assert_int_equal(mincore(map, PAGES * page, there), 0);
	}
	assert_int_equal(there[0] & 1, 0);
	for (size_t i = 1; i < PAGES; i++)
		assert_int_equal(there[i] & 1, 1);
	ll_pool_free(ahead.pool);
	assert_int_equal(munmap(map, (PAGES + 1) * page), 0);
}

/* Without a pool there is nobody who waits. */
static void
test_alone(void **state)
{
	(void)state;
	ll_pool_ahead(NULL, 0, &taken, sizeof taken);
	ll_pool_run(NULL, take_share, NULL);
	for (size_t i = 0; i < ITEMS; i++)
		assert_int_equal(atomic_exchange(&taken[i], 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
