/*
 * ll-tune: adapts a model to conversations or text: low-rank adapters over its frozen weights, or
 * all weights.
 *
 * The net and its gradients are net_run.c's, the run is course.c's, the adapter file
 * model/adapter_write.c's, merging model/convert.c's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "model/adapter.h"
#include "model/convert.h"
#include "model/source.h"
#include "tensor/encode.h"
#include "train/course.h"
#include "train/result.h"

static const char *model_path, *output, *dtype, *projections = "all";
static bool all_text, full, merge;
static int64_t rank = 16;
static double alpha, dropout;
static struct ll_lessons lessons;
static struct ll_run_settings settings = LL_SETTINGS;

static int
add_file(const char *value, struct ll_err *err)
{
	return ll_sources_add(&lessons.files, value, false, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	LL_OPT_OUTPUT(output),
	{ 0, "rank", LL_OPT_INT, &rank, "N", "of the adapters (default 16)", 1, 4096, NULL },
	{ 0, "alpha", LL_OPT_DOUBLE, &alpha, "X", "their scale is X / rank (default: twice the rank)", 1e-6, 1e6, NULL },
	{ 0, "dropout", LL_OPT_DOUBLE, &dropout, "X", "share of the adapters' inputs left out (default 0)", 0, 0.95, NULL },
	{ 0, "on", LL_OPT_STRING, &projections, "LIST", "matrices: q,k,v,o,gate,up,down (default: all)", 0, 0, NULL },
	{ 0, "full", LL_OPT_FLAG, &full, NULL, "learn all weights, and write a model", 0, 0, NULL },
	{ 0, "merge", LL_OPT_FLAG, &merge, NULL, "write the model with the adapter in it", 0, 0, NULL },
	{ 0, "dtype", LL_OPT_STRING, &dtype, "TYPE", "of the output: f32, f16, ... (default: f32, or the merged model's own)", 0, 0, NULL },
	{ 0, "eval", LL_OPT_STRING, &lessons.held_path, "FILE", "held-out text", 0, 0, NULL },
	{ 0, "all-text", LL_OPT_FLAG, &all_text, NULL, "of messages learn what others than the assistant say, too", 0, 0, NULL },
	{ 0, "skip-bad", LL_OPT_FLAG, &lessons.skip_bad, NULL, "pass over bad lines of JSON Lines", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &lessons.format_name, "NAME", "of messages (default: the model's)", 0, 0, NULL },
	LL_OPTS_FIT(settings),
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_file },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-tune",
	.summary = "adapt a model to conversations or text",
	.usage = "[-hqvV] [-b N] [-c N] [-j N] [-m FILE] [-o FILE] [OPTION ...] [FILE ...]",
	.options = options,
};

static struct ll_model *model;
static struct ll_vocab *vocab;
static uint32_t type = LL_F32;

/* What was learned of each matrix; the count is that of all that may be. */
static size_t
gather_pairs(const struct ll_net *net, struct ll_adapter_arrays *pairs)
{
	size_t count = 0;

	for (size_t layer = 0; layer < net->hp.layers; layer++)
		for (size_t site = 0; site < LL_ADAPT_SITES; site++) {
			const struct ll_linear *linear = &net->layers[layer].linear[site];

			if (linear->rank > 0)
				pairs[count++] = (struct ll_adapter_arrays){ layer, site, linear->rank, linear->a, linear->b };
		}
	return count;
}

static int
write_merged(const struct ll_net *net, const struct ll_adapter_arrays *pairs, size_t count, struct ll_err *err)
{
	struct ll_convert convert = { .to = LL_CONTAINER_GGUF, .type = dtype != NULL ? type : LL_DTYPES };
	const char *note;
	int status;

	if ((status = ll_adapters_new(&convert.adapters, model, err)) == 0 &&
	    (status = ll_adapters_add_arrays(convert.adapters, net->options.alpha, pairs, count, err)) == 0 &&
	    (status = ll_convert_plan(&convert, model->path, err)) == 0) {
		if ((note = ll_convert_note(&convert)) != NULL)
			ll_warn(program.name, "%s: %s", model->path, note);
		status = ll_convert_gguf(&convert, output, net->pool, NULL, err);
	}
	ll_convert_close(&convert);
	return status;
}

static int
write_adapter(const struct ll_net *net, struct ll_err *err)
{
	struct ll_adapter_arrays *pairs = ll_alloc(net->hp.layers * LL_ADAPT_SITES, sizeof *pairs, err);
	size_t count;
	int status;

	if (pairs == NULL)
		return -LL_ENOMEM;
	count = gather_pairs(net, pairs);
	if (merge)
		status = write_merged(net, pairs, count, err);
	else
		status = ll_adapter_write(output, model, net->options.alpha, pairs, count, type, err);
	free(pairs);
	return status;
}

static int
finish(void *context, struct ll_net *net, struct ll_err *err)
{
	struct ll_result result = { .net = net, .type = type };

	(void)context;
	if (!full)
		return write_adapter(net, err);
	result.base = result.vocab = model->source->parts[0];
	return ll_result_write(&result, output, err);
}

