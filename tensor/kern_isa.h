/*
 * The parts that kern.c puts together: one table per family and ISA, entries that it does not
 * have being NULL. A table exists where the compiler was told to use its ISA, which the suffix
 * of its file decides; kern.c names those of the architecture that it is compiled for.
 *
 * Families: dotq and dotu (rounded activations; dotu for formats that are unpacked first), dotf
 * (f32 activations), attn (scores and mix), vec (the rest). The other scalar dot products and dequantisation come with the formats (quant.h).
 */

#ifndef LL_TENSOR_KERN_ISA_H
#define LL_TENSOR_KERN_ISA_H

#include "tensor/kern.h"

/*
 * Bytes of weights that the dot products of x86 prefetch ahead, into the rows that follow: with
 * few activations weights come from memory, and only many loads under way make that fast. On a
 * core that can read 14 GB/s it took Q4_1 from 5 to 13, F16 from 13 to 16.
 */
#define LL_AHEAD 4096

extern const struct ll_kern ll_kern_dotu_ref, ll_kern_vec_ref, ll_kern_attn_ref;
extern const struct ll_kern ll_kern_dotu_avx2, ll_kern_dotu_avx512, ll_kern_dotu_neon;
extern const struct ll_kern ll_kern_dotq_avx2, ll_kern_dotf_avx2;
extern const struct ll_kern ll_kern_vec_avx2, ll_kern_attn_avx2;
extern const struct ll_kern ll_kern_dotq_avx512, ll_kern_dotf_avx512;
extern const struct ll_kern ll_kern_vec_avx512, ll_kern_attn_avx512;
extern const struct ll_kern ll_kern_dotq_neon, ll_kern_dotf_neon;
extern const struct ll_kern ll_kern_vec_neon, ll_kern_attn_neon;

#endif
