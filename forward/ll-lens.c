/*
 * ll-lens: what the model would say if it ended here. The final norm and the output head are
 * applied to hidden states at any layer cut (the logit lens, nostalgebraist 2020). The arithmetic
 * is transformer.c's, as that of the last stage of a pipe.
 */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/processors.h"
#include "base/scaled.h"
#include "forward/forward.h"
#include "model/adapter.h"
#include "stream/logit_rows.h"
#include "stream/rows.h"
#include "stream/stream.h"
#include "tensor/kern.h"
#include "tensor/topn.h"

/* Rows of logits computed together: the weights of the head are read once for them. */
#define ROWS 16

static const char *model_path, *output_path, *input_path, *precision_name = "default";
static struct ll_scaled_list loras;
static int64_t threads, top;
static enum ll_precision precision;

static int
set_input(const char *value, struct ll_err *err)
{
	return ll_stream_operand(&input_path, value, err);
}

static int
add_lora(const char *value, struct ll_err *err)
{
	return ll_scaled_add(&loras, "--lora", value, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	LL_OPT_OUTPUT(output_path),
	LL_OPT_THREADS(threads),
	{ 'k', "top", LL_OPT_INT, &top, "N", "send only the N largest logits and the log-sum-exp", 1, 1e9, NULL },
	LL_OPT_LORA(add_lora),
	{ 0, "precision", LL_OPT_STRING, &precision_name, "P", "default or f32 (exact weights, no rounding of activations)", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-lens",
	.summary = "logits of hidden states at any layer",
	.usage = "[-hqvV] [-j N] [-k N] [-m FILE] [-o FILE] [--lora FILE] [--precision P] [STREAM]",
	.options = options,
	.fail = ll_stream_fail,
};

struct stage {
	struct ll_reader *in;
	struct ll_writer *out;
	struct ll_model *model;
	struct ll_adapters *adapters;
	uint64_t fingerprint;	/* of the model with them */
	struct ll_forward *forward;
	const struct ll_kern *kern;
	struct ll_logit_place places[ROWS];	/* of the rows that are gathered */
	size_t count;
	float *normed;		/* [ROWS][dim] */
	float *logits;		/* [ROWS][vocab] */
	unsigned char *sparse;	/* one sparse row */
	uint64_t rows;		/* in all */
};

static void
free_stage(struct stage *stage)
{
	ll_forward_free(stage->forward);
	ll_adapters_free(stage->adapters);
	ll_model_close(stage->model);
	free(stage->normed);
	free(stage->logits);
	free(stage->sparse);
}

static int
check_header(const struct stage *stage, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(stage->in);
	const struct ll_hparams *hp = &stage->model->hp;
	const char *name = ll_reader_name(stage->in);
	size_t boundary;
	int status = ll_header_check_adapted(header, name, stage->model->fingerprint, stage->fingerprint, err);

	return status < 0 ? status : ll_header_check_states(header, name, hp->dim, hp->layers, &boundary, err);
}

static int
make_buffers(struct stage *stage, struct ll_err *err)
{
	const struct ll_hparams *hp = &stage->model->hp;

	stage->normed = ll_alloc(ROWS * hp->dim, sizeof(float), err);
	stage->logits = ll_alloc(ROWS * hp->vocab, sizeof(float), err);
	stage->sparse = ll_alloc(8 + (size_t)top * 8, 1, err);
	return err->code != 0 ? -err->code : 0;
}

/* Opens the model that the stream wants, and what is needed to apply its head. */
static int
set_up(struct stage *stage, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(stage->in);
	struct ll_forward_config config = {
		.head = true, .rows = ROWS, .threads = (size_t)threads, .pack = LL_PACK_AUTO,
		.precision = precision,
	};
	char named[4096] = "";
	const char *path;
	int status;

	if (header->kind != LL_KIND_HIDDEN)
		return ll_fail(err, LL_EDATA, "%s: stream holds %s, but ll-lens reads hidden states",
		    ll_reader_name(stage->in), ll_kind_name(header->kind));
	ll_header_get(header, "model", named, sizeof(named));
	if ((status = ll_model_choose(&path, model_path, named, err)) < 0 ||
	    (status = ll_model_open(&stage->model, path, err)) < 0 ||
	    (status = ll_adapters_open(&stage->adapters, stage->model, &loras, err)) < 0)
		return status;
	stage->fingerprint = ll_adapters_fingerprint(stage->adapters, stage->model);
	if ((status = check_header(stage, err)) < 0)
		return status;
	if (top > (int64_t)stage->model->hp.vocab)
		return ll_fail(err, LL_EUSAGE, "--top: %" PRId64 ", but the vocabulary has %zu", top,
		    stage->model->hp.vocab);
	config.adapters = stage->adapters;
	config.first = config.end = stage->model->hp.layers;
	if ((status = make_buffers(stage, err)) < 0 ||
	    (status = ll_forward_new(&stage->forward, stage->model, &config, err)) < 0)
		return status;
	stage->kern = ll_kern((enum ll_isa)ll_cpu_isa(err));
	ll_note(program.name, "%s: norm and head, %s, %zu threads", stage->model->path,
	    ll_forward_isa(stage->forward), config.threads);
	return 0;
}

/* The key boundary stays: it tells where the lens was. */
static int
write_header(struct stage *stage, struct ll_err *err)
{
	const struct ll_hparams *hp = &stage->model->hp;
	const struct ll_header_model model = { stage->model->path, stage->fingerprint, stage->model->origin, loras.count,
		hp->dim, hp->vocab, hp->layers };
	struct ll_header header = { 0 };
	char *history = ll_opt_command("", err);
	int status = history != NULL ? ll_header_copy(&header, ll_reader_header(stage->in), err) : -LL_ENOMEM;

	header.kind = LL_KIND_LOGITS;
	if (status == 0 && (status = ll_header_add(&header, "history", history, err)) == 0 &&
	    (status = ll_header_set_model(&header, &model, err)) == 0 &&
	    (status = ll_header_set(&header, "dtype", "f32", err)) == 0 &&
	    (status = ll_writer_pass_on(stage->out, &header, err)) == 0)
		status = ll_writer_flush(stage->out, err);
	ll_header_free(&header);
	free(history);
	return status;
}

/* One frame for each row that is gathered. */
static int
write_rows(struct stage *stage, struct ll_err *err)
{
	size_t vocab = stage->model->hp.vocab, count = stage->count;
	int status = 0;

	if (count == 0)
		return 0;
	stage->count = 0;
	stage->rows += count;
	ll_forward_logits(stage->forward, stage->logits, stage->normed, count);
	for (size_t i = 0; i < count && status == 0; i++) {
		const float *row = stage->logits + i * vocab;

		if (top > 0) {
			ll_topn_payload(stage->kern, stage->sparse, row, vocab, (size_t)top);
			status = ll_logit_rows_sparse(stage->out, &stage->places[i], stage->sparse, (size_t)top, err);
		} else {
			status = ll_logit_rows_dense(stage->out, &stage->places[i], row, vocab, err);
		}
	}
	return status;
}

/* Puts a row's final norm in its place, unless it has been applied. */
static int
gather_row(struct stage *stage, const struct ll_frame *frame, uint32_t row, struct ll_err *err)
{
	size_t dim = stage->model->hp.dim;
	bool done = frame->flags & LL_NORMED;
	float *normed = stage->normed + stage->count * dim;
	float *state = done ? normed : ll_forward_states(stage->forward);
	char name[48];

	ll_rows_floats(state, frame, row);
	if (!isfinite(stage->kern->sum_squares(state, dim)))
		return ll_fail(err, LL_EDATA, "%s: hidden state of sequence %s, position %" PRIu64 " is not finite",
		    ll_reader_name(stage->in), ll_sequence_name(frame->sequence, name), frame->position + row);
	if (!done)
		ll_forward_norm(stage->forward, normed, state);
	stage->places[stage->count++] = (struct ll_logit_place){ frame->sequence, frame->position + row,
		frame->epoch };
	return stage->count == ROWS ? write_rows(stage, err) : 0;
}

static int
gather(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	uint32_t want = frame->want < frame->rows ? frame->want : frame->rows;
	int status = 0;

	if (frame->cols != stage->model->hp.dim)
		return ll_fail(err, LL_EDATA, "%s: hidden size is %" PRIu32 ", but the model's is %zu",
		    ll_reader_name(stage->in), frame->cols, stage->model->hp.dim);
	for (uint32_t row = frame->rows - want; row < frame->rows && status == 0; row++)
		status = gather_row(stage, frame, row, err);
	return status;
}

static int
take_frame(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	int status;

	if (frame->type == LL_HIDDEN)
		return gather(stage, frame, err);
	if (frame->type == LL_LOGITS || frame->type == LL_SAMPLE)
		return ll_fail(err, LL_EDATA, "%s: a %s frame in a stream of hidden states",
		    ll_reader_name(stage->in), ll_frame_name(frame->type));
	/* Prompts may go ahead of rows that came before them; everything else follows these. */
	if (frame->type != LL_TOKENS && frame->type != LL_META && (status = write_rows(stage, err)) < 0)
		return status;
	if ((status = ll_writer_frame(stage->out, frame, err)) < 0)
		return status;
	return ll_reader_ready(stage->in) ? 0 : ll_writer_flush(stage->out, err);
}

static int
one_stream(struct stage *stage, struct ll_err *err)
{
	struct ll_frame frame = { 0 };
	int status;

	free_stage(stage);
	*stage = (struct stage){ .in = stage->in, .out = stage->out };
	if ((status = set_up(stage, err)) < 0 || (status = write_header(stage, err)) < 0)
		return status;
	while (status == 0 && !(frame.type == LL_END && frame.flags & LL_STREAM)) {
		if ((status = ll_reader_next(stage->in, &frame, err)) != LL_GOT_FRAME)
			break;
		status = take_frame(stage, &frame, err);
	}
	ll_note(program.name, "%" PRIu64 " rows of logits", stage->rows);
	return status;
}

static int
check_options(struct ll_err *err)
{
	int status = ll_forward_precision(precision_name, err);

	if (status < 0)
		return status;
	precision = (enum ll_precision)status;
	threads = threads > 0 ? threads : (int64_t)ll_processors();
	return 0;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct stage stage = { 0 };
	struct ll_frame frame;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = check_options(&err)) < 0 || (status = ll_writer_open(&stage.out, output_path, &err)) < 0 ||
	    (status = ll_reader_open(&stage.in, input_path != NULL ? input_path : "-", ll_writer_fd(stage.out), &err)) < 0)
		goto done;
	while ((status = ll_reader_next(stage.in, &frame, &err)) == LL_GOT_STREAM)
		if ((status = one_stream(&stage, &err)) < 0)
			break;
done:
	status = ll_writer_close(stage.out, ll_opt_blame(status, &err), &err);
	if (stage.in != NULL)
		status = ll_reader_status(stage.in, status, &err);
	ll_reader_close(stage.in);
	free_stage(&stage);
	ll_scaled_free(&loras);
	return ll_exit(program.name, status, &err);
}
