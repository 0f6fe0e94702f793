/*
 * What the joints of the pipe cost; see joints.h. The same steps, forward pass and sampling, are
 * timed in this process and through ll-forward | ll-sample, in turn, round after round: on a
 * machine whose speed wanders only neighbouring measurements can be compared.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench/joints.h"
#include "bench/measure.h"
#include "embed/states.h"
#include "forward/forward.h"
#include "model/model.h"
#include "sample/chain.h"
#include "sample/logits.h"
#include "serve/children.h"
#include "stream/stream.h"

#define FIRST_TOKEN 1

static const struct ll_sampling sampling = LL_SAMPLING_DEFAULTS;

struct bench {
	int64_t threads, tokens, rounds;
	bool as_json;
	struct ll_model *model;
	/* In this process: */
	struct ll_forward *forward;
	struct ll_chain *chain;
	struct ll_logits row;
	float *normed, *logits;
	/* Through the pipe: */
	struct ll_children children;
	struct ll_writer *to;
	struct ll_reader *from;
	double *alone, *piped;	/* milliseconds a token, by round */
};

static double
now_ms(void)
{
	return ll_clock_seconds() * 1e3;
}

static int
step_alone(struct bench *b, uint64_t sequence, uint64_t position, struct ll_rng *rng, uint32_t *token,
    struct ll_err *err)
{
	struct ll_row place = { sequence, position };
	int status;

	ll_states_embed(ll_forward_states(b->forward), b->model, token, 1);
	if ((status = ll_forward_layers(b->forward, &place, 1, err)) < 0)
		return status;
	ll_forward_norm(b->forward, b->normed, ll_forward_states(b->forward));
	ll_forward_logits(b->forward, b->logits, b->normed, 1);
	if ((status = ll_logits_dense(&b->row, LL_F32, b->logits, b->model->hp.vocab, "logits", err)) < 0)
		return status;
	return ll_chain_sample(b->chain, &b->row, &(struct ll_sampler_view){ .rng = rng }, "row", token, err);
}

/* The first token is not timed: the pipe's first answer is where its clock starts. */
static int
round_alone(struct bench *b, uint64_t record, double *ms, struct ll_err *err)
{
	struct ll_rng rng;
	uint32_t token = FIRST_TOKEN;
	double begin = 0;
	int status = 0;

	ll_rng_seed(&rng, 1, LL_SEQUENCE(record, 0));
	for (uint64_t i = 0; i < (uint64_t)b->tokens && status == 0; i++) {
		status = step_alone(b, LL_SEQUENCE(record, 0), i, &rng, &token, err);
		if (i == 0)
			begin = now_ms();
	}
	*ms = (now_ms() - begin) / (double)(b->tokens - 1);
	ll_forward_end(b->forward, LL_SEQUENCE(record, 0));
	return status;
}

static int
ask(struct bench *b, uint64_t record, struct ll_err *err)
{
	uint32_t first = FIRST_TOKEN;
	struct ll_frame frame = {
		.type = LL_TOKENS, .flags = LL_PROMPT | LL_LAST, .sequence = LL_SEQUENCE(record, 0),
		.rows = 1, .length = sizeof(first), .payload = &first,
	};
	int status = ll_writer_frame(b->to, &frame, err);

	return status < 0 ? status : ll_writer_flush(b->to, err);
}

static int
round_piped(struct bench *b, uint64_t record, double *ms, struct ll_err *err)
{
	struct ll_frame frame;
	int64_t heard = 0;
	double begin = 0, end = 0;
	int got = ask(b, record, err);

	while (got >= 0 && (got = ll_reader_next(b->from, &frame, err)) > 0) {
		if (got == LL_GOT_FRAME && frame.type == LL_SAMPLE) {
			end = now_ms();
			begin = heard++ == 0 ? end : begin;
		}
		if (got == LL_GOT_FRAME && frame.type == LL_END)
			break;
	}
	if (got >= 0 && heard != b->tokens)
		return ll_fail(err, LL_EDATA, "%s: heard %lld tokens, not %lld", b->model->path,
		    (long long)heard, (long long)b->tokens);
	*ms = (end - begin) / (double)(b->tokens - 1);
	return got < 0 ? got : 0;
}

/* Without stop ids, so that every round has its tokens. */
static int
open_pipe(struct bench *b, struct ll_err *err)
{
	char j[32], n[32];
	char *const forward[] = { "ll-forward", "-j", j, "-m", b->model->path, NULL };
	char *const sample[] = { "ll-sample", "-n", n, "--seed", "1", NULL };
	char *const *const commands[] = { forward, sample };
	struct ll_header header = { .kind = LL_KIND_TOKENS };
	int status;

	snprintf(j, sizeof(j), "%lld", (long long)b->threads);
	snprintf(n, sizeof(n), "%lld", (long long)b->tokens);
	if ((status = ll_children_start(&b->children, commands, 2, -1, err)) < 0 ||
	    (status = ll_writer_new(&b->to, b->children.in, "ll-forward", err)) < 0 ||
	    (status = ll_reader_new(&b->from, b->children.out, "ll-sample", -1, err)) < 0 ||
	    (status = ll_header_set(&header, "model", b->model->path, err)) < 0 ||
	    (status = ll_writer_stream(b->to, &header, err)) < 0)
		return status;
	ll_header_free(&header);
	return ll_writer_flush(b->to, err);
}

