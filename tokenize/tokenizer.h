/*
 * Text to ids and back: byte-level BPE as tiktoken and Hugging Face tokenizers do it for
 * Llama 3, and GPT-2's kind; SentencePiece's BPE as of Llama 2. The vocabulary comes as
 * arrays (base/vocab.h).
 *
 * Encoding is a function of bytes: nothing is stripped, normalised or replaced; bytes that
 * are not UTF-8 are code points of no class (not letter, number or space). SentencePiece's
 * kinds alone differ: a space is put before the text, and U+2581 is a space. Time is
 * O(n log n) in the length of the input whatever it holds; memory some tens of bytes a byte.
 */

#ifndef LL_TOKENIZE_TOKENIZER_H
#define LL_TOKENIZE_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/vocab.h"

struct ll_err;
struct ll_tokenizer;

/* A growing array of ids; zero-initialise, free ids with free(). */
struct ll_ids {
	uint32_t *ids;
	size_t count;
	size_t cap;
};

int ll_ids_add(struct ll_ids *ids, uint32_t id, struct ll_err *err);

/*
 * Builds the tables. `vocab` stays the caller's and must outlive the tokenizer.
 * -LL_EUNSUPPORTED for a splitter (vocab->pre) that is not known, by name; -LL_EDATA for a
 * vocabulary whose merges name tokens it does not have.
 */
int ll_tokenizer_new(struct ll_tokenizer **out, const struct ll_vocab *vocab, struct ll_err *err);
void ll_tokenizer_free(struct ll_tokenizer *tokenizer);

/*
 * Appends the ids of `length` bytes. With `special`, control tokens in the text become their
 * ids (the longest that matches at the leftmost place); without, their text is plain text.
 * No BOS is added. May be called from several threads on one tokenizer with different `ids`.
 * -LL_EDATA for a byte that the vocabulary has no token for: some lack bytes that UTF-8
 * seldom or never has (SmolLM2 21 of them), Llama 3 lacks none.
 */
int ll_tokenizer_encode(const struct ll_tokenizer *tokenizer, const char *text, size_t length,
    bool special, struct ll_ids *ids, struct ll_err *err);

/*
 * The id of the token whose text is exactly this (special tokens included, unused ones not),
 * the lowest of several, or LL_VOCAB_NONE.
 */
uint32_t ll_tokenizer_find(const struct ll_tokenizer *tokenizer, const char *text, size_t length);

/* The bytes of one id, borrowed from the vocabulary; -LL_EDATA for an id that is not in it. */
int ll_tokenizer_piece(const struct ll_tokenizer *tokenizer, uint32_t id, const char **bytes,
    size_t *length, bool *special, struct ll_err *err);

/*
 * The space that SentencePiece's kinds put before a text is no part of it: takes it off the
 * text of one id, as ll_tokenizer_piece gave it, where `*begun` is false, which it is to be
 * before the first id of a sequence. To be called with each id, in order; control tokens
 * begin nothing. So the ids of one text give the text back, but for its U+2581.
 */
void ll_tokenizer_strip(const struct ll_tokenizer *tokenizer, uint32_t id, bool *begun,
    const char **bytes, size_t *length);

const struct ll_vocab *ll_tokenizer_vocab(const struct ll_tokenizer *tokenizer);

/*
 * Streaming decoder. Holds back bytes at the end that begin an incomplete UTF-8 sequence,
 * so that a terminal never sees half a character. Zero-initialise.
 */
struct ll_decoder {
	unsigned char held[4];
	size_t held_count;
};

/*
 * Appends to `out` what can be shown after these bytes; ll_decoder_flush appends what is
 * held, raw: nothing is ever lost, and the concatenation is the concatenation of the bytes.
 */
int ll_decoder_add(struct ll_decoder *decoder, const char *bytes, size_t length,
    struct ll_buf *out, struct ll_err *err);
int ll_decoder_flush(struct ll_decoder *decoder, struct ll_buf *out, struct ll_err *err);

#endif
