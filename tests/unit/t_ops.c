/*
 * Threaded operations give the bits of one dot product at a time by the scalar reference, for
 * any number of threads, of rows and of matrices at once, and for every ISA of this processor.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/pool.h"
#include "tensor/kern_isa.h"
#include "tensor/ops.h"
#include "tests/unit/scales.h"
#include "tests/unit/tap.h"

#define COLS 768
#define LONG_COLS 1280	/* 20 runs of floats: more than a group of them, and less than two (runs.h) */
#define WEIGHT_ROWS 83
#define ROWS 50	/* more than a tile of any ISA, and F16 is made wide */
#define JOBS 3
#define X_STRIDE (LONG_COLS + 5)
#define Y_STRIDE (WEIGHT_ROWS + 7)

/* More panels than any group has, and more rows than three tiles of any ISA. */
#define MANY_WEIGHTS 309
#define MANY_ROWS (3 * LL_MUL_COLS_MOST + 4)
#define MANY_STRIDE (MANY_WEIGHTS + 7)

#define FFN_MOST 512	/* more than a thread has at once */

struct fixture {
	uint8_t weights[JOBS][WEIGHT_ROWS * LONG_COLS * 4 + 16];
	float x[ROWS * X_STRIDE];
	float want[JOBS][ROWS * Y_STRIDE];
	float got[JOBS][ROWS * Y_STRIDE];
	struct ll_tensor tensor[JOBS];
	float scale[WEIGHT_ROWS];
};

static uint32_t
next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static float
number(uint32_t *state)
{
	return (float)next(state) * 0x1p-23f - 1.0f;
}

/* Any bytes are weights once their f16 or f32 numbers are finite. */
static void
fill_bytes(uint8_t *data, size_t size, uint32_t type, uint32_t *state)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)next(state);
	for (size_t i = 0; i < size; i += ll_dtype(type)->bytes) {
		float value = number(state);
		uint16_t half = ll_f32_to_f16(value);

		if (type == LL_F32)
			memcpy(data + i, &value, sizeof value);
		else if (type == LL_F8_E4M3)
			data[i] ^= (data[i] & 0x7f) == 0x7f;	/* NaN */
		else
			put_scales(data + i, type, half, half);
	}
}

static void
fill(struct fixture *all, size_t job, uint32_t type, size_t cols, uint32_t *state)
{
	struct ll_tensor *tensor = &all->tensor[job];
	uint8_t *data = all->weights[job] + job % 2;

	*tensor = (struct ll_tensor){ .type = (enum ll_dtype)type, .cols = cols, .data = data,
	    .rows = WEIGHT_ROWS - 20 * job };
	if (!ll_dtype_row_bytes(type, cols, &tensor->row_bytes))
		abort();
	fill_bytes(data, tensor->rows * tensor->row_bytes, type, state);
	for (size_t i = 0; i < WEIGHT_ROWS; i++)
		all->scale[i] = number(state);
	if (type == LL_F8_E4M3 && job > 0)
		tensor->row_scale = all->scale;
}

/* One row of activations at a time, by one thread and the scalar reference. */
static void
expect(struct fixture *all, const struct ll_ops *ops)
{
	struct ll_ops ref = *ops;
	struct ll_kern kern;

	memset(all->want, 0, sizeof all->want);
	if (ll_pool_new(&ref.pool, 1, NULL) < 0)
		abort();
	kern = *ll_kern(LL_ISA_REF);
	/* An ISA that multiplies brain floats by such has a reference of its own. */
	if (ops->kern->wants[LL_BF16] == LL_ACT_BF16) {
		kern.wants[LL_BF16] = LL_ACT_BF16;
		kern.act[LL_ACT_BF16] = ops->kern->act[LL_ACT_BF16];
		kern.mul[LL_BF16] = ops->kern->isa == LL_ISA_AMX ? ll_mul_bf16_tile_ref : ll_mul_bf16_ref;
	}
	/* Rows as they lie are held against panels. */
	memset(kern.mul_runs, 0, sizeof kern.mul_runs);
	ref.kern = &kern;
	for (size_t job = 0; job < JOBS; job++)
		for (size_t r = 0; r < ROWS; r++) {
			struct ll_matmul one = { &all->tensor[job], all->want[job] + r * Y_STRIDE, Y_STRIDE };

			ll_ops_matmul(&ref, &one, 1, all->x + r * X_STRIDE, X_STRIDE, 1);
		}
	ll_pool_free(ref.pool);
}

