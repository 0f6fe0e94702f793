/*
 * A GGUF made of any container: its metadata; see convert.h.
 */

#include "model/convert.h"

#include <inttypes.h>
#include <math.h>
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
set_f32(struct setter *s, const char *key, float value)
{
	if (s->status == 0)
		s->status = ll_gguf_write_f32(s->writer, key, value, s->err);
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
set_hparams(struct setter *s, const struct ll_hparams *hp)
{
	set_u32(s, "llama.block_count", hp->layers);
	set_u32(s, "llama.context_length", hp->context);
	set_u32(s, "llama.embedding_length", hp->dim);
	set_u32(s, "llama.feed_forward_length", hp->ffn);
	set_u32(s, "llama.attention.head_count", hp->heads);
	set_u32(s, "llama.attention.head_count_kv", hp->kv_heads);
	if (hp->head_dim * hp->heads != hp->dim) {
		set_u32(s, "llama.attention.key_length", hp->head_dim);
		set_u32(s, "llama.attention.value_length", hp->head_dim);
	}
	set_f32(s, "llama.attention.layer_norm_rms_epsilon", hp->norm_eps);
	set_u32(s, "llama.rope.dimension_count", hp->rope_dim);
	set_f32(s, "llama.rope.freq_base", hp->rope_base);
	set_u32(s, "llama.vocab_size", hp->vocab);
	if (hp->window != 0)
		set_u32(s, "llama.attention.sliding_window", hp->window);
}

/* What cosines and sines are multiplied by, besides what yarn's factor makes of them. */
static void
set_magnitude(struct setter *s, const struct ll_rope_scaling *scaling)
{
	float own = scaling->kind == LL_ROPE_YARN ? (float)ll_rope_magnitude((double)scaling->factor, 1) : 1;
	float more = scaling->magnitude / own;

	/* The factor of which the product is the number again, if there is one. */
	if (more * own < scaling->magnitude)
		more = nextafterf(more, INFINITY);
	if (more * own > scaling->magnitude)
		more = nextafterf(more, 0);
	if (more < 1 || more > 1)
		set_f32(s, "llama.rope.scaling.attn_factor", more);
}

/* llama3's rule has its tensor. */
static void
set_scaling(struct setter *s, const struct ll_rope_scaling *scaling)
{
	const char *kind = ll_rope_name(scaling->kind);

	if (scaling->kind == LL_ROPE_LINEAR || scaling->kind == LL_ROPE_YARN) {
		set_string(s, "llama.rope.scaling.type", kind, strlen(kind));
		set_f32(s, "llama.rope.scaling.factor", scaling->factor);
	}
	if (scaling->kind == LL_ROPE_YARN) {
		set_u32(s, "llama.rope.scaling.original_context_length", (size_t)scaling->original);
		if (scaling->beta_fast < 32 || scaling->beta_fast > 32)
			set_f32(s, "llama.rope.scaling.yarn_beta_fast", scaling->beta_fast);
		if (scaling->beta_slow < 1 || scaling->beta_slow > 1)
			set_f32(s, "llama.rope.scaling.yarn_beta_slow", scaling->beta_slow);
	}
	set_magnitude(s, scaling);
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
	set_hparams(s, &convert->hp);
	set_scaling(s, &convert->scaling);
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
