/*
 * Every ISA of this processor gives the bits of the scalar reference; what the reference
 * promises of exp, rounding and NaNs holds. Needs nothing but libc, so that it can be run
 * under an emulator too.
 */

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "tensor/kern.h"
#include "tensor/logsumexp.h"
#include "tests/unit/numbers.h"
#include "tests/unit/tap.h"

#define LINES ((MOST + 31) / 32 * 2)
#define ROWS 9			/* rows of activations */

/* Lines of rounded activations; a NaN scale need not have the same bits. */
static bool
same_lines(const union ll_act *a, const union ll_act *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		union ll_act x = a[i], y = b[i];

		if (!same(&x.q8.scale, &y.q8.scale, 1))
			return false;
		x.q8.scale = y.q8.scale = 0.0f;
		if (memcmp(&x, &y, sizeof x) != 0)
			return false;
	}
	return true;
}

/* Blocks of keys and values of any bytes but for their scales; those of floats hold the kind wanted. */
static void
fill_block(uint64_t *state, uint8_t *block, enum ll_kv_type type, size_t bytes, size_t n, enum kind kind)
{
	size_t scales = (n + 31) / 32 * LL_KV_BLOCK * sizeof(uint16_t), floats = bytes;

	if (ll_kv_quantised(type)) {
		for (size_t i = 0; i < bytes - scales; i++) {
			block[i] = (uint8_t)next(state);
			block[i] += type == LL_KV_Q8_0 && (block[i] == 0 || block[i] == 128);
		}
		block += bytes - scales;
		floats = scales;
	}
	for (size_t i = 0; i < floats / 4 && type == LL_KV_F32; i++)
		((float *)(void *)block)[i] = number(state, kind);
	for (size_t i = 0; i < floats / 2 && type != LL_KV_F32; i++)
		((uint16_t *)(void *)block)[i] = type == LL_KV_BF16 ? ll_f32_to_bf16(number(state, kind)) :
		    half(state, kind);
}

static void
fill_queries(uint64_t *state, struct ll_attend_q8 *q, size_t blocks, enum kind kind)
{
	for (size_t b = 0; b < blocks; b++)
		for (size_t r = 0; r < LL_ATTEND_ROWS; r++) {
			q[b].scale[r] = number(state, kind);
			q[b].sum[r] = 0;
			for (size_t i = 0; i < 8; i++) {
				uint32_t word = 0;

				for (size_t j = 0; j < 4; j++) {
					int value = (int)(next(state) % 255) - 127;

					q[b].sum[r] += value;
					word |= (uint32_t)(uint8_t)value << 8 * j;
				}
				q[b].q[i][r] = (int32_t)word;
			}
		}
}

#define HEAD 272		/* the longest head, filled up */
#define STRIDE 48

static bool
same_attention(const struct ll_kern *isa, uint64_t *state, enum ll_kv_type type, size_t n, size_t rows,
    enum kind kind)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static _Alignas(64) uint8_t block[4 * LL_KV_BLOCK * HEAD];
	static float q[HEAD * LL_ATTEND_ROWS], want[LL_ATTEND_ROWS * HEAD], got[LL_ATTEND_ROWS * HEAD];
	static struct ll_attend_q8 rounded[(HEAD + 31) / 32];
	float weights[LL_ATTEND_ROWS * STRIDE];
	size_t begin = next(state) % LL_KV_BLOCK, count = next(state) % (LL_KV_BLOCK - begin) + 1;
	const void *queries = ll_kv_quantised(type) ? (const void *)rounded : (const void *)q;
	bool good;

	if (next(state) % 2 == 0) {
		begin = 0;
		count = LL_KV_BLOCK;
	}
	numbers(state, q, n * LL_ATTEND_ROWS, kind);
	fill_queries(state, rounded, (n + 31) / 32, kind);
	fill_block(state, block, type, ll_kv_key_bytes(type, n), n, kind);
	memset(want, 0, sizeof want);
	memset(got, 0, sizeof got);
	ref->scores[type](want, STRIDE, queries, rows, block, block, n);
	isa->scores[type](got, STRIDE, queries, rows, block, block, n);
	good = same(want, got, LL_ATTEND_ROWS * HEAD);
	if (ref->kv_widen[type] != NULL) {
		ref->kv_widen[type](want, block, n / 4 * 16);
		isa->kv_widen[type](got, block, n / 4 * 16);
		good &= same(want, got, n / 4 * 16);
	}

	fill_block(state, block, type, ll_kv_value_bytes(type, n), n, kind);
	numbers(state, weights, LL_ATTEND_ROWS * STRIDE, kind);
	for (size_t i = 0; i < LL_ATTEND_ROWS * STRIDE && ll_kv_quantised(type); i++)
		weights[i] = isnan(weights[i]) ? NAN : fminf(fabsf(weights[i]), 1.0f);
	numbers(state, want, LL_ATTEND_ROWS * HEAD, kind);
	memcpy(got, want, sizeof got);
	ref->mix[type](want, HEAD, weights, STRIDE, rows, block, block, begin, count, n);
	isa->mix[type](got, HEAD, weights, STRIDE, rows, block, block, begin, count, n);
	return good && same(want, got, LL_ATTEND_ROWS * HEAD);
}

