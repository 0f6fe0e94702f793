/*
 * Dot products of quantised weights with rounded activations, for ARMv8.2 with dot product.
 *
 * sdot sums four products of signed bytes, which is a lane of kern.h: a block is two registers.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include "tensor/kern_isa.h"
#include "tensor/lanes_neon.h"
#include "tensor/quant.h"

#define INLINE static inline __attribute__((always_inline))

/* A block of weights, ready to be multiplied. */
struct block {
	int8x16_t low, high;
	int32_t sub[2];			/* of low and high, if the format has scales there */
	float scale, min;
};

/* What is constant in a format, so that the compiler can drop what the format has not. */
struct shape {
	struct block (*unpack)(const void *w, size_t b);
	bool sub;
	bool min;
};

struct sums {
	struct ll_lanes_neon lanes;
	float offset[2];
};

INLINE float
load_f16(const uint8_t *bytes)
{
	uint16x4_t half = vdup_n_u16(ll_load_u16(bytes));

	return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(half)), 0);
}

INLINE int8x16_t
less(uint8x16_t q, uint8_t zero)
{
	return vreinterpretq_s8_u8(vsubq_u8(q, vdupq_n_u8(zero)));
}

INLINE struct block
unpack_q4_0(const void *w, size_t b)
{
	const struct ll_q4_0 *from = (const struct ll_q4_0 *)w + b;
	uint8x16_t q = vld1q_u8(from->q);

	return (struct block){
		.low = less(vandq_u8(q, vdupq_n_u8(15)), 8),
		.high = less(vshrq_n_u8(q, 4), 8),
		.scale = load_f16(from->scale),
	};
}

INLINE struct block
unpack_q4_1(const void *w, size_t b)
{
	const struct ll_q4_1 *from = (const struct ll_q4_1 *)w + b;
	uint8x16_t q = vld1q_u8(from->q);

	return (struct block){
		.low = less(vandq_u8(q, vdupq_n_u8(15)), 0),
		.high = less(vshrq_n_u8(q, 4), 0),
		.scale = load_f16(from->scale),
		.min = load_f16(from->min),
	};
}

INLINE struct block
unpack_q8_0(const void *w, size_t b)
{
	const struct ll_q8_0 *from = (const struct ll_q8_0 *)w + b;

	return (struct block){
		.low = vld1q_s8(from->q),
		.high = vld1q_s8(from->q + 16),
		.scale = load_f16(from->scale),
	};
}

/* Shifts by a variable go left, so that right is negative. */
INLINE int8x16_t
six_bits(const uint8_t *low, const uint8_t *high, int low_shift, int high_shift)
{
	uint8x16_t nibble = vshlq_u8(vld1q_u8(low), vdupq_n_s8((int8_t)-low_shift));
	uint8x16_t two = vshlq_u8(vld1q_u8(high), vdupq_n_s8((int8_t)-high_shift));

	two = vshlq_n_u8(vandq_u8(two, vdupq_n_u8(3)), 4);
	return less(vorrq_u8(vandq_u8(nibble, vdupq_n_u8(15)), two), 32);
}

INLINE struct block
unpack_q6_k(const void *w, size_t b)
{
	const struct ll_q6_k *from = (const struct ll_q6_k *)w + b / 8;
	size_t run = b % 8;
	const uint8_t *low = from->low + run / 4 * 64 + run % 2 * 32;
	const uint8_t *high = from->high + run / 4 * 32;
	int low_shift = (int)(run % 4 / 2 * 4), high_shift = (int)(run % 4 * 2);

	return (struct block){
		.low = six_bits(low, high, low_shift, high_shift),
		.high = six_bits(low + 16, high + 16, low_shift, high_shift),
		.sub = { from->sub[2 * run], from->sub[2 * run + 1] },
		.scale = load_f16(from->scale),
	};
}

