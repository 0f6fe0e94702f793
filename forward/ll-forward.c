/*
 * ll-forward: runs layers of a model over a stream. Given tokens it is the head of its pipe
 * (stream/head.c asks it to evaluate steps); given hidden states it takes what the head
 * sends, a step at a time (stream/later.c). The arithmetic is transformer.c's.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/processors.h"
#include "base/scaled.h"
#include "embed/states.h"
#include "forward/collect.h"
#include "forward/forward.h"
#include "forward/pack.h"
#include "model/adapter.h"
#include "tensor/topn.h"
#include "stream/head.h"
#include "stream/later.h"
#include "stream/logit_rows.h"
#include "stream/rows.h"
#include "tensor/kern.h"

/* Rows of logits computed together: the weights of the head are read once for them. */
#define LOGIT_ROWS 16

static const char *model_path, *output_path, *layers_text, *dtype_name = "f32", *precision_name = "default";
static const char *input_path, *imatrix_path, *kv_name, *pack_name = "auto";
static enum ll_kv_type kv_type[2] = { LL_KV_F16, LL_KV_F16 };
static struct ll_scaled_list loras;
static int64_t batch = 8, chunk = 256, context, threads, top;
static bool once, all, loop, hidden, score;
static enum ll_pack when_to_pack;
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
	LL_OPTS_HEAD(batch, chunk, context, once, all, loop),
	{ 'k', "top", LL_OPT_INT, &top, "N", "send only the N largest logits and the log-sum-exp", 1, 1e9, NULL },
	{ 'L', "layers", LL_OPT_STRING, &layers_text, "A-B", "run layers A to B only; A- to the last", 0, 0, NULL },
	{ 0, "dtype", LL_OPT_STRING, &dtype_name, "TYPE", "send hidden states as f32, f16 or bf16 (default f32)", 0, 0, NULL },
	{ 0, "hidden", LL_OPT_FLAG, &hidden, NULL, "send the final hidden states instead of logits", 0, 0, NULL },
	{ 0, "imatrix", LL_OPT_STRING, &imatrix_path, "FILE", "write an importance matrix for ll-quantize; implies --once", 0, 0, NULL },
	{ 0, "kv-type", LL_OPT_STRING, &kv_name, "TYPE", "keep keys and values as f16 (default), bf16, q8_0, q4_0, f32; or TYPE,TYPE", 0, 0, NULL },
	LL_OPT_LORA(add_lora),
	{ 0, "pack", LL_OPT_STRING, &pack_name, "WHEN", "auto, always or never (weights in a faster order, in memory)", 0, 0, NULL },
	{ 0, "precision", LL_OPT_STRING, &precision_name, "P", "default or f32 (exact weights, no rounding of activations)", 0, 0, NULL },
	{ 0, "score", LL_OPT_FLAG, &score, NULL, "send of each token its logit and the log-sum-exp; implies --once", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-forward",
	.summary = "run the layers of a model over a stream",
	.usage = "[-hqvV] [-b N] [-c N] [-j N] [-k N] [-L A-B] [-m FILE] [-o FILE] [--all]\n"
	    "                  [--chunk N] [--dtype TYPE] [--hidden] [--imatrix FILE] [--kv-type TYPE] [--loop]\n"
	    "                  [--lora FILE] [--once] [--pack WHEN] [--precision P] [--score] [STREAM]",
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
	enum ll_dtype dtype;
	int64_t context;	/* --context, or this model's */
	size_t first, end;	/* layers */
	bool logits;		/* what comes out: logits, or hidden states */
	size_t rows;		/* that one call takes */
	struct ll_row *places;	/* [rows] */
	char *wire;		/* [rows][dim] of dtype */
	float *normed;		/* [rows][dim]: rows that want logits */
	float *logit_rows;	/* [LOGIT_ROWS][vocab] */
	unsigned char *sparse;	/* one sparse row, or LOGIT_ROWS scores */
	uint64_t evaluated;	/* positions in all */
	struct ll_collect *collect;	/* over all streams, or NULL */
};

/* Those of -L; without it from `boundary` to the last. */
static int
choose_layers(struct stage *stage, size_t boundary, struct ll_err *err)
{
	size_t count = stage->model->hp.layers, last = count - 1, first = boundary;
	int status = layers_text != NULL ? ll_model_layers(stage->model, layers_text, &first, &last, err) : 0;

	if (status < 0)
		return status;
	if (first != boundary)
		return ll_fail(err, LL_EDATA, "%s: stream is cut before layer %zu, but --layers begins with %zu",
		    ll_reader_name(stage->in), boundary, first);
	stage->first = first;
	stage->end = last + 1;
	stage->logits = stage->end == count && !hidden;
	return 0;
}

