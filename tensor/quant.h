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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/dtype.h"

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

/* The following are unpacked before they are multiplied; what the bits are is in their files. */

struct ll_q5_0 {			/* (q - 16) * scale */
	uint8_t scale[2];		/* f16 */
	uint8_t high[4];
	uint8_t q[16];
};

struct ll_q5_1 {			/* q * scale + min */
	uint8_t scale[2];		/* f16 */
	uint8_t min[2];			/* f16 */
	uint8_t high[4];
	uint8_t q[16];
};

/* From here on blocks of 256, unless there is a scale for 32. */

struct ll_q2_k {
	uint8_t sub[16];
	uint8_t q[64];
	uint8_t scale[2];		/* f16 */
	uint8_t min[2];			/* f16 */
};

struct ll_q3_k {
	uint8_t high[32];
	uint8_t q[64];
	uint8_t sub[12];
	uint8_t scale[2];		/* f16 */
};

struct ll_q4_k {
	uint8_t scale[2];		/* f16 */
	uint8_t min[2];			/* f16 */
	uint8_t sub[12];
	uint8_t q[128];
};

struct ll_q5_k {
	uint8_t scale[2];		/* f16 */
	uint8_t min[2];			/* f16 */
	uint8_t sub[12];
	uint8_t high[32];
	uint8_t q[128];
};

struct ll_iq4_nl {			/* of 32 */
	uint8_t scale[2];		/* f16 */
	uint8_t q[16];
};

struct ll_iq4_xs {
	uint8_t scale[2];		/* f16 */
	uint8_t sub_high[2];
	uint8_t sub_low[4];
	uint8_t q[128];
};

struct ll_iq3_xxs {
	uint8_t scale[2];		/* f16 */
	uint8_t q[64];
	uint8_t sign[8][4];
};

struct ll_iq3_s {
	uint8_t scale[2];		/* f16 */
	uint8_t q[64];
	uint8_t high[8];
	uint8_t sign[32];
	uint8_t sub[4];
};

struct ll_iq2_xxs {
	uint8_t scale[2];		/* f16 */
	struct {
		uint8_t q[4];
		uint8_t sign[4];
	} part[8];
};

struct ll_iq2_xs {
	uint8_t scale[2];		/* f16 */
	uint8_t q[32][2];
	uint8_t sub[8];
};

struct ll_iq2_s {
	uint8_t scale[2];		/* f16 */
	uint8_t q[32];
	uint8_t sign[32];
	uint8_t high[8];
	uint8_t sub[8];
};

struct ll_iq1_s {
	uint8_t scale[2];		/* f16 */
	uint8_t q[32];
	uint8_t high[8][2];
};

struct ll_iq1_m {
	uint8_t q[32];
	uint8_t high[16];
	uint8_t sub[4][2];		/* with the f16 scale among them */
};

struct ll_mxfp4 {			/* of 32 */
	uint8_t scale;			/* E8M0 */
	uint8_t q[16];
};

struct ll_nvfp4 {			/* of 64 */
	uint8_t scale[4];		/* UE4M3 */
	uint8_t q[32];
};

struct ll_tq1_0 {
	uint8_t q[52];
	uint8_t scale[2];		/* f16 */
};

struct ll_tq2_0 {
	uint8_t q[64];
	uint8_t scale[2];		/* f16 */
};

struct ll_q1_0 {			/* of 128 */
	uint8_t scale[2];		/* f16 */
	uint8_t q[16];
};

struct ll_q2_0 {			/* of 64 */
	uint8_t scale[2];		/* f16 */
	uint8_t q[16];
};

