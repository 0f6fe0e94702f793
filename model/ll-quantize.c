/*
 * ll-quantize: writes a model file with smaller types of weights.
 *
 * Which tensor gets which type is model/mix.c's, the plan and the file model/quantize.c's, the
 * searches tensor/enc_*.c's.
 */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/processors.h"
#include "model/save_line.h"
#include "model/quantize.h"
#include "model/quantize_rules.h"

static const char *model_option, *output, *imatrix_path, *rules_path;
static int64_t threads;
static bool pure, requantize, dry_run;
static const struct ll_mix *mix;

static int
take_mix(const char *value, struct ll_err *err)
{
	if (mix != NULL)
		return ll_fail(err, LL_EUSAGE, "unexpected operand '%.200s': one TYPE at a time", value);
	if ((mix = ll_mix_find(value)) == NULL)
		return ll_fail(err, LL_EUSAGE, "'%.200s' is no type: see the list of --types", value);
	return 0;
}

static bool list_types;

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_option),
	LL_OPT_OUTPUT(output),
	LL_OPT_THREADS(threads),
	{ 0, "imatrix", LL_OPT_STRING, &imatrix_path, "FILE", "importance matrix, in llama.cpp's formats", 0, 0, NULL },
	{ 0, "rules", LL_OPT_STRING, &rules_path, "FILE", "types by patterns of tensor names, in YAML", 0, 0, NULL },
	{ 0, "pure", LL_OPT_FLAG, &pure, NULL, "TYPE for every matrix", 0, 0, NULL },
	{ 0, "requantize", LL_OPT_FLAG, &requantize, NULL, "also from types that have lost something", 0, 0, NULL },
	{ 0, "dry-run", LL_OPT_FLAG, &dry_run, NULL, "tell types and sizes, write nothing else", 0, 0, NULL },
	{ 0, "types", LL_OPT_FLAG, &list_types, NULL, "tell what TYPE can be", 0, 0, NULL },
	{ 0, "TYPE", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, take_mix },
	LL_OPTS_COMMON,
	{ 0, NULL, LL_OPT_END, NULL, NULL, NULL, 0, 0, NULL }
};

static const struct ll_program program = {
	.name = "ll-quantize",
	.summary = "make a model file smaller",
	.usage = "[-hqvV] [-j N] [--dry-run] [--imatrix FILE] [--pure] [--requantize]\n"
	    "                   [--rules FILE] [--types] [-m FILE] [-o FILE] TYPE",
	.options = options,
};

static int
tell_types(struct ll_err *err)
{
	const void *const others[] = { &model_option, &output, &threads, &imatrix_path, &rules_path, &pure, &requantize,
		&dry_run };
	size_t count;
	const struct ll_mix *all = ll_mix_all(&count);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ll_opt_refuse(others[i], "with --types");
	if (mix != NULL)
		return ll_fail(err, LL_EUSAGE, "TYPE has no effect with --types");
	for (size_t i = 0; i < count; i++)
		printf("%-7s %s\n", all[i].name, all[i].help);
	return 0;
}

static void
tell_plan(const struct ll_quantize *q)
{
	uint64_t before, after;

	for (size_t i = 0; i < q->count; i++) {
		const struct ll_recode *job = &q->jobs[i];
		size_t size = 0;

		ll_recode_size(&size, job, NULL);
		printf("%s  %s  %zu  %s  %zu\n", job->from->name, ll_recode_type_name(job->from->type), job->from->size,
		    ll_recode_type_name(job->type), size);
	}
	ll_quantize_sizes(q, &before, &after);
	printf("total  %" PRIu64 "  %" PRIu64 "\n", before, after);
}

static void
tell_notes(const struct ll_quantize *q)
{
	if (q->fallbacks > 0)
		ll_warn(program.name, "%zu tensors get another type: their rows are not whole blocks of the one meant",
		    q->fallbacks);
	if (q->unimportant > 0)
		ll_warn(program.name, "%s: lacks %zu of the tensors, which are quantised without", imatrix_path,
		    q->unimportant);
}

static int
write_model(const struct ll_quantize *q, struct ll_err *err)
{
	struct ll_save_line progress;
	struct ll_pool *pool;
	int status = ll_pool_new(&pool, threads > 0 ? (size_t)threads : ll_processors(), err);

	if (status < 0)
		return status;
	ll_save_line_start(&progress, program.name, ll_opt_quiet, ll_opt_verbose);
	status = ll_quantize_write(q, output, pool, &progress.save, err);
	ll_save_line_end(&progress);
	ll_pool_free(pool);
	return status;
}

static int
quantize(const char *path, struct ll_err *err)
{
	struct ll_quantize q = { .mix = mix, .pure = pure, .requantize = requantize, .imatrix_path = imatrix_path };
	struct ll_quantize_rules rules = { 0 };
	struct ll_imatrix *imatrix = NULL;
	int status = 0;

	if (imatrix_path != NULL)
		status = ll_imatrix_open(&imatrix, imatrix_path, err);
	if (status == 0 && rules_path != NULL && (status = ll_quantize_rules_read(&rules, rules_path, err)) == 0)
		q.rules = &rules;
	q.imatrix = imatrix;
	if (status == 0 && (status = ll_quantize_plan(&q, path, err)) == 0) {
		tell_notes(&q);
		if (dry_run)
			tell_plan(&q);
		else
			status = write_model(&q, err);
	}
	ll_quantize_close(&q);
	ll_quantize_rules_free(&rules);
	ll_imatrix_close(imatrix);
	return status;
}

static int
check_command(struct ll_err *err)
{
	if (mix == NULL)
		return ll_fail(err, LL_EUSAGE, "no TYPE: see the list of --types");
	if (dry_run) {
		ll_opt_refuse(&output, "with --dry-run");
		ll_opt_refuse(&threads, "with --dry-run");
	} else if (output == NULL && isatty(STDOUT_FILENO)) {
		return ll_fail(err, LL_EUSAGE, "no -o FILE, and standard output is a terminal");
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	const char *path;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if (list_types)
		status = tell_types(&err);
	else if ((status = check_command(&err)) == 0 &&
	    (status = ll_model_choose(&path, model_option, "", &err)) == 0)
		status = quantize(path, &err);
	return ll_exit(program.name, status, &err);
}
