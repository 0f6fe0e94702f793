/*
 * Kernels of attention for NEON.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include <stdbool.h>

#include "tensor/exp.h"
#include "tensor/lanes_neon.h"

#define VEC float32x4_t
#define LANES 4
#define TILE_ROWS 4
#define TILE_WIDE 4

#define vec_set vdupq_n_f32
#define vec_load vld1q_f32
#define vec_store vst1q_f32
#define vec_mul vmulq_f32
#define vec_fma(a, b, c) vfmaq_f32(c, a, b)

#define vec_add vaddq_f32
#define vec_sub vsubq_f32
#define vec_max(a, b) vbslq_f32(vcgtq_f32(a, b), a, b)	/* FMAX would keep a NaN */
#define vec_most vmaxvq_f32
#define vec_fold(lanes) \
	ll_fold_neon((struct ll_lanes_neon){ (lanes)[0], (lanes)[1], (lanes)[2], (lanes)[3] })

static inline float32x4_t
vec_power(float32x4_t t)
{
	return vreinterpretq_f32_s32(vaddq_s32(vshlq_n_s32(vreinterpretq_s32_f32(t), 23),
	    vdupq_n_s32(LL_EXP_ONE_BITS)));
}

static inline float32x4_t
load_f32(const void *from)
{
	return vreinterpretq_f32_u8(vld1q_u8(from));
}

static inline float32x4_t
load_f16(const void *from)
{
	return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(from)));
}

static inline float32x4_t
load_bf16(const void *from)
{
	return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(from)), 16));
}

#define INTS int32x4_t
#define KEY_BIAS 0

#define ints_set vdupq_n_s32
#define ints_float vcvtq_f32_s32

static inline int32x4_t
load_keys(const uint8_t *from)
{
	return vreinterpretq_s32_u8(veorq_u8(vld1q_u8(from), vdupq_n_u8(0x80)));
}

static inline int32x4_t
load_keys4(const uint8_t *from)
{
	return vreinterpretq_s32_u8(vld1q_u8(from));
}

static inline int32x4_t
keys4_low(int32x4_t bytes)
{
	return vreinterpretq_s32_u8(vandq_u8(vreinterpretq_u8_s32(bytes), vdupq_n_u8(15)));
}

static inline int32x4_t
keys4_high(int32x4_t bytes)
{
	return vreinterpretq_s32_u8(vshrq_n_u8(vreinterpretq_u8_s32(bytes), 4));
}

static inline int32x4_t
ints_dot(int32x4_t sum, int32x4_t keys, int32x4_t q)
{
	return vdotq_s32(sum, vreinterpretq_s8_s32(keys), vreinterpretq_s8_s32(q));
}

#define VALUE_WIDE 2

#define vec_min vminq_f32
#define vec_abs vabsq_f32
#define ints_round vcvtnq_s32_f32
#define load_bytes load_keys4
#define ints_dot_weights ints_dot

static inline uint16_t
most_half(const uint16_t *halves)
{
	uint16x8_t most = vdupq_n_u16(0);

	for (int i = 0; i < 32; i += 8)
		most = vmaxq_u16(most, vandq_u16(vld1q_u16(halves + i), vdupq_n_u16(0x7fff)));
	return vmaxvq_u16(most);
}

static inline void
half_signs(uint8_t *signs, const uint16_t *halves)
{
	for (int i = 0; i < 32; i += 8)
		vst1_u8(signs + i, vreinterpret_u8_s8(vmovn_s16(
		    vshrq_n_s16(vreinterpretq_s16_u16(vld1q_u16(halves + i)), 15))));
}

/* The lowest bytes of four integers. */
static inline void
store_low_bytes(uint8_t *to, int32x4_t from)
{
	int16x4_t words = vmovn_s32(from);

	vst1_lane_u32((uint32_t *)(void *)to, vreinterpret_u32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
}

static inline void
store_halves(uint8_t *high, uint8_t *low, int32x4_t weights)
{
	store_low_bytes(high, vshrq_n_s32(weights, 7));
	store_low_bytes(low, vandq_s32(weights, vdupq_n_s32(127)));
}

static inline int32x4_t
signed4(int32x4_t bytes, int32x4_t mask)
{
	int8x16_t less = vsubq_s8(vreinterpretq_s8_s32(bytes), vdupq_n_s8(8));

	return vreinterpretq_s32_s8(vsubq_s8(veorq_s8(less, vreinterpretq_s8_s32(mask)), vreinterpretq_s8_s32(mask)));
}

static inline int32x4_t
ints_join(int32x4_t high, int32x4_t low)
{
	return vaddq_s32(vshlq_n_s32(high, 7), low);
}

#include "tensor/attn_tile.h"

const struct ll_kern ll_kern_attn_neon = {
	.isa = LL_ISA_NEON,
	ATTENTION_ENTRIES
};

#endif
