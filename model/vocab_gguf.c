/*
 * The vocabulary of a GGUF: the keys tokenizer.*; see model.h. Byte-level BPE, which GGUF
 * calls "gpt2", has its tokens in GPT-2's alphabet of printable characters, one for each
 * byte, which is undone here; SentencePiece's BPE is called "llama".
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/pool.h"
#include "model/gguf.h"
#include "model/model.h"
#include "model/vocab_make.h"

#define PREFIX "tokenizer.ggml."

static int
read_kind(enum ll_vocab_kind *out, const struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_gguf_text kind;
	int status = ll_gguf_string(gguf, PREFIX "model", &kind, err);

	if (status < 0)
		return status;
	if (status == 0)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "model: key is missing: the file has no vocabulary",
		    gguf->path);
	*out = ll_gguf_text_is(&kind, "llama") ? LL_VOCAB_SPM_SCORES : LL_VOCAB_BPE_MERGES;
	if (ll_gguf_text_is(&kind, "llama") || ll_gguf_text_is(&kind, "gpt2"))
		return 0;
	return ll_fail(err, LL_EUNSUPPORTED,
	    "%s: " PREFIX "model: '%.*s' is not supported (gpt2 and llama are)",
	    gguf->path, kind.length < 128 ? (int)kind.length : 128, kind.bytes);
}

/* An array of these elements; 1 if found, 0 if absent. */
static int
find_array(const struct ll_gguf *gguf, const char *key, enum ll_gguf_type element,
    const struct ll_gguf_value **out, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);

	if (value == NULL)
		return 0;
	if (value->type != LL_GGUF_ARRAY || value->element != element)
		return ll_fail(err, LL_EDATA, "%s: %s: type is not array of %s", gguf->path, key,
		    ll_gguf_type_name(element));
	*out = value;
	return 1;
}

struct arrays {
	const struct ll_gguf_value *tokens, *types;	/* types may be NULL */
	const struct ll_gguf_value *merges, *scores;	/* one of them; SentencePiece's kind has either */
};

static int
find_arrays(struct arrays *arrays, const struct ll_gguf *gguf, enum ll_vocab_kind *kind, struct ll_err *err)
{
	bool spm = *kind == LL_VOCAB_SPM_SCORES;
	int status;

	*arrays = (struct arrays){ 0 };
	if ((status = find_array(gguf, PREFIX "tokens", LL_GGUF_STRING, &arrays->tokens, err)) < 0 ||
	    (status = find_array(gguf, PREFIX "token_type", LL_GGUF_I32, &arrays->types, err)) < 0 ||
	    (spm && (status = find_array(gguf, PREFIX "scores", LL_GGUF_F32, &arrays->scores, err)) < 0) ||
	    (arrays->scores == NULL && (status = find_array(gguf, PREFIX "merges", LL_GGUF_STRING, &arrays->merges, err)) < 0))
		return status;
	if (arrays->tokens == NULL || (arrays->scores == NULL && arrays->merges == NULL))
		return ll_fail(err, LL_EDATA, "%s: %s: key is missing", gguf->path,
		    arrays->tokens == NULL ? PREFIX "tokens" : spm ? PREFIX "scores" : PREFIX "merges");
	if (spm && arrays->scores == NULL)
		*kind = LL_VOCAB_SPM_MERGES;
	if (arrays->tokens->count < 1 || arrays->tokens->count > INT32_MAX)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "tokens: %" PRIu64 " tokens", gguf->path,
		    arrays->tokens->count);
	if (arrays->types != NULL && arrays->types->count != arrays->tokens->count)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "token_type: %" PRIu64 " types for %" PRIu64 " tokens",
		    gguf->path, arrays->types->count, arrays->tokens->count);
	if (arrays->scores != NULL && arrays->scores->count != arrays->tokens->count)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "scores: %" PRIu64 " scores for %" PRIu64 " tokens",
		    gguf->path, arrays->scores->count, arrays->tokens->count);
	return 0;
}

