/*
 * ll-embed: tokens to hidden states at layer 0. It is the head of its pipe: stream/head.c
 * runs the return path, this file looks rows up and writes them.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "embed/states.h"
#include "model/model.h"
#include "stream/head.h"
#include "stream/rows.h"

static const char *model_path, *output_path, *dtype_name = "f32", *input_path;
static int64_t batch = 8, chunk = 256, context;
static bool once, all, loop;

static int
set_input(const char *value, struct ll_err *err)
{
	return ll_stream_operand(&input_path, value, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	LL_OPT_OUTPUT(output_path),
	LL_OPTS_HEAD(batch, chunk, context, once, all, loop),
	{ 0, "dtype", LL_OPT_STRING, &dtype_name, "TYPE", "send states as f32, f16 or bf16 (default f32)", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-embed",
	.summary = "turn tokens into hidden states",
	.usage = "[-hqvV] [-b N] [-c N] [-m FILE] [-o FILE] [--all] [--chunk N] [--dtype TYPE]\n"
	    "                [--loop] [--once] [STREAM]",
	.options = options,
	.fail = ll_stream_fail,
};

struct stage {
	struct ll_model *model;
	struct ll_writer *out;
	enum ll_dtype dtype;
	int64_t context;	/* --context, or this model's */
	float *states;		/* one item at a time: chunk + batch rows at most */
	void *wire;
};

static int
evaluate(void *arg, const struct ll_item *items, size_t count, struct ll_err *err)
{
	struct stage *stage = arg;
	size_t dim = stage->model->hp.dim;

	for (size_t i = 0; i < count; i++) {
		size_t n = items[i].rows * dim;
		struct ll_frame frame = {
			.type = LL_HIDDEN, .sequence = items[i].sequence, .position = items[i].position,
			.rows = items[i].rows, .cols = (uint32_t)dim, .dtype = stage->dtype,
			.want = items[i].want, .epoch = items[i].epoch,
			.length = ll_states_bytes(stage->dtype, n), .payload = stage->wire,
		};
		struct ll_err why = { 0 };
		char name[48];
		int status;

		ll_states_embed(stage->states, stage->model, items[i].tokens, items[i].rows);
		if (ll_states_encode(stage->wire, stage->dtype, stage->states, n, &why) < 0)
			return ll_fail(err, LL_EDATA, "a hidden state of sequence %s, from position %" PRIu64 " on, %s",
			    ll_sequence_name(items[i].sequence, name), items[i].position, why.text);
		if ((status = ll_rows_write(stage->out, &frame, err)) < 0)
			return status;
	}
	return 0;
}

static void
report(void *arg, const char *message)
{
	(void)arg;
	ll_complain(program.name, message);
}

static int
describe(struct ll_header *header, const struct stage *stage, struct ll_err *err)
{
	const struct ll_hparams *hp = &stage->model->hp;
	const struct ll_header_model model = { stage->model->path, stage->model->fingerprint, stage->model->origin, 0,
		hp->dim, hp->vocab, hp->layers };
	char *history = ll_opt_command("", err);
	int status = history == NULL ? -LL_ENOMEM : ll_header_add(header, "history", history, err);

	free(history);
	header->kind = LL_KIND_HIDDEN;
	if (status < 0 || (status = ll_header_set_model(header, &model, err)) < 0 ||
	    (status = ll_header_set_number(header, "boundary", 0, err)) < 0 ||
	    (status = ll_header_set(header, "dtype", dtype_name, err)) < 0 ||
	    (status = ll_header_set_number(header, "context", (uint64_t)stage->context, err)) < 0)
		return status;
	return ll_header_set_number(header, "batch", (uint64_t)batch, err);
}

static int
open_model(struct stage *stage, const struct ll_reader *in, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(in);
	char named[4096] = "";
	const char *path;
	int status;

	if (header->kind != LL_KIND_TOKENS)
		return ll_fail(err, LL_EDATA, "%s: stream holds %s, but ll-embed reads tokens",
		    ll_reader_name(in), ll_kind_name(header->kind));
	ll_header_get(header, "model", named, sizeof(named));
	if ((status = ll_model_choose(&path, model_path, named, err)) < 0)
		return status;
	ll_model_close(stage->model);
	stage->model = NULL;
	if ((status = ll_model_open(&stage->model, path, err)) < 0 ||
	    (status = ll_header_check_model(header, ll_reader_name(in), stage->model->fingerprint, 0, err)) < 0)
		return status;
	stage->context = context;
	return ll_model_context(stage->model, &stage->context, err);
}

static int
one_stream(struct stage *stage, struct ll_reader *in, struct ll_err *err)
{
	const struct ll_head_stage calls = { .arg = stage, .evaluate = evaluate, .report = report };
	struct ll_head_config config = {
		.program = program.name, .batch = (size_t)batch, .chunk = (size_t)chunk, .once = once, .all = all, .loop = loop,
	};
	struct ll_header header = { 0 };
	size_t rows;
	int status;

	if (once || all || ll_writer_is_file(stage->out))
		ll_opt_refuse(&loop, "where no return path is offered");
	if ((status = open_model(stage, in, err)) < 0)
		return status;
	config.context = (size_t)stage->context;
	config.vocab = (uint32_t)stage->model->hp.vocab;
	rows = config.batch + config.chunk;
	free(stage->states);
	free(stage->wire);
	stage->states = ll_alloc(rows * stage->model->hp.dim, sizeof(float), err);
	stage->wire = ll_alloc(rows * stage->model->hp.dim, sizeof(float), err);
	if (stage->states == NULL || stage->wire == NULL)
		return -LL_ENOMEM;
	status = ll_header_copy(&header, ll_reader_header(in), err);
	if (status == 0 && (status = describe(&header, stage, err)) == 0)
		status = ll_head_run(in, stage->out, &header, &config, &calls, err);
	ll_header_free(&header);
	return status;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct stage stage = { 0 };
	struct ll_reader *in = NULL;
	struct ll_frame frame;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = ll_states_type(dtype_name, &err)) < 0)
		goto done;
	stage.dtype = (enum ll_dtype)status;
	if ((status = ll_writer_open(&stage.out, output_path, &err)) < 0 ||
	    (status = ll_reader_open(&in, input_path != NULL ? input_path : "-", ll_writer_fd(stage.out), &err)) < 0)
		goto done;
	while ((status = ll_reader_next(in, &frame, &err)) == LL_GOT_STREAM)
		if ((status = one_stream(&stage, in, &err)) < 0)
			break;
done:
	status = ll_writer_close(stage.out, ll_opt_blame(status, &err), &err);
	status = in != NULL ? ll_reader_status(in, status, &err) : status;
	ll_reader_close(in);
	ll_model_close(stage.model);
	free(stage.states);
	free(stage.wire);
	return ll_exit(program.name, status, &err);
}
