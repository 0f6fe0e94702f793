/*
 * Text from a model on its way to a terminal: control characters could move the cursor, set
 * the title or answer questions, so they are shown instead of obeyed.
 */

#ifndef LL_BASE_TERMINAL_H
#define LL_BASE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct ll_err;

/*
 * Appends `text` with every C0 and C1 control except newline and tab in caret notation
 * ("^[" for escape), and bytes that are not UTF-8 as U+FFFD. Whole characters in, whole
 * characters out: hold incomplete ones back first (tokenize/tokenizer.h).
 */
int ll_terminal_harmless(struct ll_buf *out, const char *text, size_t length, struct ll_err *err);

/* Writes all of a text, as ll_write does; made harmless first if `careful`, for a terminal. */
int ll_terminal_write(int fd, bool careful, const char *text, size_t length, const char *name,
    struct ll_err *err);

#endif
