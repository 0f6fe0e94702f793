/*
 * Products of matrices: every ISA of this processor gives the bits of a sum in order. Needs nothing
 * but libc and threads, so that it can be run under an emulator too.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/pool.h"
#include "tensor/gemm.h"
#include "tests/unit/numbers.h"
#include "tests/unit/tap.h"

#define PAD 3		/* of rows in memory, which nobody may touch */

static float
flushed(float x)
{
	return fabsf(x) < 0x1p-126f ? copysignf(0.0f, x) : x;
}

/* To nearest even among numbers of 8 bits, denormals to zero. */
static float
brain(float x)
{
	int exponent;

	if (isnan(x) || isinf(x) || flushed(x) == 0)
		return flushed(x);
	x = frexpf(x, &exponent);
	return ldexpf(nearbyintf(x * 0x1p8f), exponent - 8);
}

/*
 * One step of VDPBF16PS. What is denormal is told by the sum rounded to 24 bits with room below: the
 * product is exact in double, and so are its size and the sum's 2^64 times as large.
 */
static float
brain_step(float a, float b, float sum)
{
	float next = fmaf(a, b, flushed(sum));

	if (fabsf(next) > 0x1p-120f || isnan(next))
		return next;
	next = fmaf(a * 0x1p40f, b * 0x1p40f, flushed(sum) * 0x1p80f);
	return fabsf(next) < 0x1p-46f ? copysignf(0.0f, next) : next * 0x1p-80f;
}

struct matrix {
	float *data;
	struct ll_gemm_side side;
};

/* [lines][length], the numbers of a line side by side or those of all lines. */
static struct matrix
matrix(uint64_t *state, size_t lines, size_t length, bool along, enum kind kind)
{
	size_t stride = (along ? length : lines) + PAD, count = (along ? lines : length) * stride + 1;
	struct matrix m = { .data = malloc(count * sizeof(float)) };

	if (m.data == NULL)
		abort();
	numbers(state, m.data, count, kind);
	m.side.data = m.data;
	m.side.row = along ? stride : 1;
	m.side.col = along ? 1 : stride;
	return m;
}

/* The numbers of each line one after the other, rounded if need be. */
static float *
lines_of(const struct matrix *m, size_t lines, size_t length, enum ll_gemm_kind kind)
{
	float *out = malloc((lines * length + 1) * sizeof(float));

	if (out == NULL)
		abort();
	for (size_t l = 0; l < lines; l++)
		for (size_t p = 0; p < length; p++) {
			float x = m->data[l * m->side.row + p * m->side.col];

			out[l * length + p] = kind == LL_GEMM_F32 ? x : brain(x);
		}
	return out;
}

static float
want(enum ll_gemm_kind kind, size_t k, const float *a, const float *b, float sum)
{
	if (kind == LL_GEMM_F32) {
		for (size_t p = 0; p < k; p++)
			sum = fmaf(a[p], b[p], sum);
		return sum;
	}
	for (size_t p = 0; p < k; p += 2) {
		sum = p + 1 < k ? brain_step(a[p + 1], b[p + 1], sum) : brain_step(0, 0, sum);
		sum = brain_step(a[p], b[p], sum);
	}
	return sum;
}

struct shape {
	size_t m, n, k;
};

struct engine {
	struct ll_gemm *gemm;
	struct ll_pool *pool;
};

/* Sides are along p by bits 0 and 1 of `how`; bit 2: added to what is there. */
static bool
product(const struct engine *engine, enum ll_gemm_kind gemm_kind, struct shape s, unsigned how, enum kind kind,
    uint64_t *state)
{
	struct matrix a = matrix(state, s.m, s.k, how & 1, kind), b = matrix(state, s.n, s.k, how & 2, kind);
	size_t stride = s.n + PAD, count = s.m * stride;
	float *c = malloc((2 * count + 1) * sizeof(float)), *correct = c + count;
	float *left_lines = lines_of(&a, s.m, s.k, gemm_kind), *right_lines = lines_of(&b, s.n, s.k, gemm_kind);
	struct ll_gemm_side right = { b.data, b.side.col, b.side.row };
	bool good;

	if (c == NULL)
		abort();
	numbers(state, c, count, kind);
	memcpy(correct, c, count * sizeof(float));
	for (size_t i = 0; i < s.m; i++)
		for (size_t j = 0; j < s.n; j++) {
			float *sum = &correct[i * stride + j];

			*sum = want(gemm_kind, s.k, left_lines + i * s.k, right_lines + j * s.k, how & 4 ? *sum : 0.0f);
		}
	ll_gemm_run(engine->gemm, engine->pool, gemm_kind, s.m, s.n, s.k, a.side, right, c, stride, how & 4);
	good = same(c, correct, count);
	if (!good)
		printf("# %zu x %zu x %zu, how %u\n", s.m, s.n, s.k, how);
	free(a.data);
	free(b.data);
	free(c);
	free(left_lines);
	free(right_lines);
	return good;
}

