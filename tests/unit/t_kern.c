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
#include "tensor/quant.h"
#include "tests/unit/scales.h"
#include "tests/unit/tap.h"

#define MOST 1100		/* elements of a row */
#define PAIRS ((MOST + 32) / 64)
#define ROWS 9			/* rows of activations, keys or values */

/* What the numbers of a test look like. */
enum kind { ORDINARY, WILD, TINY, BROKEN, KINDS };
static const char *const kind_names[] = { "ordinary", "extreme", "subnormal", "not finite" };

static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static float
number(uint64_t *state, enum kind kind)
{
	float value = (float)(int32_t)next(state) * 0x1p-31f;

	switch (kind) {
	case WILD:
		return ldexpf(value, (int)(next(state) % 200) - 100);
	case TINY:
		return ldexpf(value, -120 - (int)(next(state) % 30));
	case BROKEN:
		if (next(state) % 50 == 0)
			return next(state) % 2 ? NAN : next(state) % 2 ? INFINITY : -INFINITY;
		return next(state) % 20 == 0 ? -0.0f : value;
	default:
		return 4.0f * value;
	}
}

static void
numbers(uint64_t *state, float *x, size_t n, enum kind kind)
{
	for (size_t i = 0; i < n; i++)
		x[i] = number(state, kind);
}

static uint16_t
half(uint64_t *state, enum kind kind)
{
	if (kind == TINY)
		return (uint16_t)(next(state) & 0x83ff);
	return ll_f32_to_f16(number(state, kind));
}

/* A row of n weights: any bytes, but scales and floats of the kind wanted. */
static void
weights(uint64_t *state, uint8_t *w, uint32_t type, size_t n, enum kind kind)
{
	const struct ll_dtype_info *info = ll_dtype(type);

	for (size_t i = 0; i < n / info->block * info->bytes; i++)
		w[i] = (uint8_t)next(state);
	for (size_t b = 0; b < n / info->block; b++, w += info->bytes) {
		float value = number(state, kind);

		if (type == LL_F32)
			memcpy(w, &value, sizeof value);
		else if (type == LL_F8_E4M3)
			*w ^= kind != BROKEN && (*w & 0x7f) == 0x7f;
		else if (type == LL_BF16)
			memcpy(w, &(uint16_t){ ll_f32_to_bf16(value) }, 2);
		else
			put_scales(w, type, half(state, kind), half(state, kind));
	}
}

static bool
same(const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
			return false;
	return true;
}

static bool
same_blocks(const struct ll_q8_act *a, const struct ll_q8_act *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!same(&a[i].block[0].scale, &b[i].block[0].scale, 4) ||
		    memcmp(a[i].q, b[i].q, sizeof a[i].q) != 0)
			return false;
	return true;
}

/* The shapes tried: every remainder, and some long rows. */
static size_t
length(size_t i, size_t block)
{
	static const size_t whole[] = { 1, 2, 3, 4, 7, 18, 31 };
	size_t n = block > 1 ? whole[i % 7] * block : i < 70 ? i + 1 : 64 * (i % 16) + i % 3;

	return n > MOST ? block > 1 ? block * (MOST / block) : MOST : n;
}

static size_t
row_count(size_t i)
{
	return 1 + i % ROWS;
}

static void
dots(struct tap *tap, const struct ll_kern *isa, uint32_t type, enum kind kind)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static uint8_t w[4 * MOST + 1];
	static float x[ROWS * MOST];
	static struct ll_q8_act q[ROWS * PAIRS];
	uint64_t state = 88172645463325252u + type;
	bool good = true;

	for (size_t i = 0; i < 90; i++) {
		size_t n = length(i, ll_dtype(type)->block), rows = row_count(i);
		float want[2 * ROWS] = { 0 }, got[2 * ROWS] = { 0 };
		uint8_t *odd = w + i % 2;	/* rows may begin anywhere */

		weights(&state, odd, type, n, kind);
		numbers(&state, x, rows * MOST, kind);
		if (ref->dot_q8[type] != NULL) {
			for (size_t r = 0; r < rows; r++)
				ref->quantize(q + r * PAIRS, x + r * MOST, n);
			ref->dot_q8[type](want, 2, odd, q, PAIRS, rows, n);
			isa->dot_q8[type](got, 2, odd, q, PAIRS, rows, n);
		} else {
			ref->dot_f32[type](want, 2, odd, x, MOST, rows, n);
			isa->dot_f32[type](got, 2, odd, x, MOST, rows, n);
		}
		good &= same(want, got, 2 * ROWS);
		ref->dequantize[type](x, odd, n);
		isa->dequantize[type](x + MOST, odd, n);
		good &= same(x, x + MOST, n);
	}
	tap_ok(tap, good, kind_names[kind], ll_dtype_name(type));
}

