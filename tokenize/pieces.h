/*
 * From a text to ids, piece by piece, with a memory of what the last pieces became: in
 * natural text nine of ten have been met before.
 */

#ifndef LL_TOKENIZE_PIECES_H
#define LL_TOKENIZE_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "tokenize/bpe.h"
#include "tokenize/split.h"

/*
 * For one text and one tokenizer. Zero-initialise. What it remembers points into the text and
 * the ids, which must stay; it takes a few times the size of the text, and 4.6 MB at most.
 */
struct ll_pieces {
	struct ll_bpe_work merging;
	void *memory;		/* of the two */
	size_t size;
	struct ll_pieces_near *near;
	struct ll_pieces_far *far;
	unsigned near_shift, far_shift;
};

/* Makes room for a text of `length` bytes. */
int ll_pieces_init(struct ll_pieces *pieces, size_t length, struct ll_err *err);
void ll_pieces_free(struct ll_pieces *pieces);

/* Appends the ids of one segment of the text. Errors as of ll_bpe_encode(). */
int ll_pieces_encode(struct ll_pieces *pieces, const struct ll_bpe *bpe, enum ll_splitter splitter,
    const unsigned char *text, size_t length, struct ll_ids *ids, struct ll_err *err);

#endif
