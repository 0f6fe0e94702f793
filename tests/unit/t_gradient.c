/*
 * Gradients of the net against central differences. This test is built with doubles
 * (LL_TRAIN_DOUBLE), with the sources of train/ built the same way.
 */

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/vocab.h"
#include "train/net.h"

#ifndef LL_TRAIN_DOUBLE
#error "this test takes its differences in doubles"
#endif

#define COUNT 23
#define VOCAB 101	/* the head works in three parts */

static const struct ll_hparams shape = {
	.layers = 2, .context = 64, .dim = 20, .ffn = 28, .heads = 4, .kv_heads = 2, .head_dim = 6, .vocab = VOCAB,
	.rope_dim = 6, .rope_base = 10000, .norm_eps = 1e-5f, .tied = true,
};
static const float freqs[3] = { 1, 0.3f, 0.05f };

static uint32_t tokens[COUNT], targets[COUNT];
static const struct ll_document spans[] = { { 0, 9 }, { 9, 1 }, { 10, 13 } };
static const uint32_t taught[3] = { 3, 60, 100 };
static const float taught_p[3] = { 0.5f, 0.3f, 0.15f };
static float taught_all[VOCAB];
static struct ll_teaching teaching[COUNT];

static void
fill(struct ll_batch *batch)
{
	struct ll_rng rng;

	ll_rng_seed(&rng, 5, 0);
	for (size_t i = 0; i < VOCAB; i++)
		taught_all[i] = (float)(i % 7) / 300;
	for (size_t i = 0; i < COUNT; i++) {
		tokens[i] = (uint32_t)(ll_rng_next(&rng) % 50);
		targets[i] = i % 5 == 3 ? LL_VOCAB_NONE : (uint32_t)(ll_rng_next(&rng) % VOCAB);
		teaching[i] = i % 4 == 2 ? (struct ll_teaching){ 0 } : i % 4 == 1 ?
		    (struct ll_teaching){ NULL, taught_all, VOCAB } : (struct ll_teaching){ taught, taught_p, 3 };
	}
	*batch = (struct ll_batch){ .tokens = tokens, .targets = targets, .count = COUNT, .spans = spans,
	    .span_count = 3, .hard = 1, .temperature = 1 };
}

/* Larger values than training begins with, so that every gradient counts. */
static void
stir(ll_real *values, size_t count, uint64_t seed)
{
	struct ll_rng rng;

	ll_rng_seed(&rng, seed, 0);
	for (size_t i = 0; i < count; i++)
		values[i] = ll_rng_unit(&rng) - 0.5;
}

static double
loss_of(struct ll_net *net, const struct ll_batch *batch)
{
	struct ll_loss loss = { 0 };

	ll_net_run(net, batch, false, &loss);
	return loss.sum;
}

/*
 * Of every parameter some places, and the greatest gradient; against differences of two widths, by
 * Richardson's rule. The error is relative to the greatest gradient of the parameter.
 */
static void
compare(struct ll_net *net, const struct ll_batch *batch)
{
	struct ll_loss loss = { 0 };

	memset(net->grads, 0, net->count * sizeof *net->grads);
	ll_net_run(net, batch, true, &loss);
	for (size_t i = 0; i < net->param_count; i++) {
		const struct ll_param *param = &net->params[i];
		size_t n = param->rows * param->cols, top = 0;
		const ll_real *grad = net->grads + param->at;

		for (size_t j = 0; j < n; j++)
			if (fabs(grad[j]) > fabs(grad[top]))
				top = j;
		assert_true(fabs(grad[top]) > 1e-6);
		for (size_t k = 0; k < 20; k++) {
			size_t j = k == 0 ? top : k * 7919 % n;
			ll_real *value = net->values + param->at + j, was = *value;
			double wide = 2e-4, by[2];

			for (size_t w = 0; w < 2; w++, wide /= 2) {
				*value = was + wide;
				by[w] = loss_of(net, batch);
				*value = was - wide;
				by[w] = (by[w] - loss_of(net, batch)) / (2 * wide);
			}
			*value = was;
			by[1] += (by[1] - by[0]) / 3;
			if (fabs(by[1] - grad[j]) > 1e-6 * fabs(grad[top]))
				fail_msg("%s[%zu]: gradient %.12g, difference quotient %.12g", param->name, j, grad[j], by[1]);
		}
	}
}

static struct ll_net *
make(const struct ll_hparams *hp, const struct ll_model *base, const struct ll_net_options *options,
    struct ll_pool *pool)
{
	struct ll_err err = { 0 };
	struct ll_net *net;

	assert_int_equal(ll_net_new(&net, hp, freqs, 1.25f, base, options, pool, &err), 0);
	return net;
}

static const struct ll_net_options all = { .tokens = COUNT, .span = 13, .gradients = true };