static void
attention(struct tap *tap, const struct ll_kern *isa, enum ll_kv_type type, enum kind kind)
{
	static const size_t heads[] = { 64, 128, 1, 16, 31, 32, 40, 80, 96, 100, 112, 256 };
	uint64_t state = 2463534242u + type;
	bool good = true;

	for (size_t i = 0; i < 12 * LL_ATTEND_ROWS; i++)
		good &= same_attention(isa, &state, type, heads[i % 12], 1 + i / 12, kind);
	tap_ok(tap, good, kind_names[kind], ll_kv_type_name(type));
}

/* What is put in a block comes out again, rounded; and the transform is its own inverse. */
static void
blocks(struct tap *tap, const struct ll_kern *kern, enum ll_kv_type type, size_t n)
{
	static const float bounds[] = { 1e-6f, 5e-4f, 4e-3f, 5e-3f, 0.13f };
	static _Alignas(64) uint8_t keys[4 * LL_KV_BLOCK * HEAD], values[sizeof keys];
	float x[HEAD], one[LL_KV_BLOCK] = { 0 }, out[HEAD] = { 0 }, want = 0.0f, size = 0.0f;
	static float q[HEAD * LL_ATTEND_ROWS];
	static struct ll_attend_q8 rounded[(HEAD + 31) / 32];
	float scores[LL_KV_BLOCK];
	uint64_t state = 777 + n;
	bool good = true;

	for (size_t t = 0; t < LL_KV_BLOCK; t++) {
		numbers(&state, x, n, ORDINARY);
		ll_kv_put_key(kern, type, keys, t, x, n);
		ll_kv_put_value(kern, type, values, t, x, n);
		if (t != 7)
			continue;
		fill_queries(&state, rounded, (n + 31) / 32, ORDINARY);
		for (size_t i = 0; i < n; i++) {
			struct ll_attend_q8 *block = &rounded[i / 32];

			q[i * LL_ATTEND_ROWS] = !ll_kv_quantised(type) ? number(&state, ORDINARY) : block->scale[0] *
			    (float)(int8_t)((uint32_t)block->q[i % 32 / 4][0] >> 8 * (i % 4));
			want += q[i * LL_ATTEND_ROWS] * x[i];
			size += fabsf(q[i * LL_ATTEND_ROWS] * x[i]);
		}
		memcpy(out, x, n * sizeof *x);
	}
	kern->scores[type](scores, LL_KV_BLOCK, ll_kv_quantised(type) ? (void *)rounded : (void *)q, 1, keys, keys, n);
	good &= fabsf(scores[7] - want) <= bounds[type] * size;
	memcpy(x, out, n * sizeof *x);
	memset(out, 0, sizeof out);
	one[7] = 1.0f;
	kern->mix[type](out, HEAD, one, LL_KV_BLOCK, 1, values, values, 0, LL_KV_BLOCK, n);
	for (size_t i = 0; i < n; i++)
		good &= fabsf(out[i] - x[i]) <= bounds[type] * 4.0f;
	for (size_t i = n; i < HEAD; i++)
		good &= out[i] == 0.0f;
	ll_kv_rotate(x, n);
	memcpy(out, x, n * sizeof *x);
	ll_kv_rotate(x, n);
	ll_kv_rotate(x, n);
	for (size_t i = 0; i < n; i++)
		good &= fabsf(out[i] - x[i]) <= 1e-5f;
	tap_ok(tap, good, "a block of keys and of values", ll_kv_type_name(type));
}

