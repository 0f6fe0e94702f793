/*
 * How a matrix is multiplied with some rows of activations: as it lies, as panels that are made first, or
 * made wide; and how much of it at a time.
 */

#ifndef LL_TENSOR_PLAN_H
#define LL_TENSOR_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/kern.h"
#include "tensor/ops.h"

/* Scratch of a thread: a piece of prepared panels and the tile that it meets have to stay in the second cache. */
#define LL_PLAN_BYTES (512u * 1024)
#define LL_PLAN_PANELS 4	/* prepared together at most */
#define LL_PLAN_PANELS_MOST 16	/* where a thread keeps their sums */
#define LL_SUMS_BYTES (576u * 1024)	/* of those */
#define LL_LANES_BYTES (256u * 1024)	/* of activations in lanes (runs.h), that a thread keeps */

/* How one matrix is multiplied. */
struct ll_plan {
	const struct ll_tensor *w;
	enum ll_dtype type;		/* of panels: F32 where rows are made that first */
	enum ll_act_kind kind;
	struct ll_layout layout;		/* of the type; of wide runs if it has no panels */
	bool made_f32;			/* rows are dequantised: the oracle */
	bool widen;
	enum ll_wide_kind wide;
	ll_product *mul;
	ll_product_two *mul_two;	/* or NULL */
	size_t blocks;			/* of a row */
	size_t lines, block_lines;	/* of activations: of a row, for a block */
	size_t piece;			/* blocks at a time */
	size_t piece_bytes;		/* scratch of a piece of one panel */
	size_t wide_bytes;		/* where in it the panel lies that is made wide */
	size_t group;			/* panels prepared at a time */
	size_t keeps;			/* floats from one column of a group's sums to the next where a thread keeps them, else 0 */
	bool runs;			/* rows are taken as they lie (runs.h) */
	ll_product_lying *lying;	/* 16 rows are; or NULL */
	bool lies;			/* panels are, by all columns at once */
};

static inline size_t
ll_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Lines of a row of activations. */
static inline size_t
ll_act_lines(enum ll_act_kind kind, size_t cols)
{
	return (cols / 32 + (cols % 32 != 0)) * 32 / ll_act_elements(kind);
}

/* The kind of activations that a matrix is multiplied with. */
enum ll_act_kind ll_act_wanted(const struct ll_ops *ops, const struct ll_tensor *w);

/* For `rows` rows of activations in so many tiles (matmul.c). */
struct ll_plan ll_plan(const struct ll_ops *ops, size_t rows, size_t tiles, const struct ll_tensor *w);

#endif
