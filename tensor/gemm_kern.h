/*
 * What gemm.c needs of an ISA: how panels are packed, and the product of two of them.
 *
 * A panel is 32-bit words, [steps][pitch]: in each step the words of some rows of A or columns of
 * B side by side. A word is one float32 number, or under `paired` two bfloat16 numbers of p, the
 * even one low. Where an ISA has no instruction for pairs, numbers rounded to bfloat16 are words of
 * their own, the odd one of a pair in the step before the even one. A pair at the end that lacks
 * its odd number has a zero there.
 */

#ifndef LL_TENSOR_GEMM_KERN_H
#define LL_TENSOR_GEMM_KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/gemm.h"

/*
 * Packs k numbers of `count` rows or columns: out[s * pitch + l] has x[l * across + p * along].
 * across or along is 1; count is at most `lanes`, and words up to `lanes` are written.
 */
typedef void ll_gemm_pack(void *out, size_t pitch, const float *x, size_t across, size_t along, size_t count,
    size_t k);

/* C += A * B, or C = A * B, for `rows` rows and `cols` columns of C and `steps` steps. */
typedef void ll_gemm_tile(float *c, size_t stride, const void *a, const void *b, size_t rows, size_t cols,
    size_t steps, bool add);

struct ll_gemm_kern {
	size_t lanes;		/* that pack makes at once */
	size_t rows, cols;	/* of a tile at most; cols is a multiple of lanes */
	bool paired;
	ll_gemm_pack *pack;
	ll_gemm_tile *tile;
};

extern const struct ll_gemm_kern ll_gemm_ref[2], ll_gemm_avx2[2], ll_gemm_avx512[2], ll_gemm_avx512bf16[1],
    ll_gemm_neon[2];

/* Numbers of a step of A: whole strips of lanes. */
static inline size_t
ll_gemm_pitch(const struct ll_gemm_kern *kern)
{
	return (kern->rows + kern->lanes - 1) / kern->lanes * kern->lanes;
}

#endif
