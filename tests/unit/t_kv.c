/*
 * The KV cache against plain arrays: forks, cuts and ends in any order, and what memory they
 * take.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "forward/kv.h"

#define SEQUENCES 6
#define MOST 150
#define STEPS 20000

static struct ll_kv_shape shape = {
	.layers = 2, .kv_heads = 3, .head_dim = 16, .type = { LL_KV_F32, LL_KV_F32 },
};

static int
set_up(void **state)
{
	struct ll_kv *kv;

	assert_int_equal(ll_kv_new(&kv, &shape, NULL), 0);
	*state = kv;
	return 0;
}

/* Blocks so large that they are mapped four at a time. */
static int
set_up_large(void **state)
{
	shape.layers = 50;
	shape.head_dim = 128;
	return set_up(state);
}

static int
tear_down(void **state)
{
	ll_kv_free(*state);
	shape.layers = 2;
	shape.head_dim = 16;
	return 0;
}

static struct ll_kv_sequence *
sequence_of(struct ll_kv *kv, uint64_t id)
{
	struct ll_kv_sequence *sequence = ll_kv_sequence(kv, id, NULL);

	assert_non_null(sequence);
	assert_true(sequence->id == id);
	return sequence;
}

static float *
place_of(const struct ll_kv *kv, const struct ll_kv_sequence *sequence, size_t layer, enum ll_kv_part part,
    size_t head, size_t position)
{
	/* Where in the block does not matter to the cache. */
	float *block = ll_kv_at(kv, sequence, layer, part, head, position / LL_KV_BLOCK);

	assert_int_equal((uintptr_t)block % 64, 0);
	return block + position % LL_KV_BLOCK * shape.head_dim;
}

/* A position's numbers differ by layer, part, head and place in the head. */
static void
check_or_fill(const struct ll_kv *kv, const struct ll_kv_sequence *sequence, size_t position, float value,
    int fill)
{
	for (size_t layer = 0; layer < shape.layers; layer++)
		for (int part = LL_KV_KEYS; part <= LL_KV_VALUES; part++)
			for (size_t head = 0; head < shape.kv_heads; head++) {
				float *x = place_of(kv, sequence, layer, (enum ll_kv_part)part, head, position);
				float mark = value + (float)((layer * 2 + (size_t)part) * shape.kv_heads + head);

				for (size_t i = 0; i < shape.head_dim; i++) {
					if (fill)
						x[i] = mark + (float)i / 32;
					else
						assert_true(x[i] == mark + (float)i / 32);
				}
			}
}

static void
append(struct ll_kv *kv, uint64_t id, size_t count, float value)
{
	struct ll_kv_sequence *sequence = sequence_of(kv, id);
	size_t before = sequence->length;

	assert_int_equal(ll_kv_extend(kv, sequence, count, NULL), 0);
	assert_int_equal(sequence->length, before + count);
	for (size_t i = before; i < sequence->length; i++)
		check_or_fill(kv, sequence, i, value + 100 * (float)i, 1);
}

static void
check(struct ll_kv *kv, uint64_t id, size_t from, size_t to, float value)
{
	const struct ll_kv_sequence *sequence = sequence_of(kv, id);

	for (size_t i = from; i < to; i++)
		check_or_fill(kv, sequence, i, value + 100 * (float)i, 0);
}

static size_t
blocks_of(const struct ll_kv *kv)
{
	size_t block_bytes = LL_KV_BLOCK * shape.layers * 2 * shape.kv_heads * shape.head_dim * sizeof(float);

	assert_int_equal(ll_kv_bytes(kv) % block_bytes, 0);
	return ll_kv_bytes(kv) / block_bytes;
}

