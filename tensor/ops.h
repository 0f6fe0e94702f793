/*
 * Threaded operations of a forward pass over row-major f32 activations.
 *
 * Promise: every output element is reduced in one fixed order that depends on the lengths
 * alone, so no result changes with the number of threads, the rows in the batch or the place
 * in it. On one machine every ISA gives the bits of the scalar reference (kern.h).
 */

#ifndef LL_TENSOR_OPS_H
#define LL_TENSOR_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/tensor.h"

struct ll_err;
struct ll_kern;
struct ll_pool;
struct ll_arena;

/* How matrices are multiplied. */
enum ll_precision {
	LL_PRECISION_DEFAULT,	/* quantised weights meet activations rounded to 8 bits, per 32 elements */
	LL_PRECISION_F32	/* weights as ll_ops_row gives them, activations f32: the oracle */
};

struct ll_matmul;

struct ll_ops {
	const struct ll_kern *kern;
	struct ll_pool *pool;
	enum ll_precision precision;
	void *scratch;			/* ll_ops_scratch bytes, 64-byte aligned; used by ll_ops_matmul */
	/*
	 * What is multiplied after this, if that is known (next_count 0: it is not): threads that wait read its
	 * first weights, until the next product or the pool's end.
	 */
	const struct ll_matmul *next;
	size_t next_count;
};

/*
 * Scratch bytes for matrices with at most `cols` columns and `rows` rows of activations;
 * SIZE_MAX if they do not fit.
 */
size_t ll_ops_scratch(size_t rows, size_t cols, size_t threads);

/*
 * y[r][0..w->rows) = w * x[r] for r < rows, for each of `count` matrices over one x, which is
 * rounded once for all of them. x rows are `x_stride` floats apart (w->cols used), y rows
 * `y_stride`. All w have the same cols. At most two barriers. A row_scale multiplies the sum by
 * default, each weight with LL_PRECISION_F32.
 */
struct ll_matmul {
	const struct ll_tensor *w;
	float *y;
	size_t y_stride;
};
void ll_ops_matmul(const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count,
    const float *x, size_t x_stride, size_t rows);

/* The same, y += w * x: the sum begins with what is in y. No w has a row_scale. */
void ll_ops_matmul_add(const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count,
    const float *x, size_t x_stride, size_t rows);

/*
 * y[r] = down * (silu(gate * x[r]) * (up * x[r])): ll_ops_matmul of both, ll_ops_swiglu, and ll_ops_matmul again, with the
 * same bits. Nothing is done, and false returned, where these are as fast: with few rows, or more than there is
 * room for, or where gate and up differ in type. gate and up have the same rows and columns.
 */
bool ll_ops_feed_forward(const struct ll_ops *ops, const struct ll_tensor *gate, const struct ll_tensor *up,
    const struct ll_matmul *down, const float *x, size_t x_stride, size_t rows);

/* y = x / sqrt(mean(x^2) + eps) * weight, a row at a time (Zhang and Sennrich 2019). */
void ll_ops_rmsnorm(const struct ll_ops *ops, float *y, const float *x, const float *weight,
    float eps, size_t rows, size_t cols);

/* gate = silu(gate) * up, elementwise (Shazeer 2020), silu(x) = x / (1 + exp(-x)). */
void ll_ops_swiglu(const struct ll_ops *ops, float *gate, const float *up, size_t count);

/* x += y */
void ll_ops_add(const struct ll_ops *ops, float *x, const float *y, size_t count);

/* out[r * stride] = log of the sum of exp(x[r][i]), as a float (logsumexp.h); `out` may lie in x. */
void ll_ops_logsumexp(const struct ll_ops *ops, float *out, size_t stride, float *x, size_t cols, size_t rows);

/* One row of a tensor as f32 (embedding lookup). Exact for every type, but for a row_scale:
 * the product is rounded once. */
void ll_ops_row(const struct ll_tensor *tensor, size_t row, float *out);

#endif
