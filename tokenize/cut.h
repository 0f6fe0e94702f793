/*
 * The pre-tokenizer of Llama 3 again, for speed: the same pieces as ll_split_next() finds
 * (split.h), which is the reference that this is tested against.
 */

#ifndef LL_TOKENIZE_CUT_H
#define LL_TOKENIZE_CUT_H

#include <stddef.h>

#include "tokenize/split.h"

/*
 * The sizes of the first pieces of text[0..length), at most `most` of them; the count, which
 * is 0 only if `length` is. `length` reaches to the end of the segment. Splitters other than
 * Llama 3's are ll_split_next().
 */
size_t ll_cut(enum ll_splitter splitter, const unsigned char *text, size_t length, size_t *sizes,
    size_t most);

#endif
