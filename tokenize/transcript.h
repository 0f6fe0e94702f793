/*
 * The texts of many sequences, shown whole and in order: the first that has not ended is
 * shown as it grows, the others wait. Incomplete UTF-8 is held back until it is complete or
 * the sequence ends.
 */

#ifndef LL_TOKENIZE_TRANSCRIPT_H
#define LL_TOKENIZE_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct ll_err;
struct ll_transcript;

/* `separator`, of so many bytes, is put behind each sequence; borrowed. */
int ll_transcript_new(struct ll_transcript **out, const char *separator, size_t length, struct ll_err *err);
void ll_transcript_free(struct ll_transcript *transcript);

/* Makes a sequence known: ids that come later but are lower wait for nothing and go first. */
int ll_transcript_begin(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err);
/* Whether its text has begun, for ll_tokenizer_strip: false at first. NULL: out of memory. */
bool *ll_transcript_begun(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err);
int ll_transcript_add(struct ll_transcript *transcript, uint64_t sequence, const char *bytes,
    size_t length, struct ll_err *err);
int ll_transcript_end(struct ll_transcript *transcript, uint64_t sequence, struct ll_err *err);
/* Ends all that have not. */
int ll_transcript_end_all(struct ll_transcript *transcript, struct ll_err *err);

/* What can be shown now; the caller writes it and sets len to 0. */
struct ll_buf *ll_transcript_text(struct ll_transcript *transcript);

#endif
