/*
 * Kernels of attention for AVX-512.
 */

#if defined(__AVX512F__)

#include "tensor/kern_isa.h"
#include "tensor/lanes_avx512.h"

#define INLINE static inline __attribute__((always_inline))

/* Elements i .. i + 15 of a row of keys or values, as f32. */
typedef __m512 load_fn(const void *row, size_t i, __mmask16 mask);

INLINE float
score1(const float *q, const void *key, size_t n, load_fn *load)
{
	__m512 sum = _mm512_setzero_ps();

	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);

		sum = ll_add_avx512(sum, ll_load_f32_avx512(q, i, mask), load(key, i, mask));
	}
	return ll_fold_avx512(sum);
}

INLINE __m128
score4(const float *q, const uint8_t *keys, size_t stride, size_t n, load_fn *load)
{
	__m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;

	for (size_t i = 0; i < n; i += 16) {
		__mmask16 mask = ll_mask_avx512(i, n);
		__m512 query = ll_load_f32_avx512(q, i, mask);

		a = ll_add_avx512(a, query, load(keys, i, mask));
		b = ll_add_avx512(b, query, load(keys + stride, i, mask));
		c = ll_add_avx512(c, query, load(keys + 2 * stride, i, mask));
		d = ll_add_avx512(d, query, load(keys + 3 * stride, i, mask));
	}
	return ll_fold4_avx512(a, b, c, d);
}

/* The stride is in bytes. */
INLINE void
score(float *scores, const float *q, const void *keys, size_t stride, size_t count, size_t n,
    float scale, load_fn *load)
{
	const uint8_t *key = keys;
	size_t t = 0;

	for (; t + 4 <= count; t += 4)
		_mm_storeu_ps(scores + t, _mm_mul_ps(_mm_set1_ps(scale),
		    score4(q, key + t * stride, stride, n, load)));
	for (; t < count; t++)
		scores[t] = scale * score1(q, key + t * stride, n, load);
}

static void
scores_f16(float *scores, const float *q, const uint16_t *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	score(scores, q, keys, stride * sizeof *keys, count, n, scale, ll_load_f16_avx512);
}

static void
scores_f32(float *scores, const float *q, const float *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	score(scores, q, keys, stride * sizeof *keys, count, n, scale, ll_load_f32_avx512);
}

/* 16 columns, those of `mask`. */
INLINE void
mix1(float *out, const float *weight, const uint8_t *values, size_t stride, size_t count,
    size_t i, __mmask16 mask, load_fn *load)
{
	__m512 sum = _mm512_maskz_loadu_ps(mask, out + i);

	for (size_t t = 0; t < count; t++)
		sum = ll_add_avx512(sum, _mm512_set1_ps(weight[t]), load(values + t * stride, i, mask));
	_mm512_mask_storeu_ps(out + i, mask, sum);
}

/* 64 columns, so that four sums hide the latency of one. */
INLINE void
mix4(float *out, const float *weight, const uint8_t *values, size_t stride, size_t count,
    size_t i, load_fn *load)
{
	const __mmask16 all = 0xffff;
	__m512 a = _mm512_loadu_ps(out + i), b = _mm512_loadu_ps(out + i + 16);
	__m512 c = _mm512_loadu_ps(out + i + 32), d = _mm512_loadu_ps(out + i + 48);

	for (size_t t = 0; t < count; t++) {
		const uint8_t *value = values + t * stride;
		__m512 by = _mm512_set1_ps(weight[t]);

		a = ll_add_avx512(a, by, load(value, i, all));
		b = ll_add_avx512(b, by, load(value, i + 16, all));
		c = ll_add_avx512(c, by, load(value, i + 32, all));
		d = ll_add_avx512(d, by, load(value, i + 48, all));
	}
	_mm512_storeu_ps(out + i, a);
	_mm512_storeu_ps(out + i + 16, b);
	_mm512_storeu_ps(out + i + 32, c);
	_mm512_storeu_ps(out + i + 48, d);
}

INLINE void
mix(float *out, const float *weight, const void *values, size_t stride, size_t count, size_t n,
    load_fn *load)
{
	size_t i = 0;

	for (; i + 64 <= n; i += 64)
		mix4(out, weight, values, stride, count, i, load);
	for (; i < n; i += 16)
		mix1(out, weight, values, stride, count, i, ll_mask_avx512(i, n), load);
}

static void
mix_f16(float *out, const float *weight, const uint16_t *values, size_t stride, size_t count,
    size_t n)
{
	mix(out, weight, values, stride * sizeof *values, count, n, ll_load_f16_avx512);
}

static void
mix_f32(float *out, const float *weight, const float *values, size_t stride, size_t count,
    size_t n)
{
	mix(out, weight, values, stride * sizeof *values, count, n, ll_load_f32_avx512);
}

const struct ll_kern ll_kern_attn_avx512 = {
	.isa = LL_ISA_AVX512,
	.scores_f16 = scores_f16,
	.scores_f32 = scores_f32,
	.mix_f16 = mix_f16,
	.mix_f32 = mix_f32,
};

#endif
