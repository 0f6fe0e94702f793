/*
 * Data types: their names, the list of formats that can be computed with, half and brain
 * floats. A format's arithmetic is in its own file (plain.c, q4_0.c, ...).
 */

#include "tensor/dtype.h"

#include <string.h>

#include "base/mem.h"
#include "tensor/quant.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct ll_format *const formats[] = {
	[LL_F32] = &ll_format_f32,
	[LL_F16] = &ll_format_f16,
	[LL_BF16] = &ll_format_bf16,
	[LL_Q4_0] = &ll_format_q4_0,
	[LL_Q4_1] = &ll_format_q4_1,
	[LL_Q5_0] = &ll_format_q5_0,
	[LL_Q5_1] = &ll_format_q5_1,
	[LL_Q8_0] = &ll_format_q8_0,
	[LL_Q2_K] = &ll_format_q2_k,
	[LL_Q3_K] = &ll_format_q3_k,
	[LL_Q4_K] = &ll_format_q4_k,
	[LL_Q5_K] = &ll_format_q5_k,
	[LL_Q6_K] = &ll_format_q6_k,
	[LL_IQ2_XXS] = &ll_format_iq2_xxs,
	[LL_IQ2_XS] = &ll_format_iq2_xs,
	[LL_IQ3_XXS] = &ll_format_iq3_xxs,
	[LL_IQ1_S] = &ll_format_iq1_s,
	[LL_IQ4_NL] = &ll_format_iq4_nl,
	[LL_IQ3_S] = &ll_format_iq3_s,
	[LL_IQ2_S] = &ll_format_iq2_s,
	[LL_IQ4_XS] = &ll_format_iq4_xs,
	[LL_IQ1_M] = &ll_format_iq1_m,
	[LL_TQ1_0] = &ll_format_tq1_0,
	[LL_TQ2_0] = &ll_format_tq2_0,
	[LL_MXFP4] = &ll_format_mxfp4,
	[LL_NVFP4] = &ll_format_nvfp4,
	[LL_Q1_0] = &ll_format_q1_0,
	[LL_Q2_0] = &ll_format_q2_0,
	[LL_F8_E4M3] = &ll_format_f8_e4m3,
};

/* Every number that GGUF has given a meaning, also those that it took back; then our own. */
static const char *const names[] = {
	[0] = "F32", [1] = "F16", [2] = "Q4_0", [3] = "Q4_1", [4] = "Q4_2", [5] = "Q4_3",
	[6] = "Q5_0", [7] = "Q5_1", [8] = "Q8_0", [9] = "Q8_1",
	[10] = "Q2_K", [11] = "Q3_K", [12] = "Q4_K", [13] = "Q5_K", [14] = "Q6_K", [15] = "Q8_K",
	[16] = "IQ2_XXS", [17] = "IQ2_XS", [18] = "IQ3_XXS", [19] = "IQ1_S", [20] = "IQ4_NL",
	[21] = "IQ3_S", [22] = "IQ2_S", [23] = "IQ4_XS",
	[24] = "I8", [25] = "I16", [26] = "I32", [27] = "I64", [28] = "F64",
	[29] = "IQ1_M", [30] = "BF16",
	[31] = "Q4_0_4_4", [32] = "Q4_0_4_8", [33] = "Q4_0_8_8",
	[34] = "TQ1_0", [35] = "TQ2_0",
	[36] = "IQ4_NL_4_4", [37] = "IQ4_NL_4_8", [38] = "IQ4_NL_8_8",
	[39] = "MXFP4", [40] = "NVFP4", [41] = "Q1_0", [42] = "Q2_0",
	[LL_F8_E4M3] = "F8_E4M3",
};

const struct ll_format *
ll_format(uint32_t type)
{
	return type < COUNT(formats) ? formats[type] : NULL;
}

const struct ll_dtype_info *
ll_dtype(uint32_t type)
{
	const struct ll_format *format = ll_format(type);

	return format != NULL ? &format->info : NULL;
}

const char *
ll_dtype_name(uint32_t type)
{
	return type < COUNT(names) ? names[type] : NULL;
}

bool
ll_dtype_private(uint32_t type)
{
	return type == LL_F8_E4M3;
}

bool
ll_dtype_row_bytes(uint32_t type, size_t n, size_t *bytes)
{
	const struct ll_dtype_info *info = ll_dtype(type);

	if (info == NULL || n % info->block != 0)
		return false;
	return !ll_mul(n / info->block, info->bytes, bytes);
}

static uint32_t
bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static float
float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

float
ll_f16_to_f32(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000) << 16;
	uint32_t exponent = half >> 10 & 31;
	uint32_t mantissa = half & 0x3ff;

	if (exponent == 0)
		return float_of(sign | bits_of((float)mantissa * 0x1p-24f));
	if (exponent < 31)
		return float_of(sign | (exponent + 112) << 23 | mantissa << 13);
	/* A NaN is made quiet, as processors do. */
	return float_of(sign | 0x7f800000 | mantissa << 13 | (mantissa != 0) << 22);
}

uint16_t
ll_f32_to_f16(float value)
{
	uint32_t bits = bits_of(value);
	uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);

	bits &= 0x7fffffff;
	if (bits > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x3ff));
	if (bits >= 0x477ff000)		/* 65520: halfway above the largest */
		return sign | 0x7c00;
	/* Below 2^-14 the result counts steps of 2^-24, which is what one ulp of 0.5 is. */
	if (bits < 0x38800000)
		return (uint16_t)(sign | (bits_of(float_of(bits) + 0.5f) - bits_of(0.5f)));
	bits += 0xfff + (bits >> 13 & 1);
	return (uint16_t)(sign | (bits - 0x38000000) >> 13);
}

float
ll_bf16_to_f32(uint16_t brain)
{
	return float_of((uint32_t)brain << 16);
}

uint16_t
ll_f32_to_bf16(float value)
{
	uint32_t bits = bits_of(value);

	if ((bits & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* A half with the same bits at the top has its exponent too low by 8. */
float
ll_f8_e4m3_to_f32(uint8_t byte)
{
	uint16_t half = (uint16_t)((byte & 0x80) << 8 | (byte & 0x7f) << 7);

	if ((byte & 0x7f) == 0x7f)
		return ll_f16_to_f32(half | 0x7fff);
	return ll_f16_to_f32(half) * 0x1p8f;
}
