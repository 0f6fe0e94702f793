/*
 * Hidden states at the edges of the forward pass: token embeddings, and the form in which
 * states travel between programs (f32, or f16 and bf16 on request).
 */

#ifndef LL_EMBED_STATES_H
#define LL_EMBED_STATES_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

struct ll_err;

/* out[i][dim] = embedding of ids[i]; every id must be below the vocabulary's size. */
void ll_states_embed(float *out, const struct ll_model *model, const uint32_t *ids, size_t count);

/* F32, F16 or BF16 by name ("f32", "f16", "bf16"); -LL_EUSAGE otherwise. */
int ll_states_type(const char *name, struct ll_err *err);

/* Bytes of n numbers of a type that states travel in. */
size_t ll_states_bytes(enum ll_dtype type, size_t n);

/* To the wire. -LL_EDATA, "has NUMBER, ...", if one is too large for f16 or bf16: the caller says what has it. */
int ll_states_encode(void *out, enum ll_dtype type, const float *x, size_t n, struct ll_err *err);
/* From the wire; exact. */
void ll_states_decode(float *out, enum ll_dtype type, const void *in, size_t n);

#endif
