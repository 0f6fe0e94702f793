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
#include "tensor/kern_isa.h"
#include "tensor/quant.h"
#include "tests/unit/scales.h"
#include "tests/unit/tap.h"

#define MOST 1100		/* elements of a row */
#define LINES ((MOST + 31) / 32 * 2)
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

/* Sixteen rows of weights and as many columns of activations as one product takes. */
struct product {
	_Alignas(64) uint8_t panel[16 * 4 * (MOST + 64)];
	_Alignas(64) uint8_t wide[12 * 64 * (MOST / 32 + 1)];
	_Alignas(64) union ll_act x[LL_MUL_COLS * LINES];
	float y[LL_MUL_COLS * 17];
};

/* In one go, or in two pieces with the second added to the first. */
static void
multiply(ll_product *mul, struct product *p, const struct ll_layout *layout,
    enum ll_act_kind kind, size_t blocks, size_t width, size_t cols, bool twice)
{
	size_t run = LL_MUL_RUN / layout->elements > 2 ? LL_MUL_RUN / layout->elements : 2;
	size_t first = twice ? blocks / 2 / run * run : 0;
	size_t lines = first * layout->elements / ll_act_elements(kind);

	memset(p->y, 0, sizeof p->y);
	if (first > 0)
		mul(p->y, 17, p->panel, first, p->x, width, cols, false);
	mul(p->y, 17, p->panel + ll_panel_bytes(layout, first), blocks - first, p->x + lines * width, width, cols, first > 0);
}

static bool
widened(const struct ll_kern *ref, const struct ll_kern *isa, struct product *want, struct product *got,
    bool panels, uint32_t type, size_t blocks, size_t width, size_t cols)
{
	enum ll_wide_kind kind = ll_wide_kind((enum ll_dtype)type);
	size_t runs = blocks * ll_dtype(type)->block / 32, bytes = runs * 64 * ll_wide_units(kind);

	if (panels) {
		ref->widen[type](want->wide, want->panel, blocks);
		isa->widen[type](got->wide, want->panel, blocks);
		/* Scales that are NaN may differ in their bits. */
		for (size_t i = 0; i < bytes; i += 4) {
			float a, b;

			memcpy(&a, want->wide + i, 4);
			memcpy(&b, got->wide + i, 4);
			if (memcmp(&a, &b, 4) != 0 && (i / 64 % ll_wide_units(kind) < 8 || !isnan(a) || !isnan(b)))
				return false;
		}
	}
	memset(got->y, 0, sizeof got->y);
	isa->mul_wide[kind](got->y, 17, got->wide, runs, got->x, width, cols, false);
	return true;
}

/* Every way in which the products of a type are made. */
static void
products(struct tap *tap, const struct ll_kern *isa, uint32_t type, enum kind kind)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static uint8_t w[16 * (4 * MOST + 3) + 1];
	static float x[LL_MUL_COLS * MOST];
	static struct product want, got;
	enum ll_act_kind act = isa->wants[type];
	ll_product *mul = act == LL_ACT_BF16 ? ll_mul_bf16_ref : ref->mul[type];
	struct ll_layout layout = ll_layout((enum ll_dtype)type);
	uint64_t state = 88172645463325252u + type;
	bool good = true;

	for (size_t i = 0; i < 40; i++) {
		size_t n = length(i, ll_dtype(type)->block), row_bytes, rows = 1 + i * 5 % 16, cols = 1 + i % 8;
		size_t width = i % 3 == 0 ? LL_MUL_COLS : cols, blocks;
		uint8_t *odd = w + i % 2;	/* rows may begin anywhere */

		if (!ll_dtype_row_bytes(type, n, &row_bytes))
			abort();
		row_bytes += i % 4;
		for (size_t r = 0; r < 16; r++)
			weights(&state, odd + r * row_bytes, type, n, kind);
		numbers(&state, x, LL_MUL_COLS * MOST, kind);
		for (size_t j = 0; j < cols; j++) {
			(act == LL_ACT_BF16 ? isa : ref)->act[act](want.x + j, width, x + j * MOST, n);
			isa->act[act](got.x + j, width, x + j * MOST, n);
		}
		if (layout.units == 0) {
			blocks = n / ll_dtype(type)->block;
			ll_widen_rows(got.wide, (enum ll_dtype)type, odd, row_bytes, rows, blocks);
			memcpy(want.wide, got.wide, sizeof got.wide);
			widened(ref, ref, &want, &want, false, type, blocks, width, cols);
			widened(ref, isa, &want, &got, false, type, blocks, width, cols);
			good &= same(want.y, got.y, cols * 17);
			continue;
		}
		blocks = (n + layout.elements - 1) / layout.elements;
		row_bytes -= i % 4;
		ref->interleave(want.panel, &layout, odd, row_bytes + i % 4, rows, row_bytes, blocks);
		isa->interleave(got.panel, &layout, odd, row_bytes + i % 4, rows, row_bytes, blocks);
		good &= memcmp(want.panel, got.panel, ll_panel_bytes(&layout, blocks)) == 0;
		multiply(mul, &want, &layout, act, blocks, width, cols, false);
		multiply(isa->mul[type], &got, &layout, act, blocks, width, cols, i % 2 != 0);
		good &= same(want.y, got.y, cols * 17);
		if (isa->widen[type] != NULL) {
			good &= widened(ref, isa, &want, &got, true, type, blocks, width, cols);
			good &= same(want.y, got.y, cols * 17);
		}
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
				products(tap, kern, type, (enum kind)kind);
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
		for (size_t j = 0; j < 2; j++)
			near &= act->sum_half[j] == (float)sum[j] && act->less128_half[j] == -128 * sum[j];
	}
	tap_ok(tap, near, "half a step", "rounding of activations");

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

/* A product against the sum in double. */
static void
accuracy(struct tap *tap, const struct ll_kern *kern, uint32_t type)
{
	enum { N = 1024, BYTES = 4 * N };
	static uint8_t w[16 * BYTES];
	static float x[N], line[N];
	static struct product p;
	struct ll_layout layout = ll_layout((enum ll_dtype)type);
	enum ll_act_kind act = kern->wants[type];
	uint64_t state = 5783321u + type;
	size_t bytes;
	bool good = ll_dtype_row_bytes(type, N, &bytes);

	for (size_t r = 0; r < 16; r++)
		weights(&state, w + r * BYTES, type, N, ORDINARY);
	numbers(&state, x, N, ORDINARY);
	kern->act[act](p.x, 1, x, N);
	if (layout.units == 0) {
		ll_widen_rows(p.wide, (enum ll_dtype)type, w, BYTES, 16, N / ll_dtype(type)->block);
		widened(kern, kern, &p, &p, false, type, N / ll_dtype(type)->block, 1, 1);
	} else {
		kern->interleave(p.panel, &layout, w, BYTES, 16, bytes, N / layout.elements);
		multiply(kern->mul[type], &p, &layout, act, N / layout.elements, 1, 1, false);
	}
	for (size_t r = 0; r < 16; r++) {
		double want = 0.0, size = 0.0;

		ll_dequantize(line, (enum ll_dtype)type, w + r * BYTES, N);
		for (size_t i = 0; i < N; i++) {
			double activation = act == LL_ACT_F32 ? (double)x[i] :
			    (double)p.x[i / 32].q8.scale * p.x[i / 32].q8.q[i % 32];

			want += activation * (double)line[i];
			size += fabs(activation * (double)line[i]);
		}
		good &= fabs(p.y[r] - want) <= 1e-6 * size;
	}
	tap_ok(tap, good, "near the sum in double", ll_dtype_name(type));
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