static int
too_long(const struct ll_gguf *gguf, const char *key, size_t index, size_t length, struct ll_err *err)
{
	return ll_fail(err, LL_EDATA,
	    "%s: %s[%zu]: %zu bytes are more than %d", gguf->path, key, index,
	    length, LL_PIECE_MAX);
}

static int
read_type(const struct ll_gguf *gguf, const struct arrays *arrays, size_t i, uint32_t *type, struct ll_err *err)
{
	*type = arrays->types != NULL ? ll_load32(arrays->types->data + 4 * i) : LL_TOKEN_NORMAL;
	if (*type < LL_TOKEN_NORMAL || *type > LL_TOKEN_BYTE)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "token_type[%zu]: %" PRId32 " is not a type of token",
		    gguf->path, i, (int32_t)*type);
	return 0;
}

static int
read_spm_pieces(struct ll_vocab *vocab, const struct ll_gguf *gguf, const struct arrays *arrays,
    char *text, struct ll_err *err)
{
	const unsigned char *cursor = arrays->tokens->data;
	float *scores = arrays->scores != NULL ? ll_vocab_scores(vocab->count, &text) : NULL;
	char what[512];
	int status = 0;

	vocab->scores = scores;
	snprintf(what, sizeof(what), "%.480s: " PREFIX "tokens", gguf->path);
	for (size_t i = 0; i < vocab->count && status == 0; i++) {
		struct ll_gguf_text token = ll_gguf_next_string(&cursor);
		uint32_t type;

		if (scores != NULL)
			scores[i] = ll_load_f32(arrays->scores->data + 4 * i);
		if ((status = read_type(gguf, arrays, i, &type, err)) == 0)
			status = ll_spm_piece(vocab, i, token.bytes, token.length, type, &text, what, err);
	}
	return status;
}

/* What threads need to read pieces of, and what goes wrong with the part of each. */
struct shares {
	struct ll_vocab *vocab;
	const struct ll_gguf *gguf;
	const struct arrays *arrays;
	struct ll_piece *written;
	char *text;
	int16_t alphabet[LL_ALPHABET];
	struct ll_err errs[LL_VOCAB_THREADS];
};

static int
read_piece(struct shares *s, size_t i, struct ll_gguf_text token, char *text, struct ll_err *err)
{
	ptrdiff_t length = (ptrdiff_t)token.length;
	uint32_t type;
	int status;

	if (token.length > LL_PIECE_MAX)
		return too_long(s->gguf, PREFIX "tokens", i, token.length, err);
	if ((status = read_type(s->gguf, s->arrays, i, &type, err)) < 0)
		return status;
	if (type != LL_TOKEN_NORMAL && type != LL_TOKEN_BYTE)
		memcpy(text, token.bytes, token.length);
	else if ((length = ll_alphabet_undo(s->alphabet, token.bytes, token.length, text)) < 0)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "tokens[%zu]: '%.*s' has a character that stands for no "
		    "byte", s->gguf->path, i, token.length < 128 ? (int)token.length : 128, token.bytes);
	s->vocab->pieces[i] = (struct ll_piece){ text, (uint32_t)length, type };
	s->written[i] = (struct ll_piece){ token.bytes, (uint32_t)token.length, 0 };
	return 0;
}

static void
read_share(void *arg, size_t thread, size_t count)
{
	struct shares *s = arg;
	const unsigned char *begin = s->arrays->tokens->data, *cursor = begin;
	size_t from, to;
	char *text;

	ll_pool_share(s->vocab->count, 1, thread, count, &from, &to);
	for (size_t i = 0; i < from; i++)
		ll_gguf_next_string(&cursor);
	/* There is room for those before, which are no longer than in the file. */
	text = s->text + (cursor - begin);
	for (size_t i = from; i < to; i++) {
		if (read_piece(s, i, ll_gguf_next_string(&cursor), text, &s->errs[thread]) < 0)
			return;
		text += s->vocab->pieces[i].length;
	}
}

