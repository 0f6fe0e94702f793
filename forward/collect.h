/*
 * Importance matrices, collected: for each matrix of a model the sums of the squares of the
 * activations that meet its columns, as llama.cpp's llama-imatrix counts them.
 *
 * The sums are integers, so that the order of the rows does not count: the same rows give the
 * same file, whatever the batch, the chunks and the threads.
 */

#ifndef LL_FORWARD_COLLECT_H
#define LL_FORWARD_COLLECT_H

#include <stddef.h>

#include "model/model.h"

struct ll_collect;
struct ll_err;
struct ll_pool;

/* Which of a layer's matrices the rows meet; LL_MEETS_HEAD is the model's, of any layer. */
enum ll_meets { LL_MEETS_QKV, LL_MEETS_ATTN_OUTPUT, LL_MEETS_GATE_UP, LL_MEETS_DOWN, LL_MEETS_HEAD };

/*
 * The first call makes one: of layers first .. end - 1 of the model, which may be closed then, to
 * be written to `path`, which must outlive it. -LL_ECREATE if that cannot be, as far as can be
 * told; -LL_EUSAGE for standard output; -LL_ENOMEM. Later calls hold it against what comes next:
 * -LL_EDATA unless that is the same layers of the same model. To be freed whatever they return.
 */
int ll_collect_open(struct ll_collect **collect, const struct ll_model *model, size_t first, size_t end,
    const char *path, struct ll_err *err);
void ll_collect_free(struct ll_collect *collect);

/* Adds x[0..count), rows as wide as the matrix. `layer` is the model's. */
void ll_collect_add(struct ll_collect *collect, struct ll_pool *pool, size_t layer, enum ll_meets what,
    const float *x, size_t count);

/* Tells that a sequence began: the file has their count and mean length, as chunks. */
void ll_collect_begin(struct ll_collect *collect);

/*
 * Writes what was collected, if there is such a thing, as a GGUF whose name appears when it is whole. -LL_EDATA
 * if there was no row, or an activation was not finite or above 2^21; -LL_ECREATE, -LL_EIO.
 */
int ll_collect_write(const struct ll_collect *collect, struct ll_err *err);

#endif