static void
memory_grows_with_use(void **state)
{
	struct ll_kv *kv = *state;

	assert_int_equal(blocks_of(kv), 0);
	assert_int_equal(sequence_of(kv, 7)->length, 0);
	assert_int_equal(blocks_of(kv), 0);
	append(kv, 7, 1, 0);
	assert_int_equal(blocks_of(kv), 1);
	append(kv, 7, LL_KV_BLOCK - 1, 0);
	assert_int_equal(blocks_of(kv), 1);
	append(kv, 7, 1, 0);
	assert_int_equal(blocks_of(kv), 2);
	check(kv, 7, 0, LL_KV_BLOCK + 1, 0);
}

static void
a_fork_shares_until_written(void **state)
{
	struct ll_kv *kv = *state;
	size_t length = 2 * LL_KV_BLOCK + 5;

	append(kv, 1, length, 0);
	assert_int_equal(ll_kv_fork(kv, 2, 1, length, NULL), 0);
	assert_int_equal(blocks_of(kv), 3);
	assert_ptr_equal(place_of(kv, sequence_of(kv, 1), 1, LL_KV_VALUES, 2, length - 1),
	    place_of(kv, sequence_of(kv, 2), 1, LL_KV_VALUES, 2, length - 1));
	/* Who writes first gets the copy, child or parent. */
	append(kv, 2, 1, 50);
	assert_int_equal(blocks_of(kv), 4);
	append(kv, 1, 1, 0);
	assert_int_equal(blocks_of(kv), 4);
	check(kv, 1, 0, length + 1, 0);
	check(kv, 2, 0, length, 0);
	check(kv, 2, length, length + 1, 50);
	assert_ptr_equal(place_of(kv, sequence_of(kv, 1), 0, LL_KV_KEYS, 0, LL_KV_BLOCK),
	    place_of(kv, sequence_of(kv, 2), 0, LL_KV_KEYS, 0, LL_KV_BLOCK));
	assert_int_equal(ll_kv_fork(kv, 3, 1, length + 1, NULL), 0);
	append(kv, 1, 1, 20);
	check(kv, 3, 0, length + 1, 0);
	check(kv, 1, length + 1, length + 2, 20);
}

static void
a_fork_at_a_block_copies_nothing(void **state)
{
	struct ll_kv *kv = *state;

	append(kv, 1, 3 * LL_KV_BLOCK, 0);
	assert_int_equal(ll_kv_fork(kv, 2, 1, 2 * LL_KV_BLOCK, NULL), 0);
	append(kv, 2, 1, 30);
	assert_int_equal(blocks_of(kv), 4);
	check(kv, 1, 0, 3 * LL_KV_BLOCK, 0);
	check(kv, 2, 0, 2 * LL_KV_BLOCK, 0);
	check(kv, 2, 2 * LL_KV_BLOCK, 2 * LL_KV_BLOCK + 1, 30);
}

static void
a_parent_may_end_first(void **state)
{
	struct ll_kv *kv = *state;

	append(kv, 1, LL_KV_BLOCK + 3, 0);
	assert_int_equal(ll_kv_fork(kv, 2, 1, LL_KV_BLOCK + 2, NULL), 0);
	ll_kv_end(kv, 1);
	append(kv, 3, 4 * LL_KV_BLOCK, 60);
	check(kv, 2, 0, LL_KV_BLOCK + 2, 0);
	/* The only owner left writes where it is. */
	append(kv, 2, 1, 70);
	assert_int_equal(blocks_of(kv), 6);
	assert_int_equal(sequence_of(kv, 1)->length, 0);
}

static void
a_cut_keeps_what_is_below(void **state)
{
	struct ll_kv *kv = *state;

	append(kv, 1, 100, 0);
	ll_kv_cut(kv, 1, 200);
	assert_int_equal(sequence_of(kv, 1)->length, 100);
	ll_kv_cut(kv, 1, 40);
	assert_int_equal(sequence_of(kv, 1)->length, 40);
	append(kv, 1, 60, 10);
	check(kv, 1, 0, 40, 0);
	check(kv, 1, 40, 100, 10);
	assert_int_equal(blocks_of(kv), 4);
	ll_kv_cut(kv, 1, 0);
	assert_int_equal(sequence_of(kv, 1)->length, 0);
	/* Unknown ones are no error. */
	ll_kv_cut(kv, 99, 0);
	ll_kv_end(kv, 99);
}