static void
check_all(bool tied, bool halves, bool taught_too, double hard, double temperature)
{
	struct ll_hparams hp = shape;
	struct ll_err err = { 0 };
	struct ll_batch batch;
	struct ll_pool *pool;
	struct ll_net *net;

	hp.tied = tied;
	hp.halves = halves;
	fill(&batch);
	if (taught_too)
		batch.teaching = teaching;
	batch.hard = hard;
	batch.temperature = temperature;
	assert_int_equal(ll_pool_new(&pool, 2, &err), 0);
	net = make(&hp, NULL, &all, pool);
	stir(net->values, net->count, 1);
	compare(net, &batch);
	ll_net_free(net);
	ll_pool_free(pool);
}

static void
test_all_tied(void **state)
{
	(void)state;
	check_all(true, false, false, 1, 1);
}

static void
test_all_untied(void **state)
{
	(void)state;
	check_all(false, true, false, 1, 1);
}

static void
test_teacher(void **state)
{
	(void)state;
	check_all(true, false, true, 0.3, 1);
	check_all(true, false, true, 0.3, 2.5);
	check_all(true, false, true, 0, 2.5);
}

/* Who is taught by itself has nothing to learn, with a target or without; and where neither is, nothing counts. */
static void
test_own_teacher(void **state)
{
	struct ll_loss loss = { 0 };
	struct ll_err err = { 0 };
	struct ll_batch batch;
	struct ll_pool *pool;
	struct ll_net *net;
	ll_real *logits = malloc(COUNT * VOCAB * sizeof *logits), most = 0;
	float *own = malloc(COUNT * VOCAB * sizeof *own);

	(void)state;
	assert_non_null(logits);
	assert_non_null(own);
	fill(&batch);
	assert_int_equal(ll_pool_new(&pool, 2, &err), 0);
	net = make(&shape, NULL, &all, pool);
	stir(net->values, net->count, 1);
	ll_net_logits(net, &batch, logits);
	for (size_t i = 0; i < COUNT; i++) {
		double sum = 0;

		for (size_t j = 0; j < VOCAB; j++)
			sum += exp(logits[i * VOCAB + j] / 2);
		for (size_t j = 0; j < VOCAB; j++)
			own[i * VOCAB + j] = (float)(exp(logits[i * VOCAB + j] / 2) / sum);
		teaching[i] = i == 7 ? (struct ll_teaching){ 0 } : (struct ll_teaching){ NULL, own + i * VOCAB, VOCAB };
	}
	targets[7] = targets[8] = LL_VOCAB_NONE;
	batch.teaching = teaching;
	batch.hard = 0;
	batch.temperature = 2;
	memset(net->grads, 0, net->count * sizeof *net->grads);
	ll_net_run(net, &batch, true, &loss);
	for (size_t i = 0; i < net->count; i++)
		most = fabs(net->grads[i]) > most ? fabs(net->grads[i]) : most;
	assert_true(most < 1e-6);
	assert_true(fabs(loss.kl) < 1e-6 && fabs(loss.sum) < 1e-6);
	assert_int_equal(loss.count, COUNT - 1);
	assert_int_equal(loss.taught, COUNT - 1);
	assert_true(loss.targets < COUNT - 2 && loss.cross_entropy > 1);
	/* Alone the text counts, and what is said of the last token of one does not. */
	loss = (struct ll_loss){ 0 };
	batch.hard = 1;
	ll_net_run(net, &batch, false, &loss);
	assert_int_equal(loss.count, loss.targets);
	assert_true(fabs(loss.sum - loss.cross_entropy) < 1e-9 * loss.sum);
	ll_net_free(net);
	ll_pool_free(pool);
	free(logits);
	free(own);
}

/* A base of float32 tensors for adapters. */
static void
borrow(struct ll_model *base, struct ll_layer *layers, float *numbers)
{
	struct ll_rng rng;
	float *at = numbers;

	*base = (struct ll_model){ .hp = shape, .layers = layers };
	ll_rng_seed(&rng, 3, 0);
	for (size_t i = 0; i < 200000; i++)
		numbers[i] = (float)(ll_rng_unit(&rng) - 0.5);
#define TENSOR(which, r, c) \
	(which = (struct ll_tensor){ .type = LL_F32, .rows = (r), .cols = (c), .row_bytes = (c) * 4, .data = at }, \
	at += (r) * (c))
	TENSOR(base->embedding, VOCAB, shape.dim);
	base->output = base->embedding;
	TENSOR(base->output_norm, 1, shape.dim);
	for (size_t i = 0; i < shape.layers; i++) {
		struct ll_layer *l = &layers[i];

		l->heads = shape.heads;
		l->kv_heads = shape.kv_heads;
		l->ffn = shape.ffn;
		TENSOR(l->attn_norm, 1, shape.dim);
		TENSOR(l->ffn_norm, 1, shape.dim);
		TENSOR(l->wq, 24, shape.dim);
		TENSOR(l->wk, 12, shape.dim);
		TENSOR(l->wv, 12, shape.dim);
		TENSOR(l->wo, shape.dim, 24);
		TENSOR(l->gate, shape.ffn, shape.dim);
		TENSOR(l->up, shape.ffn, shape.dim);
		TENSOR(l->down, shape.dim, shape.ffn);
	}
#undef TENSOR
}

