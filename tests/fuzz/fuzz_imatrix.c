/*
 * Fuzz target: an importance matrix, in either format.
 */

#include "base/err.h"
#include "model/imatrix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile float seen;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_err err = { 0 };
	struct ll_imatrix *imatrix;
	const float *means;
	size_t count;

	if (ll_imatrix_parse(&imatrix, data, size, "fuzz", &err) < 0)
		return 0;
	means = ll_imatrix_find(imatrix, "blk.0.ffn_up.weight", &count);
	for (size_t i = 0; means != NULL && i < count; i++)
		seen = means[i];
	ll_imatrix_close(imatrix);
	return 0;
}
