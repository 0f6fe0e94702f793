/*
 * Losses, gradients and ten steps of AdamW against PyTorch's (tests/golden/train.py): two layers,
 * grouped queries, llama3's scaling, several documents in a batch. Built twice: as the programs
 * are, and with doubles (LL_TRAIN_DOUBLE), where all but the last digits must agree.
 */

#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/vocab.h"
#include "model/hparams.h"
#include "tests/unit/golden.h"
#include "train/net.h"
#include "train/optimise.h"

#define TOKENS 28
#define STEPS 10

/* Greatest error of a loss, of a gradient and of a value: relative to the greatest one of its parameter. */
#ifdef LL_TRAIN_DOUBLE
#define LOSS_BOUND 1e-13
#define GRADIENT_BOUND 1e-13
#define VALUE_BOUND 1e-13
#else
#define LOSS_BOUND 1e-6
#define GRADIENT_BOUND 1e-5
#define VALUE_BOUND 2e-5
#endif

static const struct ll_document spans[] = { { 0, 9 }, { 9, 1 }, { 10, 13 }, { 23, 5 } };
static const struct ll_rope_scaling scaling = { .kind = LL_ROPE_LLAMA3, .factor = 4, .low = 1, .high = 4,
    .original = 64, .magnitude = 1 };
static double worst_loss, worst_gradient, worst_value;

static double
unit(uint64_t which, uint64_t i)
{
	return (double)(ll_hash_mix((which << 32) + i + 1) >> 40) / 16777216.0;
}

static void
raise_to(double *worst, double value)
{
	assert_true(isfinite(value));
	if (value > *worst)
		*worst = value;
}

static double
number(const struct ll_json *value)
{
	double out = NAN;

	assert_true(ll_json_number(value, &out));
	return out;
}

static void
fill(struct ll_net *net)
{
	/* In the golden's order, which is that of PyTorch's layers and not of the net's parameters. */
	static const char *const names[] = { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down",
	    "attn_norm", "ffn_norm" };

	for (size_t p = 0; p < net->param_count; p++) {
		const struct ll_param *param = &net->params[p];
		uint64_t which = strcmp(param->name, "token_embd.weight") == 0 ? 0 :
		    strcmp(param->name, "output_norm.weight") == 0 ? 19 : 20;
		ll_real *values = net->values + param->at;

		if (strncmp(param->name, "blk.", 4) == 0)
			for (size_t n = 0; n < 9; n++)
				if (strncmp(param->name + 6, names[n], strlen(names[n])) == 0 &&
				    param->name[6 + strlen(names[n])] == '.')
					which = 1 + 9 * (uint64_t)(param->name[4] - '0') + n;
		for (size_t i = 0; i < param->rows * param->cols; i++)
			values[i] = (ll_real)(param->decays ? (unit(which, i) - 0.5) / 2 : 0.75 + unit(which, i) / 2);
	}
}

/* A parameter's numbers against the record's: its norm and some places. */
static void
compare(const struct ll_net *net, const ll_real *numbers, const struct ll_json *records, double *worst)
{
	for (size_t p = 0; p < net->param_count; p++) {
		const struct ll_param *param = &net->params[p];
		const struct ll_json *record = ll_json_get(records, param->name);
		const struct ll_json *at = ll_json_get(record, "at"), *values = ll_json_get(record, "values");
		double norm = number(ll_json_get(record, "norm")), most = fabs(number(ll_json_at(values, 0))), sum = 0;

		for (size_t i = 0; i < param->rows * param->cols; i++)
			sum += (double)numbers[param->at + i] * (double)numbers[param->at + i];
		raise_to(worst, fabs(sqrt(sum) - norm) / norm);
		assert_int_equal(ll_json_count(at), 6);
		for (size_t i = 0; i < 6; i++) {
			size_t place = (size_t)number(ll_json_at(at, i));

			assert_true(place < param->rows * param->cols);
			raise_to(worst, fabs((double)numbers[param->at + place] - number(ll_json_at(values, i))) / most);
		}
	}
}

static void
make_batch(struct ll_batch *batch, uint32_t *tokens, uint32_t *targets, uint64_t step, size_t vocab)
{
	for (uint64_t i = 0, at = 0, s = 0; i < TOKENS; i++) {
		at = i - spans[s].begin;
		tokens[i] = (uint32_t)(unit(1000 + step, 2 * i) * (double)vocab);
		targets[i] = i % 5 == 3 ? LL_VOCAB_NONE : (uint32_t)(unit(1000 + step, 2 * i + 1) * (double)vocab);
		if (at + 1 == spans[s].length)
			s++;
	}
	*batch = (struct ll_batch){ .tokens = tokens, .targets = targets, .count = TOKENS, .spans = spans, .span_count = 4,
	    .hard = 1, .temperature = 1 };
}

