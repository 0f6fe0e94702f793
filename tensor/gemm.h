/*
 * Products of float32 matrices for training, where both sides change with every step:
 *
 *	C[i][j] (+)= sum over p of A(i,p) * B(p,j)		i < m, j < n, p < k
 *
 * Every element of C has one sum, taken in order of p with fmaf(a, b, sum), from 0 or from
 * what C holds: so the bits depend neither on the threads nor on the ISA nor on how tiles are
 * cut, and a sum over rows that come in parts is the sum over all of them.
 *
 * Under LL_GEMM_BF16 both sides are rounded to bfloat16 first (to nearest, ties to even; a
 * denormal is zero) and p goes in pairs, as VDPBF16PS has it: the odd one first, then the even
 * one, each fused into the float32 sum, where a denormal is zero before and after; an odd one that
 * k leaves out is a product of zeros. Only where a result is NaN may its sign and payload differ.
 */

#ifndef LL_TENSOR_GEMM_H
#define LL_TENSOR_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"

struct ll_err;
struct ll_gemm;
struct ll_pool;

enum ll_gemm_kind { LL_GEMM_F32, LL_GEMM_BF16 };

/* A matrix somewhere in memory: element (i, p) is data[i * row + p * col]; row or col is 1. */
struct ll_gemm_side {
	const float *data;
	size_t row, col;
};

/*
 * What products need beside their operands: packed panels for `threads` threads, of a size
 * that does not depend on the matrices; a pool may have more or fewer. -LL_ENOMEM.
 */
int ll_gemm_new(struct ll_gemm **out, enum ll_isa isa, size_t threads, struct ll_err *err);
void ll_gemm_free(struct ll_gemm *gemm);

/* C is [m][n] with rows `stride` apart; it overlaps neither A nor B. */
void ll_gemm_run(struct ll_gemm *gemm, struct ll_pool *pool, enum ll_gemm_kind kind, size_t m, size_t n, size_t k,
    struct ll_gemm_side a, struct ll_gemm_side b, float *c, size_t stride, bool add);

#endif
