/*
 * The N largest logits against a full sort, and the log-sum-exp against double precision, for
 * every ISA of this processor.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "tensor/topn.h"
#include "tensor/kern.h"

#define MOST 5000
#define LARGE 128256

/* Of the log-sum-exp: the error of exp, and the rounding of the result. */
#define SUM_BOUND 2e-7
#define RESULT_BOUND 6e-8

struct entry {
	uint32_t id;
	float logit;
};

struct fixture {
	float logits[LARGE];
	struct entry sorted[LARGE];
	uint32_t ids[LARGE + 1];
	float values[LARGE + 1];
	struct ll_rng rng;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	ll_rng_seed(&f->rng, 5, 0);
	*state = f;
	return f == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	free(*state);
	return 0;
}

static int
by_logit(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->logit != y->logit)
		return x->logit < y->logit ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Smooth, full of ties, falling, rising, all alike, with -infinity. */
static void
fill(struct fixture *f, size_t count, uint64_t kind)
{
	for (size_t i = 0; i < count; i++) {
		float x = (float)(30 * ll_rng_unit(&f->rng) - 10);

		if (kind == 1)
			x = floorf(x / 4);
		if (kind == 2)
			x = -(float)i / 100;
		if (kind == 3)
			x = (float)i / 100;
		if (kind == 4)
			x = -3.5f;
		if (kind == 5 && ll_rng_next(&f->rng) % 2 == 0 && i > 0)
			x = -INFINITY;
		f->logits[i] = x;
		f->sorted[i] = (struct entry){ (uint32_t)i, x };
	}
	qsort(f->sorted, count, sizeof(f->sorted[0]), by_logit);
}

static double
log_sum_exp(const struct fixture *f, size_t count)
{
	double sum = 0, max = (double)f->sorted[0].logit;

	for (size_t i = 0; i < count; i++)
		sum += exp((double)f->sorted[i].logit - max);
	return max + log(sum);
}

static void
compare(struct fixture *f, size_t count, size_t n)
{
	static const enum ll_isa levels[] = { LL_ISA_REF, LL_ISA_AVX2, LL_ISA_AVX512, LL_ISA_NEON };
	int best = ll_cpu_isa(NULL);
	double want = log_sum_exp(f, count);
	float first = NAN;

	for (size_t level = 0; level < sizeof(levels) / sizeof(levels[0]); level++) {
		float lse;

		if (levels[level] != LL_ISA_REF && (best >= LL_ISA_NEON ? levels[level] != LL_ISA_NEON
		    : (int)levels[level] > best))
			continue;
		f->ids[n] = 12345;
		f->values[n] = 12345;
		ll_topn(ll_kern(levels[level]), f->logits, count, n, f->ids, f->values, &lse);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(f->ids[i], f->sorted[i].id);
			assert_true(f->values[i] == f->sorted[i].logit);
		}
		assert_int_equal(f->ids[n], 12345);
		assert_true(f->values[n] == 12345);
		assert_true(fabs((double)lse - want) <= SUM_BOUND + RESULT_BOUND * fabs(want));
		if (level == 0)
			first = lse;
		assert_memory_equal(&lse, &first, sizeof(lse));
	}
}

static void
the_order_of_a_full_sort(void **state)
{
	struct fixture *f = *state;

	for (uint64_t trial = 0; trial < 600; trial++) {
		size_t count = trial < 300 ? 1 + trial % 50 : 1 + ll_rng_next(&f->rng) % MOST;
		size_t n = trial % 3 == 0 ? count : ll_rng_next(&f->rng) % (count + 1);

		fill(f, count, trial % 6);
		compare(f, count, n);
	}
}

static void
a_whole_vocabulary(void **state)
{
	static const size_t some[] = { 0, 1, 2, 40, 1000, LARGE };
	struct fixture *f = *state;

	for (uint64_t kind = 0; kind < 6; kind++) {
		fill(f, LARGE, kind);
		for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
			compare(f, LARGE, some[i]);
	}
}

static void
the_logits_stay(void **state)
{
	struct fixture *f = *state;
	float *before = malloc(MOST * sizeof(*before)), lse;

	assert_non_null(before);
	fill(f, MOST, 0);
	memcpy(before, f->logits, MOST * sizeof(*before));
	ll_topn(ll_kern(LL_ISA_REF), f->logits, MOST, 10, f->ids, f->values, &lse);
	assert_memory_equal(before, f->logits, MOST * sizeof(*before));
	free(before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_order_of_a_full_sort, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_whole_vocabulary, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_logits_stay, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
