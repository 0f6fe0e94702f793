/*
 * Rows, candidates, samplers and the chain, against a full sort in double precision.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "sample/candidates.h"
#include "sample/chain.h"
#include "sample/logits.h"
#include "tensor/dtype.h"
#include "tensor/logsumexp.h"

#define MOST 5000
#define DRAWS 100000

static const struct ll_sampling off = {
	.temperature = 1, .top_p = 1, .typical_p = 1, .repetition_penalty = 1, .dry_base = 1.75,
};

/* The four that most people use. */
static struct ll_sampling
four(double temperature, int64_t top_k, double top_p, double min_p)
{
	struct ll_sampling how = off;

	how.temperature = temperature;
	how.top_k = top_k;
	how.top_p = top_p;
	how.min_p = min_p;
	return how;
}

static int
draw(struct ll_chain *chain, const struct ll_logits *row, struct ll_rng *rng, uint32_t *token)
{
	struct ll_err err = { 0 };

	return ll_chain_sample(chain, row, &(struct ll_sampler_view){ .rng = rng }, "row", token, &err);
}

struct entry {
	uint32_t id;
	float logit;
	double p;
};

struct fixture {
	struct ll_logits row;
	struct ll_candidates candidates;
	struct ll_rng rng;
	float logits[MOST];
	struct entry naive[MOST];
	size_t naive_count;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_int_equal(ll_logits_init(&f->row, NULL), 0);
	assert_int_equal(ll_candidates_init(&f->candidates, NULL), 0);
	ll_rng_seed(&f->rng, 42, 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	ll_logits_free(&f->row);
	ll_candidates_free(&f->candidates);
	free(f);
	return 0;
}

/* A normal deviate by the sum of uniforms: good enough for logits. */
static float
normal(struct ll_rng *rng)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += ll_rng_unit(rng);
	return (float)sum;
}

/* Logits of several temperaments: smooth, full of ties, with -infinity, all alike. */
static void
fill(struct fixture *f, size_t n)
{
	double spread = 0.01 + 6 * ll_rng_unit(&f->rng);
	uint64_t kind = ll_rng_next(&f->rng) % 4;

	for (size_t i = 0; i < n; i++) {
		float x = (float)(spread * (double)normal(&f->rng)) + 7;

		if (kind == 1)
			x = roundf(x * 2) / 2;
		if (kind == 2 && i > 0 && ll_rng_next(&f->rng) % 3 == 0)
			x = -INFINITY;
		f->logits[i] = kind == 3 ? 1.5f : x;
	}
}

static void
take(struct fixture *f, size_t n)
{
	struct ll_err err = { 0 };

	assert_int_equal(ll_logits_dense(&f->row, LL_F32, f->logits, n, "row", &err), 0);
}

static int
by_logit(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->logit != y->logit)
		return x->logit < y->logit ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

static void
normalise(struct fixture *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->naive_count; i++)
		sum += f->naive[i].p = exp((double)f->naive[i].logit - (double)f->naive[0].logit);
	for (size_t i = 0; i < f->naive_count; i++)
		f->naive[i].p /= sum;
}

/* The whole chain over a sorted list; false where rounding may decide what stays. */
static bool
naive_chain(struct fixture *f, size_t n, const struct ll_sampling *how)
{
	size_t count = 0;
	double sum = 0;

	f->naive_count = 0;
	for (size_t i = 0; i < n; i++)
		if (f->logits[i] > -INFINITY)
			f->naive[f->naive_count++] = (struct entry){ (uint32_t)i,
				(float)((double)(f->logits[i] - f->row.max) * (1 / how->temperature)), 0 };
	qsort(f->naive, f->naive_count, sizeof(f->naive[0]), by_logit);
	if (how->top_k > 0 && (size_t)how->top_k < f->naive_count)
		f->naive_count = (size_t)how->top_k;
	normalise(f);
	while (count < f->naive_count && (count == 0 || how->top_p == 1 || sum < how->top_p)) {
		if (how->top_p < 1 && fabs(sum - how->top_p) < 1e-6)
			return false;
		sum += f->naive[count++].p;
	}
	if (how->top_p < 1 && fabs(sum - how->top_p) < 1e-6)
		return false;
	f->naive_count = count;
	for (count = 0; count < f->naive_count; count++) {
		double ratio = f->naive[count].p / f->naive[0].p;

		if (how->min_p > 0 && how->min_p < 1 && fabs(ratio / how->min_p - 1) < 1e-5)
			return false;
		if (ratio < how->min_p)
			break;
	}
	f->naive_count = count;
	normalise(f);
	return true;
}

