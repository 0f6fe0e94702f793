/*
 * ll-train: teaches a model from text, from scratch or from where it stands.
 *
 * The net and its gradients are net_run.c's, the run is fit.c's, the data lessons.c's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "model/model.h"
#include "model/source.h"
#include "tensor/encode.h"
#include "train/course.h"
#include "train/result.h"
#include "train/shape.h"

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
	{ 'm', "model", LL_OPT_STRING, &model_path, "FILE", "go on from this model (default: $LL_MODEL)", 0, 0, NULL },
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
	.usage = "[-hqvV] [-o FILE] [OPTION ...] --shape FILE --vocabulary FILE [FILE ...]\n"
	    "       ll-train [-hqvV] [-o FILE] [OPTION ...] [-m FILE] [FILE ...]",
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

static int
finish(void *context, struct ll_net *net, struct ll_err *err)
{
	const struct start *s = context;
	struct ll_result result = { .net = net, .scaling = &s->scaling, .vocab = s->gguf,
	    .base = s->model != NULL ? s->gguf : NULL, .name = name, .type = dtype };

	return ll_result_write(&result, output, err);
}

static bool
reads_stdin(void)
{
	bool found = file_count == 0;

	for (size_t i = 0; i < file_count; i++)
		found = found || strcmp(files[i], "-") == 0;
	return found;
}

static int
check_options(struct ll_err *err)
{
	const struct ll_opt_rule rules[] = {
		{ shape_path != NULL, &model_path, "with --shape: a new model goes on from none" },
		{ shape_path == NULL, &vocabulary_path, "without --shape: a model has its own" },
		{ shape_path == NULL, &name, "without --shape: a model has its own" },
		{ held_path == NULL, &settings.eval_every, "without --eval" },
	};

	ll_opt_refuse_all(rules, sizeof rules / sizeof *rules);
	if (settings.rate <= 0 && ll_opt_given(&settings.rate))
		ll_opt_wrong(&settings.rate, "nothing is learned at 0");
	if (settings.rate <= 0)
		settings.rate = 1e-3;
	if (held_path != NULL && strcmp(held_path, "-") == 0 && reads_stdin())
		ll_opt_wrong(&held_path, "standard input is what is learned from");
	ll_settings_check(&settings, output);
	if (shape_path != NULL && vocabulary_path == NULL)
		return ll_fail(err, LL_EUSAGE, "no --vocabulary FILE for the new model");
	if (!settings.dry_run && file_count == 0 && isatty(STDIN_FILENO))
		return ll_fail(err, LL_EUSAGE, "no FILE, and standard input is a terminal");
	if (!settings.dry_run && (output == NULL || strcmp(output, "-") == 0) && isatty(STDOUT_FILENO))
		return ll_fail(err, LL_EUSAGE, "no -o FILE, and standard output is a terminal");
	return shape_path != NULL ? 0 : ll_model_choose(&model_path, model_path, "", err);
}

int
main(int argc, char **argv)
{
	struct ll_lessons lessons = { .program = program.name };
	struct ll_course course = { .program = program.name, .settings = &settings, .lessons = &lessons, .finish = finish };
	struct ll_err err = { 0 };
	struct start s = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = check_options(&err)) == 0)
		status = model_path != NULL ? start_from_model(&s, &err) : start_from_shape(&s, &err);
	if (status == 0) {
		lessons.vocab = s.vocab;
		lessons.format_name = format_name;
		lessons.answers_only = answers_only;
		lessons.skip_bad = skip_bad;
		lessons.files = files;
		lessons.file_count = file_count;
		lessons.held_path = held_path;
		course.output = output;
		course.hp = s.hp;
		course.rope_freqs = s.model != NULL ? s.model->rope_freqs : s.freqs;
		course.rope_magnitude = s.magnitude;
		course.base = s.model;
		course.from = s.model != NULL ? s.model->fingerprint : s.vocab->fingerprint;
		course.prepare = s.model != NULL ? NULL : ll_net_random;
		course.context = &s;
		status = ll_course_run(&course, &err);
	}
	ll_lessons_free(&lessons);
	end(&s);
	free(files);
	return ll_exit(program.name, status, &err);
}
