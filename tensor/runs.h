/*
 * Products of rows of F16 and BF16 as they lie, with one column.
 *
 * A panel's lanes are 16 rows, which lie in 16 places of memory. Here the lanes are LL_RUNS runs of
 * LL_MUL_RUN elements of one row, so that rows are read in the order of addresses, which is what
 * memory is fastest at. Sums of runs are made as products of panels make them (mul.h) and added in
 * their order: results are the same to the bit.
 *
 * Activations are put in lanes, too: [groups of runs][elements of a run][runs]. The last group of a
 * row that is not whole ends with the row and begins with runs of the one before, which are not
 * added again.
 */

#ifndef LL_TENSOR_RUNS_H
#define LL_TENSOR_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/kern.h"

/* Bytes of the lanes; 0 if rows of this type or of so many elements cannot be taken so. */
size_t ll_runs_bytes(const struct ll_kern *kern, enum ll_dtype type, size_t cols);

/* `cols` activations in lines (mul.h) as lanes. */
void ll_runs_lanes(const struct ll_kern *kern, union ll_act *out, enum ll_act_kind kind, size_t cols,
    const union ll_act *x);

/*
 * y[i] = row i . x, or what is there plus that if `more`, for `rows` rows of `cols` elements that
 * lie row_bytes apart.
 */
void ll_runs_multiply(const struct ll_kern *kern, float *y, const uint8_t *w, enum ll_dtype type,
    size_t cols, size_t row_bytes, size_t rows, const union ll_act *lanes, bool more);

#endif
