/*
 * Dot products of F32, F16, BF16 and F8_E4M3 weights with f32 activations, for NEON.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include "tensor/kern_isa.h"
#include "tensor/lanes_neon.h"

#define INLINE static inline __attribute__((always_inline))

/* Sixteen weights as f32. */
typedef struct ll_lanes_neon load_fn(const void *from);

/* The elements after the last whole sixteen, and the fold. */
INLINE float
finish(struct ll_lanes_neon sum, const uint8_t *w, size_t bytes, const float *x, size_t n,
    load_fn *load)
{
	size_t i = n & ~(size_t)15;

	if (i < n)
		sum = ll_add_neon(sum, ll_load_tail_neon(w + i * bytes, bytes, n - i, load),
		    ll_load_tail_neon(x + i, sizeof *x, n - i, ll_load_f32_neon));
	return ll_fold_neon(sum);
}

INLINE float
dot1(const uint8_t *w, size_t bytes, const float *x, size_t n, load_fn *load)
{
	struct ll_lanes_neon sum = ll_set_neon(0.0f);

	for (size_t i = 0; i + 16 <= n; i += 16)
		sum = ll_add_neon(sum, load(w + i * bytes), ll_load_f32_neon(x + i));
	return finish(sum, w, bytes, x, n, load);
}

/* Four activations per weight: a row of weights is read and widened once. */
INLINE void
dot4(float *out, size_t out_stride, const uint8_t *w, size_t bytes, const float *x,
    size_t stride, size_t n, load_fn *load)
{
	const float *x1 = x + stride, *x2 = x1 + stride, *x3 = x2 + stride;
	struct ll_lanes_neon a = ll_set_neon(0.0f), b = a, c = a, d = a;

	for (size_t i = 0; i + 16 <= n; i += 16) {
		struct ll_lanes_neon weights = load(w + i * bytes);

		a = ll_add_neon(a, weights, ll_load_f32_neon(x + i));
		b = ll_add_neon(b, weights, ll_load_f32_neon(x1 + i));
		c = ll_add_neon(c, weights, ll_load_f32_neon(x2 + i));
		d = ll_add_neon(d, weights, ll_load_f32_neon(x3 + i));
	}
	out[0] = finish(a, w, bytes, x, n, load);
	out[out_stride] = finish(b, w, bytes, x1, n, load);
	out[2 * out_stride] = finish(c, w, bytes, x2, n, load);
	out[3 * out_stride] = finish(d, w, bytes, x3, n, load);
}

INLINE void
dot(float *out, size_t out_stride, const void *w, size_t bytes, const float *x, size_t x_stride,
    size_t count, size_t n, load_fn *load)
{
	size_t row = 0;

	for (; row + 4 <= count; row += 4)
		dot4(out + row * out_stride, out_stride, w, bytes, x + row * x_stride, x_stride, n, load);
	for (; row < count; row++)
		out[row * out_stride] = dot1(w, bytes, x + row * x_stride, n, load);
}

static void
dot_f32(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 4, x, x_stride, count, n, ll_load_f32_neon);
}

static void
dot_f16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 2, x, x_stride, count, n, ll_load_f16_neon);
}

static void
dot_bf16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 2, x, x_stride, count, n, ll_load_bf16_neon);
}

static void
dot_f8_e4m3(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 1, x, x_stride, count, n, ll_load_f8_e4m3_neon);
}

const struct ll_kern ll_kern_dotf_neon = {
	.isa = LL_ISA_NEON,
	.dot_f32 = {
		[LL_F32] = dot_f32, [LL_F16] = dot_f16, [LL_BF16] = dot_bf16,
		[LL_F8_E4M3] = dot_f8_e4m3,
	},
};

#endif