static void
test_adapters(void **state)
{
	struct ll_net_options options = all;
	struct ll_layer layers[2] = { 0 };
	struct ll_model base;
	struct ll_err err = { 0 };
	struct ll_batch batch;
	struct ll_pool *pool;
	struct ll_net *net;
	float *numbers = malloc(200000 * sizeof *numbers);
	double loss[2];

	(void)state;
	assert_non_null(numbers);
	borrow(&base, layers, numbers);
	fill(&batch);
	options.rank = 3;
	options.alpha = 5;
	memset(options.on, 1, sizeof options.on);
	assert_int_equal(ll_pool_new(&pool, 2, &err), 0);
	for (int dropped = 0; dropped < 2; dropped++) {
		options.dropout = dropped ? 0.25 : 0;
		net = make(&shape, &base, &options, pool);
		net->dropout_seed = 77;
		stir(net->values, net->count, 2);
		compare(net, &batch);
		/* Without a seed it makes no difference that inputs may be dropped. */
		net->dropout_seed = 0;
		loss[dropped] = loss_of(net, &batch);
		ll_net_free(net);
	}
	assert_true(loss[0] > 0 && !(loss[0] < loss[1]) && !(loss[0] > loss[1]));
	ll_pool_free(pool);
	free(numbers);
}

/* A matrix of one row is a matrix: it is no gain of 1 and decays. */
static void
test_rank_one(void **state)
{
	struct ll_net_options options = all;
	struct ll_layer layers[2] = { 0 };
	struct ll_model base;
	struct ll_err err = { 0 };
	struct ll_pool *pool;
	struct ll_net *net;
	float *numbers = malloc(200000 * sizeof *numbers);

	(void)state;
	assert_non_null(numbers);
	borrow(&base, layers, numbers);
	options.rank = 1;
	options.alpha = 1;
	options.on[LL_ADAPT_Q] = true;
	assert_int_equal(ll_pool_new(&pool, 1, &err), 0);
	net = make(&shape, &base, &options, pool);
	ll_net_random(net, 1);
	assert_int_equal(net->param_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(net->params[i].decays);
	assert_true(fabs(net->values[0]) <= 1 / sqrt((double)shape.dim));
	assert_true(net->values[0] < net->values[1] || net->values[0] > net->values[1]);
	ll_net_free(net);
	ll_pool_free(pool);
	free(numbers);
}

/* Sizes that no machine has are told as such, and are not wrapped. */
static void
test_sizes(void **state)
{
	struct ll_hparams hp = { .layers = 10000, .dim = 1 << 19, .ffn = 1 << 19, .heads = 1 << 19, .kv_heads = 1 << 19,
	    .head_dim = 1 << 19, .rope_dim = 1 << 19, .vocab = 1 << 20 };
	struct ll_net_options options = { .tokens = 1000000000000, .span = 1000000, .gradients = true };
	uint64_t learned;

	(void)state;
	assert_true(ll_net_bytes(&hp, &options, 1024, &learned) >> 58 >= 3 * sizeof(ll_real));
	assert_true(learned >> 58 == 1);
}

/* Checkpointing and the count of threads change no bit; neither do batches in parts but for the embedding. */
static void
test_same(void **state)
{
	struct ll_err err = { 0 };
	struct ll_batch batch, part;
	ll_real *first = NULL;

	(void)state;
	fill(&batch);
	for (size_t way = 0; way < 4; way++) {
		struct ll_net_options options = all;
		struct ll_loss loss = { 0 };
		struct ll_pool *pool;
		struct ll_net *net;

		assert_int_equal(ll_pool_new(&pool, way + 1, &err), 0);
		options.checkpoint = way % 2 == 1;
		net = make(&shape, NULL, &options, pool);
		stir(net->values, net->count, 1);
		if (way < 3) {
			ll_net_run(net, &batch, true, &loss);
		} else {
			part = batch;
			part.count = 10;
			part.span_count = 2;
			ll_net_run(net, &part, true, &loss);
			part = (struct ll_batch){ .tokens = tokens + 10, .targets = targets + 10, .count = 13,
			    .spans = &(struct ll_document){ 0, 13 }, .span_count = 1, .hard = 1, .temperature = 1 };
			ll_net_run(net, &part, true, &loss);
		}
		if (first == NULL) {
			first = malloc(net->count * sizeof *first);
			assert_non_null(first);
			memcpy(first, net->grads, net->count * sizeof *first);
		}
		for (size_t i = 0; i < net->count; i++)
			if (way < 3 || i >= net->params[1].at)
				assert_true(first[i] == net->grads[i]);
			else
				assert_true(fabs(first[i] - net->grads[i]) < 1e-12);
		ll_net_free(net);
		ll_pool_free(pool);
	}
	free(first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_tied),
		cmocka_unit_test(test_all_untied),
		cmocka_unit_test(test_teacher),
		cmocka_unit_test(test_own_teacher),
		cmocka_unit_test(test_adapters),
		cmocka_unit_test(test_rank_one),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