/* A number that is not finite is seen in every type, in scores and in what is mixed. */
static void
broken_blocks(struct tap *tap, const struct ll_kern *kern, enum ll_kv_type type, float value)
{
	static _Alignas(64) uint8_t keys[4 * LL_KV_BLOCK * 64], values[sizeof keys];
	static float q[64 * LL_ATTEND_ROWS];
	static struct ll_attend_q8 rounded[2];
	float x[64] = { 0 }, weights[LL_KV_BLOCK] = { 0 }, scores[LL_KV_BLOCK], out[64] = { 0 };
	uint64_t state = 99;

	for (size_t i = 0; i < 64 * LL_ATTEND_ROWS; i++)
		q[i] = 1.0f;
	fill_queries(&state, rounded, 2, ORDINARY);
	x[40] = value;
	weights[3] = 0.5f;
	memset(keys, 0, sizeof keys);
	memset(values, 0, sizeof values);
	ll_kv_put_key(kern, type, keys, 3, x, 64);
	ll_kv_put_value(kern, type, values, 3, x, 64);
	kern->scores[type](scores, LL_KV_BLOCK, ll_kv_quantised(type) ? (void *)rounded : (void *)q, 1, keys, keys, 64);
	kern->mix[type](out, 64, weights, LL_KV_BLOCK, 1, values, values, 3, 1, 64);
	tap_ok(tap, !isfinite(scores[3]) && !isfinite(out[40]) && isfinite(scores[2]) && isfinite(out[0]),
	    "what is not finite stays so", ll_kv_type_name(type));
}

/* One vector through the kernels that write as many elements as they read. */
static bool
elementwise(const struct ll_kern *ref, const struct ll_kern *isa, const float *x, const float *y,
    size_t n)
{
	static float want[MOST], got[MOST];
	static uint16_t want_halves[MOST], got_halves[MOST];
	bool good;

	memcpy(want, x, sizeof want);
	memcpy(got, x, sizeof got);
	ref->swiglu(want, y, n);
	isa->swiglu(got, y, n);
	good = same(want, got, MOST);
	ref->add(want, y, n);
	isa->add(got, y, n);
	good &= same(want, got, MOST);
	ref->blend(want, 0.7f, y, -1.3f, n / 16 * 16);
	isa->blend(got, 0.7f, y, -1.3f, n / 16 * 16);
	good &= same(want, got, MOST);
	ref->scale(want, x, y, 0.3f, n);
	isa->scale(got, x, y, 0.3f, n);
	good &= same(want, got, MOST);
	ref->f32_to_f16(want_halves, x, n);
	isa->f32_to_f16(got_halves, x, n);
	return good && memcmp(want_halves, got_halves, sizeof want_halves) == 0;
}