static void
run_step(struct ll_optimiser *optimiser, const struct ll_json *record, uint64_t step)
{
	const struct ll_json *want = ll_json_at(ll_json_get(record, "steps"), step - 1);
	struct ll_net *net = optimiser->net;
	uint32_t tokens[TOKENS], targets[TOKENS];
	struct ll_loss loss = { 0 };
	struct ll_batch batch;
	double norm;

	make_batch(&batch, tokens, targets, step, net->hp.vocab);
	ll_net_run(net, &batch, true, &loss);
	assert_int_equal(loss.targets, (uint64_t)number(ll_json_get(want, "targets")));
	raise_to(&worst_loss, fabs(loss.sum / (double)loss.targets / number(ll_json_get(want, "loss")) - 1));
	if (step == 1)
		compare(net, net->grads, ll_json_get(record, "gradients"), &worst_gradient);
	norm = ll_gradient_norm(optimiser, 1 / (double)loss.targets);
	raise_to(&worst_gradient, fabs(norm / number(ll_json_get(want, "norm")) - 1));
	assert_true(fabs(ll_learning_rate(&optimiser->options, step) - number(ll_json_get(want, "rate"))) < 1e-16);
	ll_optimise(optimiser, step, 1 / (double)loss.targets, norm);
}

static void
check_record(const struct ll_json *record, size_t line, void *context)
{
	struct ll_hparams hp = { .layers = 2, .context = 256, .dim = 32, .ffn = 48, .heads = 4, .kv_heads = 2,
	    .head_dim = 8, .vocab = 101, .rope_dim = 8, .rope_base = 10000, .norm_eps = 1e-5f };
	const struct ll_net_options options = { .tokens = TOKENS, .span = 13, .gradients = true };
	const struct ll_optimise_options optimise = { .schedule = LL_SCHEDULE_COSINE, .steps = STEPS, .warmup = 3,
	    .rate = 2e-2, .least = 2e-3, .beta1 = 0.9, .beta2 = 0.95, .epsilon = 1e-8, .decay = 0.1, .clip = 3.5 };
	struct ll_optimiser optimiser;
	struct ll_err err = { 0 };
	struct ll_pool *pool;
	struct ll_net *net;
	float *own, freqs[4];

	(void)line;
	(void)context;
	hp.tied = ll_json_is_true(ll_json_get(record, "tied"));
	hp.halves = !ll_json_is_true(ll_json_get(record, "pairs"));
	own = ll_rope_freqs(&hp, &scaling, NULL, &err);
	assert_non_null(own);
	for (size_t i = 0; i < 4; i++) {
		freqs[i] = (float)number(ll_json_at(ll_json_get(record, "freqs"), i));
		assert_true(fabs((double)own[i] / (double)freqs[i] - 1) < 3e-7);
	}
	free(own);
	assert_int_equal(ll_pool_new(&pool, 2, &err), 0);
	assert_int_equal(ll_net_new(&net, &hp, freqs, 1, NULL, &options, pool, &err), 0);
	assert_int_equal(ll_optimiser_new(&optimiser, net, &optimise, &err), 0);
	fill(net);
	for (uint64_t step = 1; step <= STEPS; step++)
		run_step(&optimiser, record, step);
	compare(net, net->values, ll_json_get(record, "values"), &worst_value);
	ll_optimiser_free(&optimiser);
	ll_net_free(net);
	ll_pool_free(pool);
}

static void
test_pytorch(void **state)
{
	(void)state;
	assert_int_equal(golden_each(golden_own_path("golden/train.jsonl"), check_record, NULL), 2);
	print_message("# loss %.2g, gradients %.2g, values %.2g at most\n", worst_loss, worst_gradient, worst_value);
	assert_true(worst_loss < LOSS_BOUND);
	assert_true(worst_gradient < GRADIENT_BOUND);
	assert_true(worst_value < VALUE_BOUND);
}

/* The schedules at their corners. */
static void
test_rates(void **state)
{
	struct ll_optimise_options o = { .steps = 100, .warmup = 10, .fall = 20, .rate = 1, .least = 0.1 };

	(void)state;
	for (int schedule = LL_SCHEDULE_COSINE; schedule <= LL_SCHEDULE_CONSTANT; schedule++) {
		o.schedule = (enum ll_schedule)schedule;
		assert_true(fabs(ll_learning_rate(&o, 1) - 0.1) < 1e-15);
		assert_true(fabs(ll_learning_rate(&o, 10) - 1) < 1e-15);
		assert_true(fabs(ll_learning_rate(&o, 100) - (schedule == LL_SCHEDULE_CONSTANT ? 1 : 0.1)) < 1e-15);
	}
	o.schedule = LL_SCHEDULE_COSINE;
	assert_true(fabs(ll_learning_rate(&o, 55) - 0.55) < 1e-15);
	o.schedule = LL_SCHEDULE_WSD;
	assert_true(fabs(ll_learning_rate(&o, 80) - 1) < 1e-15);
	assert_true(fabs(ll_learning_rate(&o, 90) - 0.55) < 1e-15);
	o.warmup = 0;
	assert_true(fabs(ll_learning_rate(&o, 1) - 1) < 1e-15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pytorch),
		cmocka_unit_test(test_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
