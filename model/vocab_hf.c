/*
 * tokenizer.json of Hugging Face; see model.h. Byte-level BPE, whose tokens are written in
 * GPT-2's alphabet, and SentencePiece's BPE with a list of merges (byte_fallback). The rest
 * of the file is vocab_hf_rules.c's.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/pool.h"
#include "model/model.h"
#include "model/vocab_hf.h"
#include "model/vocab_make.h"

/* Ids may have gaps, but so many only. */
#define GAPS 4096

struct file {
	const struct ll_hf_file *parts;
	const struct ll_json *root, *added;
	struct ll_map *map;	/* of the file; or NULL */
	const char *name;
	struct ll_err *err;
	const char *what;	/* names a token in messages */
	size_t size;
};

static void
set_root(struct file *file, const struct ll_json *root)
{
	file->root = root;
	file->added = ll_json_get(root, "added_tokens");
}

static int
bad(const struct file *file, const char *why)
{
	return ll_fail(file->err, LL_EDATA, "%s: %s", file->name, why);
}

static int
check_id(const struct file *file, uint64_t id, const char *token, size_t most)
{
	if (id >= most)
		return ll_fail(file->err, LL_EDATA, "%s: id of '%.100s' is not below %zu", file->name, token, most);
	return 0;
}

/* UINT64_MAX where there is no such number. */
static uint64_t
added_id(const struct ll_json *token)
{
	int64_t number;

	return ll_json_integer(ll_json_get(token, "id"), &number) && number >= 0 ? (uint64_t)number : UINT64_MAX;
}

/* One more than the highest id. */
static int
count_tokens(const struct file *file, size_t *count)
{
	size_t most = file->parts->token_count + ll_json_count(file->added) + GAPS;
	int status;

	*count = 0;
	for (size_t i = 0; i < file->parts->token_count; i++) {
		const struct ll_hf_token *token = &file->parts->tokens[i];

		if ((status = check_id(file, token->id, token->text, most)) < 0)
			return status;
		*count = token->id >= *count ? (size_t)token->id + 1 : *count;
	}
	for (size_t i = 0; i < ll_json_count(file->added); i++) {
		uint64_t id = added_id(ll_json_at(file->added, i));

		if ((status = check_id(file, id, "added_tokens", most)) < 0)
			return status;
		*count = id >= *count ? (size_t)id + 1 : *count;
	}
	return *count > 0 ? 0 : bad(file, "model.vocab: no tokens");
}

/* The tokens as they are in the file, each id once. */
static int
place_tokens(const struct file *file, struct ll_vocab *vocab)
{
	const char *unknown = ll_json_text_of(ll_json_get(ll_json_get(file->root, "model"), "unk_token"), NULL);
	bool spm = vocab->kind == LL_VOCAB_SPM_MERGES;

	for (size_t id = 0; id < vocab->count; id++)
		vocab->pieces[id].type = LL_TOKEN_UNUSED;
	for (size_t i = 0; i < file->parts->token_count; i++) {
		const struct ll_hf_token *token = &file->parts->tokens[i];
		uint32_t type = spm && ll_spm_byte(token->text, token->length) >= 0 ? LL_TOKEN_BYTE : LL_TOKEN_NORMAL;

		if (vocab->pieces[token->id].bytes != NULL)
			return ll_fail(file->err, LL_EDATA, "%s: model.vocab: id %" PRIu32 " a second time", file->name, token->id);
		if (unknown != NULL && strcmp(token->text, unknown) == 0)
			type = LL_TOKEN_UNKNOWN;
		vocab->pieces[token->id] = (struct ll_piece){ token->text, token->length, type };
	}
	return 0;
}

/* Those that text has only on request, in place of what the model says of their ids. */
static int
place_added(const struct file *file, struct ll_vocab *vocab)
{
	static const char *const flags[] = { "single_word", "lstrip", "rstrip" };

	for (size_t i = 0; i < ll_json_count(file->added); i++) {
		const struct ll_json *token = ll_json_at(file->added, i);
		size_t length = 0;
		uint64_t id = added_id(token);
		const char *text = ll_json_text_of(ll_json_get(token, "content"), &length);
		bool special = ll_json_is_true(ll_json_get(token, "special"));
		int status;

		if (text == NULL || length == 0 || length > LL_PIECE_MAX)
			return ll_fail(file->err, LL_EDATA, "%s: added_tokens[%zu].content: no text, or too long",
			    file->name, i);
		for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++)
			if (ll_json_is_true(ll_json_get(token, flags[f])))
				return ll_fail(file->err, LL_EUNSUPPORTED, "%s: added_tokens: '%.100s': %s is not supported",
				    file->name, text, flags[f]);
		if ((status = check_id(file, id, text, vocab->count)) < 0)
			return status;
		if (vocab->pieces[id].type != LL_TOKEN_UNKNOWN)
			vocab->pieces[id].type = special ? LL_TOKEN_CONTROL : LL_TOKEN_USER;
		vocab->pieces[id].bytes = text;
		vocab->pieces[id].length = (uint32_t)length;
	}
	return 0;
}

