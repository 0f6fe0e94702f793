/*
 * Rows of floats as one NumPy array (format 1.0, f32, [rows][cols]), gathered in memory
 * because the number of rows stands in front.
 */

#ifndef LL_STREAM_NPY_H
#define LL_STREAM_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "stream/frame.h"

struct ll_err;

/* Zero-initialise it; free `values` with ll_buf_free. */
struct ll_npy {
	unsigned type;		/* LL_HIDDEN or LL_LOGITS, once there is a row */
	uint32_t cols;
	size_t rows;
	struct ll_buf values;
};

/*
 * Adds the rows of a HIDDEN or LOGITS frame; other frames are ignored. -LL_EDATA if they do
 * not fit into one array with the others; `name` is the stream's.
 */
int ll_npy_add(struct ll_npy *npy, const struct ll_frame *frame, const char *name, struct ll_err *err);

/* What stands before the values. -LL_EDATA if there is no row. */
int ll_npy_header(struct ll_buf *out, const struct ll_npy *npy, struct ll_err *err);

#endif
