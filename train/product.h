/*
 * Products of matrices in ll_real: tensor/gemm.h, or plain loops where ll_real is double.
 */

#ifndef LL_TRAIN_PRODUCT_H
#define LL_TRAIN_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/gemm.h"
#include "train/real.h"

struct ll_err;
struct ll_pool;
struct ll_product;

/* For one product at a time; `pool` runs it, or the caller alone where it is NULL. */
int ll_product_new(struct ll_product **out, enum ll_isa isa, enum ll_gemm_kind kind, struct ll_pool *pool,
    struct ll_err *err);
void ll_product_free(struct ll_product *product);

/* A matrix: element (i, j) is data[i * row + j * col]; row or col is 1. */
struct ll_side {
	const ll_real *data;
	size_t row, col;
};

/* Rows that lie one after the other, `stride` apart; and the same matrix turned over. */
static inline struct ll_side
ll_by_rows(const ll_real *data, size_t stride)
{
	return (struct ll_side){ data, stride, 1 };
}

static inline struct ll_side
ll_turned(const ll_real *data, size_t stride)
{
	return (struct ll_side){ data, 1, stride };
}

/* c[m][n], rows `stride` apart, = (add: +=) a[m][k] b[k][n] */
void ll_product_run(struct ll_product *product, size_t m, size_t n, size_t k, struct ll_side a, struct ll_side b,
    ll_real *c, size_t stride, bool add);

#endif
