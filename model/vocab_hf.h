/*
 * What a tokenizer.json says besides its tokens: which of the ways to cut a text that are
 * known here it describes. Nothing in it is executed; what is not known is refused by name.
 */

#ifndef LL_MODEL_VOCAB_HF_H
#define LL_MODEL_VOCAB_HF_H

#include "base/json.h"
#include "base/vocab.h"

struct ll_err;

/* Sets kind, pre, space_prefix, prefix_once and whole. `name` is the file's. */
int ll_hf_rules(struct ll_vocab *vocab, const struct ll_json *root, const char *name, struct ll_err *err);

/* The token that the post-processor puts before a text; *token is NULL if it puts none. */
int ll_hf_bos(const char **token, const struct ll_json *root, const char *name, struct ll_err *err);

#endif
