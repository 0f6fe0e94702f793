/*
 * The rows of TOKENS, HIDDEN and LOGITS frames.
 */

#ifndef LL_STREAM_ROWS_H
#define LL_STREAM_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "stream/frame.h"

struct ll_err;
struct ll_writer;

/* The bytes of a row; 0 for a frame of another type, which has none that can be taken apart. */
size_t ll_rows_bytes(const struct ll_frame *frame);

/*
 * A frame of `count` rows from row `first` on, at least one; its payload is the frame's.
 * LAST and MORE stay with the last row, and `want` counts what is left of the wanted ones.
 */
void ll_rows_slice(struct ll_frame *out, const struct ll_frame *frame, uint32_t first, uint32_t count);

/* Writes TOKENS or HIDDEN, in several frames where the rows are more than one may hold. */
int ll_rows_write(struct ll_writer *out, const struct ll_frame *frame, struct ll_err *err);

/* A row of HIDDEN or of dense LOGITS, `cols` floats. */
void ll_rows_floats(float *out, const struct ll_frame *frame, uint32_t row);

/* A row of sparse LOGITS. */
struct ll_sparse_row {
	float logsumexp;
	const uint32_t *ids;
	const float *logits;
};
struct ll_sparse_row ll_rows_sparse(const struct ll_frame *frame, uint32_t row);

#endif
