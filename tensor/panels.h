/*
 * One thread's part of a matrix product: panels of 16 rows of weights (mul.h) with all columns of activations.
 */

#ifndef LL_TENSOR_PANELS_H
#define LL_TENSOR_PANELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/mul.h"
#include "tensor/ops.h"
#include "tensor/plan.h"

/* Scratch of a thread. No product has both lanes and sums. */
#define LL_PANELS_BYTES (LL_PLAN_BYTES + (LL_LANES_BYTES > LL_SUMS_BYTES ? LL_LANES_BYTES : LL_SUMS_BYTES))

/* Rows of activations made lines, in tiles of at most kern->cols rows, as even as they can be. */
struct ll_activations {
	size_t rows, cols;
	size_t tiles, width;
	union ll_act *act[LL_ACT_KINDS];	/* [tiles][lines][width]; NULL if no matrix wants it */
};

/* What a thread works with. */
struct ll_panels_part {
	const struct ll_ops *ops;
	const struct ll_activations *x;
	bool more;			/* than y has: it is added to */
	uint8_t *scratch;		/* LL_PLAN_BYTES */
	union ll_act *lanes;		/* LL_LANES_BYTES, for runs.h */
	enum ll_act_kind kind;		/* of the lanes; LL_ACT_KINDS: there are none yet */
	float *sums;			/* LL_SUMS_BYTES; or NULL: y is as near */
	size_t origin;			/* y begins with this panel */
	/* What is multiplied after it, of the same shape and type, from that panel on; NULL: this matrix goes on. */
	const struct ll_tensor *after;
	size_t after_panel;
};

/* Panels begin .. end - 1 of one matrix. */
void ll_panels_multiply(struct ll_panels_part *with, const struct ll_matmul *job, size_t begin, size_t end);

#endif
