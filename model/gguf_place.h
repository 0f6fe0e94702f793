/*
 * The last steps of reading a GGUF: where its tensors lie, and whether in panels.
 */

#ifndef LL_MODEL_GGUF_PLACE_H
#define LL_MODEL_GGUF_PLACE_H

#include <stddef.h>

struct ll_err;
struct ll_gguf;
struct ll_gguf_tensor;

/*
 * Reads ll.layout, which must be there before a tensor may lie in panels. -LL_EDATA;
 * -LL_EUNSUPPORTED if it is not the layout that is known.
 */
int ll_gguf_check_layout(struct ll_gguf *gguf, struct ll_err *err);

/*
 * Sets type and size of a tensor whose number says that it lies in panels. `what` is its name, for
 * messages. -LL_EDATA without ll.layout and for rows that are not whole blocks or too long, -LL_EUNSUPPORTED for a type
 * or a shape that has no panels.
 */
int ll_gguf_panels(const struct ll_gguf *gguf, struct ll_gguf_tensor *tensor, const char *what, struct ll_err *err);

/*
 * Makes the offsets of the directory, which ends at `end`, offsets in the file, and sets data
 * and span. -LL_EDATA if one is not aligned, or if data lies outside the file or on other data.
 */
int ll_gguf_place(struct ll_gguf *gguf, const unsigned char *data, size_t end, struct ll_err *err);

#endif