static int
read_pieces(struct ll_vocab *vocab, const struct ll_gguf *gguf, const struct arrays *arrays,
    char *text, struct ll_err *err)
{
	struct ll_pool *pool = ll_vocab_pool(vocab->count);
	struct shares s = { .vocab = vocab, .gguf = gguf, .arrays = arrays, .errs = { { 0 } } };

	s.written = (struct ll_piece *)(void *)text;
	s.text = text + vocab->count * sizeof(*s.written);
	ll_alphabet_make(s.alphabet);
	ll_pool_run(pool, read_share, &s);
	ll_pool_free(pool);
	for (size_t i = 0; i < LL_VOCAB_THREADS; i++)
		if (s.errs[i].code != 0)
			return ll_fail_as(err, &s.errs[i]);
	vocab->written = s.written;
	return 0;
}

static int
read_merges(struct ll_vocab *vocab, const struct ll_gguf *gguf, const struct ll_gguf_value *merges,
    struct ll_err *err)
{
	const unsigned char *cursor = merges->data;

	vocab->merge_count = (size_t)merges->count;
	vocab->merges = merges->data;
	for (size_t i = 0; i < vocab->merge_count; i++) {
		struct ll_gguf_text merge = ll_gguf_next_string(&cursor);

		if (merge.length > LL_PIECE_MAX)
			return too_long(gguf, PREFIX "merges", i, merge.length, err);
	}
	return 0;
}

static int
read_pre(struct ll_vocab *vocab, const struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_gguf_text pre = { "default", 7 };
	int status = ll_gguf_string(gguf, PREFIX "pre", &pre, err);

	if (status < 0)
		return status;
	if (pre.length >= sizeof(vocab->pre))
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s: " PREFIX "pre: '%.64s...' is not supported", gguf->path,
		    pre.bytes);
	memcpy(vocab->pre, pre.bytes, pre.length);
	return 0;
}

static int
read_id(const struct ll_vocab *vocab, const struct ll_gguf *gguf, const char *key, uint32_t *out,
    struct ll_err *err)
{
	uint64_t id;
	int status = ll_gguf_uint(gguf, key, &id, err);

	if (status <= 0)
		return status;
	if (id >= vocab->count)
		return ll_fail(err, LL_EDATA,
		    "%s: %s: %" PRIu64 " is not an id of the %zu tokens", gguf->path, key,
		    id, vocab->count);
	*out = (uint32_t)id;
	return 0;
}

static int
read_ids(struct ll_vocab *vocab, const struct ll_gguf *gguf, struct ll_err *err)
{
	uint64_t pad;
	int status;

	if ((status = read_id(vocab, gguf, PREFIX "bos_token_id", &vocab->bos, err)) < 0 ||
	    (status = read_id(vocab, gguf, PREFIX "eos_token_id", &vocab->eos, err)) < 0 ||
	    (status = read_id(vocab, gguf, PREFIX "eot_token_id", &vocab->eot, err)) < 0)
		return status;
	/* Writers use a number that is no id for none. */
	if (ll_gguf_uint(gguf, PREFIX "padding_token_id", &pad, NULL) == 1 && pad < vocab->count)
		vocab->pad = (uint32_t)pad;
	return read_id(vocab, gguf, PREFIX "eom_token_id", &vocab->eom, err);
}

/* Whether the models of a splitter want BOS before a prompt, where the file does not say. */
static bool
begins_text(const char *pre)
{
	return strcmp(pre, "llama-bpe") == 0 || strcmp(pre, "llama3") == 0 || strcmp(pre, "llama-v3") == 0 ||
	    strcmp(pre, "tekken") == 0;
}

/* Without the key, SentencePiece's kind wants it, and some splitters' models. */
static int
read_add_bos(struct ll_vocab *vocab, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status = ll_gguf_bool(gguf, PREFIX "add_bos_token", &vocab->add_bos, err);

	if (status < 0)
		return status;
	if (status > 0 && vocab->add_bos && vocab->bos == LL_VOCAB_NONE)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "add_bos_token: there is no bos_token_id", gguf->path);
	if (status == 0)
		vocab->add_bos = vocab->bos != LL_VOCAB_NONE && (ll_vocab_is_spm(vocab->kind) || begins_text(vocab->pre));
	return 0;
}

