/*
 * The order of summation of kern.h in NEON: the 16 lanes are four registers. Rows that are no
 * multiple of 16 end in a chunk filled up with zeros; adding 0 * 0 leaves a lane as it is, since
 * no lane is ever -0. Products and sums are never fused.
 */

#ifndef LL_TENSOR_LANES_NEON_H
#define LL_TENSOR_LANES_NEON_H

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ll_lanes_neon {
	float32x4_t a, b, c, d;
};

static inline struct ll_lanes_neon
ll_set_neon(float value)
{
	float32x4_t four = vdupq_n_f32(value);

	return (struct ll_lanes_neon){ four, four, four, four };
}

/* Sixteen elements, which may lie at any address. */
static inline struct ll_lanes_neon
ll_load_f32_neon(const void *from)
{
	const uint8_t *x = from;

	return (struct ll_lanes_neon){
		vreinterpretq_f32_u8(vld1q_u8(x)), vreinterpretq_f32_u8(vld1q_u8(x + 16)),
		vreinterpretq_f32_u8(vld1q_u8(x + 32)), vreinterpretq_f32_u8(vld1q_u8(x + 48)),
	};
}

static inline struct ll_lanes_neon
ll_load_f16_neon(const void *from)
{
	const uint8_t *halves = from;
	float16x8_t low = vreinterpretq_f16_u8(vld1q_u8(halves));
	float16x8_t high = vreinterpretq_f16_u8(vld1q_u8(halves + 16));

	return (struct ll_lanes_neon){
		vcvt_f32_f16(vget_low_f16(low)), vcvt_high_f32_f16(low),
		vcvt_f32_f16(vget_low_f16(high)), vcvt_high_f32_f16(high),
	};
}

static inline struct ll_lanes_neon
ll_load_bf16_neon(const void *from)
{
	const uint8_t *brains = from;
	uint16x8_t low = vreinterpretq_u16_u8(vld1q_u8(brains));
	uint16x8_t high = vreinterpretq_u16_u8(vld1q_u8(brains + 16));

	return (struct ll_lanes_neon){
		vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(low), 16)),
		vreinterpretq_f32_u32(vshll_high_n_u16(low, 16)),
		vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(high), 16)),
		vreinterpretq_f32_u32(vshll_high_n_u16(high, 16)),
	};
}

/* Eight bytes as halves whose exponents are too low by 8; those of NaN are all ones. */
static inline float16x8_t
ll_f8_halves_neon(uint8x8_t bytes)
{
	uint16x8_t wide = vmovl_u8(bytes);
	uint16x8_t size = vandq_u16(vshlq_n_u16(wide, 7), vdupq_n_u16(0x3f80));
	uint16x8_t sign = vandq_u16(vshlq_n_u16(wide, 8), vdupq_n_u16(0x8000));
	uint16x8_t nan = vceqq_u16(size, vdupq_n_u16(0x3f80));

	return vreinterpretq_f16_u16(vorrq_u16(vorrq_u16(size, sign), nan));
}

static inline struct ll_lanes_neon
ll_load_f8_e4m3_neon(const void *from)
{
	uint8x16_t bytes = vld1q_u8(from);
	float16x8_t low = ll_f8_halves_neon(vget_low_u8(bytes));
	float16x8_t high = ll_f8_halves_neon(vget_high_u8(bytes));

	return (struct ll_lanes_neon){
		vmulq_n_f32(vcvt_f32_f16(vget_low_f16(low)), 0x1p8f),
		vmulq_n_f32(vcvt_high_f32_f16(low), 0x1p8f),
		vmulq_n_f32(vcvt_f32_f16(vget_low_f16(high)), 0x1p8f),
		vmulq_n_f32(vcvt_high_f32_f16(high), 0x1p8f),
	};
}

/* The last n < 16 elements of `bytes` each, filled up with zeros. */
static inline struct ll_lanes_neon
ll_load_tail_neon(const void *from, size_t bytes, size_t n,
    struct ll_lanes_neon (*load)(const void *from))
{
	uint8_t copy[64] = { 0 };

	memcpy(copy, from, n * bytes);
	return load(copy);
}

static inline void
ll_store_neon(float *to, struct ll_lanes_neon lanes)
{
	vst1q_f32(to, lanes.a);
	vst1q_f32(to + 4, lanes.b);
	vst1q_f32(to + 8, lanes.c);
	vst1q_f32(to + 12, lanes.d);
}

static inline struct ll_lanes_neon
ll_mul_neon(struct ll_lanes_neon x, struct ll_lanes_neon y)
{
	return (struct ll_lanes_neon){
		vmulq_f32(x.a, y.a), vmulq_f32(x.b, y.b), vmulq_f32(x.c, y.c), vmulq_f32(x.d, y.d),
	};
}

static inline struct ll_lanes_neon
ll_sum_neon(struct ll_lanes_neon x, struct ll_lanes_neon y)
{
	return (struct ll_lanes_neon){
		vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b), vaddq_f32(x.c, y.c), vaddq_f32(x.d, y.d),
	};
}

static inline struct ll_lanes_neon
ll_add_neon(struct ll_lanes_neon sum, struct ll_lanes_neon x, struct ll_lanes_neon y)
{
	return ll_sum_neon(sum, ll_mul_neon(x, y));
}

static inline float
ll_fold_neon(struct ll_lanes_neon lanes)
{
	float32x4_t four = vaddq_f32(vaddq_f32(lanes.a, lanes.c), vaddq_f32(lanes.b, lanes.d));
	float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));

	return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

#endif