static bool
reductions(const struct ll_kern *ref, const struct ll_kern *isa, const float *x, size_t n)
{
	static float want[MOST], got[MOST];
	float most = ref->max(x, n), other;
	struct ll_exp_sum terms;
	float sums[2];
	double exact[2];
	bool good;

	good = same(&most, &(float){ isa->max(x, n) }, 1);
	good &= same(&(float){ ref->sum_squares(x, n) }, &(float){ isa->sum_squares(x, n) }, 1);
	memcpy(want, x, sizeof want);
	memcpy(got, x, sizeof got);
	sums[0] = ref->softmax_terms(want, n, most);
	sums[1] = isa->softmax_terms(got, n, most);
	good &= same(&sums[0], &sums[1], 1) && same(want, got, MOST);
	memcpy(want, x, sizeof want);
	memcpy(got, x, sizeof got);
	sums[0] = ref->weigh(want, n, &most);
	sums[1] = isa->weigh(got, n, &other);
	good &= isnan(sums[0]) || most == other;
	good &= same(&sums[0], &sums[1], 1) && same(want, got, MOST);
	most = ref->max(x, n);
	terms = ll_exp_sum(most, 0.7f);
	exact[0] = ll_exp_sum_of(&terms, ref, x, n, &most);
	exact[1] = ll_exp_sum_of(&terms, isa, x, n, &other);
	good &= isnan(exact[0]) ? isnan(exact[1]) : memcmp(&exact[0], &exact[1], sizeof(double)) == 0;
	return good && same(&most, &other, 1);
}

static void
vectors(struct tap *tap, const struct ll_kern *isa, enum kind kind)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static float x[MOST], y[MOST];
	static union ll_act want[LINES], got[LINES];
	uint64_t state = 521288629u;
	bool rounded = true, each = true, reduced = true;

	for (size_t i = 0; i < 90; i++) {
		size_t n = length(i, 1);

		numbers(&state, x, MOST, kind);
		numbers(&state, y, MOST, kind);
		for (size_t j = 0; j < MOST && i % 3 == 0; j++)
			x[j] *= 40.0f;
		ref->act[LL_ACT_Q8](want, 1, x, n / 32 * 32);
		isa->act[LL_ACT_Q8](got, 1, x, n / 32 * 32);
		rounded &= same_lines(want, got, n / 32);
		ref->act[LL_ACT_Q8_64](want, 1, x, n / 64 * 64);
		isa->act[LL_ACT_Q8_64](got, 1, x, n / 64 * 64);
		rounded &= same_lines(want, got, n / 64 * 2);
		each &= elementwise(ref, isa, x, y, n);
		reduced &= reductions(ref, isa, x, n);
	}
	tap_ok(tap, rounded, kind_names[kind], "rounding of activations");
	tap_ok(tap, each, kind_names[kind], "elementwise");
	tap_ok(tap, reduced, kind_names[kind], "reductions");
}

/* One that counts for nothing, or no number, at each place among others. */
static void
lone(struct tap *tap, const struct ll_kern *kern)
{
	const float strange[] = { -INFINITY, -1e30f, -3e5f, -200.0f, -90.0f, -86.5f, NAN, -NAN, INFINITY };
	const struct ll_exp_sum sums[] = { ll_exp_sum(0, 1), ll_exp_sum(-3, 0.7f), ll_exp_sum(23.4f, 1), ll_exp_sum(20, 9) };
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	bool good = true;

	for (size_t s = 0; s < sizeof(strange) / sizeof(*strange); s++)
		for (size_t k = 0; k < sizeof(sums) / sizeof(*sums); k++)
			for (size_t at = 0; at < 75; at++) {
				float x[75], most[2];
				double want, got;

				for (size_t i = 0; i < 75; i++)
					x[i] = sums[k].offset - (float)i / 7;
				x[at] = strange[s];
				want = ll_exp_sum_of(&sums[k], ref, x, 75, &most[0]);
				got = ll_exp_sum_of(&sums[k], kern, x, 75, &most[1]);
				good &= most[0] == most[1];
				if (strange[s] != INFINITY)
					good &= isnan(want) ? isnan(got) && isnan(strange[s]) : want == got;
			}
	tap_ok(tap, good, "sums with one that is far below or no number", "exp");
}

static void
compare(struct tap *tap, enum ll_isa isa)
{
	const struct ll_kern *kern = ll_kern(isa);

	printf("# %s\n", ll_cpu_name(isa));
	for (int kind = 0; kind < KINDS; kind++) {
		for (int type = 0; type < LL_KV_TYPES; type++)
			attention(tap, kern, (enum ll_kv_type)type, (enum kind)kind);
		vectors(tap, kern, (enum kind)kind);
	}
	lone(tap, kern);
}

