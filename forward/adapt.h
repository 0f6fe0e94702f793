/*
 * Adapters in the forward pass (model/adapter.h): y += B (scale * (A x)) behind y = W x.
 */

#ifndef LL_FORWARD_ADAPT_H
#define LL_FORWARD_ADAPT_H

#include <stddef.h>

#include "model/adapter.h"
#include "tensor/ops.h"

/* Floats that a row needs between A and B, in layers first .. end - 1 and the head; 0 without adapters. */
size_t ll_adapt_room(const struct ll_adapters *adapters, size_t first, size_t end);

/*
 * For `count` matrices of a layer, from `site` on in the order of enum ll_adapter_site, whose products
 * with `rows` rows of x are done: adds what each adapter in turn makes of them. Sums are f32, whatever the
 * model's type: those of A, one rounding by the scale, then those of B, which begin with what y has
 * (tensor/mul.h has their order). `room` is [rows][ll_adapt_room].
 */
void ll_adapt(const struct ll_ops *ops, const struct ll_adapters *adapters, float *room, size_t layer, size_t site,
    const struct ll_matmul *jobs, size_t count, const float *x, size_t x_stride, size_t rows);

#endif
