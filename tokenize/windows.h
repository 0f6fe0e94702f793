/*
 * A long text as windows of tokens, each of which is scored apart: a token is counted in the
 * first window that has enough before it, and in no other.
 */

#ifndef LL_TOKENIZE_WINDOWS_H
#define LL_TOKENIZE_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

struct ll_window_plan {
	size_t size;		/* tokens of a window, at least 2, with its beginning-of-text token; 0: no windows */
	size_t stride;		/* by so many tokens the next begins later, 1 .. size; 0: size - 1 */
	size_t context;		/* a token is counted with at least so many before it, below size; 0: 1 */
};

struct ll_window {
	size_t begin;		/* of the text's tokens */
	size_t count;
	size_t want;		/* logits of the last so many positions: of the tokens that count, and the last */
};

/*
 * The next window of a text of `total` tokens, in front of each of which there will be one more where
 * `bos`; *begin and *counted are 0 before the first. Windows in which nothing counts are left
 * out. False when there is none.
 */
bool ll_window_next(const struct ll_window_plan *plan, size_t total, bool bos, size_t *begin, size_t *counted,
    struct ll_window *out);

#endif
