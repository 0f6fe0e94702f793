/*
 * Documents to rows: each prediction that counts is in one row once, rows do not overflow,
 * and the order is the same everywhere.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/rng.h"
#include "train/corpus.h"

/* Documents of these lengths, all of which is to be learned. */
static struct ll_corpus
make(const size_t *lengths, size_t count)
{
	struct ll_corpus corpus = { .documents = count };

	corpus.start = calloc(count + 1, sizeof(*corpus.start));
	assert_non_null(corpus.start);
	for (size_t i = 0; i < count; i++)
		corpus.start[i + 1] = corpus.start[i] + lengths[i];
	corpus.count = corpus.start[count];
	corpus.learn = malloc(corpus.count + 1);
	corpus.tokens = calloc(corpus.count + 1, sizeof(*corpus.tokens));
	assert_true(corpus.learn != NULL && corpus.tokens != NULL);
	memset(corpus.learn, 1, corpus.count);
	for (size_t i = 0; i < count; i++)
		if (lengths[i] > 0)
			corpus.learn[corpus.start[i]] = 0;
	return corpus;
}

/* Lengths as texts have them: many short ones, few that are long. */
static struct ll_corpus
make_many(size_t count, size_t longest, uint64_t seed)
{
	size_t *lengths = calloc(count, sizeof(*lengths));
	struct ll_corpus corpus;
	struct ll_rng rng;

	assert_non_null(lengths);
	ll_rng_seed(&rng, seed, 0);
	for (size_t i = 0; i < count; i++) {
		uint64_t length = ll_rng_next(&rng) % longest;

		lengths[i] = (size_t)length >> ll_rng_next(&rng) % 6;
	}
	corpus = make(lengths, count);
	free(lengths);
	return corpus;
}

static void
assert_order(const struct ll_packing *order, const struct ll_span *spans, const size_t *row, size_t rows)
{
	assert_int_equal(order->rows, rows);
	for (size_t r = 0; r <= rows; r++)
		assert_int_equal(order->row[r], row[r]);
	for (size_t i = 0; i < row[rows]; i++) {
		assert_int_equal(order->spans[i].begin, spans[i].begin);
		assert_int_equal(order->spans[i].length, spans[i].length);
	}
}

/* Cut with one token shared, into the first row where it fits; nothing where no prediction is. */
static void
as_they_stand(void **state)
{
	static const size_t lengths[] = { 3, 8, 0, 1, 2, 9, 3 };
	static const struct ll_span spans[] = { { 0, 3 }, { 12, 2 }, { 3, 5 }, { 7, 4 }, { 14, 5 }, { 18, 5 }, { 23, 3 } };
	static const size_t row[] = { 0, 2, 3, 4, 5, 6, 7 };
	struct ll_corpus corpus = make(lengths, 7);
	struct ll_packing order;

	(void)state;
	assert_int_equal(ll_packing_make(&order, &corpus, 4, 1, 0, false, NULL), 0);
	assert_order(&order, spans, row, 6);
	ll_packing_free(&order);
	ll_corpus_free(&corpus);
}

/* A stretch in which nothing counts is no work; what its first token teaches is in the one before. */
static void
nothing_to_learn(void **state)
{
	static const size_t lengths[] = { 13, 4 };
	static const struct ll_span spans[] = { { 4, 5 } };
	static const size_t row[] = { 0, 1 };
	struct ll_corpus corpus = make(lengths, 2);
	struct ll_packing order;

	(void)state;
	memset(corpus.learn, 0, corpus.count);
	corpus.learn[8] = 1;
	assert_int_equal(ll_packing_make(&order, &corpus, 4, 1, 0, true, NULL), 0);
	assert_order(&order, spans, row, 1);
	ll_packing_free(&order);
	corpus.learn[8] = 0;
	assert_int_equal(ll_packing_make(&order, &corpus, 4, 1, 0, true, NULL), 0);
	assert_int_equal(order.rows, 0);
	assert_int_equal(order.row[0], 0);
	ll_packing_free(&order);
	ll_corpus_free(&corpus);
}

