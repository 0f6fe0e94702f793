/*
 * ll-bench: measurements. What the joints of the pipe cost, the speed of the tokenizer, of the
 * forward pass and of its kernels, and the machine's limits that the last two are held against.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/processors.h"
#include "bench/joints.h"
#include "bench/kernels.h"
#include "bench/limits.h"
#include "bench/speed.h"
#include "bench/steps.h"
#include "forward/pack.h"
#include "model/model.h"

static const char *model_path, *shape, *from;
static const char *pack_name = "always", *kv_name = "f16";
static int64_t threads, tokens = 64, rounds = 9, prompt, depth, chunk = 256;
static bool as_json, tokenize, limits, probe;

/* The texts to encode. */
static const char **files;
static size_t file_count, file_room;

static struct ll_steps_config steps;
static struct ll_kernels_config kernels;

static int
add_file(const char *path, struct ll_err *err)
{
	int status = ll_grow(&files, &file_room, file_count + 1, sizeof(*files), err);

	if (status == 0)
		files[file_count++] = path;
	return status;
}

/* Appends N,N... to a list. */
static int
add_numbers(const char *text, const char *option, size_t most, size_t *list, size_t *count, size_t room,
    struct ll_err *err)
{
	const char *at = text;
	char *end;

	for (;; at = end + 1) {
		unsigned long value = *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : 0;

		if (value == 0 || value > most || (*end != '\0' && *end != ','))
			return ll_fail(err, LL_EUSAGE, "--%s: '%s' is no list of numbers from 1 to %zu", option, text, most);
		if (*count == room)
			return ll_fail(err, LL_EUSAGE, "--%s: more than %zu numbers", option, room);
		list[(*count)++] = value;
		if (*end == '\0')
			return 0;
	}
}

static int
add_batches(const char *text, struct ll_err *err)
{
	return add_numbers(text, "batch", 4096, steps.batches, &steps.batch_count, LL_STEPS_BATCHES, err);
}

static int
add_rows(const char *text, struct ll_err *err)
{
	return add_numbers(text, "rows", 65536, kernels.rows, &kernels.row_count, LL_KERNEL_LIST, err);
}

static int
add_kernel(const char *name, struct ll_err *err)
{
	if (kernels.name_count == LL_KERNEL_LIST)
		return ll_fail(err, LL_EUSAGE, "--kernel: more than %d", LL_KERNEL_LIST);
	kernels.names[kernels.name_count++] = name;
	return 0;
}