static void
attention(struct tap *tap, const struct ll_kern *isa, enum kind kind)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static float rows[ROWS * MOST], want[MOST], got[MOST], q[MOST];
	static uint16_t halves[ROWS * MOST];
	uint64_t state = 2463534242u;
	bool good = true;

	for (size_t i = 0; i < 90; i++) {
		size_t n = length(i, 1), count = row_count(i);
		float scale = number(&state, kind), weight[ROWS];

		numbers(&state, rows, ROWS * MOST, kind);
		numbers(&state, weight, ROWS, kind);
		numbers(&state, q, MOST, kind);
		for (size_t j = 0; j < ROWS * MOST; j++)
			halves[j] = half(&state, kind);

		ref->scores_f16(want, q, halves, MOST, count, n, scale);
		isa->scores_f16(got, q, halves, MOST, count, n, scale);
		good &= same(want, got, count);
		ref->scores_f32(want, q, rows, MOST, count, n, scale);
		isa->scores_f32(got, q, rows, MOST, count, n, scale);
		good &= same(want, got, count);

		memcpy(want, q, sizeof want);
		memcpy(got, q, sizeof got);
		ref->mix_f16(want, weight, halves, MOST, count, n);
		isa->mix_f16(got, weight, halves, MOST, count, n);
		good &= same(want, got, MOST);
		ref->mix_f32(want, weight, rows, MOST, count, n);
		isa->mix_f32(got, weight, rows, MOST, count, n);
		good &= same(want, got, MOST);
	}
	tap_ok(tap, good, kind_names[kind], "attention");
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
	float most = ref->max(x, n);
	float sums[2];
	bool good;

	good = same(&most, &(float){ isa->max(x, n) }, 1);
	good &= same(&(float){ ref->sum_squares(x, n) }, &(float){ isa->sum_squares(x, n) }, 1);
	memcpy(want, x, sizeof want);
	memcpy(got, x, sizeof got);
	sums[0] = ref->softmax_terms(want, n, most);
	sums[1] = isa->softmax_terms(got, n, most);
	return good && same(&sums[0], &sums[1], 1) && same(want, got, MOST);
}

static void
vectors(struct tap *tap, const struct ll_kern *isa, enum kind kind)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static float x[MOST], y[MOST];
	static struct ll_q8_act want[PAIRS], got[PAIRS];
	uint64_t state = 521288629u;
	bool rounded = true, each = true, reduced = true;

	for (size_t i = 0; i < 90; i++) {
		size_t n = length(i, 1);

		numbers(&state, x, MOST, kind);
		numbers(&state, y, MOST, kind);
		for (size_t j = 0; j < MOST && i % 3 == 0; j++)
			x[j] *= 40.0f;
		ref->quantize(want, x, n / 32 * 32);
		isa->quantize(got, x, n / 32 * 32);
		rounded &= same_blocks(want, got, (n / 32 + 1) / 2);
		each &= elementwise(ref, isa, x, y, n);
		reduced &= reductions(ref, isa, x, n);
	}
	tap_ok(tap, rounded, kind_names[kind], "rounding of activations");
	tap_ok(tap, each, kind_names[kind], "elementwise");
	tap_ok(tap, reduced, kind_names[kind], "reductions");
}

