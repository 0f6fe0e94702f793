/*
 * Learning byte-level BPE: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare
 * Words with Subword Units" (2016), algorithm 1, over counted pre-tokens. Token 0 to 255 are
 * the bytes in the order of Llama 3's rank file; each merge makes the next token.
 *
 * The search is exact: each merge is of the pair that occurs most often after all those before
 * it, by count; of equals, of the lowest left token, then the lowest right one. In runs of one
 * token pairs merge from the left, and count as they stand ("aaa" is two of "aa").
 */

#ifndef LL_TRAIN_BPE_TRAIN_H
#define LL_TRAIN_BPE_TRAIN_H

#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_pretokens;

#define LL_BPE_BYTES 256

/* The tokens that it joins; its own is LL_BPE_BYTES and its place in the list. */
struct ll_bpe_merge {
	uint32_t left, right;
};

struct ll_bpe_plan {
	size_t merges;		/* so many, or as many as there are; LL_BPE_BYTES + merges is below 2^32 */
	uint64_t min_count;	/* a pair that occurs less often is not merged; at least 1 */
	size_t max_length;	/* bytes of a token */
	void (*tell)(void *arg, size_t done, size_t total);	/* after each merge; or NULL */
	void *arg;
};

/* bytes[id]: the byte of each of the first tokens. */
void ll_bpe_bytes(unsigned char bytes[LL_BPE_BYTES]);

/*
 * *out is a list of *count merges, no more than planned; free with free(). Takes time and memory
 * in proportion to the distinct pre-tokens' bytes (4 GB at most), the time also to a logarithm of
 * the pairs. -LL_ENOMEM.
 */
int ll_bpe_train(struct ll_bpe_merge **out, size_t *count, const struct ll_pretokens *pretokens,
    const struct ll_bpe_plan *plan, struct ll_err *err);

#endif
