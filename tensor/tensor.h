/*
 * A tensor: a typed matrix somewhere in memory that is not ours.
 */

#ifndef LL_TENSOR_TENSOR_H
#define LL_TENSOR_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/dtype.h"

struct ll_tensor {
	enum ll_dtype type;
	size_t rows;		/* 1 for a vector */
	size_t cols;		/* elements in a row: whole blocks of the type */
	size_t row_bytes;
	const void *data;	/* may be unaligned for the type's elements */
	const float *row_scale;	/* F8_E4M3 alone: NULL, or one for each row, which it multiplies */
};

#endif
