/*
 * The special tokens of a vocabulary: found as text where that is asked for, and by name.
 */

#ifndef LL_TOKENIZE_SPECIALS_H
#define LL_TOKENIZE_SPECIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vocab.h"

struct ll_err;

struct ll_specials {
	const struct ll_piece *pieces;	/* the vocabulary's */
	uint32_t *ids;			/* sorted by bytes, then by id */
	size_t count;
	bool begins[256];		/* whether one begins with this byte */
};

/*
 * Zero-initialise. -LL_ENOMEM; -LL_EDATA for one longer than 256 bytes, so that the time
 * of a search stays bounded.
 */
int ll_specials_build(struct ll_specials *specials, const struct ll_vocab *vocab,
    struct ll_err *err);
void ll_specials_free(struct ll_specials *specials);

/* The longest that text[0..length) begins with and its size; LL_VOCAB_NONE if none does. */
uint32_t ll_specials_match(const struct ll_specials *specials, const char *text, size_t length,
    size_t *size);

#endif
