/*
 * ll-bench: what the joints of the pipe cost. The same steps, forward pass and sampling, are
 * timed in this process and through ll-forward | ll-sample, in turn, round after round: on a
 * machine whose speed wanders only neighbouring measurements can be compared.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/rng.h"
#include "bench/speed.h"
#include "embed/states.h"
#include "forward/forward.h"
#include "model/model.h"
#include "sample/chain.h"
#include "sample/logits.h"
#include "serve/children.h"
#include "stream/stream.h"

#define FIRST_TOKEN 1

static const char *model_path;
static int64_t threads, tokens = 64, rounds = 9;
static bool as_json, tokenize;

/* The texts to encode. */
static const char **files;
static size_t file_count, file_room;

static int
add_file(const char *path, struct ll_err *err)
{
	int status = ll_grow(&files, &file_room, file_count + 1, sizeof(*files), err);

	if (status == 0)
		files[file_count++] = path;
	return status;
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	LL_OPT_THREADS(threads),
	{ 'n', "limit", LL_OPT_INT, &tokens, "N", "tokens in a round (default 64)", 2, 100000, NULL },
	{ 'r', "rounds", LL_OPT_INT, &rounds, "N", "rounds of each (default 9)", 1, 1000, NULL },
	{ 0, "json", LL_OPT_FLAG, &as_json, NULL, "print JSON", 0, 0, NULL },
	{ 0, "tokenize", LL_OPT_FLAG, &tokenize, NULL, "measure the tokenizer on each FILE", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_file },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-bench",
	.summary = "measure what the joints of the pipe cost",
	.usage = "[-hqvV] [-j N] [-m FILE] [-n N] [-r N] [--json] [--tokenize FILE ...]",
	.options = options,
};

static const struct ll_sampling sampling = { .temperature = 0.6, .top_p = 0.9 };

struct bench {
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
	return (double)ll_clock_ns() * 1e-6;
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
	return ll_chain_sample(b->chain, &b->row, sequence, position + 1, rng, token, err);
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
	for (uint64_t i = 0; i < (uint64_t)tokens && status == 0; i++) {
		status = step_alone(b, LL_SEQUENCE(record, 0), i, &rng, &token, err);
		if (i == 0)
			begin = now_ms();
	}
	*ms = (now_ms() - begin) / (double)(tokens - 1);
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
	if (got >= 0 && heard != tokens)
		return ll_fail(err, LL_EDATA, "%s: heard %lld tokens, not %lld", b->model->path,
		    (long long)heard, (long long)tokens);
	*ms = (end - begin) / (double)(tokens - 1);
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

	snprintf(j, sizeof(j), "%lld", (long long)threads);
	snprintf(n, sizeof(n), "%lld", (long long)tokens);
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
		.end = b->model->hp.layers, .head = true, .rows = 1, .threads = (size_t)threads,
	};
	int status;

	b->normed = ll_alloc(b->model->hp.dim, sizeof(float), err);
	b->logits = ll_alloc(b->model->hp.vocab, sizeof(float), err);
	b->alone = ll_alloc((size_t)rounds, sizeof(double), err);
	b->piped = ll_alloc((size_t)rounds, sizeof(double), err);
	if (err->code != 0)
		return -err->code;
	if ((status = ll_forward_new(&b->forward, b->model, &config, err)) < 0 ||
	    (status = ll_logits_init(&b->row, err)) < 0)
		return status;
	return ll_chain_new(&b->chain, &sampling, err);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread {
	double min, median, max;
};

static struct spread
spread_of(double *values)
{
	size_t n = (size_t)rounds;

	qsort(values, n, sizeof(*values), compare);
	return (struct spread){ values[0], (values[(n - 1) / 2] + values[n / 2]) / 2, values[n - 1] };
}

static void
add_spread(struct ll_json *object, const char *key, struct spread s)
{
	struct ll_json *value = ll_json_object();

	ll_json_set(value, "min", ll_json_real(s.min));
	ll_json_set(value, "median", ll_json_real(s.median));
	ll_json_set(value, "max", ll_json_real(s.max));
	ll_json_set(object, key, value);
}

