/*
 * A GGUF made of any container: its metadata; see convert.h.
 */

#include "model/convert.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "model/vocab_write.h"

struct setter {
	struct ll_gguf_writer *writer;
	struct ll_err *err;
	int status;		/* the first failure */
};

static void
set_u32(struct setter *s, const char *key, size_t value)
{
	if (s->status == 0)
		s->status = ll_gguf_write_u32(s->writer, key, (uint32_t)value, s->err);
}

static void
set_string(struct setter *s, const char *key, const char *text, size_t length)
{
	if (s->status == 0)
		s->status = ll_gguf_write_string(s->writer, key, text, length, s->err);
}

/* The last part of a path. */
static void
set_name(struct setter *s, const char *path)
{
	size_t end = strlen(path), begin;

	while (end > 1 && path[end - 1] == '/')
		end--;
	for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--)
		;
	set_string(s, "general.name", path + begin, end - begin);
}

static void
copy_vocabulary(struct setter *s, const struct ll_gguf *from)
{
	for (size_t i = 0; i < from->value_count && s->status == 0; i++) {
		const struct ll_gguf_value *value = &from->values[i];

		if (value->key.length > 10 && memcmp(value->key.bytes, "tokenizer.", 10) == 0)
			s->status = ll_gguf_write_value(s->writer, value, s->err);
	}
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

static void
set_metadata(struct setter *s, const struct ll_convert *convert)
{
	set_string(s, "general.architecture", "llama", 5);
	set_name(s, convert->source->path);
	if (s->status == 0)
		s->status = ll_hparams_put(s->writer, &convert->hp, &convert->scaling, s->err);
	if (convert->tokenizer != NULL)
		copy_vocabulary(s, convert->tokenizer);
	else if (s->status == 0)
		s->status = ll_vocab_put_gguf(s->writer, convert->vocab, convert->hp.vocab, convert->vocab_name, s->err);
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
	*out = most == LL_BF16 ? 32 : most;
	return most == LL_F32 || most == LL_F16 || most == LL_BF16;
}

/* Tells of panels, which are 64-byte aligned. */
static void
set_layout(struct setter *s)
{
	if (ll_gguf_write_alignment(s->writer) % 64 != 0)
		set_u32(s, "general.alignment", 64);
	set_string(s, "ll.layout", LL_GGUF_LAYOUT, strlen(LL_GGUF_LAYOUT));
}

int
ll_convert_gguf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	struct setter s = { .err = err };
	uint32_t type;

	if (convert->tokenizer != NULL && check_vocabulary(convert, err) < 0)
		return -LL_EDATA;
	if ((s.status = ll_gguf_write_new(&s.writer, err)) < 0)
		return s.status;
	if (convert->source->container == LL_CONTAINER_GGUF)
		s.status = ll_save_metadata(s.writer, convert->source->parts[0], err);
	else
		set_metadata(&s, convert);
	if ((convert->type != LL_DTYPES || convert->source->container != LL_CONTAINER_GGUF) && file_type(convert, &type))
		set_u32(&s, "general.file_type", type);
	if (convert->packed > 0)
		set_layout(&s);
	else
		ll_gguf_write_drop(s.writer, "ll.layout");
	if (s.status == 0 && (s.status = ll_save_declare(s.writer, convert->jobs, convert->count, err)) == 0)
		s.status = ll_save_write(s.writer, path, convert->jobs, convert->count, pool, progress, err);
	ll_gguf_write_free(s.writer);
	return s.status;
}
