/*
 * SentencePiece's BPE: what it does besides merging (bpe.h). Text is characters, not words;
 * a space is put before it where the vocabulary wants one, U+2581 counts as a space, and
 * nothing else is changed.
 */

#ifndef LL_TOKENIZE_SPM_H
#define LL_TOKENIZE_SPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/vocab.h"
#include "tokenize/bpe.h"

struct ll_err;

/* Which two bytes stand side by side in a piece: a bit for each pair. */
struct ll_spm {
	uint64_t beside[256][4];
	bool prefix_once;	/* the vocabulary's */
};

/* Memory for encoding; one for each thread. Zero-initialise, free with ll_spm_work_free. */
struct ll_spm_work {
	struct ll_buf text;
};

void ll_spm_build(struct ll_spm *spm, const struct ll_vocab *vocab);

/*
 * The ranks of merges by the id of their result: 0 for the highest score, equal for equal
 * scores. Free with free().
 */
int ll_spm_rank_scores(uint32_t **out, const struct ll_vocab *vocab, struct ll_err *err);

/*
 * Appends the ids of one text; with `prefix` and a space before it. An empty text has none.
 * O(n log n) time; errors as of ll_bpe_encode.
 */
int ll_spm_encode(const struct ll_spm *spm, const struct ll_bpe *bpe, const char *text,
    size_t length, bool prefix, struct ll_spm_work *work, struct ll_bpe_work *merging,
    struct ll_ids *ids, struct ll_err *err);

void ll_spm_work_free(struct ll_spm_work *work);

#endif