static void
a_cut_in_a_shared_block_leaves_the_other(void **state)
{
	struct ll_kv *kv = *state;

	append(kv, 1, LL_KV_BLOCK, 0);
	assert_int_equal(ll_kv_fork(kv, 2, 1, LL_KV_BLOCK, NULL), 0);
	ll_kv_cut(kv, 1, 10);
	append(kv, 1, 5, 40);
	check(kv, 2, 0, LL_KV_BLOCK, 0);
	check(kv, 1, 0, 10, 0);
	check(kv, 1, 10, 15, 40);
}

static void
memory_is_used_again(void **state)
{
	struct ll_kv *kv = *state;

	for (uint64_t i = 0; i < 2000; i++) {
		append(kv, i, 1 + i % 70, 0);
		assert_int_equal(ll_kv_fork(kv, i + 10000, i, 1 + i % 70, NULL), 0);
		append(kv, i + 10000, 3, 0);
		if (i >= 3) {
			ll_kv_end(kv, i - 3);
			ll_kv_end(kv, i - 3 + 10000);
		}
	}
	assert_true(blocks_of(kv) <= 4 * (3 + 2));
}

static void
wrong_forks(void **state)
{
	struct ll_kv *kv = *state;
	struct ll_err err = { 0 };

	append(kv, 1, 20, 0);
	assert_int_equal(ll_kv_fork(kv, 2, 1, 21, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "sequence 0: a fork keeps 21"));
	assert_non_null(strstr(err.text, "20"));
	assert_int_equal(ll_kv_fork(kv, 2, 5, 1, NULL), -LL_EDATA);
	assert_int_equal(ll_kv_fork(kv, 1, 1, 1, NULL), -LL_EDATA);
	check(kv, 1, 0, 20, 0);
	/* A child that was something else is that no more. */
	append(kv, 3, 70, 80);
	assert_int_equal(ll_kv_fork(kv, 3, 1, 0, NULL), 0);
	assert_int_equal(sequence_of(kv, 3)->length, 0);
	assert_int_equal(ll_kv_fork(kv, 3, 1, 20, NULL), 0);
	check(kv, 3, 0, 20, 0);
}

/*
 * How often memory can still be had. mmap(2) is this file's, so that memory runs out when it is to; a
 * sanitizer calls it before it is ready to watch it.
 */
static size_t left = SIZE_MAX;

__attribute__((no_sanitize("thread"))) void *
mmap(void *place, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (left == 0)
		return MAP_FAILED;
	left--;
	return (void *)syscall(SYS_mmap, place, length, protection, flags, fd, offset);
}

static void
a_wrong_fork_makes_no_child(void **state)
{
	struct ll_kv *kv = *state;

	append(kv, 1, 20, 0);
	for (uint64_t child = 2; child < 100; child++)
		assert_int_equal(ll_kv_fork(kv, child, 1, 21, NULL), -LL_EDATA);
	/* The second sequence lies right behind the first. */
	assert_ptr_equal(sequence_of(kv, 200), sequence_of(kv, 1) + 1);
}

static void
out_of_memory_changes_nothing(void **state)
{
	struct ll_kv *kv = *state;

	append(kv, 1, 5, 0);
	left = 0;
	assert_int_equal(ll_kv_extend(kv, sequence_of(kv, 1), 4 * LL_KV_BLOCK, NULL), -LL_ENOMEM);
	assert_int_equal(sequence_of(kv, 1)->length, 5);
	check(kv, 1, 0, 5, 0);
	/* The three blocks that there were serve others, and what is appended lies where it belongs. */
	assert_int_equal(blocks_of(kv), 4);
	append(kv, 2, 3 * LL_KV_BLOCK, 50);
	append(kv, 1, LL_KV_BLOCK - 5, 0);
	check(kv, 1, 0, LL_KV_BLOCK, 0);
	check(kv, 2, 0, 3 * LL_KV_BLOCK, 50);
	assert_int_equal(ll_kv_extend(kv, sequence_of(kv, 1), 1, NULL), -LL_ENOMEM);
	/* A fork onto one that could not grow leaves no block behind. */
	assert_int_equal(ll_kv_extend(kv, sequence_of(kv, 3), 1, NULL), -LL_ENOMEM);
	assert_int_equal(ll_kv_fork(kv, 3, 2, LL_KV_BLOCK, NULL), 0);
	ll_kv_end(kv, 1);
	ll_kv_end(kv, 2);
	ll_kv_end(kv, 3);
	append(kv, 4, 4 * LL_KV_BLOCK, 0);
	left = SIZE_MAX;
}

