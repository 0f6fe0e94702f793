/*
 * The parts that kern.c puts together: one table per family and ISA, entries that it does not
 * have being NULL. A table exists where the compiler was told to use its ISA, which the suffix
 * of its file decides; kern.c names those of the architecture that it is compiled for.
 *
 * Families: mul (products of panels, mul.h), attn (attention), vec (the rest).
 */

#ifndef LL_TENSOR_KERN_ISA_H
#define LL_TENSOR_KERN_ISA_H

#include "tensor/kern.h"

extern const struct ll_kern ll_kern_mul_ref, ll_kern_vec_ref, ll_kern_attn_ref;
extern const struct ll_kern ll_kern_mul_avx2, ll_kern_vec_avx2, ll_kern_attn_avx2;
extern const struct ll_kern ll_kern_mul_avx512, ll_kern_vec_avx512, ll_kern_attn_avx512;
extern const struct ll_kern ll_kern_mul_avx512bf16;
extern const struct ll_kern ll_kern_mul_amx;
extern const struct ll_kern ll_kern_mul_neoni8mm;
extern const struct ll_kern ll_kern_mul_neon, ll_kern_vec_neon, ll_kern_attn_neon;

/* The specification of what mul_avx512bf16.c and mul_amx.c do with BF16, and of interleaving. */
ll_product ll_mul_bf16_ref, ll_mul_bf16_tile_ref;
ll_interleave ll_interleave_ref;

#endif