static void
apply(struct fixture *f, const struct ll_sampling *how)
{
	static const struct ll_sampler *const order[] = {
		&ll_sampler_temperature, &ll_sampler_top_k, &ll_sampler_top_p, &ll_sampler_min_p,
	};
	struct ll_sampler_view view = { .sampling = how };

	assert_int_equal(ll_candidates_load(&f->candidates, &f->row, NULL), 0);
	for (size_t i = 0; i < 4; i++)
		if (order[i]->wanted(how))
			order[i]->apply(&view, &f->candidates);
}

static void
compare(const struct fixture *f, const struct ll_candidates *c)
{
	double total = ll_sum(c->weights, c->count);

	assert_int_equal(c->count, f->naive_count);
	for (size_t i = 1; i < c->count; i++)
		assert_true(c->ids[i - 1] < c->ids[i]);
	for (size_t i = 0; i < f->naive_count; i++) {
		const struct entry *e = &f->naive[i];
		size_t low = 0, high = c->count;

		while (high - low > 1) {
			size_t middle = (low + high) / 2;

			if (c->ids[middle] <= e->id)
				low = middle;
			else
				high = middle;
		}
		assert_int_equal(c->ids[low], e->id);
		assert_true(fabs((double)c->weights[low] / total - e->p) <= 1e-6 * e->p + 1e-30);
	}
}

static struct ll_sampling
some_settings(struct ll_rng *rng, size_t n)
{
	static const double temperatures[] = { 1, 0.6, 0.05, 3, 100 };
	struct ll_sampling how = off;
	uint64_t which = ll_rng_next(rng);

	how.temperature = temperatures[which % 5];
	if (which & 0x100)
		how.top_k = (int64_t)(1 + ll_rng_next(rng) % (n + 2));
	if (which & 0x200)
		how.top_p = ll_rng_unit(rng);
	if (which & 0x400)
		how.min_p = ll_rng_unit(rng) * ll_rng_unit(rng);
	return how;
}

static void
filters_equal_a_full_sort(void **state)
{
	struct fixture *f = *state;
	const struct ll_candidates *left;
	struct ll_chain *chain;
	size_t compared = 0;

	assert_int_equal(ll_chain_new(&chain, &off, &ll_order_default, NULL), 0);
	for (size_t trial = 0; trial < 1500; trial++) {
		size_t n = trial < 300 ? 1 + trial % 20 : 1 + ll_rng_next(&f->rng) % MOST;
		struct ll_sampling how = some_settings(&f->rng, n);

		fill(f, n);
		take(f, n);
		if (!naive_chain(f, n, &how))
			continue;
		apply(f, &how);
		ll_candidates_weigh(&f->candidates);
		compare(f, &f->candidates);
		/* The chain takes short cuts to the same. */
		ll_chain_set(chain, &how, &ll_order_default);
		assert_int_equal(ll_chain_distribution(chain, &f->row, &(struct ll_sampler_view){ .rng = NULL }, "row",
		    &left, NULL), 0);
		compare(f, left);
		compared++;
	}
	assert_true(compared > 1200);
	ll_chain_free(chain);
}

