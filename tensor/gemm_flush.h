/*
 * BF16 of gemm.h by the steps of F32, for x86: MXCSR can treat denormals as zeros, before and
 * after, by which FMA rounds as VDPBF16PS does.
 */

#ifndef LL_TENSOR_GEMM_FLUSH_H
#define LL_TENSOR_GEMM_FLUSH_H

#include <immintrin.h>

#include "tensor/gemm_tile.h"

static void
tile_bf16(float *c, size_t stride, const void *a, const void *b, size_t rows, size_t cols, size_t steps, bool add)
{
	unsigned before = _mm_getcsr();

	_mm_setcsr(before | _MM_FLUSH_ZERO_ON | 0x40);	/* denormals are zeros */
	tile(c, stride, a, b, rows, cols, steps, add);
	_mm_setcsr(before);
}

#endif
