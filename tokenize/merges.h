/*
 * The list of merges of a vocabulary, as ranks of splits: which place in the list has the
 * merge that makes token `id` out of its first `left` bytes and the rest. A token's text
 * tells it from every other, so (left text, right text) needs no table of pairs.
 */

#ifndef LL_TOKENIZE_MERGES_H
#define LL_TOKENIZE_MERGES_H

#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_piecemap;
struct ll_pool;
struct ll_vocab;

struct ll_merges {
	uint32_t *first;	/* by id: where its splits begin in `rank`, as ll_piecemap_seek() has it too */
	uint32_t *rank;		/* by first[id] + left - 1: the rank plus one, 0 for none */
	size_t size;		/* elements of both, which are one block */
};

#define LL_MERGES_THREADS 4	/* at most */

struct ll_merging;		/* what it takes to read the list */

/*
 * Makes the table, in which nothing merges, and prepares for so many threads; no piecemap is
 * needed. Zero-initialise `merges`, and free both, also after an error.
 */
int ll_merging_new(struct ll_merging **out, struct ll_merges *merges, const struct ll_vocab *vocab, size_t threads,
    struct ll_err *err);

/*
 * Reads the list, with as many threads. -LL_EDATA for a merge that is not two texts in the byte
 * alphabet, or whose texts or result are not tokens. Of equal merges the first counts.
 */
int ll_merging_run(struct ll_merging *merging, const struct ll_piecemap *map, struct ll_pool *pool,
    struct ll_err *err);
void ll_merging_free(struct ll_merging *merging);

void ll_merges_free(struct ll_merges *merges);

/* The rank, or UINT32_MAX. `left` is less than the token's length, and not 0. */
static inline uint32_t
ll_merges_rank(const struct ll_merges *merges, uint32_t id, size_t left)
{
	return merges->rank[merges->first[id] + left - 1] - 1;
}

#endif
