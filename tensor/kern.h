/*
 * Kernels: single-threaded loops, one table per ISA. The scalar reference (*_ref.c and the
 * formats) is the specification; every other table gives its bits, because each does the same
 * integer sums and adds the same partial results in the same order. All are compiled with
 * -ffp-contract=off. Only where the result is NaN may its sign and payload differ.
 *
 * Products with weights have their order in mul.h. The order of any other sum of n float terms:
 * lane l of LL_LANES takes the terms l, l + LL_LANES, ... in turn; the lanes are then folded in
 * halves: lane l += lane l + 8, then + 4, + 2, + 1.
 */

#ifndef LL_TENSOR_KERN_H
#define LL_TENSOR_KERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "tensor/dtype.h"
#include "tensor/kv_block.h"
#include "tensor/mul.h"

#define LL_LANES 16
#define LL_ATTEND_ROWS 8
#define LL_WEIGHT_MOST 16383.0f

/* 32 numbers of up to LL_ATTEND_ROWS queries, rounded for quantised keys. */
struct ll_attend_q8 {
	float scale[LL_ATTEND_ROWS];
	int32_t sum[LL_ATTEND_ROWS];		/* of the integers */
	int32_t q[8][LL_ATTEND_ROWS];		/* four signed bytes each, the first lowest */
};

struct ll_kern {
	enum ll_isa isa;

	/* Lines of activations, and the kind that a type of weights wants. */
	ll_act_make *act[LL_ACT_KINDS];
	enum ll_act_kind wants[LL_DTYPES];

	/*
	 * Products of panels and of what was made wide. NULL for types that have no panels:
	 * ll_widen_rows makes them wide.
	 */
	ll_product *mul[LL_DTYPES];
	ll_product *mul_wide[LL_WIDE_KINDS];
	ll_product_two *mul_two[LL_DTYPES];	/* where that is faster; else NULL */
	ll_product_two *mul_wide_two[LL_WIDE_KINDS];
	ll_product_runs *mul_runs[LL_DTYPES];	/* of F16 and BF16 */
	ll_product_lying *mul_lying[LL_DTYPES];	/* takes the place of runs */
	ll_widen *widen[LL_DTYPES];
	bool wide_first;	/* with many columns wide runs are worth making of every type */
	bool wide_signed;	/* their bytes are signed */
	uint8_t cols;		/* of a tile of activations at most; products take as many */
	void (*rest)(void);	/* or NULL: after products, gives up what the thread's registers keep */
	ll_interleave *interleave;

	/*
	 * Attention, a block of the KV cache at a time (kv_block.h), for rows <= LL_ATTEND_ROWS
	 * of queries. scores[r * stride + t] = q_r . k_t for all t < LL_KV_BLOCK, from 0 with
	 * fmaf(q, k, sum) over the n numbers in turn, q being floats [n][LL_ATTEND_ROWS]. Of
	 * quantised keys q is a struct ll_attend_q8 for each 32 numbers, and the sum has
	 * fmaf(integer sum, scale of k * scale of q, sum) for each. `next` is the block that will be
	 * read then, or `keys`.
	 */
	void (*scores[LL_KV_TYPES])(float *scores, size_t stride, const void *q, size_t rows,
	    const void *keys, const void *next, size_t n);

	/*
	 * out[r * out_stride + i] = fmaf(weights[r * stride + t], v_t[i], out) for the positions
	 * begin .. begin + count - 1 of a block in turn, i < n rounded up as in a row of values.
	 * Of quantised values weights are 0 .. 1. In 32 numbers of the head, s being the greatest
	 * |scale| of these positions, they become integers too, weight * (|scale| * (LL_WEIGHT_MOST
	 * / s)) to nearest even, and out = fmaf(integer sum, s / LL_WEIGHT_MOST, out).
	 * All weights of the block are readable.
	 */
	void (*mix[LL_KV_TYPES])(float *out, size_t out_stride, const float *weights, size_t stride,
	    size_t rows, const void *values, const void *next, size_t begin, size_t count, size_t n);

	/* The n numbers, a multiple of 16, of a block of F16 or BF16 as floats; NULL for other types. */
	void (*kv_widen[LL_KV_TYPES])(float *out, const void *block, size_t n);

	/*
	 * x[i] = exp(x[i] - *most) with *most the greatest of x, by fewer steps (exp.h); returns
	 * their sum in lane order. One NaN makes the sum NaN, as infinities do.
	 */
	float (*weigh)(float *x, size_t n, float *most);

	/* out = fmaf(x_by, x, by * out); n is a multiple of 16. */
	void (*blend)(float *out, float by, const float *x, float x_by, size_t n);

	/*
	 * x[i] = exp(x[i] - max), returns their sum in lane order. x[i] <= max. The relative error
	 * of exp is below 2e-7 down to exp(-87); terms below exp(-87.3) are 0.
	 */
	float (*softmax_terms)(float *x, size_t n, float max);

	/*
	 * The sum of 2^(x[i] * by - shift) in lane order, by the fewest steps (exp.h); by > 0, shift a
	 * multiple of 1/8 below 2^19 in size. Where a power is above 2^127 it may be any number. Terms
	 * below 2^-126 are 0; one NaN makes the sum NaN. *most is max(x, n). For exp see logsumexp.h.
	 */
	float (*sum_powers)(const float *x, size_t n, float by, float shift, float *most);

	/* NaNs are passed over; -infinity when nothing else is there. Of zeros +0. */
	float (*max)(const float *x, size_t n);

	float (*sum_squares)(const float *x, size_t n);

	/* gate = silu(gate) * up; out = (x * factor) * weight; x += y. */
	void (*swiglu)(float *gate, const float *up, size_t n);
	void (*scale)(float *out, const float *x, const float *weight, float factor, size_t n);
	void (*add)(float *x, const float *y, size_t n);

	void (*f32_to_f16)(uint16_t *out, const float *x, size_t n);
};

/*
 * The table of an ISA, complete: entries that it does not have are the level's below. Calling
 * those of an ISA above what ll_cpu_isa returns is an illegal instruction.
 */
const struct ll_kern *ll_kern(enum ll_isa isa);

#endif
