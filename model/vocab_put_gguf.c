/*
 * A vocabulary as the keys tokenizer.* of a GGUF; see vocab_write.h. What vocab_gguf.c reads.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/gguf_write.h"
#include "model/vocab_make.h"
#include "model/vocab_splits.h"
#include "model/vocab_write.h"

#define PREFIX "tokenizer.ggml."
#define MARK "\xe2\x96\x81"

struct put {
	struct ll_gguf_writer *writer;
	const struct ll_vocab *vocab;
	size_t rows;
	const char *name;
	struct ll_err *err;
};

int
ll_alphabet_spell(struct ll_buf *out, const char *bytes, size_t length, struct ll_err *err)
{
	int16_t alphabet[LL_ALPHABET];
	uint16_t codes[256];

	ll_alphabet_make(alphabet);
	for (uint16_t code = 0; code < LL_ALPHABET; code++)
		if (alphabet[code] >= 0)
			codes[alphabet[code]] = code;
	if (ll_buf_room(out, 2 * length + 1, err) < 0)
		return -LL_ENOMEM;
	for (size_t i = 0; i < length; i++)
		out->len += ll_utf8_put((unsigned char *)out->data + out->len, codes[(unsigned char)bytes[i]]);
	out->data[out->len] = '\0';
	return 0;
}

int
ll_spm_spell(struct ll_buf *out, const struct ll_piece *piece, struct ll_err *err)
{
	int status = 0;

	if (piece->type == LL_TOKEN_BYTE)
		return ll_buf_printf(out, err, "<0x%02X>", (unsigned char)piece->bytes[0]);
	for (size_t i = 0; i < piece->length && status == 0; i++)
		status = piece->bytes[i] == ' ' ? ll_buf_puts(out, MARK, err) : ll_buf_add(out, piece->bytes + i, 1, err);
	return status;
}

/* A string as GGUF has it: 8 bytes of its length before. */
static int
add_string(struct ll_buf *out, const char *text, size_t length, struct ll_err *err)
{
	unsigned char prefix[8];

	ll_store64(prefix, length);
	return ll_buf_add(out, prefix, 8, err) < 0 || ll_buf_add(out, text, length, err) < 0 ? -LL_ENOMEM : 0;
}

/* What no text has: where the vocabulary has no token, or one without a text. */
static bool
is_hole(const struct put *p, size_t id)
{
	return id >= p->vocab->count ||
	    (p->vocab->pieces[id].type == LL_TOKEN_UNUSED && p->vocab->pieces[id].length == 0);
}

static int
spell(struct ll_buf *text, const struct put *p, size_t id)
{
	const struct ll_piece *piece = &p->vocab->pieces[id];

	if (is_hole(p, id))
		return ll_buf_printf(text, p->err, "[PAD%zu]", id);
	if (ll_vocab_is_spm(p->vocab->kind))
		return ll_spm_spell(text, piece, p->err);
	if (piece->type == LL_TOKEN_NORMAL || piece->type == LL_TOKEN_BYTE)
		return ll_alphabet_spell(text, piece->bytes, piece->length, p->err);
	return ll_buf_add(text, piece->bytes, piece->length, p->err);
}

static int
put_tokens(const struct put *p)
{
	struct ll_buf all = { 0 }, text = { 0 };
	int status = 0;

	for (size_t id = 0; id < p->rows && status == 0; id++) {
		text.len = 0;
		if ((status = spell(&text, p, id)) == 0)
			status = add_string(&all, text.data, text.len, p->err);
	}
	if (status == 0)
		status = ll_gguf_write_array(p->writer, PREFIX "tokens", LL_GGUF_STRING, p->rows, all.data, all.len,
		    p->err);
	ll_buf_free(&text);
	ll_buf_free(&all);
	return status;
}

/* An array of numbers of four bytes, one for each row. */
static int
put_numbers(const struct put *p, const char *key, enum ll_gguf_type type, uint32_t (*number)(const void *, size_t),
    const void *context)
{
	unsigned char *data = ll_alloc(p->rows, 4, p->err);
	int status;

	if (data == NULL)
		return -LL_ENOMEM;
	for (size_t id = 0; id < p->rows; id++)
		ll_store32(data + 4 * id, number(context, id));
	status = ll_gguf_write_array(p->writer, key, type, p->rows, data, 4 * p->rows, p->err);
	free(data);
	return status;
}

