/*
 * Kernels of attention for AVX2 and F16C.
 */

#if defined(__AVX2__)

#include "tensor/kern_isa.h"
#include "tensor/lanes_avx2.h"

#define INLINE static inline __attribute__((always_inline))

/* Sixteen elements of a key or a value as f32. */
typedef struct ll_lanes_avx2 load_fn(const void *from);

/* The last n < 16 elements of a row, filled up with zeros. */
INLINE struct ll_lanes_avx2
load_tail(const void *from, size_t bytes, size_t n, load_fn *load)
{
	uint8_t copy[64] = { 0 };

	memcpy(copy, from, n * bytes);
	return load(copy);
}

INLINE float
score1(const float *q, const uint8_t *key, size_t bytes, size_t n, load_fn *load)
{
	struct ll_lanes_avx2 sum = ll_set_avx2(0.0f);
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		sum = ll_add_avx2(sum, ll_load_f32_avx2(q + i), load(key + i * bytes));
	if (i < n)
		sum = ll_add_avx2(sum, load_tail(q + i, sizeof *q, n - i, ll_load_f32_avx2),
		    load_tail(key + i * bytes, bytes, n - i, load));
	return ll_fold_avx2(sum);
}

/* The stride is in bytes, here and below. */
INLINE void
score(float *scores, const float *q, const uint8_t *keys, size_t bytes, size_t stride,
    size_t count, size_t n, float scale, load_fn *load)
{
	for (size_t t = 0; t < count; t++)
		scores[t] = scale * score1(q, keys + t * stride, bytes, n, load);
}

static void
scores_f16(float *scores, const float *q, const uint16_t *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	score(scores, q, (const uint8_t *)keys, 2, 2 * stride, count, n, scale, ll_load_f16_avx2);
}

static void
scores_f32(float *scores, const float *q, const float *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	score(scores, q, (const uint8_t *)keys, 4, 4 * stride, count, n, scale, ll_load_f32_avx2);
}

/* The last n < 16 columns. */
INLINE void
mix_tail(float *out, const float *weight, const uint8_t *values, size_t bytes, size_t stride,
    size_t count, size_t n, load_fn *load)
{
	struct ll_lanes_avx2 sum = load_tail(out, sizeof *out, n, ll_load_f32_avx2);
	float copy[16];

	for (size_t t = 0; t < count; t++)
		sum = ll_add_avx2(sum, ll_set_avx2(weight[t]),
		    load_tail(values + t * stride, bytes, n, load));
	ll_store_avx2(copy, sum);
	memcpy(out, copy, n * sizeof *out);
}

/* 32 columns, so that four sums hide the latency of one. */
INLINE void
mix2(float *out, const float *weight, const uint8_t *values, size_t bytes, size_t stride,
    size_t count, load_fn *load)
{
	struct ll_lanes_avx2 a = ll_load_f32_avx2(out), b = ll_load_f32_avx2(out + 16);

	for (size_t t = 0; t < count; t++) {
		const uint8_t *value = values + t * stride;
		struct ll_lanes_avx2 by = ll_set_avx2(weight[t]);

		a = ll_add_avx2(a, by, load(value));
		b = ll_add_avx2(b, by, load(value + 16 * bytes));
	}
	ll_store_avx2(out, a);
	ll_store_avx2(out + 16, b);
}

INLINE void
mix1(float *out, const float *weight, const uint8_t *values, size_t stride, size_t count,
    load_fn *load)
{
	struct ll_lanes_avx2 sum = ll_load_f32_avx2(out);

	for (size_t t = 0; t < count; t++)
		sum = ll_add_avx2(sum, ll_set_avx2(weight[t]), load(values + t * stride));
	ll_store_avx2(out, sum);
}

INLINE void
mix(float *out, const float *weight, const uint8_t *values, size_t bytes, size_t stride,
    size_t count, size_t n, load_fn *load)
{
	size_t i = 0;

	for (; i + 32 <= n; i += 32)
		mix2(out + i, weight, values + i * bytes, bytes, stride, count, load);
	for (; i + 16 <= n; i += 16)
		mix1(out + i, weight, values + i * bytes, stride, count, load);
	if (i < n)
		mix_tail(out + i, weight, values + i * bytes, bytes, stride, count, n - i, load);
}

static void
mix_f16(float *out, const float *weight, const uint16_t *values, size_t stride, size_t count,
    size_t n)
{
	mix(out, weight, (const uint8_t *)values, 2, 2 * stride, count, n, ll_load_f16_avx2);
}

static void
mix_f32(float *out, const float *weight, const float *values, size_t stride, size_t count,
    size_t n)
{
	mix(out, weight, (const uint8_t *)values, 4, 4 * stride, count, n, ll_load_f32_avx2);
}

const struct ll_kern ll_kern_attn_avx2 = {
	.isa = LL_ISA_AVX2,
	.scores_f16 = scores_f16,
	.scores_f32 = scores_f32,
	.mix_f16 = mix_f16,
	.mix_f32 = mix_f32,
};

#endif
