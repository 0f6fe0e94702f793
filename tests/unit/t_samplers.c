/*
 * Samplers against other implementations of them (golden/samplers.jsonl), draws against the
 * distributions that the chain says it draws from, and DRY's breakers, settings and orders.
 */

#include <math.h>
#include <string.h>

#include "tests/unit/golden.h"

#include "base/rng.h"
#include "sample/candidates.h"
#include "sample/chain.h"
#include "sample/logits.h"
#include "tensor/dtype.h"
#include "tokenize/record.h"

#define MOST 200
#define DRAWS 100000

static const struct ll_sampling off = {
	.temperature = 1, .dynatemp_exponent = 1, .top_p = 1, .typical_p = 1, .xtc_threshold = 0.1,
	.adaptive_decay = 0.9, .mirostat_tau = 5, .mirostat_eta = 0.1, .repetition_penalty = 1, .dry_base = 1.75,
	.dry_length = 2,
};

struct bench {
	struct ll_chain *chain;
	struct ll_logits row;
	struct ll_rng rng;
	struct ll_sampler_memory memory;
	struct ll_sampler_view view;
	float logits[MOST];
	uint32_t past[MOST];
	struct ll_bias biases[MOST];
};

static void
open_bench(struct bench *b, const struct ll_sampling *how, const struct ll_order *order)
{
	*b = (struct bench){ .chain = NULL };
	assert_int_equal(ll_chain_new(&b->chain, how, order, NULL), 0);
	assert_int_equal(ll_logits_init(&b->row, NULL), 0);
	ll_rng_seed(&b->rng, 11, 0);
	b->view = (struct ll_sampler_view){
		.past = { b->past, 0 }, .biases = b->biases, .unbroken = SIZE_MAX, .rng = &b->rng, .memory = &b->memory,
	};
}

static void
close_bench(struct bench *b)
{
	ll_chain_free(b->chain);
	ll_logits_free(&b->row);
}

static size_t
floats(const struct ll_json *list, float *out)
{
	size_t count = ll_json_count(list);

	assert_true(count <= MOST);
	for (size_t i = 0; i < count; i++) {
		double number;

		assert_true(ll_json_number(ll_json_at(list, i), &number));
		out[i] = (float)number;
	}
	return count;
}

static int64_t
whole(const struct ll_json *value)
{
	int64_t number = -1;

	assert_true(ll_json_integer(value, &number));
	return number;
}

/* The record's settings, as a META frame has them, and its past. */
static void
open_record(struct bench *b, const struct ll_json *record)
{
	char *text = ll_json_text(ll_json_get(record, "settings"), false, NULL);
	const struct ll_json *past = ll_json_get(record, "past"), *value;
	struct ll_sampling how = off;
	struct ll_order order;
	struct ll_record meta;
	const char *token;
	void *place = NULL;
	size_t length;

	assert_int_equal(ll_record_read_meta(&meta, text, strlen(text), "settings", NULL), 0);
	ll_sampling_take(&how, &meta.sampling, meta.sampling_given);
	assert_int_equal(ll_order_parse(&order, ll_json_text_of(ll_json_get(record, "order"), &length), NULL), 0);
	open_bench(b, &how, &order);
	while (ll_json_next(meta.biases, &place, &token, &value))
		b->biases[b->view.bias_count++] = (struct ll_bias){ (uint32_t)atoi(token), (float)ll_record_bias(value) };
	for (size_t i = 0; i < ll_json_count(past); i++)
		b->past[b->view.past.count++] = (uint32_t)whole(ll_json_at(past, i));
	ll_record_free(&meta);
	free(text);
}

static void
check_record(const struct ll_json *record, size_t line, void *context)
{
	const struct ll_json *steps = ll_json_get(record, "steps");
	struct bench b;

	open_record(&b, record);
	for (size_t s = 0; s < ll_json_count(steps); s++) {
		const struct ll_json *step = ll_json_at(steps, s), *ids = ll_json_get(step, "ids");
		const struct ll_candidates *left;
		size_t n = floats(ll_json_get(step, "logits"), b.logits), chosen = SIZE_MAX;
		float p[MOST];
		double total;

		floats(ll_json_get(step, "p"), p);
		assert_int_equal(ll_logits_dense(&b.row, LL_F32, b.logits, n, "row", NULL), 0);
		assert_int_equal(ll_chain_distribution(b.chain, &b.row, &b.view, "row", &left, NULL), 0);
		if (left->count != ll_json_count(ids))
			fail_msg("line %zu, step %zu: %zu candidates, not %zu", line, s, left->count, ll_json_count(ids));
		total = ll_sum(left->weights, left->count);
		for (size_t i = 0; i < left->count; i++) {
			double own = (double)left->weights[i] / total;

			assert_int_equal(left->ids[i], whole(ll_json_at(ids, i)));
			if (fabs(own - (double)p[i]) > 1e-6 + 2e-5 * own)
				fail_msg("line %zu, step %zu: p of id %u is %.8g, not %.8g", line, s, left->ids[i], own, (double)p[i]);
			if (left->ids[i] == whole(ll_json_get(step, "selected")))
				chosen = i;
		}
		assert_true(chosen < left->count);
		ll_chain_accept(b.chain, &b.view, chosen);
	}
	close_bench(&b);
	++*(size_t *)context;
}

