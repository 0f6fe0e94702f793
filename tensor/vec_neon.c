/*
 * Kernels on vectors of activations, for NEON. Loops run four or sixteen at a time; what is
 * left over is done in a copy filled up.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include <math.h>

#include "tensor/act.h"
#include "tensor/exp.h"
#include "tensor/kern_isa.h"
#include "tensor/lanes_neon.h"

static inline float
greatest(const float *x)
{
	uint32x4_t four = vdupq_n_u32(0);
	uint32_t bits;
	float most;

	for (size_t i = 0; i < 32; i += 4)
		four = vmaxq_u32(four, vreinterpretq_u32_f32(vabsq_f32(vld1q_f32(x + i))));
	bits = vmaxvq_u32(four);
	memcpy(&most, &bits, sizeof most);
	return most;
}

static inline int32x4_t
nearest4(const float *x, float factor)
{
	return vcvtnq_s32_f32(vmulq_f32(vld1q_f32(x), vdupq_n_f32(factor)));
}

static inline int32_t
round16(int8_t *q, const float *x, float factor)
{
	int32x4_t sum = vdupq_n_s32(0);

	for (size_t i = 0; i < 16; i += 8) {
		int32x4_t a = nearest4(x + i, factor), b = nearest4(x + i + 4, factor);

		vst1_s8(q + i, vmovn_s16(vcombine_s16(vmovn_s32(a), vmovn_s32(b))));
		sum = vaddq_s32(sum, vaddq_s32(a, b));
	}
	return vaddvq_s32(sum);
}

static void
act_q8(union ll_act *out, size_t width, const float *x, size_t n)
{
	ll_act_round(out, width, x, n, greatest, round16);
}

static void
act_q8_64(union ll_act *out, size_t width, const float *x, size_t n)
{
	ll_act_round_64(out, width, x, n, greatest, round16);
}

static inline float32x4_t
step(float32x4_t sum, float32x4_t a, float32x4_t b)
{
	return vaddq_f32(sum, vmulq_f32(a, b));
}

static inline float32x4_t
exp4(float32x4_t x)
{
	const float32x4_t magic = vdupq_n_f32(LL_EXP_ROUND);
	float32x4_t t = step(magic, x, vdupq_n_f32(LL_EXP_LOG2E));
	float32x4_t n = vsubq_f32(t, magic);
	float32x4_t r = vsubq_f32(x, vmulq_f32(n, vdupq_n_f32(LL_EXP_LN2_HIGH)));
	float32x4_t p = vdupq_n_f32(LL_EXP_C6);
	uint32x4_t power, low;

	r = vsubq_f32(r, vmulq_f32(n, vdupq_n_f32(LL_EXP_LN2_LOW)));
	p = step(vdupq_n_f32(LL_EXP_C5), p, r);
	p = step(vdupq_n_f32(LL_EXP_C4), p, r);
	p = step(vdupq_n_f32(LL_EXP_C3), p, r);
	p = step(vdupq_n_f32(LL_EXP_C2), p, r);
	p = vaddq_f32(step(r, p, vmulq_f32(r, r)), vdupq_n_f32(1.0f));
	power = vaddq_u32(vshlq_n_u32(vreinterpretq_u32_f32(t), 23), vdupq_n_u32(LL_EXP_ONE_BITS));
	p = vmulq_f32(p, vreinterpretq_f32_u32(power));
	low = vcltq_f32(x, vdupq_n_f32(LL_EXP_LOWEST));
	return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(p), low));
}

static inline struct ll_lanes_neon
terms16(float *x, float most)
{
	struct ll_lanes_neon term = ll_load_f32_neon(x);
	float32x4_t by = vdupq_n_f32(most);

	term.a = exp4(vsubq_f32(term.a, by));
	term.b = exp4(vsubq_f32(term.b, by));
	term.c = exp4(vsubq_f32(term.c, by));
	term.d = exp4(vsubq_f32(term.d, by));
	ll_store_neon(x, term);
	return term;
}

static float
softmax_terms(float *x, size_t n, float most)
{
	struct ll_lanes_neon sum = ll_set_neon(0.0f);
	float copy[16];

	for (; n >= 16; x += 16, n -= 16)
		sum = ll_sum_neon(sum, terms16(x, most));
	if (n > 0) {
		/* The term of -infinity is 0, or NaN where every term is. */
		ll_store_neon(copy, ll_set_neon(-INFINITY));
		memcpy(copy, x, n * sizeof *x);
		sum = ll_sum_neon(sum, terms16(copy, most));
		memcpy(x, copy, n * sizeof *x);
	}
	return ll_fold_neon(sum);
}

static inline float32x4_t
add_power(float32x4_t sum, float32x4_t x, float by, float shift)
{
	static const uint32_t words[8] = LL_EXP_POWERS;
	const uint8x16x2_t powers = { { vreinterpretq_u8_u32(vld1q_u32(words)), vreinterpretq_u8_u32(vld1q_u32(words + 4)) } };
	const float32x4_t e = vdupq_n_f32(LL_EXP_EIGHTH - shift);
	float32x4_t t = vfmaq_n_f32(e, x, by);
	float32x4_t r = vfmaq_n_f32(vsubq_f32(e, t), x, by);
	float32x4_t p = vfmaq_f32(vdupq_n_f32(LL_EXP_B2), vdupq_n_f32(LL_EXP_B3), r);
	uint32x4_t bits = vreinterpretq_u32_f32(t), place, power;

	/* A word's four bytes are looked up. */
	place = vmlaq_n_u32(vdupq_n_u32(0x03020100), vandq_u32(bits, vdupq_n_u32(7)), 0x04040404);
	power = vreinterpretq_u32_u8(vqtbl2q_u8(powers, vreinterpretq_u8_u32(place)));
	power = vaddq_u32(vshlq_n_u32(bits, 20), power);
	p = vfmaq_f32(vdupq_n_f32(1.0f), vfmaq_f32(vdupq_n_f32(LL_EXP_B1), p, r), r);
	return vbslq_f32(vcltq_f32(t, vdupq_n_f32(LL_EXP_EIGHTH + LL_EXP_LEAST)), sum, vfmaq_f32(sum, p, vreinterpretq_f32_u32(power)));
}