/* What threads need to copy pieces, and what goes wrong with the part of each. */
struct shares {
	const struct file *file;
	struct ll_vocab *vocab;
	struct ll_piece *written;
	char *texts[LL_VOCAB_THREADS];	/* where each begins to write */
	int16_t alphabet[LL_ALPHABET];
	struct ll_err errs[LL_VOCAB_THREADS];
};

static int
copy_piece(struct shares *s, size_t id, char **text, struct ll_err *err)
{
	struct ll_piece *piece = &s->vocab->pieces[id];
	ptrdiff_t length = (ptrdiff_t)piece->length;

	if (s->vocab->kind == LL_VOCAB_SPM_MERGES)
		return ll_spm_piece(s->vocab, id, piece->bytes != NULL ? piece->bytes : "", piece->length, piece->type, text,
		    s->file->what, err);
	s->written[id] = *piece;
	if (piece->type != LL_TOKEN_NORMAL)
		memcpy(*text, piece->bytes != NULL ? piece->bytes : "", piece->length);
	else if ((length = ll_alphabet_undo(s->alphabet, piece->bytes, piece->length, *text)) < 0)
		return ll_fail(err, LL_EDATA, "%s[%zu]: '%.100s' has a character that stands for no byte", s->file->what, id,
		    piece->bytes);
	*piece = (struct ll_piece){ *text, (uint32_t)length, piece->type };
	*text += length;
	return 0;
}

static void
copy_share(void *arg, size_t thread, size_t count)
{
	struct shares *s = arg;
	char *text = s->texts[thread];
	size_t from, to;

	ll_pool_share(s->vocab->count, 1, thread, count, &from, &to);
	for (size_t id = from; id < to; id++)
		if (copy_piece(s, id, &text, &s->errs[thread]) < 0)
			return;
}

/* Before the text of a share is room for those before, none of which grows longer than it is. */
static void
place_shares(struct shares *s, char *text, size_t count)
{
	for (size_t thread = 0; thread < count; thread++) {
		size_t from, to;

		ll_pool_share(s->vocab->count, 1, thread, count, &from, &to);
		s->texts[thread] = text;
		for (size_t id = from; id < to; id++)
			text += s->vocab->pieces[id].length;
	}
}

/* Into the vocabulary's own text, with the alphabet or U+2581 undone. */
static int
copy_pieces(const struct file *file, struct ll_vocab *vocab, char *text, struct ll_pool *pool)
{
	struct shares s = { .file = file, .vocab = vocab, .errs = { { 0 } } };

	s.written = (struct ll_piece *)(void *)text;
	ll_alphabet_make(s.alphabet);
	place_shares(&s, text + vocab->count * sizeof(*s.written), ll_pool_count(pool));
	ll_pool_run(pool, copy_share, &s);
	for (size_t i = 0; i < LL_VOCAB_THREADS; i++)
		if (s.errs[i].code != 0)
			return ll_fail_as(file->err, &s.errs[i]);
	if (vocab->kind != LL_VOCAB_SPM_MERGES)
		vocab->written = s.written;
	return 0;
}

/* They stay where they are. */
static int
take_merges(const struct file *file, struct ll_vocab *vocab)
{
	const struct ll_hf_merges *merges = &file->parts->merges;

	if (merges->bad < merges->count)
		return ll_fail(file->err, LL_EDATA, "%s: model.merges[%zu]: not two tokens", file->name, merges->bad);
	vocab->merge_count = merges->count;
	vocab->merges = (const unsigned char *)merges->text;
	return 0;
}

static uint32_t
find_special(const struct ll_vocab *vocab, const char *text)
{
	for (uint32_t id = 0; id < vocab->count; id++) {
		const struct ll_piece *piece = &vocab->pieces[id];

		if (piece->type == LL_TOKEN_CONTROL && piece->length == strlen(text) &&
		    memcmp(piece->bytes, text, piece->length) == 0)
			return id;
	}
	return LL_VOCAB_NONE;
}

