/*
 * What the readers of vocabularies share: the block of memory behind a vocabulary, the
 * special tokens that have a meaning, and the fingerprint.
 */

#ifndef LL_MODEL_VOCAB_MAKE_H
#define LL_MODEL_VOCAB_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vocab.h"

struct ll_err;
struct ll_map;
struct ll_pool;

/* No token of any model is longer; keeps lengths far from the limit of 32 bits. */
#define LL_PIECE_MAX 65536

/*
 * A vocabulary with room for `count` pieces and `bytes` bytes of text, which *text is set to.
 * Everything is zero but the special ids, which are LL_VOCAB_NONE.
 */
int ll_vocab_new(struct ll_vocab **out, size_t count, size_t bytes, char **text, struct ll_err *err);

/* Has the vocabulary free this text of `size` bytes, from ll_alloc_large(), when it is freed. For two texts. */
void ll_vocab_keep_text(struct ll_vocab *vocab, char *text, size_t size);

/* As ll_vocab_from_hf(), of a file that is mapped, which the vocabulary takes over and closes unless this fails. */
int ll_vocab_from_hf_map(struct ll_vocab **out, struct ll_map *map, const char *name, struct ll_err *err);

/* Threads for work on each piece of a vocabulary of `count`; see ll_pool_worth(). */
#define LL_VOCAB_THREADS 4

struct ll_pool *ll_vocab_pool(size_t count);

/*
 * GPT-2's alphabet: printable Latin-1 stands for itself, and the 68 other bytes, in order,
 * for the characters from U+0100 on. The byte of a character, or -1.
 */
#define LL_ALPHABET 324

void ll_alphabet_make(int16_t bytes[LL_ALPHABET]);
/* Writes the bytes that the characters stand for, no more than `length`; their number, or -1. */
ptrdiff_t ll_alphabet_undo(const int16_t *alphabet, const char *text, size_t length, char *out);

/* An array for the scores of `count` pieces, at the front of `*text`, which moves behind it. */
float *ll_vocab_scores(size_t count, char **text);

/*
 * Of a SentencePiece's text: with a space for each U+2581, which never lengthens it; the
 * count of bytes written.
 */
size_t ll_spm_text(const char *piece, size_t length, char *out);

/* The byte that a byte token such as <0x0A> stands for, or -1. */
int ll_spm_byte(const char *piece, size_t length);

/*
 * One piece of SentencePiece's kinds with its text, which `*text` is moved behind. Refused:
 * a byte token that is none, a score that is not a number, a normal piece with a space of its
 * own. `what` names the piece in messages ("file: key").
 */
int ll_spm_piece(struct ll_vocab *vocab, size_t id, const char *bytes, size_t length, uint32_t type,
    char **text, const char *what, struct ll_err *err);

/* Whether a token ends a turn because of its name. */
bool ll_vocab_ends_by_name(const struct ll_piece *piece);

/* One more token that ends a turn; false if there is no place for more. */
bool ll_vocab_add_stop(struct ll_vocab *vocab, uint32_t id);

/* A copy of this text is the chat template, whatever was before. */
int ll_vocab_set_template(struct ll_vocab *vocab, const char *text, size_t length, struct ll_err *err);

/*
 * To be called when the pieces are there: fills special ids that are LL_VOCAB_NONE from the
 * names that models give them, then the stops. The pieces stay as they are from now on: a thread begins
 * their fingerprint, and then closes the file that is `done`, which it takes over, unless that is NULL.
 */
void ll_vocab_finish(struct ll_vocab *vocab, struct ll_map *done);

#endif
