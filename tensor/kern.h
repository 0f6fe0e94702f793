/*
 * Kernels: single-threaded loops, one table per ISA. The scalar reference (*_ref.c and the
 * formats) is the specification; every other table gives its bits, because each does the same
 * integer sums and adds the same partial results in the same order. All are compiled with
 * -ffp-contract=off. Only where the result is NaN may its sign and payload differ.
 *
 * The order of a sum of n float products: lane l of LL_LANES takes the terms l, l + LL_LANES,
 * ... in turn; the lanes are then folded in halves: lane l += lane l + 8, then + 4, + 2, + 1.
 *
 * Quantised dot products have the same lanes, 8 for even blocks of 32 and 8 for odd ones. In a
 * block, lane l sums in integers the products of the elements 4l .. 4l + 3 (times the
 * sub-block's integer scale where there is one), converts that to f32, multiplies it by (weight
 * scale * activation scale), and adds it to the lane; blocks in turn. Offsets (Q4_1) are summed
 * apart, in one f32 for even blocks and one for odd: min * activation sum. The lanes are folded,
 * then even offset + odd offset is added. Formats that are unpacked first (unpack.h) have an f32
 * scale for each 16 elements instead of an integer one; Q2_K, whose minimum changes as often,
 * adds it as a second run of products after each run of 256 elements.
 */

#ifndef LL_TENSOR_KERN_H
#define LL_TENSOR_KERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "tensor/dtype.h"

#define LL_LANES 16

/*
 * Activations rounded for quantised weights: blocks of 32 int8 with one f32 scale, amax / 127;
 * each is x * (127 / amax) to nearest even. A block whose scale would be subnormal is all
 * zeros; one that holds an infinity or a NaN has the scale and the sum NaN, so that no product
 * hides it. An even block and the odd one after it lie together, to be loaded as one; where a
 * row ends in an even block, its odd one is zeros.
 */
struct ll_q8_act {
	struct {
		float scale;
		float sum;	/* scale * the sum of the 32 integers */
	} block[2];
	int8_t q[2][32];
};

struct ll_kern {
	enum ll_isa isa;

	/* x[0..n) rounded to (n + 32) / 64 pairs of blocks. n a multiple of 32. */
	void (*quantize)(struct ll_q8_act *out, const float *x, size_t n);

	/*
	 * out[i * out_stride] = w . x_i for i < count, x_i = x + i * x_stride (in elements of x's
	 * type). For types met by rounded activations, which the quantised are; NULL for others.
	 */
	void (*dot_q8[LL_DTYPES])(float *out, size_t out_stride, const void *w,
	    const struct ll_q8_act *x, size_t x_stride, size_t count, size_t n);

	/* The same for types met by f32 activations: F32, F16, BF16, F8_E4M3. */
	void (*dot_f32[LL_DTYPES])(float *out, size_t out_stride, const void *w,
	    const float *x, size_t x_stride, size_t count, size_t n);

	/* n elements of a row as f32, exact. All types. */
	void (*dequantize[LL_DTYPES])(float *out, const void *w, size_t n);

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
