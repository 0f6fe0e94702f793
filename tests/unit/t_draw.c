/*
 * Draws from a row: the average of their weights is the distribution, at any temperature.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "sample/draw.h"
#include "sample/logits.h"
#include "tensor/dtype.h"

#define COUNT 40
#define DRAWS 30
#define ROUNDS 20000

struct fixture {
	float logits[COUNT];
	struct ll_logits row;
	struct ll_draw draw;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct ll_rng rng;

	*state = f;
	if (f == NULL || ll_logits_init(&f->row, NULL) < 0 || ll_draw_init(&f->draw, DRAWS, NULL) < 0)
		return -1;
	ll_rng_seed(&rng, 3, 0);
	for (size_t i = 0; i < COUNT; i++)
		f->logits[i] = (float)(6 * ll_rng_unit(&rng));
	f->logits[7] = -INFINITY;
	return ll_logits_dense(&f->row, LL_F32, f->logits, COUNT, "row", NULL);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	ll_logits_free(&f->row);
	ll_draw_free(&f->draw);
	free(f);
	return 0;
}

/* The mean weight of each token over many rounds is within five standard errors of its p. */
static void
check_mean(struct fixture *f, double temperature)
{
	double sum[COUNT] = { 0 }, squares[COUNT] = { 0 };

	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct ll_rng rng;

		ll_rng_seed(&rng, 11, round);
		assert_int_equal(ll_draw_row(&f->draw, &f->row, temperature, &rng, NULL), 0);
		for (size_t i = 0; i < f->draw.count; i++) {
			double weight = exp((double)f->draw.drawn[i].log_weight);

			sum[f->draw.drawn[i].token] += weight;
			squares[f->draw.drawn[i].token] += weight * weight;
		}
	}
	for (size_t i = 0; i < COUNT; i++) {
		double p = exp((double)f->logits[i] - f->row.log_sum_exp), mean = sum[i] / ROUNDS;
		double error = sqrt((squares[i] / ROUNDS - mean * mean) / ROUNDS);

		assert_true(fabs(mean - p) <= 5 * error + 1e-6);
		assert_true((sum[i] > 0) == (p > 0));
	}
}

static void
the_mean_is_the_distribution(void **state)
{
	check_mean(*state, 1);
	check_mean(*state, 2);
	check_mean(*state, 0.7);
}

static void
counts_over_draws(void **state)
{
	struct fixture *f = *state;

	for (uint64_t round = 0; round < 100; round++) {
		double sum = 0;
		uint64_t hits = 0;
		struct ll_rng rng;

		ll_rng_seed(&rng, 5, round);
		assert_int_equal(ll_draw_row(&f->draw, &f->row, 1, &rng, NULL), 0);
		assert_in_range(f->draw.count, 1, DRAWS);
		for (size_t i = 0; i < f->draw.count; i++) {
			const struct ll_drawn *one = &f->draw.drawn[i], *before = one - 1;

			hits += one->hits;
			sum += exp((double)one->log_weight);
			assert_true(fabs(exp((double)one->log_weight) - one->hits / (double)DRAWS) < 1e-6);
			assert_true(i == 0 || before->hits > one->hits ||
			    (before->hits == one->hits && before->token < one->token));
		}
		assert_int_equal(hits, DRAWS);
		assert_true(fabs(sum - 1) < 1e-5);
	}
}

/* One token has everything: it is drawn each time, and so is the last where rounding matters. */
static void
one_token_has_everything(void **state)
{
	struct fixture *f = *state;
	struct ll_rng rng;

	for (size_t i = 0; i < COUNT; i++)
		f->logits[i] = -INFINITY;
	f->logits[COUNT - 1] = -3;
	assert_int_equal(ll_logits_dense(&f->row, LL_F32, f->logits, COUNT, "row", NULL), 0);
	ll_rng_seed(&rng, 5, 0);
	assert_int_equal(ll_draw_row(&f->draw, &f->row, 0.01, &rng, NULL), 0);
	assert_int_equal(f->draw.count, 1);
	assert_int_equal(f->draw.drawn[0].token, COUNT - 1);
	assert_true(fabs((double)f->draw.drawn[0].log_weight) < 1e-4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_mean_is_the_distribution, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_over_draws, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_token_has_everything, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