/* Adds a block to eight lanes and to the offset: the even one of a pair or the odd one. */
INLINE void
step(float32x4_t *low, float32x4_t *high, float *offset, const struct block *w,
    const struct ll_q8_act *x, size_t half, const struct shape *shape)
{
	int32x4_t a = vdotq_s32(vdupq_n_s32(0), w->low, vld1q_s8(x->q[half]));
	int32x4_t b = vdotq_s32(vdupq_n_s32(0), w->high, vld1q_s8(x->q[half] + 16));
	float32x4_t factor = vdupq_n_f32(w->scale * x->block[half].scale);

	if (shape->sub) {
		a = vmulq_n_s32(a, w->sub[0]);
		b = vmulq_n_s32(b, w->sub[1]);
	}
	*low = vaddq_f32(*low, vmulq_f32(vcvtq_f32_s32(a), factor));
	*high = vaddq_f32(*high, vmulq_f32(vcvtq_f32_s32(b), factor));
	if (shape->min)
		*offset += w->min * x->block[half].sum;
}

INLINE void
step_even(struct sums *sums, const struct block *w, const struct ll_q8_act *x,
    const struct shape *shape)
{
	step(&sums->lanes.a, &sums->lanes.b, &sums->offset[0], w, x, 0, shape);
}

INLINE void
step_odd(struct sums *sums, const struct block *w, const struct ll_q8_act *x,
    const struct shape *shape)
{
	step(&sums->lanes.c, &sums->lanes.d, &sums->offset[1], w, x, 1, shape);
}

INLINE float
finish(const struct sums *sums, const struct shape *shape)
{
	float sum = ll_fold_neon(sums->lanes);

	return shape->min ? sum + (sums->offset[0] + sums->offset[1]) : sum;
}

INLINE float
dot1(const void *w, const struct ll_q8_act *x, size_t blocks, const struct shape *shape)
{
	struct sums sums = { ll_set_neon(0.0f), { 0 } };

	for (size_t b = 0; b < blocks; b++, x++) {
		struct block block = shape->unpack(w, b);

		step_even(&sums, &block, x, shape);
		if (++b == blocks)
			break;
		block = shape->unpack(w, b);
		step_odd(&sums, &block, x, shape);
	}
	return finish(&sums, shape);
}

/* Four activations per weight. */
INLINE void
dot4(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t stride,
    size_t blocks, const struct shape *shape)
{
	struct sums s0 = { ll_set_neon(0.0f), { 0 } }, s1 = s0, s2 = s0, s3 = s0;

	for (size_t b = 0; b < blocks; b++, x++) {
		struct block block = shape->unpack(w, b);

		step_even(&s0, &block, x, shape);
		step_even(&s1, &block, x + stride, shape);
		step_even(&s2, &block, x + 2 * stride, shape);
		step_even(&s3, &block, x + 3 * stride, shape);
		if (++b == blocks)
			break;
		block = shape->unpack(w, b);
		step_odd(&s0, &block, x, shape);
		step_odd(&s1, &block, x + stride, shape);
		step_odd(&s2, &block, x + 2 * stride, shape);
		step_odd(&s3, &block, x + 3 * stride, shape);
	}
	out[0] = finish(&s0, shape);
	out[out_stride] = finish(&s1, shape);
	out[2 * out_stride] = finish(&s2, shape);
	out[3 * out_stride] = finish(&s3, shape);
}

INLINE void
dot(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x, size_t x_stride,
    size_t count, size_t n, const struct shape *shape)
{
	size_t row = 0;

	for (; row + 4 <= count; row += 4)
		dot4(out + row * out_stride, out_stride, w, x + row * x_stride, x_stride, n / 32, shape);
	for (; row < count; row++)
		out[row * out_stride] = dot1(w, x + row * x_stride, n / 32, shape);
}

static void
dot_q4_0(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = { .unpack = unpack_q4_0 };

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

static void
dot_q4_1(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = { .unpack = unpack_q4_1, .min = true };

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

static void
dot_q8_0(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = { .unpack = unpack_q8_0 };

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

static void
dot_q6_k(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
    size_t x_stride, size_t count, size_t n)
{
	const struct shape shape = { .unpack = unpack_q6_k, .sub = true };

	dot(out, out_stride, w, x, x_stride, count, n, &shape);
}

const struct ll_kern ll_kern_dotq_neon = {
	.isa = LL_ISA_NEON,
	.dot_q8 = {
		[LL_Q4_0] = dot_q4_0, [LL_Q4_1] = dot_q4_1,
		[LL_Q8_0] = dot_q8_0, [LL_Q6_K] = dot_q6_k,
	},
};

#endif