/* The error of exp over all of [-87, 0], in steps of 2^-16; and its ends. */
static void
exponential(struct tap *tap, const struct ll_kern *kern)
{
	const struct ll_exp_sum sums[] = { ll_exp_sum(0, 1), ll_exp_sum(23.4f, 1), ll_exp_sum(23.4f, 0.7f), ll_exp_sum(1e7f, 0.7f) };
	double worst = 0.0, worst_fused = 0.0, worst_sum = 0.0;
	float ends[4] = { 0.0f, -INFINITY, NAN, -88.0f }, most;

	for (long i = 0; i < 87L << 16; i += 16) {
		float x[16];

		for (long j = 0; j < 16; j++)
			x[j] = (float)(i + j) * -0x1p-16f;
		kern->softmax_terms(x, 16, 0.0f);
		for (long j = 0; j < 16; j++)
			worst = fmax(worst, fabs(x[j] / exp((double)(i + j) * -0x1p-16) - 1.0));
		for (long j = 0; j < 16; j++)
			x[j] = j == 0 ? 0.0f : (float)(i + j) * -0x1p-16f;
		kern->weigh(x, 16, &most);
		for (long j = 1; j < 16; j++)
			worst_fused = fmax(worst_fused, fabs(x[j] / exp((double)(i + j) * -0x1p-16) - 1.0));
	}
	for (size_t k = 0; k < sizeof(sums) / sizeof(*sums); k++)
		for (long i = 0; i < 87L << 16; i++) {
			float x = sums[k].offset + (float)i * -0x1p-16f / sums[k].scale;
			double y = ((double)x - (double)sums[k].offset) * (double)sums[k].scale;
			double got = ll_exp_sum_of(&sums[k], kern, &x, 1, &most);

			worst_sum = fmax(worst_sum, fabs(got / exp(y) - 1.0) / (1.0 - y));
		}
	printf("# relative error of exp in sums, by 1 + |x|: %.3g\n", worst_sum);
	tap_ok(tap, worst_sum < 1.3e-7, "error below 1.3e-7 (1 + |x|) in sums", "exp");
	printf("# relative error of exp in attention: %.3g\n", worst_fused);
	tap_ok(tap, worst_fused < 1.2e-7, "error below 1.2e-7 in attention", "exp");
	printf("# relative error of exp: %.3g\n", worst);
	tap_ok(tap, worst < 1.2e-7, "error below 1.2e-7", "exp");
	tap_ok(tap, ll_exp_sum_of(&sums[0], kern, ends, 2, &most) == 1.0f && most == 0.0f &&
	    ll_exp_sum_of(&sums[0], kern, &ends[3], 1, &most) == 0.0f && isnan(ll_exp_sum_of(&sums[0], kern, ends, 4, &most)) &&
	    most == 0.0f, "0, -infinity, far below, NaN, in sums", "exp");
	kern->softmax_terms(ends, 4, 0.0f);
	tap_ok(tap, ends[0] == 1.0f && ends[1] == 0.0f && isnan(ends[2]) && ends[3] == 0.0f,
	    "0, -infinity, NaN, far below", "exp");
}

static void
silu(struct tap *tap, const struct ll_kern *kern)
{
	double worst = 0.0;
	float ends[4] = { 1e30f, -1e30f, NAN, -0.0f };
	const float ones[4] = { 1.0f, 1.0f, 1.0f, 1.0f };

	for (long i = -81920; i < 81920; i++) {
		float x = (float)i * 0x1p-10f;
		double want = (double)x / (1.0 + exp(-(double)x));

		kern->swiglu(&x, ones, 1);
		worst = fmax(worst, want == 0.0 ? fabs((double)x) : fabs(x / want - 1.0));
	}
	printf("# relative error of silu: %.3g\n", worst);
	tap_ok(tap, worst < 4e-7, "error below 4e-7", "silu");
	kern->swiglu(ends, ones, 4);
	tap_ok(tap, ends[0] == 1e30f && ends[1] == 0.0f && isnan(ends[2]) && ends[3] == 0.0f,
	    "far above, far below, NaN, 0", "silu");
}

