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
#include "tensor/mul.h"

#define LL_LANES 16

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
	ll_widen *widen[LL_DTYPES];
	ll_interleave *interleave;

	/* scores[t] = scale * q . k_t for t < count; k_t = keys + t * stride, n elements each. */
	void (*scores_f16)(float *scores, const float *q, const uint16_t *keys, size_t stride,
	    size_t count, size_t n, float scale);
	void (*scores_f32)(float *scores, const float *q, const float *keys, size_t stride,
	    size_t count, size_t n, float scale);

	/* out[0..n) += sum over t of weight[t] * v_t, t ascending, each product added in turn. */
	void (*mix_f16)(float *out, const float *weight, const uint16_t *values, size_t stride,
	    size_t count, size_t n);
	void (*mix_f32)(float *out, const float *weight, const float *values, size_t stride,
	    size_t count, size_t n);

	/*
	 * x[i] = exp(x[i] - max), returns their sum in lane order. x[i] <= max. The relative error
	 * of exp is below 2e-7 down to exp(-87); terms below exp(-87.3) are 0.
	 */
	float (*softmax_terms)(float *x, size_t n, float max);

	/* NaNs are passed over; -infinity when nothing else is there. */
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
