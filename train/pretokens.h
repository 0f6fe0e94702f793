/*
 * Texts cut by Llama 3's splitter, and how often each distinct piece occurs: all that BPE is
 * learned from. Memory is linear in the distinct pieces, not in the text.
 */

#ifndef LL_TRAIN_PRETOKENS_H
#define LL_TRAIN_PRETOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct ll_err;

struct ll_pretoken {
	size_t at;		/* where its bytes begin in `bytes` */
	uint32_t length;	/* at least 1 */
	uint64_t count;		/* occurrences, at least 1 */
};

/* Zero-initialise; free with ll_pretokens_free. */
struct ll_pretokens {
	struct ll_pretoken *list;	/* in the order in which they were first seen */
	size_t count, cap;
	struct ll_buf bytes;		/* of all of them, one behind the other */
	uint32_t *slots;		/* hash table: index plus one; 0: none */
	size_t slot_count;		/* a power of two, or 0 */
	uint64_t total;			/* occurrences of all */
	uint64_t read;			/* bytes of text */
};

/* Counts the pieces of a segment. -LL_ENOMEM; -LL_EDATA for a piece of 4 GB. */
int ll_pretokens_add(struct ll_pretokens *pretokens, const char *text, size_t length, struct ll_err *err);
void ll_pretokens_free(struct ll_pretokens *pretokens);

#endif
