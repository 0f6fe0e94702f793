/*
 * What a teacher says: its loss and gradients are PyTorch's, and its documents become rows.
 */

#include "tests/unit/golden.h"

#include <math.h>

#include "base/pool.h"
#include "base/vocab.h"
#include "train/taught_feed.h"

#define VOCAB 61
#define DIM 12
#define COUNT 7

static const uint32_t text[COUNT] = { 5, 17, 3, 60, 0, 22, 41 };

/* A list of documents as a source. */
struct source {
	struct ll_taught *documents[8];
	size_t count, at;
	unsigned again;
};

static int
give(void *context, struct ll_taught **out, struct ll_err *err)
{
	struct source *source = context;

	(void)err;
	if (source->at == source->count)
		return 0;
	*out = source->documents[source->at++];
	return 1;
}

static double
number_of(const struct ll_json *record, const char *key)
{
	double value = 0;

	assert_true(ll_json_number(ll_json_get(record, key), &value));
	return value;
}

static double
number_at(const struct ll_json *array, size_t i)
{
	double value = 0;

	assert_true(ll_json_number(ll_json_at(array, i), &value));
	return value;
}

/* The student's values are a formula of their places; its layer is of zeros, which adds nothing. */
static void
fill(struct ll_net *net)
{
	static const char *const names[] = { "token_embd.weight", "output_norm.weight", "output.weight" };

	for (size_t p = 0; p < net->param_count; p++)
		for (size_t which = 1; which <= 3; which++)
			for (size_t i = 0; strcmp(net->params[p].name, names[which - 1]) == 0 &&
			    i < net->params[p].rows * net->params[p].cols; i++)
				net->values[net->params[p].at + i] = (float)((i * 7919 + which * 104729) % 1024) / 1024 - 0.5f;
}

static void
assert_gradient(const struct ll_net *net, const char *name, size_t row, const struct ll_json *want)
{
	for (size_t p = 0; p < net->param_count; p++) {
		const ll_real *grad = net->grads + net->params[p].at + row * DIM;

		if (strcmp(net->params[p].name, name) != 0)
			continue;
		for (size_t i = 0; i < DIM; i++)
			if (fabs((double)grad[i] - number_at(want, i)) > 2e-5 * (1 + fabs(number_at(want, i))))
				fail_msg("%s, row %zu, %zu: %.9g, should be %.9g", name, row, i, (double)grad[i], number_at(want, i));
		return;
	}
	fail_msg("no %s", name);
}

static struct ll_taught *
make(struct ll_teacher *teacher, const struct ll_json *record)
{
	struct ll_taught_set set = { 0 };
	struct ll_err err = { 0 };
	struct ll_taught *d = ll_taught_add(&set, 7, &err);

	assert_non_null(d);
	assert_int_equal(ll_teacher_tokens(teacher, d, 0, text, COUNT, "x", &err), 0);
	for (size_t p = 0; p < COUNT; p++) {
		const struct ll_json *ids = ll_json_at(ll_json_get(record, "ids"), p);
		const struct ll_json *logits = ll_json_at(ll_json_get(record, "logits"), p);
		float said[VOCAB], listed[VOCAB];
		uint32_t list[VOCAB];

		for (size_t i = 0; i < VOCAB; i++)
			said[i] = (float)((p * 131 + i * 53) % 97) / 16;
		for (size_t i = 0; i < ll_json_count(ids); i++) {
			list[i] = (uint32_t)number_at(ids, i);
			listed[i] = (float)number_at(logits, i);
		}
		if (ll_json_count(ids) == 0)
			assert_int_equal(ll_teacher_dense(teacher, d, p, said, VOCAB, "x", &err), 0);
		else
			assert_int_equal(ll_teacher_sparse(teacher, d, p, (float)number_at(ll_json_get(record, "log_sum_exp"), p),
			    list, listed, ll_json_count(ids), "x", &err), 0);
	}
	assert_ptr_equal(ll_taught_remove(&set, 7), d);
	assert_null(ll_taught_remove_any(&set));
	return d;
}