static int
read_template(struct ll_vocab *vocab, const struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_gguf_text text;
	int status = ll_gguf_string(gguf, "tokenizer.chat_template", &text, err);

	if (status <= 0)
		return status;
	vocab->chat_template = text.bytes;
	vocab->chat_template_length = text.length;
	return 0;
}

/* What SentencePiece does to a text before it cuts it, as far as GGUF has keys for it. */
static int
read_normaliser(struct ll_vocab *vocab, const struct ll_gguf *gguf, struct ll_err *err)
{
	bool prefix = true, strip = false;
	int status;

	if ((status = ll_gguf_bool(gguf, PREFIX "add_space_prefix", &prefix, err)) < 0 ||
	    (status = ll_gguf_bool(gguf, PREFIX "remove_extra_whitespaces", &strip, err)) < 0)
		return status;
	if (strip)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: " PREFIX "remove_extra_whitespaces: true is not supported",
		    gguf->path);
	if (ll_gguf_find(gguf, PREFIX "precompiled_charsmap") != NULL)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s: " PREFIX "precompiled_charsmap: normalisation of text is not supported", gguf->path);
	vocab->space_prefix = prefix ? LL_PREFIX_EACH : LL_PREFIX_NONE;
	return 0;
}

static int
fill_spm(struct ll_vocab *vocab, const struct ll_gguf *gguf, const struct arrays *arrays, char *text,
    struct ll_err *err)
{
	int status;

	if ((status = read_spm_pieces(vocab, gguf, arrays, text, err)) < 0 ||
	    (status = read_normaliser(vocab, gguf, err)) < 0)
		return status;
	/* SentencePiece's own numbers, where the file names none. */
	for (uint32_t id = 1; id <= 2 && id < vocab->count; id++)
		if (vocab->pieces[id].type == LL_TOKEN_CONTROL)
			*(id == 1 ? &vocab->bos : &vocab->eos) = id;
	return 0;
}

static int
fill(struct ll_vocab *vocab, const struct ll_gguf *gguf, const struct arrays *arrays, char *text,
    struct ll_err *err)
{
	int status;

	status = ll_vocab_is_spm(vocab->kind) ? fill_spm(vocab, gguf, arrays, text, err) :
	    read_pieces(vocab, gguf, arrays, text, err);
	if (status == 0 && arrays->merges != NULL)
		status = read_merges(vocab, gguf, arrays->merges, err);
	if (status < 0 || (status = read_pre(vocab, gguf, err)) < 0 || (status = read_ids(vocab, gguf, err)) < 0 ||
	    (status = read_template(vocab, gguf, err)) < 0)
		return status;
	ll_vocab_finish(vocab, NULL);
	return read_add_bos(vocab, gguf, err);
}

int
ll_vocab_from_gguf(struct ll_vocab **out, const struct ll_gguf *gguf, struct ll_err *err)
{
	struct arrays arrays;
	enum ll_vocab_kind kind;
	struct ll_vocab *vocab;
	size_t count, more;
	char *text;
	int status;

	*out = NULL;
	if ((status = read_kind(&kind, gguf, err)) < 0 ||
	    (status = find_arrays(&arrays, gguf, &kind, err)) < 0)
		return status;
	count = (size_t)arrays.tokens->count;
	/* Neither undoing the alphabet nor U+2581 lengthens a token; before them the scores, or the tokens as written. */
	more = ll_vocab_is_spm(kind) ? sizeof(float) : sizeof(*vocab->written);
	status = ll_vocab_new(&vocab, count, arrays.tokens->size + count * more, &text, err);
	if (status < 0)
		return status;
	vocab->kind = kind;
	if ((status = fill(vocab, gguf, &arrays, text, err)) < 0) {
		ll_vocab_free(vocab);
		return status;
	}
	*out = vocab;
	return 0;
}
