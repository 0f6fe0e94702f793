/*
 * Data types of tensors: numbered as in GGUF, so that a file's number is ours; types that GGUF
 * lacks are numbered down from the end of the table (ll_dtype_private). A type that is not in
 * the table can be named (ll_dtype_name) but not computed with.
 */

#ifndef LL_TENSOR_DTYPE_H
#define LL_TENSOR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ll_dtype {
	LL_F32 = 0,
	LL_F16 = 1,
	LL_Q4_0 = 2,
	LL_Q4_1 = 3,
	LL_Q5_0 = 6,
	LL_Q5_1 = 7,
	LL_Q8_0 = 8,
	LL_Q2_K = 10,
	LL_Q3_K = 11,
	LL_Q4_K = 12,
	LL_Q5_K = 13,
	LL_Q6_K = 14,
	LL_IQ2_XXS = 16,
	LL_IQ2_XS = 17,
	LL_IQ3_XXS = 18,
	LL_IQ1_S = 19,
	LL_IQ4_NL = 20,
	LL_IQ3_S = 21,
	LL_IQ2_S = 22,
	LL_IQ4_XS = 23,
	LL_IQ1_M = 29,
	LL_BF16 = 30,
	LL_TQ1_0 = 34,
	LL_TQ2_0 = 35,
	LL_MXFP4 = 39,
	LL_NVFP4 = 40,
	LL_Q1_0 = 41,
	LL_Q2_0 = 42,
	LL_F8_E4M3 = 63,	/* private; Micikevicius et al. 2022: no infinities, 0x7f is NaN */
	LL_DTYPES = 64		/* every number is below */
};

struct ll_dtype_info {
	const char *name;	/* "Q4_0" */
	size_t block;		/* elements in a block */
	size_t bytes;		/* bytes of a block */
};

/* NULL for a type that cannot be computed with. */
const struct ll_dtype_info *ll_dtype(uint32_t type);

/* The name of any number GGUF gives a meaning ("IQ2_XXS"), or NULL. */
const char *ll_dtype_name(uint32_t type);

/* True for numbers that mean nothing in a file: a reader of GGUF refuses them. */
bool ll_dtype_private(uint32_t type);

/* Bytes of a row of n elements; false if n is not whole blocks, the type unknown, or it wraps. */
bool ll_dtype_row_bytes(uint32_t type, size_t n, size_t *bytes);

/* n elements of a row as f32, exact. */
void ll_dequantize(float *out, enum ll_dtype type, const void *w, size_t n);

/* Half and brain floats. Rounding to nearest even; f16 overflow gives infinity. */
float ll_f16_to_f32(uint16_t half);
uint16_t ll_f32_to_f16(float value);
float ll_bf16_to_f32(uint16_t brain);
uint16_t ll_f32_to_bf16(float value);

/* Exact. */
float ll_f8_e4m3_to_f32(uint8_t byte);

#endif