static void
run_record(const struct ll_json *record, size_t line, void *context)
{
	static const struct ll_hparams hp = { .layers = 1, .dim = DIM, .heads = 1, .kv_heads = 1, .head_dim = DIM, .ffn = DIM, .vocab = VOCAB,
	    .context = 16, .rope_dim = DIM, .norm_eps = 1e-5f };
	static const struct ll_net_options options = { .tokens = COUNT, .span = COUNT, .gradients = true };
	static const float freqs[DIM / 2] = { 1 };
	struct ll_teacher teacher = { .vocab = VOCAB, .temperature = number_of(record, "temperature") };
	struct source source = { .documents = { make(&teacher, record) }, .count = 1 };
	struct ll_taught_feed feed = { .next = give, .context = &source, .name = "x", .span = COUNT,
	    .soft = number_of(record, "hard") < 1 };
	struct ll_gather gather = { 0 };
	struct ll_row_place place = { 0 };
	struct ll_loss loss = { 0 };
	struct ll_err err = { 0 };
	struct ll_net *net;

	assert_int_equal(ll_net_new(&net, &hp, freqs, 1, NULL, &options, context, &err), 0);
	fill(net);
	assert_int_equal(ll_taught_feed_next(&feed, &place, &gather, &err), 1);
	ll_gather_batch(&gather);
	gather.batch.hard = (ll_real)number_of(record, "hard");
	gather.batch.temperature = (ll_real)teacher.temperature;
	ll_net_run(net, &gather.batch, true, &loss);
	assert_int_equal(loss.targets, COUNT - 1);
	assert_int_equal(loss.count, feed.soft ? COUNT : COUNT - 1);
	if (fabs(loss.sum - number_of(record, "loss")) > 1e-5 * fabs(number_of(record, "loss")))
		fail_msg("line %zu: loss %.9g, should be %.9g", line, loss.sum, number_of(record, "loss"));
	assert_true(fabs(loss.cross_entropy - number_of(record, "cross_entropy")) < 1e-4);
	if (feed.soft)
		assert_true(fabs(loss.kl - number_of(record, "kl")) < 1e-4);
	assert_gradient(net, "token_embd.weight", text[1], ll_json_get(record, "embedding"));
	assert_gradient(net, "output_norm.weight", 0, ll_json_get(record, "norm"));
	assert_gradient(net, "output.weight", text[2], ll_json_get(record, "head"));
	assert_int_equal(ll_taught_feed_next(&feed, &place, &gather, &err), 0);
	ll_net_free(net);
	ll_gather_free(&gather);
	ll_taught_feed_free(&feed);
	ll_teacher_free(&teacher);
}

static void
pytorch_agrees(void **state)
{
	struct ll_err err = { 0 };
	struct ll_pool *pool;

	(void)state;
	assert_int_equal(ll_pool_new(&pool, 2, &err), 0);
	assert_true(golden_each(golden_own_path("golden/distill.jsonl"), run_record, pool) > 0);
	ll_pool_free(pool);
}

static const float even[4] = { 0 };

/* A document of tokens 0, 1, ... mod 4 with a row at each `s` of what is said. */
static struct ll_taught *
write_document(struct ll_teacher *teacher, size_t count, const char *said)
{
	struct ll_taught_set set = { 0 };
	struct ll_err err = { 0 };
	struct ll_taught *d = ll_taught_add(&set, 1, &err);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = i % 4;

		assert_int_equal(ll_teacher_tokens(teacher, d, i, &id, 1, "x", &err), 0);
	}
	for (size_t i = 0; said[i] != '\0'; i++)
		if (said[i] == 's')
			assert_int_equal(ll_teacher_dense(teacher, d, i, even, 4, "x", &err), 0);
	return ll_taught_remove(&set, 1);
}

static void
write_all(struct source *source, struct ll_teacher *teacher)
{
	source->documents[0] = write_document(teacher, 3, "sss");
	source->documents[1] = write_document(teacher, 2, "..");
	source->documents[2] = write_document(teacher, 9, "s......ss");
	source->documents[3] = write_document(teacher, 4, "..s.");
	source->documents[4] = write_document(teacher, 1, "s");
	source->count = 5;
	source->at = 0;
}

