/*
 * F32, F16, BF16 and F8_E4M3: formats of one element per block. They meet f32 activations.
 * The scales of F8_E4M3's rows are not theirs: see struct ll_tensor.
 */

#include <string.h>

#include "tensor/lanes.h"
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

static inline void
dot(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride, size_t count,
    size_t n, float (*load)(const void *w, size_t i))
{
	for (size_t row = 0; row < count; row++, x += x_stride) {
		float lane[LL_LANES] = { 0 };

		for (size_t i = 0; i < n; i++)
			lane[i % LL_LANES] += load(w, i) * x[i];
		out[row * out_stride] = ll_lanes_fold(lane);
	}
}

static void
dot_f32(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, x, x_stride, count, n, load_f32);
}

static void
dot_f16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, x, x_stride, count, n, load_f16);
}

static void
dot_bf16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, x, x_stride, count, n, load_bf16);
}

static void
dot_f8_e4m3(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, x, x_stride, count, n, load_f8_e4m3);
}

static void
dequantize_f32(float *out, const void *w, size_t n)
{
	memcpy(out, w, n * sizeof *out);
}

static void
dequantize_f16(float *out, const void *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = load_f16(w, i);
}

static void
dequantize_bf16(float *out, const void *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = load_bf16(w, i);
}

static void
dequantize_f8_e4m3(float *out, const void *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = load_f8_e4m3(w, i);
}

const struct ll_format ll_format_f32 = {
	.info = { "F32", 1, 4 },
	.dequantize = dequantize_f32,
	.dot_f32 = dot_f32,
};

const struct ll_format ll_format_f16 = {
	.info = { "F16", 1, 2 },
	.dequantize = dequantize_f16,
	.dot_f32 = dot_f16,
};

const struct ll_format ll_format_bf16 = {
	.info = { "BF16", 1, 2 },
	.dequantize = dequantize_bf16,
	.dot_f32 = dot_bf16,
};

const struct ll_format ll_format_f8_e4m3 = {
	.info = { "F8_E4M3", 1, 1 },
	.dequantize = dequantize_f8_e4m3,
	.dot_f32 = dot_f8_e4m3,
};
