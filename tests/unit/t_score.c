/*
 * Windows against a plain count, sums against textbook formulas, log-sum-exp for every ISA, and
 * the order of rows that came early.
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
#include "base/err.h"
#include "base/rng.h"
#include "sample/ahead.h"
#include "sample/divergence.h"
#include "sample/logits.h"
#include "tensor/kern.h"
#include "tensor/logsumexp.h"
#include "tokenize/windows.h"

#define MOST 60
#define LARGE 1003

/* Which tokens a plan counts, and how often; every window is checked on the way. */
static size_t
count_tokens(const struct ll_window_plan *plan, size_t total, bool bos, unsigned times[MOST])
{
	size_t begin = 0, counted = 0, windows = 0, least = plan->context > 1 ? plan->context : 1;
	struct ll_window window;

	memset(times, 0, MOST * sizeof(*times));
	while (ll_window_next(plan, total, bos, &begin, &counted, &window)) {
		windows++;
		assert_true(window.count > 0 && window.count + bos <= plan->size);
		assert_true(window.begin + window.count <= total);
		assert_true(window.want >= 2 && window.want <= window.count + bos);
		for (size_t i = window.count - (window.want - 1); i < window.count; i++) {
			assert_true(i + bos >= least);
			times[window.begin + i]++;
		}
	}
	return windows;
}

static void
windows_count_each_token_once(void **state)
{
	(void)state;
	for (size_t size = 2; size <= 9; size++) {
		for (size_t stride = 0; stride <= size; stride++) {
			for (size_t context = 0; context < size; context++) {
				for (size_t total = 0; total < MOST; total += 1 + total / 12) {
					for (int bos = 0; bos <= 1; bos++) {
						const struct ll_window_plan plan = { size, stride, context };
						size_t step = stride > 0 ? stride : size - 1, least = context > 1 ? context : 1;
						unsigned times[MOST];
						bool seen[MOST] = { false };

						count_tokens(&plan, total, bos, times);
						/* A token counts if the first window that holds it has enough before it. */
						for (size_t begin = 0; begin < total; begin += step)
							for (size_t i = begin; i < total && i - begin + (size_t)bos < size; i++)
								if (!seen[i]) {
									seen[i] = true;
									assert_int_equal(times[i], i - begin + (size_t)bos >= least);
								}
						for (size_t i = 0; i < total; i++)
							assert_true(seen[i] || times[i] == 0);
					}
				}
			}
		}
	}
}

static void
default_stride_leaves_nothing_out(void **state)
{
	const struct ll_window_plan plan = { .size = 7 };
	unsigned times[MOST];

	(void)state;
	for (int bos = 0; bos <= 1; bos++) {
		count_tokens(&plan, MOST, bos, times);
		for (size_t i = 0; i < MOST; i++)
			assert_int_equal(times[i], bos || i > 0);
	}
}

/* The interval's ends p are where |hits/n - p| is 1.96 standard errors of p. */
static void
intervals_of_wilson(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 200; n += 13) {
		for (uint64_t hits = 0; hits <= n; hits += 1 + n / 7) {
			double end[2], p = (double)hits / (double)n;

			ll_tally_wilson(hits, n, &end[0], &end[1]);
			assert_true(end[0] >= 0 && end[0] <= p + 1e-12 && end[1] >= p - 1e-12 && end[1] <= 1);
			for (int i = 0; i < 2; i++) {
				double apart = fabs(p - end[i]), expected = 1.959963984540054 * sqrt(end[i] * (1 - end[i]) / (double)n);

				assert_true(fabs(apart - expected) < 1e-7);
			}
		}
	}
}

static void
sums_join(void **state)
{
	struct ll_tally all = { 0 }, parts[2] = { { 0 }, { 0 } };
	struct ll_estimate estimate;

	(void)state;
	for (size_t i = 0; i < 50; i++) {
		ll_tally_add(&all, -(double)(i % 7), i % 4);
		ll_tally_add(&parts[i % 2], -(double)(i % 7), i % 4);
	}
	ll_tally_merge(&parts[0], &parts[1]);
	assert_int_equal(parts[0].tokens, all.tokens);
	assert_true(ll_tally_perplexity(&parts[0]).error == ll_tally_perplexity(&all).error);
	assert_true(ll_tally_bits_per_byte(&parts[0]).error == ll_tally_bits_per_byte(&all).error);
	ll_tally_add(&all, -INFINITY, 1);
	estimate = ll_tally_perplexity(&all);
	assert_true(isinf(estimate.value) && isnan(estimate.error));
	estimate = ll_tally_bits_per_byte(&all);
	assert_true(isinf(estimate.value) && isnan(estimate.error));
	estimate = ll_tally_bits_per_byte(&(struct ll_tally){ .tokens = 1, .x = 1 });
	assert_true(isnan(estimate.value));
}