static int
check_header(const struct stage *stage, size_t *boundary, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(stage->in);
	const char *name = ll_reader_name(stage->in);
	int status = ll_header_check_adapted(header, name, stage->model->fingerprint, stage->fingerprint, err);

	if (status < 0)
		return status;
	*boundary = 0;
	if (header->kind == LL_KIND_TOKENS)
		return 0;
	if (header->kind != LL_KIND_HIDDEN)
		return ll_fail(err, LL_EDATA, "%s: stream holds %s, but ll-forward reads tokens or hidden states",
		    name, ll_kind_name(header->kind));
	status = ll_header_check_states(header, name, stage->model->hp.dim, stage->model->hp.layers, boundary, err);
	if (status == 0 && *boundary == stage->model->hp.layers)
		return ll_fail(err, LL_EDATA, "%s: stream holds final hidden states: no layer is left", name);
	return status;
}

/* Options that this stage's place in the pipe leaves without effect are errors. */
static void
refuse_options(const struct stage *stage, bool head)
{
	if (!head) {
		static const char why[] = "behind the head of the pipe";
		const void *const only_head[] = { &batch, &context, &once, &all, &loop, &chunk, &imatrix_path };

		for (size_t i = 0; i < sizeof(only_head) / sizeof(only_head[0]); i++)
			ll_opt_refuse(only_head[i], why);
	} else if (once || all || hidden || score || imatrix_path != NULL || ll_writer_is_file(stage->out)) {
		ll_opt_refuse(&loop, "where no return path is offered");
	}
	if (stage->logits)
		ll_opt_refuse(&dtype_name, "on logits");
	else
		ll_opt_refuse_all((struct ll_opt_rule[]){
			{ true, &top, "on hidden states" }, { true, &score, "on hidden states" } }, 2);
	if (score)
		ll_opt_refuse_all((struct ll_opt_rule[]){
			{ true, &top, "with --score" }, { true, &all, "with --score" } }, 2);
	if (stage->end < stage->model->hp.layers)
		ll_opt_refuse(&hidden, "before the last layer");
}

static int
describe(struct ll_header *header, const struct stage *stage, struct ll_err *err)
{
	const struct ll_hparams *hp = &stage->model->hp;
	const struct ll_header_model model = { stage->model->path, stage->fingerprint, stage->model->origin, loras.count,
		hp->dim, hp->vocab, hp->layers };
	char *history = ll_opt_command("", err);
	bool final = stage->end == hp->layers;
	int status = history == NULL ? -LL_ENOMEM : ll_header_add(header, "history", history, err);

	free(history);
	header->kind = stage->logits ? LL_KIND_LOGITS : LL_KIND_HIDDEN;
	if (status < 0 || (status = ll_header_set_model(header, &model, err)) < 0 ||
	    (status = ll_header_set(header, "dtype", stage->logits ? "f32" : dtype_name, err)) < 0)
		return status;
	return final ? ll_header_set(header, "boundary", "final", err) :
	    ll_header_set_number(header, "boundary", stage->end, err);
}

static void
free_stage(struct stage *stage)
{
	ll_forward_free(stage->forward);
	ll_adapters_free(stage->adapters);
	ll_model_close(stage->model);
	free(stage->places);
	free(stage->wire);
	free(stage->normed);
	free(stage->logit_rows);
	free(stage->sparse);
}

static int
make_buffers(struct stage *stage, struct ll_err *err)
{
	const struct ll_hparams *hp = &stage->model->hp;
	size_t logit_rows = stage->logits ? LOGIT_ROWS : 0, n = (size_t)top;

	stage->places = ll_alloc(stage->rows, sizeof(*stage->places), err);
	stage->wire = ll_alloc(stage->rows * hp->dim, sizeof(float), err);
	stage->normed = ll_alloc(stage->rows * hp->dim, sizeof(float), err);
	stage->logit_rows = ll_alloc(logit_rows * hp->vocab, sizeof(float), err);
	stage->sparse = ll_alloc(score ? LOGIT_ROWS * LL_SCORE_BYTES : 8 + n * 8, 1, err);
	return err->code != 0 ? -err->code : 0;
}

