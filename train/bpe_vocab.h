/*
 * What was learned as a vocabulary like Llama 3.1's: 256 bytes, then a token for each merge,
 * then the special tokens.
 */

#ifndef LL_TRAIN_BPE_VOCAB_H
#define LL_TRAIN_BPE_VOCAB_H

#include <stddef.h>

#include "base/buf.h"
#include "base/vocab.h"
#include "train/bpe_train.h"

struct ll_err;

/* The special tokens that Llama 3.1 gives a meaning to. */
#define LL_BPE_SPECIALS 8

/* A reader of a rank file adds so many. */
#define LL_BPE_RANK_SPECIALS 256

/* Llama 3.1's chat format for plain conversations, in Jinja. */
extern const char ll_bpe_template[];

/*
 * Whether a text can be one more special token: it is not empty, not one of those above, no
 * longer than 256 bytes, in UTF-8, and no piece of a text, so that it cannot be learned.
 * -LL_EUSAGE.
 */
int ll_bpe_check_special(const char *text, struct ll_err *err);

/*
 * The vocabulary with Llama 3's splitter, its special tokens, then specials[0..special_count),
 * and the template. Free with ll_vocab_free. -LL_ENOMEM.
 */
int ll_bpe_vocab(struct ll_vocab **out, const struct ll_bpe_merge *merges, size_t count,
    const char *const *specials, size_t special_count, struct ll_err *err);

/* Appends a rank file of tiktoken: all tokens but the special ones. -LL_ENOMEM. */
int ll_bpe_put_ranks(struct ll_buf *out, const struct ll_vocab *vocab, struct ll_err *err);

#endif