static void
too_large_a_shape(void **state)
{
	const struct ll_kv_shape huge = { SIZE_MAX / 1024, 8, 128, { LL_KV_F16, LL_KV_F16 } };
	struct ll_kv *kv;

	(void)state;
	assert_int_equal(ll_kv_new(&kv, &huge, NULL), -LL_ENOMEM);
}

struct naive {
	size_t length;
	float values[MOST];
};

static void
naive_step(struct ll_kv *kv, struct naive *naive, struct ll_rng *rng)
{
	uint64_t id = ll_rng_next(rng) % SEQUENCES, other = ll_rng_next(rng) % SEQUENCES;
	struct naive *one = &naive[id];
	size_t amount = ll_rng_next(rng) % 50, keep;

	switch (ll_rng_next(rng) % 6) {
	case 0:
		keep = one->length > 0 ? ll_rng_next(rng) % (one->length + 1) : 0;
		ll_kv_cut(kv, id, keep);
		one->length = keep;
		break;
	case 1:
		keep = ll_rng_next(rng) % (naive[other].length + 1);
		if (other == id || naive[other].length == 0)
			break;
		assert_int_equal(ll_kv_fork(kv, id, other, keep, NULL), 0);
		*one = naive[other];
		one->length = keep;
		break;
	case 2:
		if (amount < 10) {
			ll_kv_end(kv, id);
			one->length = 0;
		}
		break;
	default:
		if (one->length + amount > MOST)
			break;
		assert_int_equal(ll_kv_extend(kv, sequence_of(kv, id), amount, NULL), 0);
		for (size_t i = 0; i < amount; i++) {
			one->values[one->length] = (float)(ll_rng_next(rng) % 10000);
			check_or_fill(kv, sequence_of(kv, id), one->length, one->values[one->length], 1);
			one->length++;
		}
	}
}

static void
anything_in_any_order(void **state)
{
	struct ll_kv *kv = *state;
	struct naive naive[SEQUENCES] = { { 0 } };
	struct ll_rng rng;

	ll_rng_seed(&rng, 1, 0);
	for (size_t step = 0; step < STEPS; step++) {
		size_t seen = ll_rng_next(&rng) % SEQUENCES;
		const struct ll_kv_sequence *sequence;

		naive_step(kv, naive, &rng);
		sequence = sequence_of(kv, seen);
		assert_int_equal(sequence->length, naive[seen].length);
		for (size_t i = 0; i < sequence->length; i++)
			check_or_fill(kv, sequence, i, naive[seen].values[i], 0);
	}
	/* Blocks in use at once: every sequence full, and nothing is shared. */
	assert_true(blocks_of(kv) <= SEQUENCES * ((MOST + LL_KV_BLOCK - 1) / LL_KV_BLOCK));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_grows_with_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_fork_shares_until_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_fork_at_a_block_copies_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_parent_may_end_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cut_keeps_what_is_below, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cut_in_a_shared_block_leaves_the_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(memory_is_used_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_forks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_wrong_fork_makes_no_child, set_up, tear_down),
		cmocka_unit_test_setup_teardown(out_of_memory_changes_nothing, set_up_large, tear_down),
		cmocka_unit_test(too_large_a_shape),
		cmocka_unit_test_setup_teardown(anything_in_any_order, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
