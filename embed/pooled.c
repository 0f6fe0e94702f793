/*
 * Vectors of texts; see pooled.h.
 */

#include "embed/pooled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

int
ll_pooling_type(const char *name, struct ll_err *err)
{
	if (strcmp(name, "mean") == 0)
		return LL_POOLING_MEAN;
	if (strcmp(name, "last") == 0)
		return LL_POOLING_LAST;
	return ll_fail(err, LL_EUSAGE, "--pooling: '%.50s' is not mean or last", name);
}

int
ll_pooled_add(struct ll_pooled *pooled, enum ll_pooling pooling, const float *x, size_t dim,
    struct ll_err *err)
{
	if (pooled->sum == NULL && (pooled->sum = ll_alloc(dim, sizeof(*pooled->sum), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < dim; i++)
		pooled->sum[i] = (pooling == LL_POOLING_MEAN ? pooled->sum[i] : 0) + (double)x[i];
	pooled->rows++;
	return 0;
}

bool
ll_pooled_vector(float *out, const struct ll_pooled *pooled, enum ll_pooling pooling, size_t dim,
    bool normalise)
{
	double divisor = pooling == LL_POOLING_MEAN ? (double)pooled->rows : 1, squares = 0;

	for (size_t i = 0; i < dim; i++)
		squares += pooled->sum[i] * pooled->sum[i];
	if (normalise)
		divisor = sqrt(squares);
	if (!isfinite(squares) || divisor == 0)
		return false;
	for (size_t i = 0; i < dim; i++)
		out[i] = (float)(pooled->sum[i] / divisor);
	return true;
}

void
ll_pooled_free(struct ll_pooled *pooled)
{
	free(pooled->sum);
	*pooled = (struct ll_pooled){ 0 };
}