static void
log_sum_exp(void **state)
{
	static const enum ll_isa levels[] = { LL_ISA_REF, LL_ISA_AVX2, LL_ISA_AVX512, LL_ISA_NEON };
	static float x[LARGE];
	int best = ll_cpu_isa(NULL);
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 1, 0);
	for (size_t n = 1; n <= LARGE; n += 1 + n / 5) {
		long double expected = 0;
		double first = 0;

		for (size_t i = 0; i < n; i++) {
			x[i] = (float)(ll_rng_next(&rng) % 40000) / 1000 - 10;
			expected += expl((long double)x[i]);
		}
		for (size_t level = 0; level < sizeof(levels) / sizeof(levels[0]); level++) {
			double got, sum;
			float most;

			if (levels[level] != LL_ISA_REF && (best >= LL_ISA_NEON ? levels[level] != LL_ISA_NEON :
			    (int)levels[level] > best))
				continue;
			got = ll_logsumexp(ll_kern(levels[level]), x, n, NULL, &most, &sum);
			assert_true(fabs(got - (double)logl(expected)) < 3e-7);
			if (level == 0)
				first = got;
			assert_memory_equal(&got, &first, sizeof(got));
		}
	}
}

static void
bad_logits(void **state)
{
	const float bad[] = { NAN, INFINITY };
	float x[20], most;
	double sum;

	(void)state;
	for (size_t i = 0; i < 20; i++)
		x[i] = -INFINITY;
	assert_false(isfinite(ll_logsumexp(ll_kern(LL_ISA_REF), x, 20, NULL, &most, &sum)));
	for (size_t b = 0; b < 2; b++) {
		for (size_t i = 0; i < 20; i++)
			x[i] = i == 11 ? bad[b] : 1;
		assert_false(isfinite(ll_logsumexp(ll_kern(LL_ISA_REF), x, 20, NULL, &most, &sum)));
	}
}

/* Random rows against the definition in long double; a shift of one model's logits changes nothing. */
static void
divergences(void **state)
{
	struct ll_divergence d = { 0 };
	struct ll_divergence_report report;
	struct ll_logits p, q;
	struct ll_err err = { 0 };
	long double total = 0;
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 2, 0);
	assert_int_equal(ll_logits_init(&p, &err), 0);
	assert_int_equal(ll_logits_init(&q, &err), 0);
	for (size_t row = 0; row < 20; row++) {
		float a[LARGE], b[LARGE];
		long double as = 0, bs = 0, kl = 0;

		for (size_t i = 0; i < LARGE; i++) {
			a[i] = (float)(ll_rng_next(&rng) % 8192) / 1024;
			b[i] = a[i] + (float)(ll_rng_next(&rng) % 512) / 1024 + 1024 * (float)(row % 2);
			as += expl((long double)a[i]);
			bs += expl((long double)b[i]);
		}
		for (size_t i = 0; i < LARGE; i++)
			kl += expl((long double)a[i]) / as * ((long double)a[i] - logl(as) - (long double)b[i] + logl(bs));
		assert_int_equal(ll_logits_dense(&p, LL_F32, a, LARGE, "p", &err), 0);
		assert_int_equal(ll_logits_dense(&q, LL_F32, b, LARGE, "q", &err), 0);
		assert_int_equal(ll_divergence_add(&d, &p, &q, 5, "row", &err), 0);
		assert_true(fabsl((long double)d.rows[row] - kl) < 1e-8L);
		total += kl;
	}
	ll_divergence_report(&d, &report);
	assert_true(fabsl((long double)report.mean.value - total / 20) < 1e-8L);
	assert_true(report.median <= report.p99 && report.p99 <= report.most && report.mean.error > 0);
	assert_true(report.median > d.rows[9] - 1e-15 && report.median < d.rows[10] + 1e-15);
	ll_divergence_free(&d);
	ll_logits_free(&p);
	ll_logits_free(&q);
}

static void
rows_ahead(void **state)
{
	struct ll_ahead ahead = { 0 };
	struct ll_err err = { 0 };
	const float logits[3] = { 1, 2, 3 };

	(void)state;
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(ll_ahead_keep(&ahead, (struct ll_ahead_place){ 1, i % 2, i }, (uint32_t)i, logits, 3, &err), 0);
	assert_null(ll_ahead_find(&ahead, (struct ll_ahead_place){ 1, 1, 2 }));
	assert_null(ll_ahead_find(&ahead, (struct ll_ahead_place){ 2, 0, 2 }));
	/* The last, the first, one between, and then one more at the end. */
	for (size_t i = 0; i < 3; i++) {
		static const uint64_t drop[] = { 4, 0, 2 };
		struct ll_ahead_row *row = ll_ahead_find(&ahead, (struct ll_ahead_place){ 1, 0, drop[i] });

		assert_non_null(row);
		assert_int_equal(row->target, drop[i]);
		assert_memory_equal(row->logits, logits, sizeof(logits));
		ll_ahead_drop(&ahead, row);
	}
	assert_int_equal(ll_ahead_keep(&ahead, (struct ll_ahead_place){ 1, 9, 9 }, 9, logits, 3, &err), 0);
	assert_non_null(ll_ahead_find(&ahead, (struct ll_ahead_place){ 1, 9, 9 }));
	assert_int_equal(ahead.count, 3);
	ll_ahead_free(&ahead);
	assert_int_equal(ahead.count, 0);
	assert_int_equal(ahead.bytes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_count_each_token_once),
		cmocka_unit_test(default_stride_leaves_nothing_out),
		cmocka_unit_test(intervals_of_wilson),
		cmocka_unit_test(sums_join),
		cmocka_unit_test(log_sum_exp),
		cmocka_unit_test(bad_logits),
		cmocka_unit_test(divergences),
		cmocka_unit_test(rows_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
