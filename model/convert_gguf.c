/*
 * A GGUF made of any container: its metadata; see convert.h.
 */

#include "model/convert.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "model/mix.h"
#include "model/vocab_write.h"

/* The last part of a path. */
static void
set_name(struct ll_gguf_writer *writer, const char *path, struct ll_err *err)
{
	size_t end = strlen(path), begin;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
		;
	ll_gguf_write_string(writer, "general.name", path + begin, end - begin, err);
}

/* The vocabulary must be one for this embedding. */
static int
check_vocabulary(const struct ll_convert *convert, struct ll_err *err)
{
	const struct ll_gguf_value *tokens = ll_gguf_find(convert->tokenizer, "tokenizer.ggml.tokens");

	if (tokens == NULL || tokens->type != LL_GGUF_ARRAY)
		return ll_fail(err, LL_EDATA, "%s: tokenizer.ggml.tokens: there is no vocabulary", convert->vocabulary);
	if (tokens->count != convert->hp.vocab)
		return ll_fail(err, LL_EDATA, "%s: tokenizer.ggml.tokens: %" PRIu64 " tokens, but the embedding of %s has "
		    "%zu rows", convert->vocabulary, tokens->count, convert->source->path, convert->hp.vocab);
	return 0;
}

static int
set_metadata(struct ll_gguf_writer *writer, const struct ll_convert *convert, struct ll_err *err)
{
	ll_gguf_write_string(writer, "general.architecture", "llama", 5, err);
	set_name(writer, convert->source->path, err);
	ll_hparams_put(writer, &convert->hp, &convert->scaling, err);
	if (convert->tokenizer != NULL)
		return ll_save_vocabulary(writer, convert->tokenizer, err);
	return ll_vocab_put_gguf(writer, convert->vocab, convert->hp.vocab, convert->vocab_name, err);
}

/* What most numbers are, as llama.cpp numbers it. */
static bool
file_type(const struct ll_convert *convert, uint32_t *out)
{
	size_t bytes[LL_DTYPES] = { 0 };
	uint32_t most = 0;

	for (size_t i = 0; i < convert->count; i++)
		if (convert->jobs[i].type < LL_DTYPES)
			bytes[convert->jobs[i].type] += convert->jobs[i].from->size;
	for (uint32_t type = 0; type < LL_DTYPES; type++)
		most = bytes[type] > bytes[most] ? type : most;
	*out = ll_mix_file_type(most);
	return most == LL_F32 || most == LL_F16 || most == LL_BF16;
}

/* Tells of panels, which are 64-byte aligned. */
static void
set_layout(struct ll_gguf_writer *writer, struct ll_err *err)
{
	if (ll_gguf_write_alignment(writer) % 64 != 0)
		ll_gguf_write_u32(writer, "general.alignment", 64, err);
	ll_gguf_write_string(writer, "ll.layout", LL_GGUF_LAYOUT, strlen(LL_GGUF_LAYOUT), err);
}

int
ll_convert_gguf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	bool gguf = convert->source->container == LL_CONTAINER_GGUF;
	struct ll_gguf_writer *writer;
	uint32_t type;
	int status;

	if (convert->tokenizer != NULL && check_vocabulary(convert, err) < 0)
		return -LL_EDATA;
	if ((status = ll_gguf_write_new(&writer, err)) < 0)
		return status;
	status = gguf ? ll_save_metadata(writer, convert->source->parts[0], err) : set_metadata(writer, convert, err);
	if (status == 0) {
		if ((convert->type != LL_DTYPES || !gguf) && file_type(convert, &type))
			ll_gguf_write_u32(writer, "general.file_type", type, err);
		if (convert->packed > 0)
			set_layout(writer, err);
		else
			ll_gguf_write_drop(writer, "ll.layout");
		if ((status = ll_save_origin(writer, convert->source, convert->jobs, convert->count, err)) == 0 &&
		    (status = ll_save_declare(writer, convert->jobs, convert->count, err)) == 0)
			status = ll_save_write(writer, path, convert->jobs, convert->count, pool, progress, err);
	}
	ll_gguf_write_free(writer);
	return status;
}