static bool
matmul(struct fixture *all, const struct ll_ops *ops, size_t rows)
{
	struct ll_matmul jobs[JOBS];
	struct ll_ops with = *ops;
	bool good = true;

	/* What is read ahead is the same again. */
	with.next = jobs;
	with.next_count = JOBS;
	memset(all->got, 0, sizeof all->got);
	for (size_t job = 0; job < JOBS; job++)
		jobs[job] = (struct ll_matmul){ &all->tensor[job], all->got[job], Y_STRIDE };
	ll_ops_matmul(&with, jobs, JOBS, all->x, X_STRIDE, rows);
	for (size_t job = 0; job < JOBS; job++)
		good &= memcmp(all->want[job], all->got[job], rows * Y_STRIDE * sizeof(float)) == 0;
	return good;
}

/* Three types in one call, so that a thread's share crosses from one into another. */
static void
matmuls(struct tap *tap, struct ll_ops *ops, const char *what)
{
	static const uint32_t types[][JOBS] = {
		{ LL_Q4_1, LL_Q8_0, LL_Q4_1 }, { LL_Q6_K, LL_F16, LL_Q4_0 }, { LL_F32, LL_BF16, LL_F16 },
		{ LL_F8_E4M3, LL_F8_E4M3, LL_BF16 }, { LL_Q2_K, LL_IQ1_M, LL_Q5_K },
		{ LL_Q5_1, LL_MXFP4, LL_IQ4_NL },
	};
	static const size_t cols[][2] = { { COLS, 96 }, { COLS, 256 }, { LONG_COLS, 45 }, { COLS, 45 },
	    { COLS, 512 }, { COLS, 96 } };
	static const size_t rows[] = { 1, 3, ROWS };
	static struct fixture all;
	uint32_t state = 7;
	bool good = true;

	for (size_t i = 0; i < ROWS * X_STRIDE; i++)
		all.x[i] = number(&state);
	for (size_t i = 0; i < 12; i++) {
		for (size_t job = 0; job < JOBS; job++)
			fill(&all, job, types[i / 2][job], cols[i / 2][i % 2], &state);
		for (int precision = 0; precision < 2; precision++) {
			ops->precision = (enum ll_precision)precision;
			expect(&all, ops);
			for (size_t j = 0; j < 3; j++)
				good &= matmul(&all, ops, rows[j]);
		}
	}
	tap_ok(tap, good, "matmul", what);
}

/* Of rows that are no longer than a run of floats what is added is the product, and nothing when it is zero. */
static void
added(struct tap *tap, struct ll_ops *ops, const char *what)
{
	static const uint32_t types[JOBS] = { LL_F32, LL_F16, LL_BF16 };
	static struct fixture all;
	struct ll_matmul jobs[JOBS];
	uint32_t state = 5;
	bool good = true;

	for (size_t i = 0; i < ROWS * X_STRIDE; i++)
		all.x[i] = i < ROWS / 2 * X_STRIDE ? number(&state) : 0;
	for (size_t job = 0; job < JOBS; job++)
		fill(&all, job, types[job], 29, &state);
	for (int precision = 0; precision < 2; precision++) {
		ops->precision = (enum ll_precision)precision;
		good &= (expect(&all, ops), matmul(&all, ops, ROWS));
		for (size_t job = 0; job < JOBS; job++) {
			jobs[job] = (struct ll_matmul){ &all.tensor[job], all.got[job], Y_STRIDE };
			for (size_t i = 0; i < ROWS * Y_STRIDE; i++) {
				float before = number(&state);

				if (i % Y_STRIDE < all.tensor[job].rows)
					all.want[job][i] += all.got[job][i] = before;
			}
		}
		ll_ops_matmul_add(ops, jobs, JOBS, all.x, X_STRIDE, ROWS);
		good &= memcmp(all.want, all.got, sizeof all.want) == 0;
	}
	tap_ok(tap, good, "matmul_add", what);
}

/* A matrix of any numbers; in panels, if wanted, and if its type can. */
static struct ll_tensor
matrix(uint8_t *lying, uint8_t *packed, enum ll_dtype type, size_t rows, size_t cols, bool in_panels, uint32_t *state)
{
	struct ll_tensor w = { .type = type, .rows = rows, .cols = cols, .data = lying };

	if (!ll_dtype_row_bytes((uint32_t)type, cols, &w.row_bytes))
		abort();
	fill_bytes(lying, rows * w.row_bytes, (uint32_t)type, state);
	if (in_panels) {
		ll_tensor_interleave(packed, &w, 0, (rows + 15) / 16);
		w.data = packed;
		w.panels = true;
	}
	return w;
}