/* Opens the model that the stream wants, and what is needed to run it. */
static int
set_up(struct stage *stage, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(stage->in);
	bool head = header->kind == LL_KIND_TOKENS;
	struct ll_forward_config config = { .threads = (size_t)threads };
	char named[4096] = "";
	const char *path;
	size_t boundary;
	int status;

	stage->context = context;
	ll_header_get(header, "model", named, sizeof(named));
	if ((status = ll_model_choose(&path, model_path, named, err)) < 0 ||
	    (status = ll_model_open(&stage->model, path, err)) < 0 ||
	    (status = ll_adapters_open(&stage->adapters, stage->model, &loras, err)) < 0)
		return status;
	stage->fingerprint = ll_adapters_fingerprint(stage->adapters, stage->model);
	if ((status = check_header(stage, &boundary, err)) < 0 ||
	    (status = choose_layers(stage, boundary, err)) < 0 ||
	    (status = ll_model_context(stage->model, &stage->context, err)) < 0)
		return status;
	if (top > (int64_t)stage->model->hp.vocab)
		return ll_fail(err, LL_EUSAGE, "--top: %lld, but the vocabulary has %zu", (long long)top,
		    stage->model->hp.vocab);
	refuse_options(stage, head);
	if (imatrix_path != NULL && (status = ll_collect_open(&stage->collect, stage->model, stage->first,
	    stage->end, imatrix_path, err)) < 0)
		return status;
	stage->rows = (size_t)(batch + chunk);
	config.first = stage->first;
	config.end = stage->end;
	config.head = stage->logits;
	config.rows = stage->rows;
	config.adapters = stage->adapters;
	config.collect = stage->collect;
	config.pack = when_to_pack;
	config.precision = precision;
	memcpy(config.kv_type, kv_type, sizeof(kv_type));
	if ((status = make_buffers(stage, err)) < 0 ||
	    (status = ll_forward_new(&stage->forward, stage->model, &config, err)) < 0)
		return status;
	stage->kern = ll_kern((enum ll_isa)ll_cpu_isa(err));
	ll_note(program.name, "%s: layers %zu to %zu, %s, %zu threads", stage->model->path, stage->first,
	    stage->end - 1, ll_forward_isa(stage->forward), config.threads);
	return 0;
}

static int
write_states(struct stage *stage, const struct ll_item *item, const float *states, struct ll_err *err)
{
	size_t dim = stage->model->hp.dim;
	struct ll_frame frame = {
		.type = LL_HIDDEN, .sequence = item->sequence, .position = item->position,
		.flags = hidden ? LL_NORMED : 0, .rows = item->rows, .cols = (uint32_t)dim, .dtype = stage->dtype,
		.want = item->want, .epoch = item->epoch,
		.length = ll_states_bytes(stage->dtype, item->rows * dim), .payload = stage->wire,
	};
	struct ll_err why = { 0 };
	char name[48];

	if (hidden) {
		for (size_t i = 0; i < item->rows; i++)
			ll_forward_norm(stage->forward, stage->normed + i * dim, states + i * dim);
		states = stage->normed;
	}
	for (size_t i = 0; i < item->rows; i++)
		if (ll_states_encode(stage->wire + ll_states_bytes(stage->dtype, i * dim), stage->dtype, states + i * dim,
		    dim, &why) < 0)
			return ll_fail(err, LL_EDATA, "hidden state of sequence %s, position %" PRIu64 " %s",
			    ll_sequence_name(item->sequence, name), item->position + i, why.text);
	return ll_rows_write(stage->out, &frame, err);
}

/* Rows that are owed logits: where they belong, and their final states in `normed`. */
struct group {
	struct ll_logit_place places[LOGIT_ROWS];
	uint32_t next[LOGIT_ROWS];	/* --score: the token behind each */
	size_t count;
};

static int
write_logits(struct stage *stage, const struct group *group, struct ll_err *err)
{
	size_t vocab = stage->model->hp.vocab;
	int status = 0;

	for (size_t i = 0; i < group->count && status == 0; i++) {
		const float *row = stage->logit_rows + i * vocab;

		if (top > 0) {
			ll_topn_payload(stage->kern, stage->sparse, row, vocab, (size_t)top);
			status = ll_logit_rows_sparse(stage->out, &group->places[i], stage->sparse, (size_t)top, err);
		} else {
			status = ll_logit_rows_dense(stage->out, &group->places[i], row, vocab, err);
		}
	}
	return status;
}

static int
write_scores(struct stage *stage, const struct group *group, struct ll_err *err)
{
	size_t bad = ll_forward_scores(stage->forward, stage->sparse, stage->logit_rows, group->next, group->count);

	if (bad < group->count)
		return ll_fail(err, LL_EDATA, "logits of sequence %" PRIu64 ", position %" PRIu64 " are not finite",
		    group->places[bad].sequence >> 32, group->places[bad].position);
	return ll_logit_rows_ones(stage->out, group->places, stage->sparse, group->count, err);
}

