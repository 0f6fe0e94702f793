/*
 * Kernels of attention for NEON.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include "tensor/kern_isa.h"
#include "tensor/lanes_neon.h"

#define INLINE static inline __attribute__((always_inline))

/* Sixteen elements of a key or a value as f32. */
typedef struct ll_lanes_neon load_fn(const void *from);

INLINE float
score1(const float *q, const uint8_t *key, size_t bytes, size_t n, load_fn *load)
{
	struct ll_lanes_neon sum = ll_set_neon(0.0f);
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		sum = ll_add_neon(sum, ll_load_f32_neon(q + i), load(key + i * bytes));
	if (i < n)
		sum = ll_add_neon(sum, ll_load_tail_neon(q + i, sizeof *q, n - i, ll_load_f32_neon),
		    ll_load_tail_neon(key + i * bytes, bytes, n - i, load));
	return ll_fold_neon(sum);
}

static void
scores_f16(float *scores, const float *q, const uint16_t *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	for (size_t t = 0; t < count; t++)
		scores[t] = scale * score1(q, (const uint8_t *)(keys + t * stride), sizeof *keys, n,
		    ll_load_f16_neon);
}

static void
scores_f32(float *scores, const float *q, const float *keys, size_t stride, size_t count,
    size_t n, float scale)
{
	for (size_t t = 0; t < count; t++)
		scores[t] = scale * score1(q, (const uint8_t *)(keys + t * stride), sizeof *keys, n,
		    ll_load_f32_neon);
}

/* Sixteen columns; the stride is in bytes. */
INLINE void
mix16(float *out, const float *weight, const uint8_t *values, size_t stride, size_t count,
    load_fn *load)
{
	struct ll_lanes_neon sum = ll_load_f32_neon(out);

	for (size_t t = 0; t < count; t++)
		sum = ll_add_neon(sum, ll_set_neon(weight[t]), load(values + t * stride));
	ll_store_neon(out, sum);
}

/* The last n < 16 columns. */
INLINE void
mix_tail(float *out, const float *weight, const uint8_t *values, size_t bytes, size_t stride,
    size_t count, size_t n, load_fn *load)
{
	struct ll_lanes_neon sum = ll_load_tail_neon(out, sizeof *out, n, ll_load_f32_neon);
	float copy[16];

	for (size_t t = 0; t < count; t++)
		sum = ll_add_neon(sum, ll_set_neon(weight[t]),
		    ll_load_tail_neon(values + t * stride, bytes, n, load));
	ll_store_neon(copy, sum);
	memcpy(out, copy, n * sizeof *out);
}

INLINE void
mix(float *out, const float *weight, const uint8_t *values, size_t bytes, size_t stride,
    size_t count, size_t n, load_fn *load)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		mix16(out + i, weight, values + i * bytes, stride, count, load);
	if (i < n)
		mix_tail(out + i, weight, values + i * bytes, bytes, stride, count, n - i, load);
}

static void
mix_f16(float *out, const float *weight, const uint16_t *values, size_t stride, size_t count,
    size_t n)
{
	mix(out, weight, (const uint8_t *)values, sizeof *values, stride * sizeof *values, count, n,
	    ll_load_f16_neon);
}

static void
mix_f32(float *out, const float *weight, const float *values, size_t stride, size_t count,
    size_t n)
{
	mix(out, weight, (const uint8_t *)values, sizeof *values, stride * sizeof *values, count, n,
	    ll_load_f32_neon);
}

const struct ll_kern ll_kern_attn_neon = {
	.isa = LL_ISA_NEON,
	.scores_f16 = scores_f16,
	.scores_f32 = scores_f32,
	.mix_f16 = mix_f16,
	.mix_f32 = mix_f32,
};

#endif