/* Each rounded activation is within half a step; what is not finite stays so. */
static void
rounding(struct tap *tap, const struct ll_kern *kern)
{
	uint64_t state = 362436069u;
	union ll_act line;
	const struct ll_act_q8 *act = &line.q8;
	float x[32];
	bool near = true;

	for (size_t i = 0; i < 1000; i++) {
		int sum[2] = { 0, 0 };

		numbers(&state, x, 32, ORDINARY);
		kern->act[LL_ACT_Q8](&line, 1, x, 32);
		for (size_t j = 0; j < 32; j++) {
			near &= fabsf(x[j] - act->scale * act->q[j]) <= 0.5001f * act->scale;
			sum[j / 16] += act->q[j];
		}
		near &= act->sum == (float)(sum[0] + sum[1]) && act->less8 == -8 * (sum[0] + sum[1]) &&
		    act->less128 == -128 * (sum[0] + sum[1]);
		near &= act->sum_low == (float)sum[0] && ll_act_sum_high(act) == (float)sum[1];
		near &= act->sum_scaled == act->sum * act->scale;
		for (size_t j = 0; j < 2; j++)
			near &= act->less128_half[j] == -128 * sum[j];
	}
	tap_ok(tap, near, "half a step", "rounding of activations");

	near = true;
	for (size_t i = 0; i < 1000; i++) {
		union ll_act lines[2];
		float both[64], most = 0.0f;

		numbers(&state, both, 64, ORDINARY);
		kern->act[LL_ACT_Q8_64](lines, 1, both, 64);
		for (size_t j = 0; j < 64; j++) {
			const struct ll_act_q8 *half = &lines[j / 32].q8;

			most = fmaxf(most, fabsf(both[j]));
			near &= fabsf(both[j] - half->scale * half->q[j % 32]) <= 0.5001f * half->scale;
		}
		near &= lines[0].q8.scale == most / 127.0f && lines[1].q8.scale == lines[0].q8.scale;
	}
	tap_ok(tap, near, "half a step of 64", "rounding of activations");
	for (size_t i = 0; i < 64; i += 63) {
		union ll_act lines[2];
		float both[64] = { 0 };

		both[i] = i == 0 ? NAN : INFINITY;
		both[63 - i] = i == 0 ? INFINITY : 1.0f;
		kern->act[LL_ACT_Q8_64](lines, 1, both, 64);
		tap_ok(tap, isnan(lines[0].q8.scale) && isnan(lines[1].q8.scale), "not finite in one half", "rounding of activations");
	}

	memset(x, 0, sizeof x);
	kern->act[LL_ACT_Q8](&line, 1, x, 32);
	tap_ok(tap, act->scale == 0.0f && act->sum == 0.0f && act->q[0] == 0, "zeros", "rounding");
	x[31] = FLT_MAX;
	kern->act[LL_ACT_Q8](&line, 1, x, 32);
	tap_ok(tap, act->q[31] == 127 && isfinite(act->scale), "the largest", "rounding");
	x[7] = -INFINITY;
	kern->act[LL_ACT_Q8](&line, 1, x, 32);
	tap_ok(tap, isnan(act->scale), "infinity", "rounding");
}

int
main(void)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	struct tap tap = { 0 };
	int best = ll_cpu_isa(NULL);

	if (best < 0) {
		printf("1..0 # SKIP LL_CPU names what this processor has not\n");
		return 0;
	}
	exponential(&tap, ref);
	silu(&tap, ref);
	rounding(&tap, ref);
	for (int type = 0; type < LL_KV_TYPES; type++) {
		blocks(&tap, ref, (enum ll_kv_type)type, 64);
		blocks(&tap, ref, (enum ll_kv_type)type, 100);
		broken_blocks(&tap, ref, (enum ll_kv_type)type, NAN);
		broken_blocks(&tap, ref, (enum ll_kv_type)type, INFINITY);
	}

	/* The levels are in order; those of another architecture are the reference again. */
	for (int isa = 1; isa <= best; isa++)
		compare(&tap, (enum ll_isa)isa);
	return tap_done(&tap);
}