static int
write_group(struct stage *stage, struct group *group, struct ll_err *err)
{
	int status;

	if (group->count == 0)
		return 0;
	ll_forward_logits(stage->forward, stage->logit_rows, stage->normed, group->count);
	status = score ? write_scores(stage, group, err) : write_logits(stage, group, err);
	group->count = 0;
	return status;
}

/* A token's score is its own: the last of a sequence has none behind it. */
static int
check_target(const struct stage *stage, const struct ll_item *item, uint32_t row, struct ll_err *err)
{
	uint32_t vocab = (uint32_t)stage->model->hp.vocab;
	char name[48];

	if (item->tokens == NULL)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: hidden states without their tokens",
		    ll_reader_name(stage->in), ll_sequence_name(item->sequence, name));
	if (row + 1 >= item->rows + item->ahead)
		return 0;
	if (item->tokens[row + 1] >= vocab)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: token id %" PRIu32 " at position %" PRIu64
		    ", but the vocabulary has %" PRIu32, ll_reader_name(stage->in),
		    ll_sequence_name(item->sequence, name), item->tokens[row + 1], item->position + row + 1, vocab);
	return 1;
}

/* Collects the rows that are owed logits, over all items, and has them written in groups. */
static int
emit_logits(struct stage *stage, const struct ll_item *items, size_t count, struct ll_err *err)
{
	struct group group = { .count = 0 };
	size_t dim = stage->model->hp.dim;
	const float *states = ll_forward_states(stage->forward);
	int status;

	for (size_t i = 0; i < count; states += items[i++].rows * dim) {
		for (uint32_t row = items[i].rows - items[i].want; row < items[i].rows; row++) {
			if (score && (status = check_target(stage, &items[i], row, err)) <= 0) {
				if (status < 0)
					return status;
				continue;
			}
			ll_forward_norm(stage->forward, stage->normed + group.count * dim, states + row * dim);
			if (score)
				group.next[group.count] = items[i].tokens[row + 1];
			group.places[group.count++] = (struct ll_logit_place){ items[i].sequence,
				items[i].position + row, items[i].epoch };
			if (group.count == LOGIT_ROWS && (status = write_group(stage, &group, err)) < 0)
				return status;
		}
	}
	return write_group(stage, &group, err);
}

/* The states of the items' rows are in place, one item after the other: runs them and writes what comes out. */
static int
run_items(struct stage *stage, const struct ll_item *items, size_t count, struct ll_err *err)
{
	const float *states = ll_forward_states(stage->forward);
	size_t dim = stage->model->hp.dim, rows = 0;
	int status;

	for (size_t i = 0; i < count; i++)
		for (size_t row = 0; row < items[i].rows; row++)
			stage->places[rows++] = (struct ll_row){ items[i].sequence, items[i].position + row };
	stage->evaluated += rows;
	if ((status = ll_forward_layers(stage->forward, stage->places, rows, err)) < 0)
		return status;
	if (stage->logits)
		return emit_logits(stage, items, count, err);
	for (size_t i = 0; i < count && status == 0; i++) {
		status = write_states(stage, &items[i], states, err);
		states += items[i].rows * dim;
	}
	return status;
}

/* As the head: stream/head.c calls these. */

static int
evaluate(void *arg, const struct ll_item *items, size_t count, struct ll_err *err)
{
	struct stage *stage = arg;
	float *states = ll_forward_states(stage->forward);

	for (size_t i = 0; i < count; i++) {
		ll_states_embed(states, stage->model, items[i].tokens, items[i].rows);
		states += items[i].rows * stage->model->hp.dim;
	}
	return run_items(stage, items, count, err);
}

static int
fork_sequence(void *arg, uint64_t child, uint64_t parent, uint64_t keep, struct ll_err *err)
{
	return ll_forward_fork(((struct stage *)arg)->forward, child, parent, keep, err);
}

static int
cut_sequence(void *arg, uint64_t sequence, uint64_t keep, struct ll_err *err)
{
	(void)err;
	ll_forward_cut(((struct stage *)arg)->forward, sequence, keep);
	return 0;
}

static void
end_sequence(void *arg, uint64_t sequence)
{
	ll_forward_end(((struct stage *)arg)->forward, sequence);
}

static void
report(void *arg, const char *message)
{
	(void)arg;
	ll_complain(program.name, message);
}

