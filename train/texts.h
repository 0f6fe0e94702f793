/*
 * The texts of a file that a vocabulary is learned from: plain text, or JSON Lines.
 */

#ifndef LL_TRAIN_TEXTS_H
#define LL_TRAIN_TEXTS_H

#include <stddef.h>

struct ll_err;

/*
 * A text, or a part of one: a long one is cut where a piece of Llama 3's splitter ends in any
 * case. Valid during the call.
 */
typedef int ll_text_sink(void *arg, const char *text, size_t length, struct ll_err *err);

/*
 * Hands out what is in a file (struct ll_text_file). Of JSON Lines each is an object with "text", or
 * with "messages" whose contents are texts; other members are not looked at, blank lines are
 * skipped. Else it is one text. Memory is that of a line, or of the longest part without a place to
 * cut. -LL_EINPUT, -LL_EIO, -LL_ENOMEM; -LL_EDATA ("file:line: field") for a line that is none of that, or
 * damaged compression; or what `take` returned.
 */
int ll_texts_read(const char *path, ll_text_sink *take, void *arg, struct ll_err *err);

#endif