static uint32_t
type_of(const void *context, size_t id)
{
	const struct put *p = context;

	return is_hole(p, id) ? (uint32_t)LL_TOKEN_UNUSED : p->vocab->pieces[id].type;
}

struct scores {
	const float *scores;
	size_t count;
};

static uint32_t
score_of(const void *context, size_t id)
{
	const struct scores *scores = context;
	float score = id < scores->count ? scores->scores[id] : 0;
	uint32_t bits;

	memcpy(&bits, &score, sizeof(bits));
	return bits;
}

static int
put_scores(const struct put *p)
{
	struct scores scores = { p->vocab->scores, p->vocab->count };
	float *made = NULL;
	int status = 0;

	if (p->vocab->scores == NULL) {
		if ((made = ll_alloc(p->vocab->count, sizeof(*made), p->err)) == NULL)
			return -LL_ENOMEM;
		status = ll_vocab_make_scores(made, p->vocab, p->name, p->err);
		scores.scores = made;
	}
	if (status == 0)
		status = put_numbers(p, PREFIX "scores", LL_GGUF_F32, score_of, &scores);
	free(made);
	return status;
}

bool
ll_vocab_lacks_scores(const struct ll_vocab *vocab)
{
	float *made = NULL;
	bool lacks = false;

	if (vocab->kind == LL_VOCAB_SPM_MERGES && vocab->scores == NULL &&
	    (made = ll_alloc(vocab->count, sizeof(*made), NULL)) != NULL)
		lacks = ll_vocab_make_scores(made, vocab, "", NULL) == -LL_EUNSUPPORTED;
	free(made);
	return lacks;
}

struct merges {
	struct ll_buf data;
	uint64_t count;
};

static int
add_merge(void *context, const char *text, size_t length, struct ll_err *err)
{
	struct merges *merges = context;

	merges->count++;
	return add_string(&merges->data, text, length, err);
}

static int
put_merges(const struct put *p)
{
	struct merges merges = { .count = 0 };
	int status = ll_vocab_each_merge(p->vocab, add_merge, &merges, p->err);

	if (status == 0)
		status = ll_gguf_write_array(p->writer, PREFIX "merges", LL_GGUF_STRING, merges.count,
		    merges.data.data, merges.data.len, p->err);
	ll_buf_free(&merges.data);
	return status;
}

/*
 * The splitter's name, which there also says whether a piece that is a token is taken as it
 * is; NULL if no name says both.
 */
static const char *
splitter(const struct ll_vocab *vocab)
{
	bool is = ll_split_is_whole(vocab->pre);

	if (vocab->whole == LL_WHOLE_BY_SPLITTER || (vocab->whole == LL_WHOLE_FIRST) == is)
		return vocab->pre;
	if (is)
		return strcmp(vocab->pre, "tekken") != 0 ? "smaug-bpe" : NULL;
	return strcmp(vocab->pre, "dbrx") == 0 || strcmp(vocab->pre, "smaug-bpe") == 0 ? "llama-bpe" : NULL;
}

static int
put_string(const struct put *p, const char *key, const char *text)
{
	return ll_gguf_write_string(p->writer, key, text, strlen(text), p->err);
}

static int
put_bpe(const struct put *p)
{
	const char *pre = splitter(p->vocab);
	int status;

	if (pre == NULL)
		return ll_fail(p->err, LL_EUNSUPPORTED, "%s: ignore_merges: no splitter of a GGUF goes with it and is that "
		    "of %s", p->name, p->vocab->pre);
	if ((status = put_string(p, PREFIX "model", "gpt2")) < 0 || (status = put_string(p, PREFIX "pre", pre)) < 0 ||
	    (status = put_tokens(p)) < 0 ||
	    (status = put_numbers(p, PREFIX "token_type", LL_GGUF_I32, type_of, p)) < 0)
		return status;
	return put_merges(p);
}