/*
 * Rows in panels, in more groups than one, with few tiles of columns and with many, give what they give as they lie with one
 * row of activations at a time.
 */
static void
panels(struct tap *tap, struct ll_ops *ops, const char *what)
{
	static const enum ll_dtype types[] = { LL_BF16, LL_F16, LL_Q4_K };
	const size_t rows[] = { ops->kern->cols + 8u, 3 * ops->kern->cols + 4u };	/* two tiles, and four */
	static uint8_t lying[MANY_WEIGHTS * COLS * 4], packed[(MANY_WEIGHTS + 16) * COLS * 4] __attribute__((aligned(64)));
	static float x[MANY_ROWS * COLS], begin[MANY_ROWS * MANY_STRIDE], want[MANY_ROWS * MANY_STRIDE], got[MANY_ROWS * MANY_STRIDE];
	uint32_t state = 11;
	bool good = true;

	for (size_t i = 0; i < MANY_ROWS * COLS; i++)
		x[i] = number(&state);
	for (size_t i = 0; i < MANY_ROWS * MANY_STRIDE; i++)
		begin[i] = number(&state);
	ops->precision = LL_PRECISION_DEFAULT;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct ll_tensor in_panels = matrix(lying, packed, types[i], MANY_WEIGHTS, COLS, true, &state), w = in_panels;
		struct ll_matmul one = { &w, want, MANY_STRIDE }, all = { &in_panels, got, MANY_STRIDE };

		w.data = lying;
		w.panels = false;
		/* Added to what is there, too, of the type whose sums a thread may keep. */
		for (int more = 0; more < (types[i] == LL_BF16 ? 2 : 1); more++) {
			void (*product)(const struct ll_ops *, const struct ll_matmul *, size_t, const float *, size_t, size_t) =
			    more ? ll_ops_matmul_add : ll_ops_matmul;

			memcpy(want, begin, sizeof want);
			for (size_t r = 0; r < rows[1]; r++) {
				one.y = want + r * MANY_STRIDE;
				product(ops, &one, 1, x + r * COLS, COLS, 1);
			}
			for (size_t j = 0; j < sizeof rows / sizeof *rows; j++) {
				memcpy(got, begin, sizeof got);
				product(ops, &all, 1, x, COLS, rows[j]);
				good &= memcmp(want, got, rows[j] * MANY_STRIDE * sizeof *got) == 0;
			}
		}
	}
	tap_ok(tap, good, "matmul of panels", what);
}

/* A feed-forward layer in one is its products, one after the other. */
static void
feed_forward(struct tap *tap, struct ll_ops *ops, const char *what)
{
	static const struct { enum ll_dtype type, down; size_t cols, ffn; bool in_panels; } cases[] = {
		{ LL_Q4_0, LL_Q4_K, 96, 512, true }, { LL_BF16, LL_BF16, 544, 309, true }, { LL_Q4_K, LL_Q8_0, 256, 288, false },
		{ LL_F8_E4M3, LL_F32, 45, 309, false },
	};
	static uint8_t lying[3][FFN_MOST * COLS * 4], packed[3][(FFN_MOST + 16) * COLS * 4] __attribute__((aligned(64)));
	static float x[MANY_ROWS * COLS], gate[MANY_ROWS * FFN_MOST], up[MANY_ROWS * FFN_MOST];
	static float want[MANY_ROWS * WEIGHT_ROWS], got[MANY_ROWS * WEIGHT_ROWS], scale[FFN_MOST];
	size_t rows = 3 * ops->kern->cols + 4u;
	uint32_t state = 13;
	bool good = true;

	for (size_t i = 0; i < MANY_ROWS * COLS; i++)
		x[i] = number(&state);
	for (size_t i = 0; i < FFN_MOST; i++)
		scale[i] = number(&state);
	ops->precision = LL_PRECISION_DEFAULT;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t ffn = cases[i].ffn, cols = cases[i].cols;
		struct ll_tensor w[3];
		struct ll_matmul both[2] = { { &w[0], gate, ffn }, { &w[1], up, ffn } }, down = { &w[2], want, WEIGHT_ROWS };

		for (int k = 0; k < 3; k++)
			w[k] = matrix(lying[k], packed[k], k < 2 ? cases[i].type : cases[i].down, k < 2 ? ffn : WEIGHT_ROWS,
			    k < 2 ? cols : ffn, cases[i].in_panels, &state);
		w[1].row_scale = w[1].type == LL_F8_E4M3 ? scale : NULL;
		ll_ops_matmul(ops, both, 2, x, COLS, rows);
		ll_ops_swiglu(ops, gate, up, rows * ffn);
		ll_ops_matmul(ops, &down, 1, gate, ffn, rows);
		down.y = got;
		memset(got, 0, sizeof got);
		good &= ll_ops_feed_forward(ops, &w[0], &w[1], &down, x, COLS, rows);
		good &= memcmp(want, got, rows * WEIGHT_ROWS * sizeof *got) == 0;
		good &= !ll_ops_feed_forward(ops, &w[0], &w[1], &down, x, COLS, 1);
	}
	tap_ok(tap, good, "feed-forward", what);
}