/* How full rows are, after it is seen that every prediction is there once. */
static double
check_whole(const struct ll_corpus *corpus, const struct ll_packing *order, size_t context)
{
	unsigned char *seen = calloc(corpus->count + 1, 1);
	size_t predictions = 0, document;

	assert_non_null(seen);
	for (size_t r = 0; r < order->rows; r++) {
		size_t inputs = 0;

		assert_true(order->row[r + 1] > order->row[r]);
		for (size_t i = order->row[r]; i < order->row[r + 1]; i++) {
			const struct ll_span *span = &order->spans[i];

			assert_true(span->length >= 2 && span->begin + span->length <= corpus->count);
			inputs += span->length - 1;
			for (size_t t = 1; t < span->length; t++)
				assert_int_equal(seen[span->begin + t]++, 0);
		}
		assert_true(inputs <= context);
		predictions += inputs;
	}
	/* All but the first of each document: so none crosses from one to the next. */
	for (document = 0; document < corpus->documents; document++)
		for (size_t t = corpus->start[document]; t < corpus->start[document + 1]; t++)
			assert_int_equal(seen[t], t > corpus->start[document]);
	free(seen);
	return (double)predictions / (double)(order->rows * context);
}

static void
everything_once(void **state)
{
	static const size_t contexts[] = { 1, 2, 7, 64, 1000 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct ll_corpus corpus = make_many(3000, 300, i);
		struct ll_packing order;
		double full;

		assert_int_equal(ll_packing_make(&order, &corpus, contexts[i], 7, i, true, NULL), 0);
		full = check_whole(&corpus, &order, contexts[i]);
		printf("# context %zu: rows are %.2f%% full\n", contexts[i], 100 * full);
		assert_true(full > 0.98);
		ll_packing_free(&order);
		ll_corpus_free(&corpus);
	}
}

static uint64_t
hash(const struct ll_packing *order)
{
	uint64_t sum = order->rows;

	for (size_t r = 0; r <= order->rows; r++)
		sum = ll_hash_mix(sum ^ order->row[r]);
	for (size_t i = 0; i < order->row[order->rows]; i++)
		sum = ll_hash_mix(ll_hash_mix(sum ^ order->spans[i].begin) ^ order->spans[i].length);
	return sum;
}

static void
orders(void **state)
{
	static const struct { uint64_t seed, epoch; } cases[] = { { 1, 0 }, { 1, 1 }, { 2, 0 }, { 0, 1 }, { 1, 0 } };
	struct ll_corpus corpus = make_many(1000, 100, 3);
	uint64_t found[5];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct ll_packing order;

		assert_int_equal(ll_packing_make(&order, &corpus, 128, cases[i].seed, cases[i].epoch, true, NULL), 0);
		found[i] = hash(&order);
		ll_packing_free(&order);
		for (size_t j = 0; j < i && i < 4; j++)
			assert_true(found[i] != found[j]);
	}
	assert_true(found[0] == found[4]);
	assert_true(found[0] == 0x838a7b42b3dcbf72);	/* on every machine */
	ll_corpus_free(&corpus);
}

/* Each of six orders of three documents about as often as the others. */
static void
shuffled_evenly(void **state)
{
	static const size_t lengths[] = { 3, 3, 3 };
	struct ll_corpus corpus = make(lengths, 3);
	size_t times[27] = { 0 }, orders_seen = 0;

	(void)state;
	for (uint64_t epoch = 0; epoch < 6000; epoch++) {
		struct ll_packing order;

		assert_int_equal(ll_packing_make(&order, &corpus, 2, 5, epoch, true, NULL), 0);
		times[order.spans[0].begin / 3 * 9 + order.spans[1].begin / 3 * 3 + order.spans[2].begin / 3]++;
		ll_packing_free(&order);
	}
	for (size_t i = 0; i < 27; i++) {
		orders_seen += times[i] > 0;
		assert_true(times[i] == 0 || (times[i] > 850 && times[i] < 1150));
	}
	assert_int_equal(orders_seen, 6);
	ll_corpus_free(&corpus);
}

static double
seconds(size_t count)
{
	struct ll_corpus corpus = make_many(count, 90, 1);
	struct ll_packing order;
	clock_t begin = clock();

	assert_int_equal(ll_packing_make(&order, &corpus, 4096, 1, 0, true, NULL), 0);
	begin = clock() - begin;
	ll_packing_free(&order);
	ll_corpus_free(&corpus);
	return (double)begin / CLOCKS_PER_SEC;
}

/* Ten times the documents would be a hundred times the work if every row stayed open. */
static void
linear(void **state)
{
	double few = seconds(100000), many = seconds(1000000);

	(void)state;
	printf("# 100,000 documents: %.3f s, 1,000,000: %.3f s\n", few, many);
	assert_true(many < 40 * (few + 0.01));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_they_stand),
		cmocka_unit_test(nothing_to_learn),
		cmocka_unit_test(everything_once),
		cmocka_unit_test(orders),
		cmocka_unit_test(shuffled_evenly),
		cmocka_unit_test(linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
