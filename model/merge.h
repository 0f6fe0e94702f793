/*
 * Adapters merged into the rows of a matrix: W + scale * (B A), in f32.
 */

#ifndef LL_MODEL_MERGE_H
#define LL_MODEL_MERGE_H

#include <stdbool.h>
#include <stddef.h>

struct ll_adapters;
struct ll_err;
struct ll_merge;

/* Whether any of them is for the matrix. */
bool ll_merge_has(const struct ll_adapters *adapters, const char *name);

/* Holds the matrix's A in f32, and room for each thread. -LL_ENOMEM, -LL_ECONFIG (LL_CPU). */
int ll_merge_new(struct ll_merge **out, const struct ll_adapters *adapters, const char *name, size_t threads,
    struct ll_err *err);
void ll_merge_free(struct ll_merge *merge);

/*
 * row[0..cols) of W += of each adapter in turn scale * sum, the sum being over the rank in turn from 0, by
 * fmaf(B[number][r], A[r][i], sum).
 */
void ll_merge_row(struct ll_merge *merge, size_t thread, size_t number, float *row);

#endif
