/*
 * Products of matrices; see product.h.
 */

#include "train/product.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"

struct ll_product {
	struct ll_gemm *gemm;
	struct ll_pool *pool;
	enum ll_gemm_kind kind;
};

int
ll_product_new(struct ll_product **out, enum ll_isa isa, enum ll_gemm_kind kind, struct ll_pool *pool,
    struct ll_err *err)
{
	struct ll_product *product = ll_alloc(1, sizeof *product, err);
	int status;

	*out = NULL;
	if (product == NULL)
		return -LL_ENOMEM;
	product->pool = pool;
	product->kind = kind;
	status = ll_gemm_new(&product->gemm, isa, ll_pool_count(pool), err);
	if (status < 0) {
		free(product);
		return status;
	}
	*out = product;
	return 0;
}

void
ll_product_free(struct ll_product *product)
{
	if (product != NULL)
		ll_gemm_free(product->gemm);
	free(product);
}

#ifdef LL_TRAIN_DOUBLE

void
ll_product_run(struct ll_product *product, size_t m, size_t n, size_t k, struct ll_side a, struct ll_side b,
    ll_real *c, size_t stride, bool add)
{
	(void)product;
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++) {
			double sum = add ? c[i * stride + j] : 0;

			for (size_t p = 0; p < k; p++)
				sum += a.data[i * a.row + p * a.col] * b.data[p * b.row + j * b.col];
			c[i * stride + j] = sum;
		}
}

#else

void
ll_product_run(struct ll_product *product, size_t m, size_t n, size_t k, struct ll_side a, struct ll_side b,
    ll_real *c, size_t stride, bool add)
{
	struct ll_gemm_side left = { a.data, a.row, a.col }, right = { b.data, b.row, b.col };

	ll_gemm_run(product->gemm, product->pool, product->kind, m, n, k, left, right, c, stride, add);
}

#endif
