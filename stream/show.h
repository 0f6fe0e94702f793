/*
 * Streams as text: for people (show.c) and as JSON Lines (show_json.c). Appends lines to a
 * buffer; bytes that could steer a terminal are escaped. `err` is not NULL and holds no error.
 */

#ifndef LL_STREAM_SHOW_H
#define LL_STREAM_SHOW_H

#include <stdbool.h>

#include "base/buf.h"
#include "stream/frame.h"
#include "stream/header.h"

struct ll_err;

int ll_show_header(struct ll_buf *out, const struct ll_header *header, struct ll_err *err);

/* A line, or one for each row of HIDDEN and LOGITS; all values if `full`, else a few. */
int ll_show_frame(struct ll_buf *out, const struct ll_frame *frame, bool full, struct ll_err *err);

int ll_show_json_header(struct ll_buf *out, const struct ll_header *header, struct ll_err *err);

/* One object in a line, always with all values. */
int ll_show_json_frame(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err);

/* The lower-case name of flag `index` of a frame, from 0; NULL behind the last. */
const char *ll_show_flag(unsigned flags, unsigned index);

/* The name of a stream's kind in one word: "tokens", "hidden". */
const char *ll_show_kind(enum ll_kind kind);

/* "F32"; never NULL. */
const char *ll_show_dtype(uint32_t dtype);

#endif
