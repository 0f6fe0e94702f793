/*
 * Dot products of F32, F16, BF16 and F8_E4M3 weights with f32 activations, for AVX2 and F16C.
 */

#if defined(__AVX2__)

#include "tensor/kern_isa.h"
#include "tensor/lanes_avx2.h"

#define INLINE static inline __attribute__((always_inline))

/* Sixteen weights as f32. */
typedef struct ll_lanes_avx2 load_fn(const void *from);

/* The elements after the last whole sixteen. */
INLINE struct ll_lanes_avx2
tail(struct ll_lanes_avx2 sum, const uint8_t *w, size_t bytes, const float *x, size_t n,
    load_fn *load)
{
	size_t i = n & ~(size_t)15;
	uint8_t weights[64] = { 0 };
	float activations[16] = { 0 };

	if (i == n)
		return sum;
	memcpy(weights, w + i * bytes, (n - i) * bytes);
	memcpy(activations, x + i, (n - i) * sizeof *x);
	return ll_add_avx2(sum, load(weights), ll_load_f32_avx2(activations));
}

INLINE float
dot1(const uint8_t *w, size_t bytes, const float *x, size_t n, load_fn *load)
{
	struct ll_lanes_avx2 sum = ll_set_avx2(0.0f);

	for (size_t i = 0; i + 16 <= n; i += 16) {
		_mm_prefetch((const char *)w + i * bytes + LL_AHEAD, _MM_HINT_T0);
		sum = ll_add_avx2(sum, load(w + i * bytes), ll_load_f32_avx2(x + i));
	}
	return ll_fold_avx2(tail(sum, w, bytes, x, n, load));
}

/* Four activations per weight: a row of weights is read and widened once. */
INLINE void
dot4(float *out, size_t out_stride, const uint8_t *w, size_t bytes, const float *x,
    size_t stride, size_t n, load_fn *load)
{
	const float *x1 = x + stride, *x2 = x1 + stride, *x3 = x2 + stride;
	struct ll_lanes_avx2 a = ll_set_avx2(0.0f), b = a, c = a, d = a;

	for (size_t i = 0; i + 16 <= n; i += 16) {
		struct ll_lanes_avx2 weights = load(w + i * bytes);

		_mm_prefetch((const char *)w + i * bytes + LL_AHEAD, _MM_HINT_T0);
		a = ll_add_avx2(a, weights, ll_load_f32_avx2(x + i));
		b = ll_add_avx2(b, weights, ll_load_f32_avx2(x1 + i));
		c = ll_add_avx2(c, weights, ll_load_f32_avx2(x2 + i));
		d = ll_add_avx2(d, weights, ll_load_f32_avx2(x3 + i));
	}
	out[0] = ll_fold_avx2(tail(a, w, bytes, x, n, load));
	out[out_stride] = ll_fold_avx2(tail(b, w, bytes, x1, n, load));
	out[2 * out_stride] = ll_fold_avx2(tail(c, w, bytes, x2, n, load));
	out[3 * out_stride] = ll_fold_avx2(tail(d, w, bytes, x3, n, load));
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
	dot(out, out_stride, w, 4, x, x_stride, count, n, ll_load_f32_avx2);
}

static void
dot_f16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 2, x, x_stride, count, n, ll_load_f16_avx2);
}

static void
dot_bf16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 2, x, x_stride, count, n, ll_load_bf16_avx2);
}

static void
dot_f8_e4m3(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 1, x, x_stride, count, n, ll_load_f8_e4m3_avx2);
}

const struct ll_kern ll_kern_dotf_avx2 = {
	.isa = LL_ISA_AVX2,
	.dot_f32 = {
		[LL_F32] = dot_f32, [LL_F16] = dot_f16, [LL_BF16] = dot_bf16,
		[LL_F8_E4M3] = dot_f8_e4m3,
	},
};

#endif
