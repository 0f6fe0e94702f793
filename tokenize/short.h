/*
 * BPE of short pieces: the definition with a memory for pairs, which is faster there than
 * the tree of bpe.c.
 */

#ifndef LL_TOKENIZE_SHORT_H
#define LL_TOKENIZE_SHORT_H

#include <stddef.h>
#include <stdint.h>

struct ll_bpe;
struct ll_err;

#define LL_SHORT 64		/* bytes */

/* What two tokens merge to; ids are those that ll_piecemap_find gives, so they tell the texts. */
struct ll_pair {
	uint64_t key;		/* the left id above the right one, plus one; 0: empty */
	uint32_t id;
	uint32_t rank;		/* UINT32_MAX: they do not merge */
};

/* A fixed number of pairs, the last that were asked for. Zero-initialise. */
struct ll_pairs {
	struct ll_pair *pairs;
	unsigned shift;
};

/* Makes room for as many as a text of `length` bytes is worth, if there is none yet. */
int ll_pairs_init(struct ll_pairs *pairs, size_t length, struct ll_err *err);
void ll_pairs_free(struct ll_pairs *pairs);

/*
 * Merges a piece of 1 to LL_SHORT bytes, all of which have tokens, with a byte-level
 * vocabulary: the ids in out[], which has room for LL_SHORT, and their count.
 */
size_t ll_short_merge(const struct ll_bpe *bpe, const unsigned char *piece, size_t length,
    const struct ll_pairs *pairs, uint32_t *out);

#endif
