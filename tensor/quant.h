/*
 * Blocks of quantised weights as they lie in a file, and the formats built of them.
 *
 * A format is one file: its layout, its descriptor and its scalar arithmetic, which is the
 * specification of every vector kernel of that format. The list of formats is in dtype.c.
 *
 * All blocks are made of bytes, because a row may begin at any address; numbers of more than
 * one byte are little-endian.
 */

#ifndef LL_TENSOR_QUANT_H
#define LL_TENSOR_QUANT_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/dtype.h"
#include "tensor/kern.h"

/* Nibbles: the low ones are elements 0..15 of the block, the high ones 16..31. */

struct ll_q4_0 {			/* (q - 8) * scale */
	uint8_t scale[2];		/* f16 */
	uint8_t q[16];
};

struct ll_q4_1 {			/* q * scale + min */
	uint8_t scale[2];		/* f16 */
	uint8_t min[2];			/* f16 */
	uint8_t q[16];
};

struct ll_q8_0 {			/* q * scale */
	uint8_t scale[2];		/* f16 */
	int8_t q[32];
};

/* 256 elements: (q - 32) * sub[element / 16] * scale. The bits of q: see q6_k.c. */
struct ll_q6_k {
	uint8_t low[128];
	uint8_t high[64];
	int8_t sub[16];
	uint8_t scale[2];		/* f16 */
};

_Static_assert(sizeof(struct ll_q4_0) == 18, "Q4_0 block");
_Static_assert(sizeof(struct ll_q4_1) == 20, "Q4_1 block");
_Static_assert(sizeof(struct ll_q8_0) == 34, "Q8_0 block");
_Static_assert(sizeof(struct ll_q6_k) == 210, "Q6_K block");

/* One format: either dot_q8 or dot_f32 is set. Signatures and meaning as in struct ll_kern. */
struct ll_format {
	struct ll_dtype_info info;
	void (*dequantize)(float *out, const void *w, size_t n);
	void (*dot_q8)(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
	    size_t x_stride, size_t count, size_t n);
	void (*dot_f32)(float *out, size_t out_stride, const void *w, const float *x,
	    size_t x_stride, size_t count, size_t n);
};

extern const struct ll_format ll_format_f32, ll_format_f16, ll_format_bf16, ll_format_f8_e4m3;
extern const struct ll_format ll_format_q4_0, ll_format_q4_1, ll_format_q8_0, ll_format_q6_k;

/* NULL for a type that cannot be computed with. */
const struct ll_format *ll_format(uint32_t type);

static inline uint16_t
ll_load_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline float
ll_load_f16(const uint8_t *bytes)
{
	return ll_f16_to_f32(ll_load_u16(bytes));
}

#endif