static void
equal_other_implementations(void **state)
{
	size_t count = 0;

	(void)state;
	golden_each(golden_own_path("golden/samplers.jsonl"), check_record, &count);
	assert_int_equal(count, 33);
}

/* The value that chi-square of `df` degrees exceeds once in ten thousand (Wilson and Hilferty 1931). */
static double
chi_square_limit(double df)
{
	double c = 2 / (9 * df);

	return df * pow(1 - c + 3.719 * sqrt(c), 3);
}

static void
add_expected(struct bench *b, const struct ll_sampling *how, double share, double *expected)
{
	const struct ll_candidates *left;
	double total;

	ll_chain_set(b->chain, how, &ll_order_default);
	b->memory = (struct ll_sampler_memory){ .begun = false };
	assert_int_equal(ll_chain_distribution(b->chain, &b->row, &b->view, "row", &left, NULL), 0);
	total = ll_sum(left->weights, left->count);
	for (size_t i = 0; i < left->count; i++)
		expected[left->ids[i]] += share * DRAWS * (double)left->weights[i] / total;
}

/* Draws follow what the chain says, each from a memory that has just begun; XTC's chance is mixed in. */
static void
check_draws(const struct ll_sampling *how)
{
	struct ll_sampling sure = *how, never = *how;
	double expected[MOST] = { 0 }, sum = 0, rest = 0, rest_seen = 0;
	size_t seen[MOST] = { 0 }, cells = 0;
	struct bench b;

	open_bench(&b, how, &ll_order_default);
	for (size_t i = 0; i < MOST; i++) {
		b.logits[i] = (float)(3 * (ll_rng_unit(&b.rng) + ll_rng_unit(&b.rng) + ll_rng_unit(&b.rng)));
		b.past[i] = (uint32_t)(ll_rng_next(&b.rng) % 20);
	}
	b.view.past.count = 60;
	assert_int_equal(ll_logits_dense(&b.row, LL_F32, b.logits, MOST, "row", NULL), 0);
	sure.xtc_probability = how->xtc_probability > 0;
	never.xtc_probability = 0;
	add_expected(&b, &sure, how->xtc_probability, expected);
	add_expected(&b, &never, 1 - how->xtc_probability, expected);
	ll_chain_set(b.chain, how, &ll_order_default);
	for (size_t i = 0; i < DRAWS; i++) {
		uint32_t token;

		b.memory = (struct ll_sampler_memory){ .begun = false };
		assert_int_equal(ll_chain_sample(b.chain, &b.row, &b.view, "row", &token, NULL), 0);
		seen[token]++;
	}
	for (size_t i = 0; i < MOST; i++) {
		double off_by = (double)seen[i] - expected[i];

		if (expected[i] < 10) {
			assert_true(expected[i] > 0 || seen[i] == 0);
			rest += expected[i];
			rest_seen += (double)seen[i];
			continue;
		}
		sum += off_by * off_by / expected[i];
		cells++;
	}
	if (rest >= 5) {
		sum += (rest_seen - rest) * (rest_seen - rest) / rest;
		cells++;
	}
	assert_true(cells > 1 && sum < chi_square_limit((double)cells - 1));
	close_bench(&b);
}

static void
draws_follow_the_distribution(void **state)
{
	struct ll_sampling how;

	(void)state;
	how = off;
	how.xtc_probability = 0.3;
	how.xtc_threshold = 0.01;
	check_draws(&how);
	how.dry_multiplier = 0.8;
	how.repetition_penalty = 1.2;
	how.frequency_penalty = 0.1;
	how.typical_p = 0.9;
	how.temperature = 1.4;
	check_draws(&how);
	how = off;
	how.mirostat = 2;
	check_draws(&how);
	how.mirostat = 1;
	how.mirostat_tau = 3;
	check_draws(&how);
	how = off;
	how.adaptive_target = 0.05;
	how.min_p = 0.05;
	check_draws(&how);
	how = off;
	how.dynatemp_range = 0.5;
	how.top_n_sigma = 1.5;
	check_draws(&how);
}

/* DRY by its definition: every earlier place is compared with the end, token by token. */
static double
dry_penalty(const struct ll_sampling *how, const uint32_t *past, size_t count, size_t unbroken, uint32_t token)
{
	size_t window = how->dry_window > 0 ? (size_t)how->dry_window : count, longest = 0;
	bool any = false;

	for (size_t at = count - (window < count ? window : count) + 1; at < count; at++) {
		size_t n = 0;

		if (past[at] != token)
			continue;
		while (n < at - (count - (window < count ? window : count)) && n < unbroken &&
		    past[at - 1 - n] == past[count - 1 - n])
			n++;
		if (n >= (size_t)how->dry_length) {
			any = true;
			longest = n > longest ? n : longest;
		}
	}
	return any ? how->dry_multiplier * pow(how->dry_base, (double)longest - (double)how->dry_length) : 0;
}