static void
compare(struct tap *tap, enum ll_isa isa)
{
	const struct ll_kern *kern = ll_kern(isa);

	printf("# %s\n", ll_cpu_name(isa));
	for (int kind = 0; kind < KINDS; kind++) {
		for (uint32_t type = 0; type < LL_DTYPES; type++)
			if (ll_dtype(type) != NULL)
				dots(tap, kern, type, (enum kind)kind);
		attention(tap, kern, (enum kind)kind);
		vectors(tap, kern, (enum kind)kind);
	}
}

/* The error of exp over all of [-87, 0], in steps of 2^-16; and its ends. */
static void
exponential(struct tap *tap, const struct ll_kern *kern)
{
	double worst = 0.0;
	float ends[4] = { 0.0f, -INFINITY, NAN, -88.0f };

	for (long i = 0; i < 87L << 16; i += 16) {
		float x[16];

		for (long j = 0; j < 16; j++)
			x[j] = (float)(i + j) * -0x1p-16f;
		kern->softmax_terms(x, 16, 0.0f);
		for (long j = 0; j < 16; j++)
			worst = fmax(worst, fabs(x[j] / exp((double)(i + j) * -0x1p-16) - 1.0));
	}
	printf("# relative error of exp: %.3g\n", worst);
	tap_ok(tap, worst < 1.2e-7, "error below 1.2e-7", "exp");
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
	struct ll_q8_act act;
	float x[32];
	bool near = true;

	for (size_t i = 0; i < 1000; i++) {
		int sum = 0;

		numbers(&state, x, 32, ORDINARY);
		kern->quantize(&act, x, 32);
		for (size_t j = 0; j < 32; j++) {
			near &= fabsf(x[j] - act.block->scale * act.q[0][j]) <= 0.5001f * act.block->scale;
			sum += act.q[0][j];
		}
		near &= act.block->sum == act.block->scale * (float)sum;
	}
	tap_ok(tap, near, "half a step", "rounding of activations");

	memset(x, 0, sizeof x);
	kern->quantize(&act, x, 32);
	tap_ok(tap, act.block->scale == 0.0f && act.block->sum == 0.0f && act.q[0][0] == 0,
	    "zeros", "rounding");
	x[31] = FLT_MAX;
	kern->quantize(&act, x, 32);
	tap_ok(tap, act.q[0][31] == 127 && isfinite(act.block->scale), "the largest", "rounding");
	x[7] = -INFINITY;
	kern->quantize(&act, x, 32);
	tap_ok(tap, isnan(act.block->scale) && isnan(act.block->sum), "infinity", "rounding");
}

/* A product of rounded activations against the sum in double. */
static void
accuracy(struct tap *tap, const struct ll_kern *kern, uint32_t type)
{
	static uint8_t w[4 * MOST];
	static float x[1024], line[1024];
	static struct ll_q8_act q[16];
	uint64_t state = 5783321u + type;
	double want = 0.0, size = 0.0;
	float got;

	weights(&state, w, type, 1024, ORDINARY);
	numbers(&state, x, 1024, ORDINARY);
	kern->quantize(q, x, 1024);
	kern->dequantize[type](line, w, 1024);
	for (size_t i = 0; i < 1024; i++) {
		size_t half = i / 32 % 2;
		double activation = kern->dot_q8[type] == NULL ? (double)x[i] :
		    (double)q[i / 64].block[half].scale * q[i / 64].q[half][i % 32];

		want += activation * (double)line[i];
		size += fabs(activation * (double)line[i]);
	}
	if (kern->dot_q8[type] != NULL)
		kern->dot_q8[type](&got, 1, w, q, 16, 1, 1024);
	else
		kern->dot_f32[type](&got, 1, w, x, 1024, 1, 1024);
	tap_ok(tap, fabs(got - want) <= 1e-6 * size, "near the sum in double", ll_dtype_name(type));
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
	for (uint32_t type = 0; type < LL_DTYPES; type++)
		if (ll_dtype(type) != NULL)
			accuracy(&tap, ref, type);

	/* The levels are in order; those of another architecture are the reference again. */
	for (int isa = 1; isa <= best; isa++)
		compare(&tap, (enum ll_isa)isa);
	return tap_done(&tap);
}