static int
add_type(const char *name, struct ll_err *err)
{
	for (uint32_t type = 0; type < LL_DTYPES; type++)
		if (ll_dtype(type) != NULL && strcasecmp(ll_dtype(type)->name, name) == 0) {
			if (kernels.type_count == LL_KERNEL_LIST)
				return ll_fail(err, LL_EUSAGE, "--type: more than %d", LL_KERNEL_LIST);
			kernels.types[kernels.type_count++] = (enum ll_dtype)type;
			return 0;
		}
	return ll_fail(err, LL_EUSAGE, "--type: '%s' is no type that is computed with", name);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	LL_OPT_THREADS(threads),
	{ 'n', "limit", LL_OPT_INT, &tokens, "N", "tokens in a round (default 64)", 0, 100000, NULL },
	{ 'r', "rounds", LL_OPT_INT, &rounds, "N", "rounds of each (default 9)", 1, 1000, NULL },
	{ 'p', "prompt", LL_OPT_INT, &prompt, "N", "measure the forward pass: N tokens taken in at once", 0, 1e8, NULL },
	{ 'b', "batch", LL_OPT_CALL, &steps.batches, "N", "and decoding N sequences at once; a list as 1,4,16", 0, 0,
	  add_batches },
	{ 'd', "depth", LL_OPT_INT, &depth, "N", "tokens of context that are there before", 0, 1e8, NULL },
	{ 0, "chunk", LL_OPT_INT, &chunk, "N", "prompt positions in a step (default 256)", 1, 65536, NULL },
	{ 0, "kv-type", LL_OPT_STRING, &kv_name, "TYPE", "how keys and values are kept (ll-forward)", 0, 0, NULL },
	{ 0, "pack", LL_OPT_STRING, &pack_name, "WHEN", "always (default), auto or never (ll-forward)", 0, 0, NULL },
	{ 0, "limits", LL_OPT_FLAG, &limits, NULL, "measure what this machine reads and multiplies", 0, 0, NULL },
	{ 0, "probe", LL_OPT_FLAG, &probe, NULL, "the same in short: huge pages and peaks of all threads", 0, 0, NULL },
	{ 0, "kernel", LL_OPT_CALL, &kernels.names, "NAME", "measure a kernel alone; all of them: all", 0, 0, add_kernel },
	{ 0, "type", LL_OPT_CALL, &kernels.types, "TYPE", "matmul's matrix (default Q4_0); may be given more than once", 0, 0,
	  add_type },
	{ 0, "rows", LL_OPT_CALL, &kernels.rows, "N", "its rows of activations; a list as 1,8,512", 0, 0, add_rows },
	{ 0, "shape", LL_OPT_STRING, &shape, "NXN", "its size, such as 4096x14336", 0, 0, NULL },
	{ 0, "from", LL_OPT_STRING, &from, "WHERE", "what it reads is in memory (the default) or cache", 0, 0, NULL },
	{ 0, "json", LL_OPT_FLAG, &as_json, NULL, "print JSON", 0, 0, NULL },
	{ 0, "tokenize", LL_OPT_FLAG, &tokenize, NULL, "measure the tokenizer on each FILE", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_file },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-bench",
	.summary = "measure pipe, tokenizer, forward pass, kernels and the machine's limits",
	.usage = "[-hqvV] [-j N] [-m FILE] [-n N] [-r N] [-b N] [-d N] [-p N] [--chunk N]\n"
	    "                [--from WHERE] [--json] [--kernel NAME] [--kv-type TYPE] [--limits] [--pack WHEN]\n"
	    "                [--probe] [--rows N] [--shape NXN] [--type TYPE] [--tokenize FILE ...]",
	.options = options,
};

enum what { JOINTS, TOKENIZER, STEPS, LIMITS, PROBE, KERNELS };

static int
choose(enum what *what, struct ll_err *err)
{
	/* A batch that a configuration file sets for all programs asks for nothing here. */
	bool wanted[] = { false, tokenize, ll_opt_given(&prompt) || ll_opt_given(&depth) || ll_opt_own(&steps.batches) != NULL,
		limits, probe, kernels.name_count > 0 };
	bool other = false;

	*what = JOINTS;
	if (wanted[KERNELS])		/* a depth is attention's */
		wanted[STEPS] = ll_opt_given(&prompt) || ll_opt_own(&steps.batches) != NULL;
	for (enum what i = TOKENIZER; i <= KERNELS; i++)
		if (wanted[i]) {
			if (other)
				return ll_fail(err, LL_EUSAGE, "one measurement at a time: --tokenize, --limits, --probe, "
				    "--kernel, or -p, -b and -d");
			other = true;
			*what = i;
		}
	return 0;
}

static bool
has_kernel(const char *name)
{
	for (size_t i = 0; i < kernels.name_count; i++)
		if (strcmp(kernels.names[i], name) == 0 || strcmp(kernels.names[i], "all") == 0)
			return true;
	return false;
}