static int
open_alone(struct bench *b, struct ll_err *err)
{
	const struct ll_forward_config config = {
		.end = b->model->hp.layers, .head = true, .rows = 1, .threads = (size_t)b->threads,
	};
	int status;

	b->normed = ll_alloc(b->model->hp.dim, sizeof(float), err);
	b->logits = ll_alloc(b->model->hp.vocab, sizeof(float), err);
	b->alone = ll_alloc((size_t)b->rounds, sizeof(double), err);
	b->piped = ll_alloc((size_t)b->rounds, sizeof(double), err);
	if (err->code != 0)
		return -err->code;
	if ((status = ll_forward_new(&b->forward, b->model, &config, err)) < 0 ||
	    (status = ll_logits_init(&b->row, err)) < 0)
		return status;
	return ll_chain_new(&b->chain, &sampling, &ll_order_default, err);
}

static int
print_json(const struct bench *b, const struct ll_spread *rows, struct ll_err *err)
{
	struct ll_json *object = ll_json_object();

	ll_text_json(object, "model", b->model->path);
	ll_json_set(object, "vocabulary", ll_json_int((int64_t)b->model->hp.vocab));
	ll_json_set(object, "threads", ll_json_int(b->threads));
	ll_json_set(object, "tokens", ll_json_int(b->tokens));
	ll_json_set(object, "rounds", ll_json_int(b->rounds));
	ll_spread_json(object, "one_process_ms", rows[0], 1);
	ll_spread_json(object, "pipe_ms", rows[1], 1);
	ll_spread_json(object, "difference_ms", rows[2], 1);
	return ll_measure_print(object, err);
}

static int
report(struct bench *b, struct ll_err *err)
{
	static const char *const names[] = { "one process", "pipe", "difference" };
	struct ll_spread rows[3];
	double *difference = ll_alloc((size_t)b->rounds, sizeof(double), err);

	if (difference == NULL)
		return -LL_ENOMEM;
	/* Neighbours in time, before either is sorted. */
	for (int64_t i = 0; i < b->rounds; i++)
		difference[i] = b->piped[i] - b->alone[i];
	rows[0] = ll_spread_of(b->alone, (size_t)b->rounds);
	rows[1] = ll_spread_of(b->piped, (size_t)b->rounds);
	rows[2] = ll_spread_of(difference, (size_t)b->rounds);
	free(difference);
	if (b->as_json)
		return print_json(b, rows, err);
	printf("%zu logits, %lld threads, %lld rounds of %lld tokens, ms a token\n%-12s %8s %8s %8s\n",
	    b->model->hp.vocab, (long long)b->threads, (long long)b->rounds, (long long)b->tokens, "", "min", "median", "max");
	for (int i = 0; i < 3; i++)
		printf("%-12s %8.3f %8.3f %8.3f\n", names[i], rows[i].min, rows[i].median, rows[i].max);
	return 0;
}

static int
run(struct bench *b, const char *path, struct ll_err *err)
{
	double warm;
	int status;

	if ((status = ll_model_open(&b->model, path, err)) < 0)
		return status;
	if ((size_t)b->tokens > b->model->hp.context)
		return ll_fail(err, LL_EUSAGE, "--limit: %lld is more than the context of %zu", (long long)b->tokens,
		    b->model->hp.context);
	if ((status = open_alone(b, err)) < 0 || (status = open_pipe(b, err)) < 0 ||
	    (status = round_alone(b, 0, &warm, err)) < 0 || (status = round_piped(b, 0, &warm, err)) < 0)
		return status;
	for (int64_t i = 0; i < b->rounds && status == 0; i++)
		if ((status = round_alone(b, (uint64_t)i + 1, &b->alone[i], err)) == 0)
			status = round_piped(b, (uint64_t)i + 1, &b->piped[i], err);
	return status < 0 ? status : report(b, err);
}

static int
finish(struct bench *b, int status, struct ll_err *err)
{
	int code;

	if (status >= 0 && (status = ll_writer_end(b->to, 0, (uint64_t)b->rounds, err)) == 0)
		status = ll_writer_flush(b->to, err);
	ll_reader_close(b->from);
	ll_writer_drop(b->to);
	code = ll_children_wait(&b->children);
	if (status >= 0 && code != 0)
		status = ll_fail(err, code, "a stage of the pipe failed");
	ll_chain_free(b->chain);
	ll_logits_free(&b->row);
	ll_forward_free(b->forward);
	ll_model_close(b->model);
	free(b->normed);
	free(b->logits);
	free(b->alone);
	free(b->piped);
	return status;
}

int
ll_bench_joints(const char *model, size_t threads, size_t tokens, size_t rounds, bool as_json,
    struct ll_err *err)
{
	struct bench b = {
		.threads = (int64_t)threads, .tokens = (int64_t)tokens, .rounds = (int64_t)rounds,
		.as_json = as_json, .children = { .in = -1, .out = -1 },
	};

	return finish(&b, run(&b, model, err), err);
}