/* Every remainder of tiles, and what is cut into blocks in each direction. */
static void
shapes(struct tap *tap, const struct engine *engine, enum ll_gemm_kind gemm_kind, enum kind kind, size_t small)
{
	static const struct shape large[] = { { 1, 1, 1100 }, { 3, 1100, 5 }, { 2100, 2, 3 }, { 5, 530, 517 },
	    { 1030, 33, 258 }, { 17, 40, 0 }, { 0, 5, 5 }, { 5, 0, 5 } };
	uint64_t state = 88172645463325252u + small;
	bool good = true;

	for (size_t i = 0; i < small; i++) {
		struct shape s = { 1 + next(&state) % 70, 1 + next(&state) % 70, 1 + next(&state) % 70 };

		if (i < 70)
			*(i % 2 == 0 ? &s.m : &s.n) = i + 1;
		good &= product(engine, gemm_kind, s, i % 8, kind, &state);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		good &= product(engine, gemm_kind, large[i], (unsigned)next(&state) % 8, kind, &state);
	tap_ok(tap, good, gemm_kind == LL_GEMM_F32 ? "f32" : "bf16", kind_names[kind]);
}

/* Sums about the least normal number, whose rounding decides whether they are zero. */
static void
least_normal(struct tap *tap, const struct engine *engine)
{
	enum { M = 40, N = 50, K = 7 };
	float a[M * K], b[N * K], c[M * N], correct[M * N];
	uint64_t state = 7;
	bool good = true;
	size_t zeros = 0;

	for (size_t turn = 0; turn < 20; turn++) {
		for (size_t i = 0; i < M * K; i++)
			a[i] = ldexpf(1.0f + (float)(next(&state) % 128) / 128, -126 + (int)(next(&state) % 3));
		for (size_t i = 0; i < N * K; i++)
			b[i] = ldexpf(1.0f + (float)(next(&state) % 128) / 128, -22 - (int)(next(&state) % 5)) *
			    (next(&state) % 2 ? -1.0f : 1.0f);
		for (size_t i = 0; i < M * N; i++) {
			c[i] = ldexpf(1.0f + (float)(next(&state) % 2) * 0x1p-23f, -126) * (next(&state) % 2 ? -1.0f : 1.0f);
			correct[i] = want(LL_GEMM_BF16, K, a + i / N * K, b + i % N * K, c[i]);
			zeros += correct[i] == 0.0f;
		}
		ll_gemm_run(engine->gemm, engine->pool, LL_GEMM_BF16, M, N, K, (struct ll_gemm_side){ a, K, 1 },
		    (struct ll_gemm_side){ b, 1, K }, c, N, true);
		good &= same(c, correct, M * N);
	}
	tap_ok(tap, good && zeros > 0 && zeros < 20 * M * N, "bf16", "about the least normal number");
}

static bool
open_engine(struct engine *engine, enum ll_isa isa, size_t threads)
{
	return ll_gemm_new(&engine->gemm, isa, threads, NULL) == 0 && ll_pool_new(&engine->pool, threads, NULL) == 0;
}

int
main(void)
{
	static const size_t threads[] = { 2, 1, 3, 5 };
	struct tap tap = { 0 };
	int best = ll_cpu_isa(NULL);

	if (best < 0) {
		printf("1..0 # SKIP LL_CPU names what this processor has not\n");
		return 0;
	}
	for (int isa = 0; isa <= best; isa++) {
		if (isa > 0 && isa < LL_ISA_NEON && best >= LL_ISA_NEON)
			continue;
		for (size_t t = 0; t < sizeof(threads) / sizeof(threads[0]); t++) {
			struct engine engine = { 0 };

			if (!open_engine(&engine, (enum ll_isa)isa, threads[t]))
				return 1;
			printf("# %s, %zu threads\n", ll_cpu_name((enum ll_isa)isa), threads[t]);
			for (int kind = 0; kind < (t == 0 ? KINDS : 1); kind++) {
				shapes(&tap, &engine, LL_GEMM_F32, (enum kind)kind, t == 0 ? 80 : 10);
				shapes(&tap, &engine, LL_GEMM_BF16, (enum kind)kind, t == 0 ? 80 : 10);
			}
			if (t == 0)
				least_normal(&tap, &engine);
			ll_gemm_free(engine.gemm);
			ll_pool_free(engine.pool);
		}
	}
	return tap_done(&tap);
}
