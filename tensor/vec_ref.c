/*
 * Kernels on vectors of activations, the specification: rounding, softmax, norms, SwiGLU.
 */

#include <math.h>
#include <string.h>

#include "tensor/act.h"
#include "tensor/exp.h"
#include "tensor/kern_isa.h"
#include "tensor/lanes.h"

static uint32_t
bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static float
float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

/* The greatest magnitude; an infinity or a NaN when there is one, since bits are compared. */
static float
greatest(const float *x)
{
	uint32_t most = 0;

	for (size_t i = 0; i < 32; i++) {
		uint32_t bits = bits_of(x[i]) & 0x7fffffff;

		most = bits > most ? bits : most;
	}
	return float_of(most);
}

static int32_t
round16(int8_t *q, const float *x, float factor)
{
	int32_t sum = 0;

	for (size_t i = 0; i < 16; i++) {
		float nearest = x[i] * factor + LL_EXP_ROUND - LL_EXP_ROUND;

		q[i] = (int8_t)nearest;
		sum += q[i];
	}
	return sum;
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

static void
act_f32(union ll_act *out, size_t width, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i += 16, out += width) {
		size_t count = n - i < 16 ? n - i : 16;

		memcpy(out->f32, x + i, count * sizeof *x);
		memset(out->f32 + count, 0, (16 - count) * sizeof *x);
	}
	if ((n + 15) / 16 % 2 != 0)
		memset(out, 0, sizeof *out);
}

static float
exp_f32(float x)
{
	float t = x * LL_EXP_LOG2E + LL_EXP_ROUND;
	float n = t - LL_EXP_ROUND;
	float r = x - n * LL_EXP_LN2_HIGH - n * LL_EXP_LN2_LOW;
	float p = LL_EXP_C6 * r + LL_EXP_C5;
	float power = float_of((bits_of(t) << 23) + LL_EXP_ONE_BITS);

	p = p * r + LL_EXP_C4;
	p = p * r + LL_EXP_C3;
	p = p * r + LL_EXP_C2;
	return x < LL_EXP_LOWEST ? 0.0f : (p * (r * r) + r + 1.0f) * power;
}

static float
softmax_terms(float *x, size_t n, float max)
{
	float lane[LL_LANES] = { 0 };

	for (size_t i = 0; i < n; i++) {
		x[i] = exp_f32(x[i] - max);
		lane[i % LL_LANES] += x[i];
	}
	return ll_lanes_fold(lane);
}

/* Adding 0 makes +0 of -0: it does not show which of them was taken. */
static float
max(const float *x, size_t n)
{
	float most = -INFINITY;

	for (size_t i = 0; i < n; i++)
		most = x[i] > most ? x[i] : most;
	return most + 0.0f;
}

static float
sum_powers(const float *x, size_t n, float by, float shift, float *most)
{
	static const uint32_t powers[8] = LL_EXP_POWERS;
	float lane[LL_LANES] = { 0 }, e = LL_EXP_EIGHTH - shift;

	for (size_t i = 0; i < n; i++) {
		float t = fmaf(x[i], by, e), r = fmaf(x[i], by, -(t - e));
		float p = fmaf(fmaf(fmaf(LL_EXP_B3, r, LL_EXP_B2), r, LL_EXP_B1), r, 1.0f);
		float power = float_of((bits_of(t) << 20) + powers[bits_of(t) & 7]);

		if (!(t < LL_EXP_EIGHTH + LL_EXP_LEAST))
			lane[i % LL_LANES] = fmaf(p, power, lane[i % LL_LANES]);
	}
	*most = max(x, n);
	return ll_lanes_fold(lane);
}

static float
sum_squares(const float *x, size_t n)
{
	float lane[LL_LANES] = { 0 };

	for (size_t i = 0; i < n; i++)
		lane[i % LL_LANES] += x[i] * x[i];
	return ll_lanes_fold(lane);
}

/* silu(x) = x / (1 + exp(-x)) = x exp(x) / (1 + exp(x)): the one of them that cannot overflow. */
static void
swiglu(float *gate, const float *up, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float x = gate[i];
		float e = exp_f32(-fabsf(x));

		gate[i] = (x < 0.0f ? x * e : x) / (1.0f + e) * up[i];
	}
}

static void
scale(float *out, const float *x, const float *weight, float factor, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = x[i] * factor * weight[i];
}

static void
add(float *x, const float *y, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] += y[i];
}

static void
f32_to_f16(uint16_t *out, const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = ll_f32_to_f16(x[i]);
}

const struct ll_kern ll_kern_vec_ref = {
	.isa = LL_ISA_REF,
	.act = { [LL_ACT_Q8] = act_q8, [LL_ACT_Q8_64] = act_q8_64, [LL_ACT_F32] = act_f32 },
	.softmax_terms = softmax_terms,
	.sum_powers = sum_powers,
	.max = max,
	.sum_squares = sum_squares,
	.swiglu = swiglu,
	.scale = scale,
	.add = add,
	.f32_to_f16 = f32_to_f16,
};