static int
put_spm(const struct put *p)
{
	int status;

	if ((status = put_string(p, PREFIX "model", "llama")) < 0 ||
	    (status = put_string(p, PREFIX "pre", "default")) < 0 || (status = put_tokens(p)) < 0 ||
	    (status = ll_vocab_lacks_scores(p->vocab) ? put_merges(p) : put_scores(p)) < 0 ||
	    (status = put_numbers(p, PREFIX "token_type", LL_GGUF_I32, type_of, p)) < 0)
		return status;
	return ll_gguf_write_bool(p->writer, PREFIX "add_space_prefix", p->vocab->space_prefix != LL_PREFIX_NONE, p->err);
}

static int
put_id(const struct put *p, const char *key, uint32_t id)
{
	return id == LL_VOCAB_NONE ? 0 : ll_gguf_write_u32(p->writer, key, id, p->err);
}

static uint32_t
find_unknown(const struct ll_vocab *vocab)
{
	for (uint32_t id = 0; id < vocab->count; id++)
		if (vocab->pieces[id].type == LL_TOKEN_UNKNOWN)
			return id;
	return LL_VOCAB_NONE;
}

/* Each token that ends a turn must be one by its name, or have one of three keys. */
static int
place_stops(const struct put *p, uint32_t *eot, uint32_t *eom)
{
	const struct ll_vocab *vocab = p->vocab;

	*eot = vocab->eot;
	*eom = vocab->eom;
	for (size_t i = 0; i < vocab->stop_count; i++) {
		uint32_t id = vocab->stops[i];

		if (id == vocab->eos || id == *eot || id == *eom || ll_vocab_ends_by_name(&vocab->pieces[id]))
			continue;
		if (*eot != LL_VOCAB_NONE && *eom != LL_VOCAB_NONE)
			return ll_fail(p->err, LL_EUNSUPPORTED, "%s: %zu tokens end a turn, more than a GGUF can say", p->name,
			    vocab->stop_count);
		*(*eot == LL_VOCAB_NONE ? eot : eom) = id;
	}
	return 0;
}

static int
put_ids(const struct put *p)
{
	const struct ll_vocab *vocab = p->vocab;
	uint32_t eot, eom;
	int status = place_stops(p, &eot, &eom);

	if (status < 0 || (status = put_id(p, PREFIX "bos_token_id", vocab->bos)) < 0 ||
	    (status = put_id(p, PREFIX "eos_token_id", vocab->eos)) < 0 ||
	    (status = put_id(p, PREFIX "eot_token_id", eot != vocab->eos ? eot : LL_VOCAB_NONE)) < 0 ||
	    (status = put_id(p, PREFIX "eom_token_id", eom)) < 0 ||
	    (status = put_id(p, PREFIX "unknown_token_id", find_unknown(vocab))) < 0 ||
	    (status = put_id(p, PREFIX "padding_token_id", vocab->pad)) < 0)
		return status;
	return ll_gguf_write_bool(p->writer, PREFIX "add_bos_token", vocab->add_bos, p->err);
}

bool
ll_vocab_loses_space(const struct ll_vocab *vocab)
{
	return ll_vocab_is_spm(vocab->kind) && (vocab->space_prefix == LL_PREFIX_FIRST ||
	    (vocab->prefix_once && vocab->space_prefix != LL_PREFIX_NONE));
}

int
ll_vocab_put_gguf(struct ll_gguf_writer *writer, const struct ll_vocab *vocab, size_t rows, const char *name,
    struct ll_err *err)
{
	const struct put put = { writer, vocab, rows, name, err };
	int status;

	if (rows < vocab->count)
		return ll_fail(err, LL_EDATA, "%s: %zu tokens, but the embedding has %zu rows", name, vocab->count, rows);
	if ((status = ll_vocab_is_spm(vocab->kind) ? put_spm(&put) : put_bpe(&put)) < 0 ||
	    (status = put_ids(&put)) < 0 || vocab->chat_template == NULL)
		return status;
	return ll_gguf_write_string(writer, "tokenizer.chat_template", vocab->chat_template,
	    vocab->chat_template_length, err);
}
