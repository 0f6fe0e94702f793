/*
 * From the bytes of an ordinary token to its id: one open-addressed table over the pieces
 * of a vocabulary. Of equal texts the lowest id is the one found.
 *
 * The vocabulary may be hostile: no search looks at more than a fixed number of slots.
 */

#ifndef LL_TOKENIZE_PIECEMAP_H
#define LL_TOKENIZE_PIECEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vocab.h"

struct ll_err;

struct ll_piecemap {
	const struct ll_piece *pieces;	/* the vocabulary's */
	struct ll_piecemap_slot *slots;
	uint64_t *filter;		/* a bit for each hash that is there */
	size_t mask;
	uint64_t seed;
	size_t longest;			/* bytes of the longest piece in it */
	bool duplicates;		/* two pieces have the same text */
};

/* Whether text can become this token without being asked to: normal and byte tokens. */
static inline bool
ll_piece_is_ordinary(const struct ll_piece *piece)
{
	return piece->type == LL_TOKEN_NORMAL || piece->type == LL_TOKEN_BYTE;
}

/* SentencePiece's byte tokens are not in it: text becomes one of them only where no piece is found. */
static inline bool
ll_piecemap_holds(const struct ll_vocab *vocab, const struct ll_piece *piece)
{
	return ll_piece_is_ordinary(piece) && piece->length > 0 &&
	    !(piece->type == LL_TOKEN_BYTE && ll_vocab_is_spm(vocab->kind));
}

/*
 * Zero-initialise `map`. -LL_ENOMEM; -LL_EDATA if the texts were made to collide.
 */
int ll_piecemap_build(struct ll_piecemap *map, const struct ll_vocab *vocab, struct ll_err *err);
void ll_piecemap_free(struct ll_piecemap *map);

/* The id, or LL_VOCAB_NONE. */
uint32_t ll_piecemap_find(const struct ll_piecemap *map, const void *bytes, size_t length);

/* Whether there may be one; then the slot that ll_piecemap_find() needs is fetched from memory. */
bool ll_piecemap_fetch(const struct ll_piecemap *map, const void *bytes, size_t length);

/*
 * Whether there is one, in two steps, so that many can be under way at once: the hash of the
 * bytes, which also fetches the slot from memory, and the answer. Texts are not compared:
 * one "yes" in 2^56 is wrong.
 */
uint64_t ll_piecemap_hash(const struct ll_piecemap *map, const void *bytes, size_t length);
bool ll_piecemap_has(const struct ll_piecemap *map, uint64_t hash);

#endif