/* --on: names of projections with commas between them. */
static void
take_projections(bool *on)
{
	static const char *const names[LL_ADAPT_SITES] = { "q", "k", "v", "o", "gate", "up", "down" };
	const char *at = projections;

	if (strcmp(projections, "all") == 0) {
		for (size_t i = 0; i < LL_ADAPT_SITES; i++)
			on[i] = true;
		return;
	}
	while (*at != '\0') {
		size_t length = strcspn(at, ","), i = 0;
		char why[200];

		while (i < LL_ADAPT_SITES && (strlen(names[i]) != length || memcmp(names[i], at, length) != 0))
			i++;
		if (i == LL_ADAPT_SITES) {
			snprintf(why, sizeof(why), "'%.*s' is not q, k, v, o, gate, up, down with commas between them, or all",
			    (int)(length < 64 ? length : 64), at);
			ll_opt_wrong(&projections, why);
		}
		on[i] = true;
		at += length;
		at += *at == ',' && at[1] != '\0';
	}
	if (*projections == '\0')
		ll_opt_wrong(&projections, "names none");
}

static void
take_dtype(void)
{
	const char *known = full ? "f32, f16, bf16 or a type of blocks, such as q8_0" : merge ? "f32, f16 or bf16" :
	    "f32 or f16, which adapters are written as";
	char why[160];

	if (dtype == NULL)
		return;
	type = ll_encode_called(dtype);
	if (type == LL_F32 || type == LL_F16 || (merge && type == LL_BF16) || (full && type != LL_DTYPES))
		return;
	snprintf(why, sizeof why, "'%.64s' is not %s", dtype, known);
	ll_opt_wrong(&dtype, why);
}

static int
check_options(struct ll_net_options *net, struct ll_err *err)
{
	const struct ll_opt_rule rules[] = {
		{ full, &rank, "with --full" }, { full, &alpha, "with --full" }, { full, &dropout, "with --full" },
		{ full, &projections, "with --full" }, { full, &merge, "with --full" },
	};

	int status;

	ll_opt_refuse_all(rules, sizeof rules / sizeof *rules);
	take_dtype();
	if (!ll_opt_given(&settings.rate))
		settings.rate = full ? 2e-5 : 2e-4;
	if (!full) {
		net->rank = (size_t)rank;
		net->alpha = (float)(ll_opt_given(&alpha) ? alpha : 2 * (double)rank);
		net->dropout = (float)dropout;
		take_projections(net->on);
	}
	status = ll_run_settings_check(&settings, output, err);
	return status < 0 ? status : ll_lessons_check(&lessons, &settings, err);
}

/* A rank above all sizes is no low one, and no adapter's. */
static int
check_rank(const struct ll_net_options *net, struct ll_err *err)
{
	size_t most = 0;

	for (size_t site = 0; site < LL_ADAPT_SITES; site++) {
		const struct ll_tensor *matrix = ll_adapter_matrix(model, 0, site);

		most = net->on[site] && matrix->cols > most ? matrix->cols : most;
	}
	if (net->rank <= most)
		return 0;
	return ll_fail(err, LL_EUSAGE, "--rank: %zu, but no matrix that it is for has more than %zu columns", net->rank, most);
}

/* What is merged is written in its type again: told before the work, not after. */
static int
check_types(const struct ll_net_options *net, struct ll_err *err)
{
	for (size_t layer = 0; layer < model->hp.layers; layer++)
		for (size_t site = 0; site < LL_ADAPT_SITES; site++) {
			const struct ll_tensor *matrix = ll_adapter_matrix(model, layer, site);

			if (net->on[site] && !ll_encode_has(matrix->type))
				return ll_fail(err, LL_EUNSUPPORTED, "%s: blk.%zu.%s.weight: is %s, which cannot be made of what is "
				    "merged: say --dtype", model->path, layer, ll_adapter_site_name(site),
				    ll_dtype_name(matrix->type));
		}
	return 0;
}

static int
open_base(const struct ll_net_options *net, struct ll_err *err)
{
	const char *path;
	int status;

	if ((status = ll_model_choose(&path, model_path, "", err)) < 0 || (status = ll_model_open(&model, path, err)) < 0 ||
	    (status = ll_vocab_open(&vocab, path, err)) < 0 || (!full && (status = check_rank(net, err)) < 0) ||
	    (merge && dtype == NULL && (status = check_types(net, err)) < 0))
		return status;
	if (vocab->count > model->hp.vocab)
		return ll_fail(err, LL_EDATA, "%s: %zu tokens, but the embedding has %zu rows", path, vocab->count,
		    model->hp.vocab);
	if (full && model->source->part_count == 0)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: --full goes on from a GGUF, which ll-convert makes of it", path);
	return 0;
}

int
main(int argc, char **argv)
{
	struct ll_course course = { .program = program.name, .settings = &settings, .lessons = &lessons, .finish = finish };
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	lessons.program = program.name;
	lessons.answers_only = !all_text;
	if ((status = check_options(&course.net, &err)) == 0 && (status = open_base(&course.net, &err)) == 0) {
		lessons.vocab = vocab;
		course.output = output;
		course.hp = model->hp;
		course.rope_freqs = model->rope_freqs;
		course.rope_magnitude = model->rope_magnitude;
		course.base = model;
		course.from = model->fingerprint;
		/* A frozen base is read in every step. */
		course.more = full ? 0 : model->source->size;
		course.first = full ? LL_FIRST_GIVEN : LL_FIRST_RANDOM;
		status = ll_course_run(&course, &err);
	}
	ll_lessons_free(&lessons);
	ll_vocab_free(vocab);
	ll_model_close(model);
	return ll_exit(program.name, status, &err);
}