static int
print_json(const struct bench *b, const struct spread *rows, struct ll_err *err)
{
	struct ll_json *object = ll_json_object();
	char *text;

	ll_json_set(object, "model", ll_json_string(b->model->path, strlen(b->model->path)));
	ll_json_set(object, "vocabulary", ll_json_int((int64_t)b->model->hp.vocab));
	ll_json_set(object, "threads", ll_json_int(threads));
	ll_json_set(object, "tokens", ll_json_int(tokens));
	ll_json_set(object, "rounds", ll_json_int(rounds));
	add_spread(object, "one_process_ms", rows[0]);
	add_spread(object, "pipe_ms", rows[1]);
	add_spread(object, "difference_ms", rows[2]);
	text = ll_json_text(object, true, err);
	ll_json_free(object);
	if (text == NULL)
		return -LL_ENOMEM;
	puts(text);
	free(text);
	return 0;
}

static int
report(struct bench *b, struct ll_err *err)
{
	static const char *const names[] = { "one process", "pipe", "difference" };
	struct spread rows[3];
	double *difference = ll_alloc((size_t)rounds, sizeof(double), err);

	if (difference == NULL)
		return -LL_ENOMEM;
	/* Neighbours in time, before either is sorted. */
	for (int64_t i = 0; i < rounds; i++)
		difference[i] = b->piped[i] - b->alone[i];
	rows[0] = spread_of(b->alone);
	rows[1] = spread_of(b->piped);
	rows[2] = spread_of(difference);
	free(difference);
	if (as_json)
		return print_json(b, rows, err);
	printf("%zu logits, %lld threads, %lld rounds of %lld tokens, ms a token\n%-12s %8s %8s %8s\n",
	    b->model->hp.vocab, (long long)threads, (long long)rounds, (long long)tokens, "", "min", "median", "max");
	for (int i = 0; i < 3; i++)
		printf("%-12s %8.3f %8.3f %8.3f\n", names[i], rows[i].min, rows[i].median, rows[i].max);
	return 0;
}

static int
run(struct bench *b, struct ll_err *err)
{
	const char *path;
	double warm;
	int status;

	if ((status = ll_model_choose(&path, model_path, "", err)) < 0 ||
	    (status = ll_model_open(&b->model, path, err)) < 0)
		return status;
	if ((size_t)tokens > b->model->hp.context)
		return ll_fail(err, LL_EUSAGE, "--limit: %lld is more than the context of %zu", (long long)tokens,
		    b->model->hp.context);
	if ((status = open_alone(b, err)) < 0 || (status = open_pipe(b, err)) < 0 ||
	    (status = round_alone(b, 0, &warm, err)) < 0 || (status = round_piped(b, 0, &warm, err)) < 0)
		return status;
	for (int64_t i = 0; i < rounds && status == 0; i++)
		if ((status = round_alone(b, (uint64_t)i + 1, &b->alone[i], err)) == 0)
			status = round_piped(b, (uint64_t)i + 1, &b->piped[i], err);
	return status < 0 ? status : report(b, err);
}

static int
finish(struct bench *b, int status, struct ll_err *err)
{
	int code;

	if (status >= 0 && (status = ll_writer_end(b->to, 0, (uint64_t)rounds, err)) == 0)
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

static int
measure_encoding(struct ll_err *err)
{
	const char *path;
	int status;

	if (file_count == 0)
		return ll_fail(err, LL_EUSAGE, "--tokenize: no file to encode");
	if ((status = ll_model_choose(&path, model_path, "", err)) < 0)
		return status;
	return ll_bench_encode(path, files, file_count, (size_t)rounds, as_json, err);
}

static int
measure_pipe(struct ll_err *err)
{
	struct bench b = { .children = { .in = -1, .out = -1 } };

	if (file_count > 0)
		return ll_fail(err, LL_EUSAGE, "%s: texts are for --tokenize", files[0]);
	/* The stages are told everything: both sides do the same. */
	ll_config_seal();
	if (threads == 0)
		threads = (int64_t)ll_pool_processors();
	return finish(&b, run(&b, err), err);
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	status = tokenize ? measure_encoding(&err) : measure_pipe(&err);
	free(files);
	return ll_exit(program.name, status, &err);
}