static inline struct ll_lanes_neon
add_power16(struct ll_lanes_neon sum, const float *x, float by, float shift)
{
	return (struct ll_lanes_neon){
		add_power(sum.a, vld1q_f32(x), by, shift), add_power(sum.b, vld1q_f32(x + 4), by, shift),
		add_power(sum.c, vld1q_f32(x + 8), by, shift), add_power(sum.d, vld1q_f32(x + 12), by, shift),
	};
}

/* a > b ? a : b, which for NaNs is not what fmax does. */
static inline float32x4_t
greater(float32x4_t a, float32x4_t b)
{
	return vbslq_f32(vcgtq_f32(a, b), a, b);
}

static inline struct ll_lanes_neon
max16(struct ll_lanes_neon most, const float *x)
{
	return (struct ll_lanes_neon){
		greater(vld1q_f32(x), most.a), greater(vld1q_f32(x + 4), most.b),
		greater(vld1q_f32(x + 8), most.c), greater(vld1q_f32(x + 12), most.d),
	};
}

/* Adding 0 makes +0 of -0. */
static inline float
fold_max(struct ll_lanes_neon most)
{
	float32x4_t four = greater(greater(most.d, most.b), greater(most.c, most.a));

	four = greater(vextq_f32(four, four, 2), four);
	return vgetq_lane_f32(greater(vextq_f32(four, four, 1), four), 0) + 0.0f;
}

static float
max(const float *x, size_t n)
{
	struct ll_lanes_neon most = ll_set_neon(-INFINITY);
	float copy[16];

	for (; n >= 16; x += 16, n -= 16)
		most = max16(most, x);
	ll_store_neon(copy, ll_set_neon(-INFINITY));
	memcpy(copy, x, n * sizeof *x);
	return fold_max(max16(most, copy));
}

static float
sum_powers(const float *x, size_t n, float by, float shift, float *most)
{
	struct ll_lanes_neon sum = ll_set_neon(0.0f), top = ll_set_neon(-INFINITY);
	float copy[16];

	for (; n >= 16; x += 16, n -= 16) {
		sum = add_power16(sum, x, by, shift);
		top = max16(top, x);
	}
	ll_store_neon(copy, ll_set_neon(-INFINITY));
	memcpy(copy, x, n * sizeof *x);
	*most = fold_max(max16(top, copy));
	return ll_fold_neon(add_power16(sum, copy, by, shift));
}

static float
sum_squares(const float *x, size_t n)
{
	struct ll_lanes_neon sum = ll_set_neon(0.0f), value;

	for (; n >= 16; x += 16, n -= 16) {
		value = ll_load_f32_neon(x);
		sum = ll_add_neon(sum, value, value);
	}
	value = ll_load_tail_neon(x, sizeof *x, n, ll_load_f32_neon);
	return ll_fold_neon(ll_add_neon(sum, value, value));
}

static inline void
swiglu4(float *gate, const float *up)
{
	float32x4_t x = vld1q_f32(gate);
	float32x4_t e = exp4(vnegq_f32(vabsq_f32(x)));
	float32x4_t top = vbslq_f32(vcltzq_f32(x), vmulq_f32(x, e), x);
	float32x4_t silu = vdivq_f32(top, vaddq_f32(vdupq_n_f32(1.0f), e));

	vst1q_f32(gate, vmulq_f32(silu, vld1q_f32(up)));
}

static void
swiglu(float *gate, const float *up, size_t n)
{
	float gates[4] = { 0 }, ups[4] = { 0 };

	for (; n >= 4; gate += 4, up += 4, n -= 4)
		swiglu4(gate, up);
	memcpy(gates, gate, n * sizeof *gate);
	memcpy(ups, up, n * sizeof *up);
	swiglu4(gates, ups);
	memcpy(gate, gates, n * sizeof *gate);
}

static void
scale(float *out, const float *x, const float *weight, float factor, size_t n)
{
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		vst1q_f32(out + i, vmulq_f32(vmulq_n_f32(vld1q_f32(x + i), factor),
		    vld1q_f32(weight + i)));
	for (; i < n; i++)
		out[i] = x[i] * factor * weight[i];
}

static void
add(float *x, const float *y, size_t n)
{
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		vst1q_f32(x + i, vaddq_f32(vld1q_f32(x + i), vld1q_f32(y + i)));
	for (; i < n; i++)
		x[i] += y[i];
}

static void
f32_to_f16(uint16_t *out, const float *x, size_t n)
{
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		vst1_u16(out + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x + i))));
	for (; i < n; i++)
		out[i] = ll_f32_to_f16(x[i]);
}

const struct ll_kern ll_kern_vec_neon = {
	.isa = LL_ISA_NEON,
	.act = { [LL_ACT_Q8] = act_q8, [LL_ACT_Q8_64] = act_q8_64 },
	.softmax_terms = softmax_terms,
	.sum_powers = sum_powers,
	.max = max,
	.sum_squares = sum_squares,
	.swiglu = swiglu,
	.scale = scale,
	.add = add,
	.f32_to_f16 = f32_to_f16,
};

#endif
