/*
 * Dot products of F32, F16, BF16 and F8_E4M3 weights with f32 activations, for AVX-512.
 */

#if defined(__AVX512F__)

#include "tensor/kern_isa.h"
#include "tensor/lanes_avx512.h"

#define INLINE static inline __attribute__((always_inline))

/* Elements i .. i + 15 of a row of weights, as f32. */
typedef __m512 load_fn(const void *w, size_t i, __mmask16 mask);

INLINE float
dot1(const void *w, size_t bytes, const float *x, size_t n, load_fn *load)
{
	__m512 sum = _mm512_setzero_ps();

	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);

		_mm_prefetch((const char *)w + i * bytes + LL_AHEAD, _MM_HINT_T0);
		sum = ll_add_avx512(sum, load(w, i, mask), ll_load_f32_avx512(x, i, mask));
	}
	return ll_fold_avx512(sum);
}

/* Four activations per weight: a row of weights is read and widened once. */
INLINE __m128
dot4(const void *w, size_t bytes, const float *x, size_t stride, size_t n, load_fn *load)
{
	__m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;

	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);
		__m512 weights = load(w, i, mask);

		_mm_prefetch((const char *)w + i * bytes + LL_AHEAD, _MM_HINT_T0);
		a = ll_add_avx512(a, weights, ll_load_f32_avx512(x, i, mask));
		b = ll_add_avx512(b, weights, ll_load_f32_avx512(x + stride, i, mask));
		c = ll_add_avx512(c, weights, ll_load_f32_avx512(x + 2 * stride, i, mask));
		d = ll_add_avx512(d, weights, ll_load_f32_avx512(x + 3 * stride, i, mask));
	}
	return ll_fold4_avx512(a, b, c, d);
}

INLINE void
dot(float *out, size_t out_stride, const void *w, size_t bytes, const float *x, size_t x_stride,
    size_t count, size_t n, load_fn *load)
{
	size_t row = 0;

	for (; row + 4 <= count; row += 4) {
		float sums[4];

		_mm_storeu_ps(sums, dot4(w, bytes, x + row * x_stride, x_stride, n, load));
		for (size_t i = 0; i < 4; i++)
			out[(row + i) * out_stride] = sums[i];
	}
	for (; row < count; row++)
		out[row * out_stride] = dot1(w, bytes, x + row * x_stride, n, load);
}

static void
dot_f32(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 4, x, x_stride, count, n, ll_load_f32_avx512);
}

static void
dot_f16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 2, x, x_stride, count, n, ll_load_f16_avx512);
}

static void
dot_bf16(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 2, x, x_stride, count, n, ll_load_bf16_avx512);
}

static void
dot_f8_e4m3(float *out, size_t out_stride, const void *w, const float *x, size_t x_stride,
    size_t count, size_t n)
{
	dot(out, out_stride, w, 1, x, x_stride, count, n, ll_load_f8_e4m3_avx512);
}

const struct ll_kern ll_kern_dotf_avx512 = {
	.isa = LL_ISA_AVX512,
	.dot_f32 = {
		[LL_F32] = dot_f32, [LL_F16] = dot_f16, [LL_BF16] = dot_bf16,
		[LL_F8_E4M3] = dot_f8_e4m3,
	},
};

#endif
