/*
 * Writing logits: rows that were computed together and belong anywhere, as frames.
 */

#ifndef LL_STREAM_LOGIT_ROWS_H
#define LL_STREAM_LOGIT_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_writer;

#define LL_LOGIT_ROW_ONE 16

/* Where a row belongs. */
struct ll_logit_place {
	uint64_t sequence, position;
	uint32_t epoch;
};

/* A row of `vocab` floats, in a frame of its own. */
int ll_logit_rows_dense(struct ll_writer *out, const struct ll_logit_place *place, const float *logits, size_t vocab,
    struct ll_err *err);

/* A sparse row of `top` logits: 8 + 8 * top bytes (ll-stream(5)). */
int ll_logit_rows_sparse(struct ll_writer *out, const struct ll_logit_place *place, const void *row, size_t top,
    struct ll_err *err);

/* `count` sparse rows of one logit, LL_LOGIT_ROW_ONE bytes each, one after the other; neighbours in a sequence share a frame. */
int ll_logit_rows_ones(struct ll_writer *out, const struct ll_logit_place *places, const void *rows, size_t count,
    struct ll_err *err);

#endif
