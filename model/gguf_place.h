/*
 * The last step of reading a GGUF: where its tensors lie.
 */

#ifndef LL_MODEL_GGUF_PLACE_H
#define LL_MODEL_GGUF_PLACE_H

#include <stddef.h>

struct ll_err;
struct ll_gguf;

/*
 * Makes the offsets of the directory, which ends at `end`, offsets in the file, and sets data
 * and span. -LL_EDATA if one is not aligned, or if data lies outside the file or on other data.
 */
int ll_gguf_place(struct ll_gguf *gguf, const unsigned char *data, size_t end, struct ll_err *err);

#endif