static void
ties_go_to_the_lowest_ids(void **state)
{
	struct fixture *f = *state;
	struct ll_sampling how = off;

	for (size_t i = 0; i < 1000; i++)
		f->logits[i] = i == 700 ? 2 : 1;
	take(f, 1000);
	how.top_k = 3;
	apply(f, &how);
	assert_int_equal(f->candidates.count, 3);
	assert_int_equal(f->candidates.ids[0], 0);
	assert_int_equal(f->candidates.ids[1], 1);
	assert_int_equal(f->candidates.ids[2], 700);
	how.top_k = 0;
	how.top_p = 0;
	apply(f, &how);
	assert_int_equal(f->candidates.count, 1);
	assert_int_equal(f->candidates.ids[0], 700);
	how.top_p = 1;
	how.min_p = 1;
	apply(f, &how);
	assert_int_equal(f->candidates.count, 1);
}

static void
greedy_takes_the_first_of_the_best(void **state)
{
	struct fixture *f = *state;
	struct ll_sampling how = four(0, 0, 0.9, 0);
	struct ll_chain *chain;
	uint32_t token;

	assert_int_equal(ll_chain_new(&chain, &how, &ll_order_default, NULL), 0);
	assert_string_equal(ll_chain_text(chain), "greedy");
	for (size_t trial = 0; trial < 200; trial++) {
		size_t n = 1 + ll_rng_next(&f->rng) % 500, best = 0;

		fill(f, n);
		take(f, n);
		for (size_t i = 1; i < n; i++)
			if (f->logits[i] > f->logits[best])
				best = i;
		assert_int_equal(draw(chain, &f->row, NULL, &token), 0);
		assert_int_equal(token, best);
	}
	ll_chain_free(chain);
}

static void
extreme_temperatures(void **state)
{
	static const double tiny[] = { 5e-324, 1e-300, 1e-30, 1e-3 };
	struct fixture *f = *state;
	struct ll_sampling how = four(1, 0, 0.9, 0.1);
	struct ll_chain *chain;
	uint32_t token;

	for (size_t i = 0; i < 100; i++)
		f->logits[i] = -3e38f;
	f->logits[17] = 3e38f;
	f->logits[18] = 2.9e38f;
	take(f, 100);
	for (size_t t = 0; t < 8; t++) {
		/* Alone too, where short cuts are taken. */
		how = t < 4 ? four(1, 0, 0.9, 0.1) : four(1, 0, 1, 0);
		how.temperature = tiny[t % 4];
		assert_int_equal(ll_chain_new(&chain, &how, &ll_order_default, NULL), 0);
		assert_int_equal(draw(chain, &f->row, &f->rng, &token), 0);
		assert_int_equal(token, 17);
		ll_chain_free(chain);
	}
}

/* The value that chi-square of `df` degrees exceeds once in a thousand (Wilson and Hilferty 1931). */
static double
chi_square_limit(double df)
{
	double c = 2 / (9 * df);

	return df * pow(1 - c + 3.0902 * sqrt(c), 3);
}

