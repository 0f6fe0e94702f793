/*
 * Text to ids and back; see tokenizer.h. Special tokens cut the text, the splitter cuts what
 * lies between them into pieces (SentencePiece's kinds have none), BPE turns each piece into
 * ids.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "tokenize/bpe.h"
#include "tokenize/pieces.h"
#include "tokenize/specials.h"
#include "tokenize/split.h"
#include "tokenize/spm.h"
#include "tokenize/tokenizer.h"

struct ll_tokenizer {
	const struct ll_vocab *vocab;
	bool spm;
	enum ll_splitter splitter;	/* unless spm */
	struct ll_spm joins;		/* if spm */
	struct ll_bpe bpe;
	struct ll_specials specials;
};

int
ll_ids_add(struct ll_ids *ids, uint32_t id, struct ll_err *err)
{
	int status;

	if (ids->count == ids->cap &&
	    (status = ll_grow(&ids->ids, &ids->cap, ids->count + 1, sizeof(*ids->ids), err)) < 0)
		return status;
	ids->ids[ids->count++] = id;
	return 0;
}

static bool
whole_first(const struct ll_tokenizer *tokenizer)
{
	const struct ll_vocab *vocab = tokenizer->vocab;

	if (tokenizer->spm)
		return false;
	if (vocab->whole != LL_WHOLE_BY_SPLITTER)
		return vocab->whole == LL_WHOLE_FIRST;
	return vocab->kind == LL_VOCAB_BPE_RANKS || ll_split_whole_first(vocab->pre);
}

static int
build(struct ll_tokenizer **out, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct ll_tokenizer *tokenizer = ll_alloc(1, sizeof(*tokenizer), err);
	int status = 0;

	*out = NULL;
	if (tokenizer == NULL)
		return -LL_ENOMEM;
	tokenizer->vocab = vocab;
	tokenizer->spm = ll_vocab_is_spm(vocab->kind);
	if (tokenizer->spm)
		ll_spm_build(&tokenizer->joins, vocab);
	else if ((status = ll_split_by_name(vocab->pre, err)) < 0)
		goto failed;
	tokenizer->splitter = (enum ll_splitter)status;
	if ((status = ll_bpe_build(&tokenizer->bpe, vocab, whole_first(tokenizer), err)) < 0 ||
	    (status = ll_specials_build(&tokenizer->specials, vocab, err)) < 0)
		goto failed;
	*out = tokenizer;
	return 0;
failed:
	ll_tokenizer_free(tokenizer);
	return status;
}

int
ll_tokenizer_new(struct ll_tokenizer **out, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct ll_err own = { 0 };
	int status = build(out, vocab, &own);

	if (status < 0 && vocab->path != NULL && own.code != LL_ENOMEM)
		return ll_fail(err, own.code, "%s: %s", vocab->path, own.text);
	return status < 0 ? ll_fail_as(err, &own) : 0;
}

void
ll_tokenizer_free(struct ll_tokenizer *tokenizer)
{
	if (tokenizer == NULL)
		return;
	ll_bpe_free(&tokenizer->bpe);
	ll_specials_free(&tokenizer->specials);
	free(tokenizer);
}

const struct ll_vocab *
ll_tokenizer_vocab(const struct ll_tokenizer *tokenizer)
{
	return tokenizer->vocab;
}

struct work {
	struct ll_pieces pieces;
	struct ll_spm_work spm;
};

/* `first`: nothing stands before it in the text. */
static int
encode_segment(const struct ll_tokenizer *tokenizer, const char *text, size_t length, bool first,
    struct work *work, struct ll_ids *ids, struct ll_err *err)
{
	enum ll_space_prefix prefix = tokenizer->vocab->space_prefix;

	if (tokenizer->spm)
		return ll_spm_encode(&tokenizer->joins, &tokenizer->bpe, text, length,
		    prefix == LL_PREFIX_EACH || (prefix == LL_PREFIX_FIRST && first), &work->spm,
		    &work->pieces.merging, ids, err);
	return ll_pieces_encode(&work->pieces, &tokenizer->bpe, tokenizer->splitter,
	    (const unsigned char *)text, length, ids, err);
}

/* Where the first special token of the text begins, its size and id; `length` and 0 if there is none. */
static size_t
find_special(const struct ll_tokenizer *tokenizer, const char *text, size_t length, size_t *size,
    uint32_t *id)
{
	*size = 0;
	for (size_t at = 0; at < length; at++) {
		*id = ll_specials_match(&tokenizer->specials, text + at, length - at, size);
		if (*id != LL_VOCAB_NONE)
			return at;
	}
	return length;
}

int
ll_tokenizer_encode(const struct ll_tokenizer *tokenizer, const char *text, size_t length,
    bool special, struct ll_ids *ids, struct ll_err *err)
{
	struct work work = { 0 };
	bool first = true;
	int status = 0;

	if (!tokenizer->spm && length > 0)
		status = ll_pieces_init(&work.pieces, length, err);
	while (length > 0 && status == 0) {
		size_t segment = length, size = 0;
		uint32_t id = LL_VOCAB_NONE;

		if (special)
			segment = find_special(tokenizer, text, length, &size, &id);
		status = encode_segment(tokenizer, text, segment, first, &work, ids, err);
		if (status == 0 && size > 0)
			status = ll_ids_add(ids, id, err);
		first = false;
		text += segment + size;
		length -= segment + size;
	}
	ll_pieces_free(&work.pieces);
	ll_spm_work_free(&work.spm);
	return status;
}

uint32_t
ll_tokenizer_find(const struct ll_tokenizer *tokenizer, const char *text, size_t length)
{
	uint32_t ordinary = ll_piecemap_find(&tokenizer->bpe.map, text, length);
	size_t size = 0;
	uint32_t special = ll_specials_match(&tokenizer->specials, text, length, &size);

	/* The longest match is the whole text if any is: the text ends there. */
	if (special == LL_VOCAB_NONE || size != length)
		return ordinary;
	return special < ordinary ? special : ordinary;
}

int
ll_tokenizer_piece(const struct ll_tokenizer *tokenizer, uint32_t id, const char **bytes,
    size_t *length, bool *special, struct ll_err *err)
{
	const struct ll_vocab *vocab = tokenizer->vocab;
	const struct ll_piece *piece;

	if (id >= vocab->count)
		return ll_fail(err, LL_EDATA, "token %u is not in the vocabulary of %zu", (unsigned)id,
		    vocab->count);
	piece = &vocab->pieces[id];
	*bytes = piece->bytes;
	*length = piece->length;
	*special = !ll_piece_is_ordinary(piece) && piece->type != LL_TOKEN_USER;
	return 0;
}

void
ll_tokenizer_strip(const struct ll_tokenizer *tokenizer, uint32_t id, bool *begun, const char **bytes,
    size_t *length)
{
	const struct ll_vocab *vocab = tokenizer->vocab;
	uint32_t type = id < vocab->count ? vocab->pieces[id].type : LL_TOKEN_CONTROL;

	if (*begun || type == LL_TOKEN_CONTROL)
		return;
	*begun = true;
	if (vocab->space_prefix != LL_PREFIX_NONE && type == LL_TOKEN_NORMAL && *length > 0 && **bytes == ' ') {
		++*bytes;
		--*length;
	}
}
