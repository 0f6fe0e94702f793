/*
 * Strings that are looked for in the bytes of tokens, and the tokens that hold one by
 * themselves.
 */

#ifndef LL_SAMPLE_STRINGS_H
#define LL_SAMPLE_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vocab.h"
#include "sample/stopper.h"

struct ll_err;
struct ll_words;

struct ll_strings {
	struct ll_stops *automaton;
	const struct ll_vocab *vocab;	/* borrowed */
	uint32_t *holders;		/* tokens that hold a string, ascending */
	size_t holder_count;
	unsigned char *bits;		/* bit t: token t is among them */
};

/* `words` has at least one, and is not kept. -LL_ENOMEM. The caller frees. */
int ll_strings_new(struct ll_strings **out, const char *const *words, size_t count, const struct ll_vocab *vocab,
    struct ll_err *err);
void ll_strings_free(struct ll_strings *strings);

/* Takes a token's bytes; true if a string ends in them. Tokens beyond the vocabulary have none. */
bool ll_strings_take(struct ll_stopper *stopper, const struct ll_strings *strings, uint32_t token);

#endif