static void
dry_equals_its_definition(void **state)
{
	size_t penalised = 0;

	(void)state;
	for (size_t trial = 0; trial < 400; trial++) {
		struct ll_sampling how = off;
		const struct ll_candidates *left;
		unsigned char breaks[1] = { 1 << 5 };
		struct bench b;

		how.dry_multiplier = 0.8;
		how.dry_length = (int64_t)(trial % 4);
		how.dry_window = trial % 3 == 0 ? 0 : (int64_t)(10 + trial % 50);
		open_bench(&b, &how, &ll_order_default);
		for (size_t i = 0; i < trial; i++)
			ll_rng_next(&b.rng);
		b.view.past.count = trial % MOST;
		for (size_t i = 0; i < b.view.past.count; i++)
			b.past[i] = (uint32_t)(ll_rng_next(&b.rng) % (2 + trial % 5));
		b.view.unbroken = trial % 7 == 0 ? trial % 11 : SIZE_MAX;
		b.view.breaks = breaks;
		b.view.break_count = 6;
		assert_int_equal(ll_logits_dense(&b.row, LL_F32, b.logits, 8, "row", NULL), 0);
		assert_int_equal(ll_chain_distribution(b.chain, &b.row, &b.view, "row", &left, NULL), 0);
		for (uint32_t t = 0; t < 8; t++) {
			double penalty = dry_penalty(&how, b.past, b.view.past.count, b.view.unbroken, t);
			/* One so great leaves nothing of a token. */
			size_t at;

			if (t == 5)
				penalty = 0;
			penalised += penalty > 0;
			if (ll_candidates_find(left, t, &at))
				assert_true(fabs((double)left->logits[at] + penalty) <= 1e-5 * penalty);
			else
				assert_true(penalty > 3e38);
		}
		close_bench(&b);
	}
	assert_true(penalised > 300);
}

static void
orders_are_read(void **state)
{
	struct ll_err err = { 0 };
	struct ll_order order;

	(void)state;
	assert_int_equal(ll_order_parse(&order, "top-k,temperature", &err), 0);
	assert_int_equal(order.count, 2);
	assert_ptr_equal(order.list[0], &ll_sampler_top_k);
	assert_true(ll_order_has(&order, "dynatemp-range"));
	assert_false(ll_order_has(&order, "dry-base"));
	for (size_t i = 0; i < LL_SAMPLERS; i++) {
		assert_int_equal(ll_order_parse(&order, ll_order_default.list[i]->name, &err), 0);
		assert_ptr_equal(order.list[0], ll_order_default.list[i]);
	}
	assert_true(ll_order_has(&order, "mirostat-tau"));
	assert_int_equal(ll_order_parse(&order, "", &err), 0);
	assert_int_equal(order.count, 0);
	assert_int_equal(ll_order_parse(&order, "top-k,top-k", &err), -LL_EUSAGE);
	assert_string_equal(err.text, "'top-k' is there twice");
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_order_parse(&order, "top-k,", &err), -LL_EUSAGE);
	assert_string_equal(err.text, "'' is not one of penalties, dry, top-n-sigma, temperature, top-k, typical, top-p, "
	    "min-p, xtc");
}

static void
nothing_left_is_an_error(void **state)
{
	struct ll_err err = { 0 };
	uint32_t token;
	struct bench b;

	(void)state;
	open_bench(&b, &off, &ll_order_default);
	b.biases[0] = (struct ll_bias){ 0, -INFINITY };
	b.view.bias_count = 1;
	b.view.never[0] = (struct ll_ids_view){ (const uint32_t[]){ 1, 2 }, 2 };
	assert_int_equal(ll_logits_dense(&b.row, LL_F32, b.logits, 4, "row", NULL), 0);
	assert_int_equal(ll_chain_sample(b.chain, &b.row, &b.view, "row", &token, &err), 0);
	assert_int_equal(token, 3);
	assert_int_equal(ll_logits_dense(&b.row, LL_F32, b.logits, 3, "row", NULL), 0);
	assert_int_equal(ll_chain_sample(b.chain, &b.row, &b.view, "row", &token, &err), -LL_EDATA);
	assert_string_equal(err.text, "row: no token is left: biases, banned strings and stop rules forbid all");
	close_bench(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_other_implementations),
		cmocka_unit_test(draws_follow_the_distribution),
		cmocka_unit_test(dry_equals_its_definition),
		cmocka_unit_test(orders_are_read),
		cmocka_unit_test(nothing_left_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