static void
elementwise(struct tap *tap, const struct ll_ops *ops, const char *what)
{
	enum { COUNT = 32 * COLS };
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static float x[COUNT], y[COUNT], want[COUNT], got[COUNT];
	uint32_t state = 9;
	bool good;

	for (size_t i = 0; i < COUNT; i++) {
		x[i] = want[i] = got[i] = 8.0f * number(&state);
		y[i] = number(&state);
	}
	ref->swiglu(want, y, COUNT);
	ll_ops_swiglu(ops, got, y, COUNT);
	good = memcmp(want, got, sizeof got) == 0;
	ref->add(want, y, COUNT - 1);
	ll_ops_add(ops, got, y, COUNT - 1);
	tap_ok(tap, good && memcmp(want, got, sizeof got) == 0, "swiglu and add", what);

	for (size_t r = 0; r < COUNT / COLS; r++) {
		float mean = ref->sum_squares(x + r * COLS, COLS) / COLS;

		ref->scale(want + r * COLS, x + r * COLS, y, 1.0f / sqrtf(mean + 1e-5f), COLS);
	}
	ll_ops_rmsnorm(ops, got, x, y, 1e-5f, COUNT / COLS, COLS);
	tap_ok(tap, memcmp(want, got, sizeof got) == 0, "rmsnorm", what);
}

static void
rows_of(struct tap *tap)
{
	const float values[6] = { 1.0f, -2.0f, 3.5f, 0.0f, 1e-3f, 7.0f };
	const uint8_t eighths[4] = { 0x38, 0xc0, 0x01, 0x7e };	/* 1, -2, 2^-9, 448 */
	struct ll_tensor tensor = { LL_F32, 2, 3, 12, values, false, NULL };
	struct ll_tensor scaled = { LL_F8_E4M3, 2, 2, 2, eighths, false, values };
	float out[3];

	ll_ops_row(&tensor, 1, out);
	tap_ok(tap, memcmp(out, values + 3, sizeof out) == 0, "row", "F32");
	ll_ops_row(&scaled, 1, out);
	tap_ok(tap, out[0] == -0x1p-8f && out[1] == -896.0f, "row", "F8_E4M3 with scales");
	tap_ok(tap, ll_ops_scratch(SIZE_MAX / 2, 4096, 2) == SIZE_MAX &&
	    ll_ops_scratch(1, 4096, SIZE_MAX / 4096) == SIZE_MAX, "wraps", "scratch");
}

static void
with_threads(struct tap *tap, struct ll_ops *ops, size_t threads)
{
	char what[64];

	if (ll_pool_new(&ops->pool, threads, NULL) < 0) {
		tap_ok(tap, false, "threads", "pool");
		return;
	}
	snprintf(what, sizeof what, "%s, %zu threads", ll_cpu_name(ops->kern->isa), threads);
	matmuls(tap, ops, what);
	added(tap, ops, what);
	/* One has groups that are as large as they can be; emulators take a minute for more. */
	if (threads == 1)
		panels(tap, ops, what);
	feed_forward(tap, ops, what);
	elementwise(tap, ops, what);
	ll_pool_free(ops->pool);
}

int
main(void)
{
	static const size_t threads[] = { 1, 2, 5 };
	struct tap tap = { 0 };
	int best = ll_cpu_isa(NULL);
	struct ll_ops ops = { .scratch = aligned_alloc(64, ll_ops_scratch(MANY_ROWS, LONG_COLS, 5)) };

	if (best < 0 || ops.scratch == NULL) {
		printf("1..0 # SKIP no processor level or no memory\n");
		return 0;
	}
	rows_of(&tap);
	for (int isa = 0; isa <= best; isa++)
		for (size_t i = 0; i < 3; i++) {
			ops.kern = ll_kern((enum ll_isa)isa);
			with_threads(&tap, &ops, threads[i]);
		}
	free(ops.scratch);
	return tap_done(&tap);
}
