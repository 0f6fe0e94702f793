/*
 * F32, F16, BF16 and F8_E4M3: formats of one element per block.
 * The scales of F8_E4M3's rows are not theirs: see struct ll_tensor.
 */

#include <string.h>

#include "tensor/quant.h"

static float
load_f32(const void *w, size_t i)
{
	float value;

	memcpy(&value, (const unsigned char *)w + 4 * i, sizeof value);
	return value;
}

static float
load_f16(const void *w, size_t i)
{
	return ll_load_f16((const uint8_t *)w + 2 * i);
}

static float
load_bf16(const void *w, size_t i)
{
	return ll_bf16_to_f32(ll_load_u16((const uint8_t *)w + 2 * i));
}

static float
load_f8_e4m3(const void *w, size_t i)
{
	return ll_f8_e4m3_to_f32(((const uint8_t *)w)[i]);
}

const struct ll_format ll_format_f32 = {
	.info = { "F32", 1, 4 },
	.load = load_f32,
	.panel = true,
};

const struct ll_format ll_format_f16 = {
	.info = { "F16", 1, 2 },
	.load = load_f16,
	.panel = true,
};

const struct ll_format ll_format_bf16 = {
	.info = { "BF16", 1, 2 },
	.load = load_bf16,
	.panel = true,
};

const struct ll_format ll_format_f8_e4m3 = {
	.info = { "F8_E4M3", 1, 1 },
	.load = load_f8_e4m3,
	.panel = true,
};