static int
write_again(void *context, struct ll_err *err)
{
	struct source *source = context;
	struct ll_teacher teacher = { .vocab = 4, .temperature = 1 };

	(void)err;
	write_all(source, &teacher);
	source->again++;
	return 0;
}

/* Rows as "inputs>targets" with a letter for each id, - for none, stretches apart, ! where something is said. */
static void
show(char *out, const struct ll_gather *g)
{
	for (size_t s = 0; s < g->span_count; s++) {
		const struct ll_document *span = &g->spans[s];

		*out++ = s > 0 ? ' ' : '[';
		for (size_t i = span->begin; i < span->begin + span->length; i++) {
			*out++ = (char)('a' + g->tokens[i]);
			*out++ = g->targets[i] == LL_VOCAB_NONE ? '-' : (char)('a' + g->targets[i]);
			if (g->teaching[i].count > 0)
				*out++ = '!';
		}
	}
	*out++ = ']';
	*out = '\0';
}

/* Goes on to the end of an epoch: the rows as they should be. */
static void
assert_rows(struct ll_taught_feed *feed, struct ll_row_place *place, const char *const rows[])
{
	struct ll_gather gather = { 0 };
	struct ll_err err = { 0 };
	char shown[400];

	for (; *rows != NULL; rows++) {
		ll_gather_clear(&gather);
		assert_int_equal(ll_taught_feed_next(feed, place, &gather, &err), 1);
		show(shown, &gather);
		assert_string_equal(shown, *rows);
	}
	assert_int_equal(ll_taught_feed_next(feed, place, &gather, &err), 0);
	assert_int_equal(place->row, 0);
	ll_gather_free(&gather);
}

static void
documents_become_rows(void **state)
{
	static const char *const soft[] = { "[ab!bc!c-!]", "[ab!b-c-d-]", "[a-b-c-da!]", "[a-! a-b-cd!]", "[a-!]", NULL };
	static const char *const hard[] = { "[ab!bc!]", "[ab!b-c-d-]", "[a-b-c-da!]", "[a-b-cd!]", NULL };
	struct ll_teacher teacher = { .vocab = 4, .temperature = 1 };
	struct source source = { 0 };
	struct ll_taught_feed feed = { .next = give, .again = write_again, .context = &source, .name = "x", .span = 4,
	    .soft = true };
	struct ll_taught_total total, other;
	struct ll_row_place place = { 0 };
	struct ll_gather gather = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	write_all(&source, &teacher);
	assert_int_equal(ll_taught_feed_count(&feed, &total, &err), 0);
	assert_int_equal(total.rows, 5);
	assert_int_equal(total.bytes, 3 * 4 * sizeof(float));
	assert_int_equal(feed.documents, 5);
	assert_int_equal(feed.tokens, 19);
	assert_int_equal(feed.count, 8);
	assert_int_equal(feed.followed, 5);
	assert_rows(&feed, &place, soft);
	assert_int_equal(source.again, 1);
	/* The next epoch is the same one; a run that goes on begins anywhere. */
	assert_int_equal(place.epoch, 1);
	assert_rows(&feed, &place, soft);
	place.row = 3;
	assert_rows(&feed, &place, soft + 3);
	place = (struct ll_row_place){ 9, 5 };
	assert_int_equal(ll_taught_feed_next(&feed, &place, &gather, &err), 0);
	place.row = 6;
	assert_int_equal(ll_taught_feed_next(&feed, &place, &gather, &err), -LL_EDATA);
	assert_string_equal(err.text, "x: ends after 5 rows, but the run goes on behind row 6");
	ll_taught_feed_free(&feed);

	/* Where the text alone counts, what has no token behind it does not. */
	feed = (struct ll_taught_feed){ .next = give, .again = write_again, .context = &source, .name = "x", .span = 4 };
	write_all(&source, &teacher);
	assert_int_equal(ll_taught_feed_count(&feed, &other, &err), 0);
	assert_int_equal(other.rows, 4);
	assert_true(other.hash != total.hash);
	place = (struct ll_row_place){ 0 };
	assert_rows(&feed, &place, hard);
	/* What cannot be read again is not. */
	feed.again = NULL;
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_taught_feed_next(&feed, &place, &gather, &err), -LL_EDATA);
	ll_taught_feed_free(&feed);
	ll_teacher_free(&teacher);
}

