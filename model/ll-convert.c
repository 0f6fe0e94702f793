/*
 * ll-convert: writes a model in another container, or with another type of floats.
 *
 * What becomes of each tensor is model/convert.c's, the containers model/convert_*.c's.
 */

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/processors.h"
#include "base/scaled.h"
#include "model/convert.h"
#include "model/save_line.h"

static const char *model_option, *output, *vocabulary;
static struct ll_scaled_list loras;
static int64_t threads;
static bool pack;
static uint32_t type = LL_DTYPES;
static enum ll_container container = LL_CONTAINER_META;	/* not said */

static int
take_dtype(const char *value, struct ll_err *err)
{
	static const uint32_t types[] = { LL_F32, LL_F16, LL_BF16 };

	for (size_t i = 0; i < 3; i++) {
		if (strcasecmp(value, ll_dtype_name(types[i])) == 0) {
			type = types[i];
			return 0;
		}
	}
	return ll_fail(err, LL_EUSAGE, "--dtype: '%.64s' is not f32, f16 or bf16", value);
}

static int
add_lora(const char *value, struct ll_err *err)
{
	return ll_scaled_add(&loras, "--lora", value, err);
}

static int
take_container(const char *value, struct ll_err *err)
{
	if (strcmp(value, "gguf") == 0)
		container = LL_CONTAINER_GGUF;
	else if (strcmp(value, "safetensors") == 0)
		container = LL_CONTAINER_SAFETENSORS;
	else
		return ll_fail(err, LL_EUSAGE, "--to: '%.64s' is not gguf or safetensors", value);
	return 0;
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_option),
	LL_OPT_OUTPUT(output),
	LL_OPT_THREADS(threads),
	{ 0, "dtype", LL_OPT_CALL, NULL, "TYPE", "matrices as f32, f16 or bf16", 0, 0, take_dtype },
	{ 0, "lora", LL_OPT_CALL, NULL, "FILE", "merge an adapter into the model, FILE:SCALE times SCALE", 0, 0, add_lora },
	{ 0, "pack", LL_OPT_FLAG, &pack, NULL, "a GGUF for ll alone: matrices as products read them", 0, 0, NULL },
	{ 0, "to", LL_OPT_CALL, NULL, "KIND", "write gguf (default) or safetensors, a folder", 0, 0, take_container },
	{ 0, "vocabulary", LL_OPT_STRING, &vocabulary, "FILE", "the vocabulary of a folder, from elsewhere", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, NULL, LL_OPT_END, NULL, NULL, NULL, 0, 0, NULL }
};

static const struct ll_program program = {
	.name = "ll-convert",
	.summary = "write a model in another format",
	.usage = "[-hqvV] [-j N] [--dtype TYPE] [--lora FILE] [--pack] [--to KIND]\n"
	    "                  [--vocabulary FILE] [-m FILE] [-o FILE]",
	.options = options,
};

static int
write_model(const struct ll_convert *convert, struct ll_err *err)
{
	struct ll_save_line progress;
	struct ll_pool *pool;
	int status = ll_pool_new(&pool, threads > 0 ? (size_t)threads : ll_processors(), err);

	if (status < 0)
		return status;
	ll_save_line_start(&progress, program.name, ll_opt_quiet, ll_opt_verbose);
	if (convert->pack && convert->packed == 0)
		ll_warn(program.name, "no matrix is of a type that has panels: all stay rows");
	if (convert->to == LL_CONTAINER_GGUF)
		status = ll_convert_gguf(convert, output, pool, &progress.save, err);
	else
		status = ll_convert_hf(convert, output, pool, &progress.save, err);
	ll_save_line_end(&progress);
	ll_pool_free(pool);
	return status;
}

static int
check_command(struct ll_err *err)
{
	bool file = output != NULL && strcmp(output, "-") != 0;

	if (container == LL_CONTAINER_META)
		container = LL_CONTAINER_GGUF;
	if (container == LL_CONTAINER_SAFETENSORS && !file)
		return ll_fail(err, LL_EUSAGE, "no -o FOLDER for the safetensors");
	if (!file && isatty(STDOUT_FILENO))
		return ll_fail(err, LL_EUSAGE, "no -o FILE, and standard output is a terminal");
	return 0;
}

int
main(int argc, char **argv)
{
	struct ll_convert convert = { 0 };
	struct ll_err err = { 0 };
	const char *path, *note;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = check_command(&err)) == 0 && (status = ll_model_choose(&path, model_option, "", &err)) == 0) {
		convert.to = container;
		convert.type = type;
		convert.pack = pack;
		convert.loras = &loras;
		convert.vocabulary = vocabulary;
		if ((status = ll_convert_plan(&convert, path, &err)) == 0 && (note = ll_convert_note(&convert)) != NULL)
			ll_warn(program.name, "%s: %s", path, note);
		if (status == 0)
			status = write_model(&convert, &err);
		ll_convert_close(&convert);
	}
	ll_scaled_free(&loras);
	return ll_exit(program.name, status, &err);
}
