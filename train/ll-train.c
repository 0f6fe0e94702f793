/*
 * ll-train: teaches a model from text, from scratch or from where it stands.
 *
 * The net and its gradients are net_run.c's, the run is fit.c's, the data lessons.c's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/processors.h"
#include "model/source.h"
#include "tensor/encode.h"
#include "train/lessons.h"
#include "train/result.h"
#include "train/settings.h"
#include "train/shape.h"

#define MOST_CONTEXT 1024	/* positions, where nothing is said of them */

static const char *model_path, *output, *shape_path, *vocabulary_path, *held_path, *format_name, *name;
static bool answers_only, skip_bad;
static uint32_t dtype = LL_F32;
static struct ll_settings settings = LL_SETTINGS;
static const char **files;
static size_t file_count, file_cap;

static int
take_file(const char *value, struct ll_err *err)
{
	if (ll_grow(&files, &file_cap, file_count + 1, sizeof *files, err) < 0)
		return -LL_ENOMEM;
	files[file_count++] = value;
	return 0;
}

static int
take_dtype(const char *value, struct ll_err *err)
{
	for (uint32_t type = 0; type < LL_DTYPES; type++)
		if (ll_encode_has(type) && strcasecmp(value, ll_dtype_name(type)) == 0) {
			dtype = type;
			return 0;
		}
	return ll_fail(err, LL_EUSAGE, "--dtype: '%.64s' is not f32, f16, bf16 or a type of blocks, such as q8_0", value);
}

static const struct ll_opt options[] = {
	{ 'm', "model", LL_OPT_STRING, &model_path, "FILE", "go on from this model, instead of --shape", 0, 0, NULL },
	{ 0, "shape", LL_OPT_STRING, &shape_path, "FILE", "the shape of a new model, in YAML", 0, 0, NULL },
	{ 0, "vocabulary", LL_OPT_STRING, &vocabulary_path, "FILE", "its vocabulary: a GGUF, as ll-train-bpe writes it", 0, 0, NULL },
	LL_OPT_OUTPUT(output),
	{ 0, "dtype", LL_OPT_CALL, NULL, "TYPE", "matrices of the output as f32 (default), f16, bf16, q8_0, ...", 0, 0, take_dtype },
	{ 0, "name", LL_OPT_STRING, &name, "TEXT", "the new model's name", 0, 0, NULL },
	{ 0, "eval", LL_OPT_STRING, &held_path, "FILE", "held-out text", 0, 0, NULL },
	{ 0, "answers-only", LL_OPT_FLAG, &answers_only, NULL, "of messages learn the assistant's turns alone", 0, 0, NULL },
	{ 0, "skip-bad", LL_OPT_FLAG, &skip_bad, NULL, "pass over bad lines of JSON Lines", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &format_name, "NAME", "of messages (default: the model's)", 0, 0, NULL },
	LL_OPTS_FIT(settings),
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, take_file },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-train",
	.summary = "teach a model from text",
	.usage = "[-hqvV] [-b N] [-c N] [-j N] [-o FILE] [options]\n"
	    "\t(--shape FILE --vocabulary FILE | -m FILE) [FILE ...]",
	.options = options,
};

/* Where a run begins. */
struct start {
	struct ll_model *model;		/* NULL: from scratch */
	struct ll_gguf *gguf;		/* the model's or the vocabulary's file */
	struct ll_vocab *vocab;
	struct ll_hparams hp;
	struct ll_rope_scaling scaling;
	float *freqs, magnitude;
};

static int
start_from_model(struct start *s, struct ll_err *err)
{
	int status;

	if ((status = ll_gguf_open_first(&s->gguf, model_path, err)) < 0 ||
	    (status = ll_model_open(&s->model, model_path, err)) < 0 ||
	    (status = ll_vocab_open(&s->vocab, model_path, err)) < 0)
		return status;
	s->hp = s->model->hp;
	s->magnitude = s->model->rope_magnitude;
	return 0;
}

static int
start_from_shape(struct start *s, struct ll_err *err)
{
	int status;

	if ((status = ll_gguf_open(&s->gguf, vocabulary_path, err)) < 0 ||
	    (status = ll_vocab_open(&s->vocab, vocabulary_path, err)) < 0 ||
	    (status = ll_shape_read(&s->hp, &s->scaling, shape_path, err)) < 0)
		return status;
	s->hp.vocab = s->vocab->count;
	s->magnitude = 1;
	s->freqs = ll_rope_freqs(&s->hp, &s->scaling, NULL, err);
	return s->freqs != NULL ? 0 : -LL_ENOMEM;
}

static void
end(struct start *s)
{
	free(s->freqs);
	ll_vocab_free(s->vocab);
	ll_model_close(s->model);
	ll_gguf_close(s->gguf);
}

/* What a run depends on beside the settings. */
static int
describe(struct ll_buf *text, const struct start *s, const struct ll_lessons *lessons, struct ll_err *err)
{
	const struct ll_hparams *hp = &s->hp;
	uint64_t from = s->model != NULL ? s->model->fingerprint : s->vocab->fingerprint;

	return ll_buf_printf(text, err, "program ll-train\nfrom %016llx\nlayers %zu\nhidden_size %zu\nintermediate_size %zu\n"
	    "heads %zu\nkv_heads %zu\nhead_dim %zu\ntied %d\ndata %016llx\n", (unsigned long long)from, hp->layers, hp->dim,
	    hp->ffn, hp->heads, hp->kv_heads, hp->head_dim, hp->tied, (unsigned long long)lessons->corpus.hash);
}

