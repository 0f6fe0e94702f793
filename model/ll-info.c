/*
 * ll-info: tells what is in a model file.
 *
 * Gathering and writing are model/info*.c; this file has the options and the chat format.
 */

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "model/info.h"
#include "tokenize/chat.h"

static const char *model_option;
static const char *operand;
static int64_t context;
static bool as_json, metadata, tensors;

static int
take_operand(const char *value, struct ll_err *err)
{
	if (operand != NULL)
		return ll_fail(err, LL_EUSAGE,
		    "unexpected operand '%.200s': one MODEL at a time", value);
	operand = value;
	return 0;
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_option),
	{ 'c', "context", LL_OPT_INT, &context, "N",
	  "tell the memory for N positions (default: the model's)", 1, 1e9, NULL },
	{ 0, "json", LL_OPT_FLAG, &as_json, NULL, "write one JSON object", 0, 0, NULL },
	{ 0, "metadata", LL_OPT_FLAG, &metadata, NULL, "tell every metadata key", 0, 0, NULL },
	{ 0, "tensors", LL_OPT_FLAG, &tensors, NULL, "tell every tensor", 0, 0, NULL },
	{ 0, "MODEL", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, take_operand },
	LL_OPTS_COMMON,
	{ 0, NULL, LL_OPT_END, NULL, NULL, NULL, 0, 0, NULL }
};

static const struct ll_program program = {
	.name = "ll-info",
	.summary = "tell what is in a model file",
	.usage = "[-hqvV] [-c N] [--json] [--metadata] [--tensors] [-m FILE | MODEL]",
	.options = options,
};

static void
refuse_ineffective(const struct ll_info *info)
{
	if (info->gguf == NULL)
		ll_opt_refuse(&metadata, info->source == NULL ? "on a file of a vocabulary" : "on a folder");
	if (info->source == NULL)
		ll_opt_refuse(&tensors, "on a file of a vocabulary");
	if (info->hp.layers == 0)
		ll_opt_refuse(&context, "on a file without a Llama model");
}

static int
tell(const char *path, struct ll_err *err)
{
	struct ll_info_wants wants = { .context = (size_t)context, .tensors = tensors, .metadata = metadata };
	struct ll_chat chat = { 0 };
	struct ll_info info;
	int status;

	if ((status = ll_info_open(&info, path, err)) == 0) {
		refuse_ineffective(&info);
		/* None is an answer, too. */
		if (info.vocab != NULL && ll_chat_recognise(&chat, info.vocab, NULL) == 0)
			info.chat = ll_chat_name(chat.format);
		if (as_json)
			status = ll_info_json(stdout, &info, &wants, err);
		else
			ll_info_text(stdout, &info, &wants);
	}
	ll_info_close(&info);
	return status;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	const char *path;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if (operand != NULL)
		ll_opt_refuse(&model_option, "with an operand");
	status = ll_model_choose(&path, operand != NULL ? operand : model_option, "", &err);
	if (status == 0)
		status = tell(path, &err);
	return ll_exit("ll-info", status, &err);
}