static void
check_distribution(struct fixture *f, size_t n, const struct ll_sampling *how)
{
	uint32_t *seen = calloc(n, sizeof(*seen));
	struct ll_chain *chain;
	double sum = 0, rest = 0, rest_seen = 0;
	size_t cells = 0;

	fill(f, n);
	take(f, n);
	assert_true(naive_chain(f, n, how));
	assert_int_equal(ll_chain_new(&chain, how, &ll_order_default, NULL), 0);
	for (size_t i = 0; i < DRAWS; i++) {
		uint32_t token;

		assert_int_equal(draw(chain, &f->row, &f->rng, &token), 0);
		seen[token]++;
	}
	for (size_t i = 0; i < f->naive_count; i++) {
		double expected = f->naive[i].p * DRAWS, got = seen[f->naive[i].id];

		seen[f->naive[i].id] = 0;
		if (expected < 10) {
			rest += expected;
			rest_seen += got;
			continue;
		}
		sum += (got - expected) * (got - expected) / expected;
		cells++;
	}
	if (rest >= 5) {
		sum += (rest_seen - rest) * (rest_seen - rest) / rest;
		cells++;
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(seen[i], 0);
	if (cells > 1)
		assert_true(sum < chi_square_limit((double)cells - 1));
	ll_chain_free(chain);
	free(seen);
}

/* max / T has no fraction any more, and is rounded by hundreds. */
static void
large_logits(void **state)
{
	struct fixture *f = *state;
	struct ll_err err = { 0 };

	for (size_t i = 0; i < 40; i++) {
		float best = (float)(1e5 * pow(2, (double)i) * (1 + 0.3 * ll_rng_unit(&f->rng)));

		for (size_t j = 0; j < MOST; j++)
			f->logits[j] = -best + best * (float)ll_rng_unit(&f->rng);
		f->logits[1234] = f->logits[4321] = best;
		assert_int_equal(ll_logits_dense(&f->row, LL_F32, f->logits, MOST, "row", &err), 0);
		assert_true(fabs(ll_logits_total(&f->row, LL_LOGITS_LEAST_TEMPERATURE) - 2) < 1e-6);
		assert_int_equal(ll_logits_draw(&f->row, LL_LOGITS_LEAST_TEMPERATURE, 0.3), 1234);
		assert_int_equal(ll_logits_draw(&f->row, LL_LOGITS_LEAST_TEMPERATURE, 0.7), 4321);
	}
}

static void
draws_follow_the_distribution(void **state)
{
	const struct ll_sampling settings[] = {
		four(1, 0, 1, 0), four(0.6, 0, 0.9, 0), four(1.5, 40, 1, 0), four(0.8, 0, 1, 0.05),
		four(1.2, 30, 0.95, 0.02),
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		check_distribution(*state, 200, &settings[i]);
}

static void
log_probabilities(void **state)
{
	struct fixture *f = *state;

	for (size_t trial = 0; trial < 300; trial++) {
		size_t n = 1 + ll_rng_next(&f->rng) % MOST, wanted = ll_rng_next(&f->rng) % 21;
		struct ll_ranked ranked[20];
		size_t count;

		fill(f, n);
		take(f, n);
		naive_chain(f, n, &off);
		count = ll_logits_top(&f->row, ranked, wanted);
		assert_int_equal(count, wanted < f->naive_count ? wanted : f->naive_count);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(ranked[i].token, f->naive[i].id);
			assert_true(fabs((double)ranked[i].logprob - log(f->naive[i].p)) < 3e-6);
			assert_true(ranked[i].logprob == ll_logits_logprob(&f->row, ranked[i].token));
		}
	}
}

static void
half_precision(void **state)
{
	struct fixture *f = *state;
	uint16_t half[300], brain[300];
	struct ll_err err = { 0 };

	fill(f, 300);
	for (size_t i = 0; i < 300; i++) {
		half[i] = ll_f32_to_f16(f->logits[i]);
		brain[i] = ll_f32_to_bf16(f->logits[i]);
	}
	assert_int_equal(ll_logits_dense(&f->row, LL_F16, half, 300, "row", &err), 0);
	for (size_t i = 0; i < 300; i++)
		assert_true(f->row.logits[i] == ll_f16_to_f32(half[i]));
	assert_int_equal(ll_logits_dense(&f->row, LL_BF16, brain, 300, "row", &err), 0);
	for (size_t i = 0; i < 300; i++)
		assert_true(f->row.logits[i] == ll_bf16_to_f32(brain[i]));
	assert_int_equal(ll_logits_dense(&f->row, LL_Q8_0, brain, 32, "row", &err), -LL_EDATA);
}

/* The likeliest `count` of the dense row in the stream's sparse form, from the greatest down. */
static void
make_sparse(struct fixture *f, uint32_t *out, size_t count)
{
	float log_sum_exp = (float)f->row.log_sum_exp;

	memcpy(out, &log_sum_exp, sizeof(float));
	out[1] = 0;
	for (size_t i = 0; i < count; i++) {
		out[2 + i] = f->naive[i].id;
		memcpy(&out[2 + count + i], &f->logits[f->naive[i].id], sizeof(float));
	}
}

static void
sparse_equals_dense(void **state)
{
	struct fixture *f = *state;
	struct ll_sampling how = four(0.7, 40, 0.9, 0);
	uint32_t bytes[2 + 2 * 40], tokens[200];
	struct ll_err err = { 0 };
	struct ll_chain *chain;
	struct ll_rng rng;
	float logprob;

	fill(f, 3000);
	for (size_t i = 0; i < 3000; i++)
		if (f->logits[i] == -INFINITY)
			f->logits[i] = -1;
	take(f, 3000);
	naive_chain(f, 3000, &off);
	make_sparse(f, bytes, 40);
	assert_int_equal(ll_chain_new(&chain, &how, &ll_order_default, NULL), 0);
	ll_rng_seed(&rng, 7, 7);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(draw(chain, &f->row, &rng, &tokens[i]), 0);
	logprob = ll_logits_logprob(&f->row, tokens[0]);
	assert_int_equal(ll_logits_sparse(&f->row, bytes, 40, "row", &err), 0);
	assert_true(fabsf(ll_logits_logprob(&f->row, tokens[0]) - logprob) < 1e-5f);
	ll_rng_seed(&rng, 7, 7);
	for (size_t i = 0; i < 200; i++) {
		uint32_t token;

		assert_int_equal(draw(chain, &f->row, &rng, &token), 0);
		assert_int_equal(token, tokens[i]);
	}
	assert_int_equal(ll_logits_best(&f->row), f->naive[0].id);
	ll_chain_free(chain);
}

static void
check_refused(struct fixture *f, size_t n, const char *why)
{
	struct ll_err err = { 0 };

	assert_int_equal(ll_logits_dense(&f->row, LL_F32, f->logits, n, "sequence 3, position 17", &err), -LL_EDATA);
	assert_string_equal(err.text, why);
}

static void
what_is_no_distribution_is_refused(void **state)
{
	struct fixture *f = *state;
	uint32_t sparse[2 + 2 * 3] = { 0, 0, 5, 6, 5 };
	uint32_t nan_sum[2 + 2 * 1] = { 0x7fc00000, 0, 5, 0 };
	struct ll_err err = { 0 }, other = { 0 };

	for (size_t i = 0; i < 100; i++)
		f->logits[i] = (float)i;
	f->logits[57] = NAN;
	check_refused(f, 100, "sequence 3, position 17: logit of id 57 is not a number");
	f->logits[57] = INFINITY;
	check_refused(f, 100, "sequence 3, position 17: logit of id 57 is infinite");
	for (size_t i = 0; i < 100; i++)
		f->logits[i] = -INFINITY;
	check_refused(f, 100, "sequence 3, position 17: every logit is -infinity");
	f->logits[99] = NAN;
	check_refused(f, 100, "sequence 3, position 17: logit of id 99 is not a number");
	assert_int_equal(ll_logits_sparse(&f->row, sparse, 3, "row", &err), -LL_EDATA);
	assert_string_equal(err.text, "row: id 5 is listed twice");
	assert_int_equal(ll_logits_sparse(&f->row, nan_sum, 1, "row", &other), -LL_EDATA);
	assert_string_equal(other.text, "row: log-sum-exp is nan");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(filters_equal_a_full_sort, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ties_go_to_the_lowest_ids, set_up, tear_down),
		cmocka_unit_test_setup_teardown(greedy_takes_the_first_of_the_best, set_up, tear_down),
		cmocka_unit_test_setup_teardown(extreme_temperatures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_logits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(draws_follow_the_distribution, set_up, tear_down),
		cmocka_unit_test_setup_teardown(log_probabilities, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_precision, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sparse_equals_dense, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_distribution_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