static int
write_result(const struct start *s, const struct ll_net *net, struct ll_err *err)
{
	struct ll_result result = { .net = net, .scaling = &s->scaling, .vocab = s->gguf,
	    .base = s->model != NULL ? s->gguf : NULL, .name = name, .type = dtype };

	return ll_result_write(&result, output, err);
}

static int
learn(const struct start *s, struct ll_lessons *lessons, struct ll_net *net, struct ll_fit *fit,
    const struct ll_optimise_options *optimise, struct ll_err *err)
{
	struct ll_corpus_feed feed = { .corpus = &lessons->corpus, .span = fit->options.span, .seed = settings.seed,
	    .shuffle = true };
	int status = ll_optimiser_new(&fit->optimiser, net, optimise, err);

	if (status < 0)
		return status;
	if (s->model == NULL)
		ll_net_random(net, settings.seed);
	fit->net = net;
	fit->feed = (struct ll_feed){ ll_corpus_feed_next, &feed };
	fit->held = lessons->held_path != NULL ? &lessons->held : NULL;
	status = ll_fit_run(fit, err);
	ll_corpus_feed_free(&feed);
	ll_optimiser_free(&fit->optimiser);
	if (status == 1) {
		ll_warn(program.name, "stopped at step %llu%s", (unsigned long long)fit->progress.step,
		    fit->options.state != NULL ? ": go on with --resume" : "");
		return ll_fail(err, LL_EIO, "stopped by a signal before the end: no model was written");
	}
	return status < 0 ? status : write_result(s, net, err);
}

static int
run(struct start *s, struct ll_lessons *lessons, struct ll_pool *pool, int isa, struct ll_err *err)
{
	struct ll_net_options net_options = { .isa = isa, .gradients = true, .checkpoint = settings.checkpoint,
	    .kind = strcmp(settings.precision, "bf16") == 0 ? LL_GEMM_BF16 : LL_GEMM_F32 };
	struct ll_fit fit = { .options = { .program = program.name, .state = settings.state } };
	struct ll_optimise_options optimise;
	struct ll_buf text = { 0 }, state = { 0 };
	struct ll_net *net = NULL;
	uint64_t rows;
	int status;

	fit.options.span = settings.context > 0 ? (size_t)settings.context :
	    s->hp.context < MOST_CONTEXT ? s->hp.context : MOST_CONTEXT;
	net_options.span = fit.options.span;
	net_options.tokens = fit.options.span * (size_t)settings.micro;
	if ((status = ll_settings_memory(program.name, &settings, &s->hp, &net_options, 0, ll_pool_count(pool), err)) < 0 ||
	    settings.dry_run)
		return status;
	if ((status = ll_lessons_read(lessons, err)) < 0 ||
	    (status = ll_lessons_rows(lessons, fit.options.span, settings.seed, &rows, err)) < 0 ||
	    (status = describe(&text, s, lessons, err)) < 0 ||
	    (status = ll_settings_fit(&settings, rows, &fit.options, &optimise, &text, err)) < 0)
		goto out;
	fit.options.settings = text.data;
	if (settings.state == NULL && output != NULL && strcmp(output, "-") != 0 &&
	    (settings.save_every > 0 || settings.resume)) {
		if ((status = ll_buf_printf(&state, err, "%s.state", output)) < 0)
			goto out;
		fit.options.state = state.data;
	}
	if ((status = ll_net_new(&net, &s->hp, s->model != NULL ? s->model->rope_freqs : s->freqs, s->magnitude, s->model,
	    &net_options, pool, err)) == 0)
		status = learn(s, lessons, net, &fit, &optimise, err);
out:
	ll_net_free(net);
	ll_buf_free(&text);
	ll_buf_free(&state);
	return status;
}

static void
check_options(void)
{
	if (settings.rate == 0)
		settings.rate = 1e-3;
	if ((model_path != NULL) == (shape_path != NULL))
		ll_opt_wrong(&shape_path, "either --shape, for a new model, or -m, to go on from one");
	if (shape_path != NULL && vocabulary_path == NULL)
		ll_opt_wrong(&vocabulary_path, "a new model needs one");
	if (model_path != NULL) {
		ll_opt_refuse(&vocabulary_path, "with -m: the model has its own");
		ll_opt_refuse(&name, "with -m: the model has its own");
	}
	ll_settings_check(&settings, output);
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct ll_lessons lessons = { .program = program.name };
	struct ll_pool *pool = NULL;
	struct start s = { 0 };
	int status, isa;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	check_options();
	if ((isa = status = ll_cpu_isa(&err)) >= 0)
		status = model_path != NULL ? start_from_model(&s, &err) : start_from_shape(&s, &err);
	if (status >= 0)
		status = ll_pool_new(&pool, settings.threads > 0 ? (size_t)settings.threads : ll_processors(), &err);
	lessons.vocab = s.vocab;
	lessons.format_name = format_name;
	lessons.answers_only = answers_only;
	lessons.skip_bad = skip_bad;
	lessons.files = files;
	lessons.file_count = file_count;
	lessons.held_path = held_path;
	if (status >= 0)
		status = run(&s, &lessons, pool, isa, &err);
	ll_lessons_free(&lessons);
	ll_pool_free(pool);
	end(&s);
	free(files);
	return ll_exit(program.name, status, &err);
}
