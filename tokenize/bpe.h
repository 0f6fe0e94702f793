/*
 * BPE: the bytes of one piece to ids. The adjacent pair of lowest rank is merged, the
 * leftmost of equals, until none can be. It begins with bytes, or, in SentencePiece's kinds,
 * with characters (bytes that are not UTF-8 are one each).
 */

#ifndef LL_TOKENIZE_BPE_H
#define LL_TOKENIZE_BPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vocab.h"
#include "tokenize/merges.h"
#include "tokenize/piecemap.h"
#include "tokenize/seams.h"
#include "tokenize/short.h"
#include "tokenize/tokenizer.h"

struct ll_err;

struct ll_bpe {
	struct ll_piecemap map;
	struct ll_seams *seams;		/* NULL for SentencePiece; ll_bpe_seams() has them made */
	struct ll_merges merges;	/* of a vocabulary with a list of merges */
	bool ranked;			/* it has none: the rank of a merge is its result's id, or: */
	uint32_t *rank_of;		/* SentencePiece: by the result's id, from the scores; or NULL */
	bool characters;		/* SentencePiece */
	bool whole_first;		/* a piece that is a token is never merged (ignore_merges) */
	uint32_t of_byte[256];		/* LL_VOCAB_NONE for a byte without a token */
};

/* The rank of merging the first `left` bytes of token `id` with its others; UINT32_MAX: they do not merge. */
static inline uint32_t
ll_bpe_rank(const struct ll_bpe *bpe, uint32_t id, size_t left)
{
	if (bpe->rank_of != NULL)
		return bpe->rank_of[id];
	return bpe->ranked ? id : ll_merges_rank(&bpe->merges, id, left);
}

/* The same of a token that was found. */
static inline uint32_t
ll_bpe_rank_of(const struct ll_bpe *bpe, struct ll_found found, size_t left)
{
	if (found.id == LL_VOCAB_NONE)
		return UINT32_MAX;
	if (bpe->rank_of != NULL)
		return bpe->rank_of[found.id];
	return bpe->ranked ? found.id : bpe->merges.rank[found.splits + left - 1] - 1;
}

/* Asks for that rank from memory. */
static inline void
ll_bpe_fetch_rank(const struct ll_bpe *bpe, struct ll_found found, size_t left)
{
	if (found.id != LL_VOCAB_NONE && bpe->merges.rank != NULL)
		__builtin_prefetch(&bpe->merges.rank[found.splits + left - 1]);
}

/* Not of SentencePiece's kinds. Asked for where a text is not ASCII. */
static inline const struct ll_seams *
ll_bpe_seams(const struct ll_bpe *bpe)
{
	if (!atomic_load_explicit(&bpe->seams->made, memory_order_acquire))
		ll_seams_make(bpe->seams, bpe);
	return bpe->seams;
}

/* Memory for encoding; one for each thread. Zero-initialise, free with ll_bpe_work_free. */
struct ll_bpe_work {
	uint32_t *memory;
	size_t room;
	struct ll_pairs pairs;		/* ll_pairs_init() makes short pieces faster; empty is as good */
};

/* Zero-initialise `bpe`. Errors as of ll_tokenizer_new. */
int ll_bpe_build(struct ll_bpe *bpe, const struct ll_vocab *vocab, bool whole_first,
    struct ll_err *err);
void ll_bpe_free(struct ll_bpe *bpe);

/*
 * Appends the ids of a piece of `length` > 0 bytes, in O(n log n) time and 17 bytes of
 * `work` for each byte. -LL_EDATA for a byte that the vocabulary cannot express.
 */
int ll_bpe_encode(const struct ll_bpe *bpe, const unsigned char *piece, size_t length,
    struct ll_bpe_work *work, struct ll_ids *ids, struct ll_err *err);

/* The same for a part of a piece, between seams: whole_first is not for it. */
int ll_bpe_merge(const struct ll_bpe *bpe, const unsigned char *part, size_t length,
    struct ll_bpe_work *work, struct ll_ids *ids, struct ll_err *err);

void ll_bpe_work_free(struct ll_bpe_work *work);

#endif