static void
assert_fails(int status, struct ll_err *err, const char *message)
{
	assert_int_equal(status, -LL_EDATA);
	assert_string_equal(err->text, message);
	*err = (struct ll_err){ 0 };
}

static void
sequences_grow_and_are_cut(void **state)
{
	static const uint32_t ids[4] = { 3, 2, 1, 0 }, far = 4;
	static const float logits[4] = { 1, 2, 3, -INFINITY }, none[4] = { -INFINITY, -INFINITY, -INFINITY, -INFINITY };
	struct ll_teacher teacher = { .vocab = 4, .temperature = 1 };
	struct ll_taught_set set = { 0 };
	struct ll_err err = { 0 };
	struct ll_taught *d = ll_taught_add(&set, 5, &err);

	(void)state;
	assert_non_null(d);
	assert_ptr_equal(ll_taught_find(&set, 5), d);
	assert_null(ll_taught_find(&set, 4));
	assert_int_equal(ll_teacher_tokens(&teacher, d, 0, ids, 4, "x", &err), 0);
	assert_int_equal(ll_teacher_sparse(&teacher, d, 1, 2, ids, logits, 4, "x", &err), 0);
	assert_int_equal(ll_teacher_dense(&teacher, d, 3, logits, 4, "x", &err), 0);
	assert_int_equal(d->row_count, 4);
	assert_null(d->rows[2].probabilities);
	assert_true(fabsf(d->rows[1].probabilities[0] - expf(-1)) < 1e-6f && d->rows[1].probabilities[3] <= 0);
	assert_int_equal(ll_teacher_tokens(&teacher, d, 2, ids, 1, "x", &err), 0);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->row_count, 2);
	assert_int_equal(d->tokens[2], 3);

	assert_fails(ll_teacher_tokens(&teacher, d, 4, ids, 1, "x", &err),
	    &err, "x: tokens at position 4, but the sequence has 3");
	assert_fails(ll_teacher_tokens(&teacher, d, 3, &far, 1, "x", &err),
	    &err, "x: id 4, but the student's vocabulary has 4 tokens");
	assert_fails(ll_teacher_dense(&teacher, d, 3, logits, 4, "x", &err),
	    &err, "x: logits, but the token there did not come before");
	assert_fails(ll_teacher_dense(&teacher, d, 0, logits, 3, "x", &err),
	    &err, "x: 3 logits, but the student's vocabulary has 4 tokens");
	assert_fails(ll_teacher_dense(&teacher, d, 0, none, 4, "x", &err),
	    &err, "x: all logits are -infinity");
	assert_fails(ll_teacher_dense(&teacher, d, 0, (float[4]){ 0, INFINITY, 0, 0 }, 4, "x", &err),
	    &err, "x: logit 1 is inf");
	assert_fails(ll_teacher_sparse(&teacher, d, 0, 1, ids, &(float){ NAN }, 1, "x", &err),
	    &err, "x: logit 0 is nan");
	assert_fails(ll_teacher_sparse(&teacher, d, 0, INFINITY, ids, logits, 1, "x", &err),
	    &err, "x: log-sum-exp is inf");
	assert_fails(ll_teacher_sparse(&teacher, d, 0, -200, ids, logits, 1, "x", &err),
	    &err, "x: logit 0 is 1, far above the log-sum-exp -200");
	assert_fails(ll_teacher_sparse(&teacher, d, 0, 1, (uint32_t[2]){ 3, 3 }, logits, 2, "x", &err),
	    &err, "x: id 3 is listed twice");
	assert_fails(ll_teacher_sparse(&teacher, d, 0, 1, &far, logits, 1, "x", &err),
	    &err, "x: id 4, but the student's vocabulary has 4 tokens");
	ll_taught_set_free(&set);
	ll_teacher_free(&teacher);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pytorch_agrees),
		cmocka_unit_test(documents_become_rows),
		cmocka_unit_test(sequences_grow_and_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
