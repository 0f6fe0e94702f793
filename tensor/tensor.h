/*
 * A tensor: a typed matrix somewhere in memory that is not ours. Its rows lie one after the other,
 * or in panels of 16 rows (mul.h), which is how products read them.
 */

#ifndef LL_TENSOR_TENSOR_H
#define LL_TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/dtype.h"
#include "tensor/mul.h"

struct ll_tensor {
	enum ll_dtype type;
	size_t rows;		/* 1 for a vector */
	size_t cols;		/* elements in a row: whole blocks of the type */
	size_t row_bytes;
	const void *data;	/* may be unaligned for the type's elements */
	bool panels;		/* data is 64-byte aligned panels, of a type that has them */
	const float *row_scale;	/* NULL, or one for each row, which it multiplies */
};

/* Bytes of all panels of a matrix; false if the type has none or it wraps. */
bool ll_tensor_panel_bytes(enum ll_dtype type, size_t rows, size_t cols, size_t *bytes);

/*
 * Makes panels begin .. end - 1 of a tensor that has rows, each in its place of all panels, which are at
 * `out`, as many bytes as panel_bytes tells.
 */
void ll_tensor_interleave(uint8_t *out, const struct ll_tensor *tensor, size_t begin, size_t end);

/*
 * Bytes from .. from + n - 1 of all rows, one after the other, as they are or were before they came
 * into panels.
 */
void ll_tensor_copy(uint8_t *out, const struct ll_tensor *tensor, size_t from, size_t n);

/*
 * Elements from .. from + n - 1 of a row as f32, exact but for a row_scale: the product is rounded
 * once. `from` is a multiple of 256.
 */
void ll_tensor_read(float *out, const struct ll_tensor *tensor, size_t row, size_t from, size_t n);

#endif
