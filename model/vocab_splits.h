/*
 * The ways to cut a text that both a GGUF (by a name) and a tokenizer.json (by a regular
 * expression, or by steps) have.
 */

#ifndef LL_MODEL_VOCAB_SPLITS_H
#define LL_MODEL_VOCAB_SPLITS_H

#include <stdbool.h>
#include <stddef.h>

#define LL_SPLIT_STEPS 5	/* at most; see ll_split_steps() */

/* The name of the expression, NULL if it is not known. */
const char *ll_split_name(const char *regex);

/*
 * The expression of a splitter by any of its names; "" is GPT-2's, which a tokenizer.json has
 * built in, and "digits" that with each digit alone before. NULL if it is not known.
 */
const char *ll_split_regex(const char *name);

/*
 * The expressions of a splitter that is several, each of which cuts what the one before has left;
 * behind the last is NULL. Each digit alone is the step after them. NULL if the name is of none.
 */
const char *const *ll_split_steps(const char *name);

/* The name of the splitter of these expressions, of which there are at most LL_SPLIT_STEPS; NULL if there is none. */
const char *ll_split_steps_name(const char *const *regex, size_t count);

/* Whether the models of a GGUF with this name take a piece that is a token as it is. */
bool ll_split_is_whole(const char *name);

#endif