static int
read_bos(const struct file *file, struct ll_vocab *vocab)
{
	const char *token;
	int status = ll_hf_bos(&token, file->root, file->name, file->err);

	if (status < 0)
		return status;
	if (token != NULL && (vocab->bos = find_special(vocab, token)) == LL_VOCAB_NONE)
		return ll_fail(file->err, LL_EDATA, "%s: post_processor: '%.100s' is no special token", file->name, token);
	vocab->add_bos = token != NULL;
	if (vocab->kind != LL_VOCAB_SPM_MERGES)
		return 0;
	if (vocab->bos == LL_VOCAB_NONE)
		vocab->bos = find_special(vocab, "<s>");
	vocab->eos = find_special(vocab, "</s>");
	return 0;
}

static int
fill(const struct file *file, struct ll_vocab *vocab, char *text)
{
	struct ll_pool *pool = ll_vocab_pool(vocab->count);
	int status;

	if ((status = ll_hf_rules(vocab, file->root, file->name, file->err)) == 0 &&
	    (status = place_tokens(file, vocab)) == 0 && (status = place_added(file, vocab)) == 0)
		status = copy_pieces(file, vocab, text, pool);
	ll_pool_free(pool);
	return status;
}

/* All that needs no merges; *out is NULL after an error. */
static int
make(struct ll_vocab **out, const struct file *file)
{
	size_t count, more, size;
	char *text;
	int status;

	if ((status = count_tokens(file, &count)) < 0)
		return status;
	/* The tokens as written, and texts: none is longer than in the file. */
	if (ll_mul(count, sizeof(struct ll_piece), &more) || ll_add(file->size, more, &size))
		return bad(file, "model.vocab: too many tokens");
	if ((status = ll_vocab_new(out, count, size, &text, file->err)) < 0)
		return status;
	if ((status = fill(file, *out, text)) < 0) {
		ll_vocab_free(*out);
		*out = NULL;
	}
	return status;
}

/* Made while others read the merges; where anything is wrong it is made, and told, once more. */
struct early {
	struct file file;
	struct ll_vocab *vocab;
};

static void
make_early(void *arg, const struct ll_json *root)
{
	struct early *early = arg;

	set_root(&early->file, root);
	make(&early->vocab, &early->file);
}

static int
finish(struct ll_vocab *vocab, const struct file *file)
{
	int status;

	if ((status = take_merges(file, vocab)) == 0 && (status = read_bos(file, vocab)) == 0)
		ll_vocab_finish(vocab, file->map);
	return status;
}

static int
read_file(struct ll_vocab **out, struct file *file, const void *data)
{
	char what[512];
	struct ll_hf_file parts;
	struct early early = { .vocab = NULL };
	int status;

	*out = NULL;
	snprintf(what, sizeof(what), "%.480s: model.vocab", file->name);
	file->parts = &parts;
	file->what = what;
	early.file = *file;
	early.file.err = NULL;
	status = ll_hf_read(&parts, data, file->size, &(struct ll_hf_meanwhile){ make_early, &early }, file->name, file->err);
	if (status == 0 && !parts.whole)
		status = bad(file, "no tokenizer: model.vocab or model.merges is missing");
	set_root(file, parts.root);
	if (status == 0 && early.vocab != NULL && early.file.root == parts.root) {
		*out = early.vocab;
		early.vocab = NULL;
	} else if (status == 0) {
		status = make(out, file);
	}
	if (status == 0 && (status = finish(*out, file)) == 0) {
		ll_vocab_keep_text(*out, parts.text, parts.room);
		ll_vocab_keep_text(*out, parts.merges.text, parts.merges.room);
		parts.text = parts.merges.text = NULL;
	} else {
		ll_vocab_free(*out);
		*out = NULL;
	}
	ll_vocab_free(early.vocab);
	ll_hf_free(&parts);
	return status;
}

int
ll_vocab_from_hf(struct ll_vocab **out, const void *data, size_t size, const char *name, struct ll_err *err)
{
	return read_file(out, &(struct file){ .name = name, .err = err, .size = size }, data);
}

int
ll_vocab_from_hf_map(struct ll_vocab **out, struct ll_map *map, const char *name, struct ll_err *err)
{
	return read_file(out, &(struct file){ .map = map, .name = name, .err = err, .size = map->size }, map->data);
}