static void
refuse_options(enum what what)
{
	bool model = what == JOINTS || what == TOKENIZER || what == STEPS;
	const struct ll_opt_rule rules[] = {
		{ !model, &model_path, "without a model to measure" },
		{ what == TOKENIZER, &threads, "with --tokenize" },
		{ what != JOINTS && what != STEPS, &tokens, "without tokens to generate" },
		{ what != STEPS, &chunk, "without -p, -b or -d" },
		{ what != STEPS && !has_kernel("matmul"), &pack_name, "without -p, -b, -d or --kernel matmul" },
		{ what != STEPS, &kv_name, "without -p, -b or -d" },
		{ !has_kernel("matmul"), &kernels.types, "without --kernel matmul" },
		{ what == KERNELS && !has_kernel("attention"), &depth, "on other kernels than attention" },
		{ what != KERNELS, &kernels.rows, "without --kernel" },
		{ what != KERNELS, &shape, "without --kernel" },
		{ what != KERNELS, &from, "without --kernel" },
	};

	ll_opt_refuse_all(rules, sizeof(rules) / sizeof(rules[0]));
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
measure_joints(struct ll_err *err)
{
	const char *path;
	int status;

	/* The first token of each way is where its clock starts. */
	if (tokens < 2)
		return ll_fail(err, LL_EUSAGE, "--limit: %lld is less than 2", (long long)tokens);
	/* The stages are told everything: both sides do the same. */
	ll_config_seal();
	if ((status = ll_model_choose(&path, model_path, "", err)) < 0)
		return status;
	return ll_bench_joints(path, (size_t)threads, (size_t)tokens, (size_t)rounds, as_json, err);
}

static int
measure_steps(struct ll_err *err)
{
	int status = ll_model_choose(&steps.model, model_path, "", err);

	if (status < 0 || (status = ll_kv_types(steps.kv_type, kv_name, err)) < 0 ||
	    (status = ll_packs_when(pack_name, err)) < 0)
		return status;
	steps.pack = (enum ll_pack)status;
	if (steps.batch_count == 0)
		steps.batches[steps.batch_count++] = 1;
	steps.threads = (size_t)threads;
	steps.rounds = (size_t)rounds;
	steps.prompt = (size_t)prompt;
	steps.tokens = (size_t)tokens;
	steps.depth = (size_t)depth;
	steps.chunk = (size_t)chunk;
	steps.as_json = as_json;
	return ll_bench_steps(&steps, err);
}

static int
read_shape(struct ll_err *err)
{
	const char *at = shape;
	char *end;

	for (;; at = end + 1) {
		unsigned long value = *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : 0;

		if (value == 0 || value > 1 << 20 || (*end != '\0' && *end != 'x') || kernels.dims == LL_KERNEL_DIMS)
			return ll_fail(err, LL_EUSAGE, "--shape: '%s' is not as 4096x14336", shape);
		kernels.shape[kernels.dims++] = value;
		if (*end == '\0')
			return 0;
	}
}

static int
measure_kernels(struct ll_err *err)
{
	int status;

	if (from != NULL && strcmp(from, "memory") != 0 && strcmp(from, "cache") != 0)
		return ll_fail(err, LL_EUSAGE, "--from: '%s' is neither memory nor cache", from);
	if ((shape != NULL && (status = read_shape(err)) < 0) || (status = ll_packs_when(pack_name, err)) < 0)
		return status;
	kernels.panels = status == LL_PACK_ALWAYS;
	kernels.memory = from == NULL || strcmp(from, "memory") == 0;
	kernels.depth = ll_opt_given(&depth) ? (size_t)depth : 4096;
	kernels.threads = (size_t)threads;
	kernels.rounds = (size_t)rounds;
	kernels.as_json = as_json;
	return ll_bench_kernels(&kernels, err);
}

static int
run(struct ll_err *err)
{
	enum what what;
	int status = choose(&what, err);

	if (status < 0)
		return status;
	refuse_options(what);
	if (what != TOKENIZER && file_count > 0)
		return ll_fail(err, LL_EUSAGE, "%s: texts are for --tokenize", files[0]);
	if (threads == 0)
		threads = (int64_t)ll_processors();
	switch (what) {
	case TOKENIZER:
		return measure_encoding(err);
	case STEPS:
		return measure_steps(err);
	case LIMITS:
	case PROBE:
		return ll_bench_limits((size_t)threads, (size_t)rounds, what == PROBE, as_json, err);
	case KERNELS:
		return measure_kernels(err);
	default:
		return measure_joints(err);
	}
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	status = run(&err);
	free(files);
	return ll_exit(program.name, status, &err);
}