static int
run_head(struct stage *stage, struct ll_header *header, struct ll_err *err)
{
	const struct ll_head_stage calls = {
		.arg = stage, .evaluate = evaluate, .fork = fork_sequence, .cut = cut_sequence,
		.end = end_sequence, .report = report,
	};
	const struct ll_head_config config = {
		.program = program.name, .batch = (size_t)batch, .chunk = (size_t)chunk, .context = (size_t)stage->context,
		.vocab = (uint32_t)stage->model->hp.vocab, .once = once || imatrix_path != NULL, .all = all || hidden, .score = score,
		.apart = imatrix_path != NULL, .loop = loop,
	};
	int status;

	if ((status = ll_header_set_number(header, "context", config.context, err)) < 0 ||
	    (status = ll_header_set_number(header, "batch", config.batch, err)) < 0)
		return status;
	return ll_head_run(stage->in, stage->out, header, &config, &calls, err);
}

/* As a later stage: stream/later.c calls these. */

static void
take_states(void *arg, size_t row, const struct ll_frame *frame)
{
	const struct stage *stage = arg;
	size_t dim = stage->model->hp.dim;

	ll_states_decode(ll_forward_states(stage->forward) + row * dim, (enum ll_dtype)frame->dtype, frame->payload,
	    frame->rows * dim);
}

static int
evaluate_states(void *arg, const struct ll_item *items, size_t count, struct ll_err *err)
{
	return run_items(arg, items, count, err);
}

static int
run_later(struct stage *stage, const struct ll_header *header, struct ll_err *err)
{
	const struct ll_later_stage calls = {
		.calls = {
			.arg = stage, .evaluate = evaluate_states, .fork = fork_sequence, .cut = cut_sequence,
			.end = end_sequence,
		},
		.states = take_states,
	};
	const struct ll_later_config config = {
		.rows = stage->rows, .cols = stage->model->hp.dim, .tokens = score,
	};

	return ll_later_run(stage->in, stage->out, header, &config, &calls, err);
}

static int
one_stream(struct stage *stage, struct ll_err *err)
{
	struct ll_header header = { 0 };
	int status;

	free_stage(stage);
	*stage = (struct stage){ .in = stage->in, .out = stage->out, .dtype = stage->dtype, .collect = stage->collect };
	if ((status = set_up(stage, err)) < 0 ||
	    (status = ll_header_copy(&header, ll_reader_header(stage->in), err)) < 0)
		return status;
	status = describe(&header, stage, err);
	if (status == 0 && ll_reader_header(stage->in)->kind == LL_KIND_TOKENS)
		status = run_head(stage, &header, err);
	else if (status == 0)
		status = run_later(stage, &header, err);
	ll_header_free(&header);
	ll_note(program.name, "%llu positions evaluated", (unsigned long long)stage->evaluated);
	ll_note(program.name, "%zu bytes of run state and KV cache", ll_forward_bytes(stage->forward));
	ll_note(program.name, "%zu bytes of weights packed", ll_forward_packed(stage->forward));
	return status;
}

static int
check_options(struct stage *stage, struct ll_err *err)
{
	int type = ll_states_type(dtype_name, err), pack = ll_packs_when(pack_name, err);

	if (type < 0 || pack < 0)
		return type < 0 ? type : pack;
	if (ll_out_same(imatrix_path, output_path))
		ll_opt_wrong(&imatrix_path, "is the output's name, too");
	stage->dtype = (enum ll_dtype)type;
	when_to_pack = (enum ll_pack)pack;
	if ((type = ll_forward_precision(precision_name, err)) < 0)
		return type;
	precision = (enum ll_precision)type;
	if (kv_name == NULL)
		kv_name = precision == LL_PRECISION_F32 ? "f32" : "f16";
	if ((type = ll_kv_types(kv_type, kv_name, err)) < 0)
		return type;
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
	if ((status = check_options(&stage, &err)) < 0 ||
	    (status = ll_writer_open(&stage.out, output_path, &err)) < 0 ||
	    (status = ll_reader_open(&stage.in, input_path != NULL ? input_path : "-", ll_writer_fd(stage.out), &err)) < 0)
		goto done;
	while ((status = ll_reader_next(stage.in, &frame, &err)) == LL_GOT_STREAM)
		if ((status = one_stream(&stage, &err)) < 0)
			break;
done:
	status = ll_writer_close(stage.out, ll_opt_blame(status, &err), &err);
	if (stage.in != NULL)
		status = ll_reader_status(stage.in, status, &err);
	/* Last: only what went well to the end counts. */
	if (status == 0)
		status = ll_collect_write(stage.collect, &err);
	ll_reader_close(stage.in);
	free_stage(&stage);
	ll_scaled_free(&loras);
	ll_collect_free(stage.collect);
	return ll_exit(program.name, status, &err);
}