_Static_assert(sizeof(struct ll_q4_0) == 18, "Q4_0 block");
_Static_assert(sizeof(struct ll_q4_1) == 20, "Q4_1 block");
_Static_assert(sizeof(struct ll_q8_0) == 34, "Q8_0 block");
_Static_assert(sizeof(struct ll_q6_k) == 210, "Q6_K block");
_Static_assert(sizeof(struct ll_q5_0) == 22, "Q5_0 block");
_Static_assert(sizeof(struct ll_q5_1) == 24, "Q5_1 block");
_Static_assert(sizeof(struct ll_q2_k) == 84, "Q2_K block");
_Static_assert(sizeof(struct ll_q3_k) == 110, "Q3_K block");
_Static_assert(sizeof(struct ll_q4_k) == 144, "Q4_K block");
_Static_assert(sizeof(struct ll_q5_k) == 176, "Q5_K block");
_Static_assert(sizeof(struct ll_iq4_nl) == 18, "IQ4_NL block");
_Static_assert(sizeof(struct ll_iq4_xs) == 136, "IQ4_XS block");
_Static_assert(sizeof(struct ll_iq3_xxs) == 98, "IQ3_XXS block");
_Static_assert(sizeof(struct ll_iq3_s) == 110, "IQ3_S block");
_Static_assert(sizeof(struct ll_iq2_xxs) == 66, "IQ2_XXS block");
_Static_assert(sizeof(struct ll_iq2_xs) == 74, "IQ2_XS block");
_Static_assert(sizeof(struct ll_iq2_s) == 82, "IQ2_S block");
_Static_assert(sizeof(struct ll_iq1_s) == 50, "IQ1_S block");
_Static_assert(sizeof(struct ll_iq1_m) == 56, "IQ1_M block");
_Static_assert(sizeof(struct ll_mxfp4) == 17, "MXFP4 block");
_Static_assert(sizeof(struct ll_nvfp4) == 36, "NVFP4 block");
_Static_assert(sizeof(struct ll_tq1_0) == 54, "TQ1_0 block");
_Static_assert(sizeof(struct ll_tq2_0) == 66, "TQ2_0 block");
_Static_assert(sizeof(struct ll_q1_0) == 18, "Q1_0 block");
_Static_assert(sizeof(struct ll_q2_0) == 18, "Q2_0 block");

#define LL_UNPACK_BLOCKS 8	/* of 32 weights */

/* Weight i of block b is q[b][i] * scale[b][i / 16], plus min[b][i / 16] where the format has it. */
struct ll_unpacked {
	int8_t q[LL_UNPACK_BLOCKS][32];
	float scale[LL_UNPACK_BLOCKS][2];
	float min[LL_UNPACK_BLOCKS][2];
};

/* What a block of 256 has beside its integers: q of run b is (q - 8) * scale * sub[b] + offset[b]. */
struct ll_subs64 {
	float scale;
	int32_t sub[8];		/* at most 63 */
	float offset[8];
};

/* One format. */
struct ll_format {
	struct ll_dtype_info info;

	/* Makes 1 to 8 blocks of 32 elements, of whole blocks of the format. Quantised formats. */
	void (*unpack)(struct ll_unpacked *out, const void *w, size_t blocks);
	void (*subs64)(struct ll_subs64 *out, const void *w);	/* NULL, or of formats of LL_WIDE_64 */
	bool halves;		/* scales are for 16 elements, or counted so */
	bool min;		/* out->min is set, and q is not negative */

	/* One element of a row. Other formats. */
	float (*load)(const void *w, size_t i);

	bool panel;		/* there are panels of it (mul.h) */
	const uint8_t *order;	/* of its units in panels (struct ll_layout) */
	bool scale_last;	/* the two bytes that are no whole unit are the block's last */
};

extern const struct ll_format ll_format_f32, ll_format_f16, ll_format_bf16, ll_format_f8_e4m3;
extern const struct ll_format ll_format_q4_0, ll_format_q4_1, ll_format_q5_0, ll_format_q5_1;
extern const struct ll_format ll_format_q8_0, ll_format_q2_k, ll_format_q3_k, ll_format_q4_k;
extern const struct ll_format ll_format_q5_k, ll_format_q6_k, ll_format_iq4_nl, ll_format_iq4_xs;
extern const struct ll_format ll_format_iq3_xxs, ll_format_iq3_s, ll_format_iq2_xxs;
extern const struct ll_format ll_format_iq2_xs, ll_format_iq2_s, ll_format_iq1_s, ll_format_iq1_m;
extern const struct ll_format ll_format_mxfp4, ll_format_nvfp4, ll_format_tq1_0, ll_format_tq2_0;
extern const struct ll_format ll_format_q1_0, ll_format_q2_0;

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
