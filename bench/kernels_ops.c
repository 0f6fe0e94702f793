/*
 * What a forward pass and a sampler are made of, as entries of kernels.h: matrix products,
 * rounding of activations, norms, activations, and a row of logits on its way to probabilities.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "bench/kernels.h"
#include "sample/logits.h"
#include "tensor/encode.h"
#include "tensor/kern.h"

/*
 * Vector instructions that an element takes at least, at one a cycle where multiply-adds go:
 * an exponential is a range reduction of two and a polynomial of six.
 */
#define EXP 8
#define OPS 2	/* of each such instruction and element, to be counted as multiply-adds are */

static void
fill_floats(float *x, size_t n, struct ll_rng *rng)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(2 * ll_rng_unit(rng) - 1);
}

/* A matrix, and what it is multiplied with and gives; only the matrix is the step's own. */

struct matmul {
	float *x, *y;
};

static int
matmul_open(struct ll_kernel_run *run, struct ll_err *err)
{
	struct matmul *m = ll_alloc(1, sizeof(*m), err);
	size_t scratch = ll_ops_scratch(run->rows, run->w.cols, run->config->threads), x, y;
	struct ll_rng rng;

	if (m == NULL)
		return -LL_ENOMEM;
	run->state = m;
	if (ll_mul(run->rows, run->w.cols * sizeof(float), &x) || ll_mul(run->rows, run->w.rows * sizeof(float), &y) ||
	    scratch > SIZE_MAX - 64 || (m->x = aligned_alloc(64, (x + 63) / 64 * 64)) == NULL ||
	    (m->y = aligned_alloc(64, (y + 63) / 64 * 64)) == NULL ||
	    (run->ops.scratch = aligned_alloc(64, (scratch + 63) / 64 * 64)) == NULL)
		return ll_fail(err, LL_ENOMEM, "out of memory: %zu rows of activations", run->rows);
	ll_rng_seed(&rng, 2, 0);
	fill_floats(m->x, run->rows * run->w.cols, &rng);
	return 0;
}

static void
matmul_close(struct ll_kernel_run *run)
{
	struct matmul *m = run->state;

	free(m->x);
	free(m->y);
	free(run->ops.scratch);
	free(m);
}

static size_t
matmul_bytes(const struct ll_kernel_run *run)
{
	size_t bytes = run->w.rows * run->w.row_bytes;

	if (run->w.panels)
		ll_tensor_panel_bytes(run->w.type, run->w.rows, run->w.cols, &bytes);
	return bytes;
}

/*
 * Types that can be written from numbers are; blocks of others are random bytes in which no
 * scale, wherever it lies, is as large as an infinity.
 */
static void
fill_rows(const struct ll_kernel_run *run, unsigned char *row, struct ll_rng *rng)
{
	float *line = calloc(run->w.cols, sizeof(float));
	bool plain = run->w.type == LL_F32 || run->w.type == LL_F16 || run->w.type == LL_BF16;

	for (size_t i = 0; i < run->w.rows; i++, row += run->w.row_bytes) {
		if (plain && line != NULL) {
			fill_floats(line, run->w.cols, rng);
			ll_encode_row(run->w.type, row, line, run->w.cols, NULL);
			continue;
		}
		for (size_t k = 0; k < run->w.row_bytes; k++)
			row[k] = (unsigned char)(ll_rng_next(rng) >> 56 & 0xbf);
	}
	free(line);
}

/* Without memory for the rows, a matrix of zeros. */
static void
matmul_fill(const struct ll_kernel_run *run, void *set, struct ll_rng *rng)
{
	struct ll_tensor rows = run->w;
	unsigned char *plain;

	if (!rows.panels) {
		fill_rows(run, set, rng);
		return;
	}
	if ((plain = malloc(rows.rows * rows.row_bytes)) == NULL)
		return;
	fill_rows(run, plain, rng);
	rows.data = plain;
	rows.panels = false;
	ll_tensor_interleave(set, &rows, 0, ll_panels(rows.rows));
	free(plain);
}

static void
matmul_step(const struct ll_kernel_run *run, void *set)
{
	const struct matmul *m = run->state;
	struct ll_tensor w = run->w;
	struct ll_matmul job = { &w, m->y, w.rows };

	w.data = set;
	ll_ops_matmul(&run->ops, &job, 1, m->x, w.cols, run->rows);
}

static struct ll_work
matmul_work(const struct ll_kernel_run *run)
{
	struct ll_work work = { 0 };

	ll_work_matrix(&work, &run->w, (double)run->rows);
	return work;
}

const struct ll_kernel ll_kernel_matmul = {
	.name = "matmul", .dims = "ROWSxCOLS", .dim_count = 2, .shape = { 4096, 4096 }, .rows = { 1, 512 },
	.typed = true, .work = matmul_work, .bytes = matmul_bytes, .fill = matmul_fill, .step = matmul_step,
	.open = matmul_open, .close = matmul_close,
};

/* Rows of floats: shape[0] of them in each, `rows` rows. */

static size_t
cells(const struct ll_kernel_run *run)
{
	return run->rows * run->shape[0];
}

static struct ll_work
vector_work(const struct ll_kernel_run *run, double bytes, double instructions)
{
	double n = (double)cells(run);

	return (struct ll_work){ .bytes = bytes * n, .ops = { [LL_PEAK_F32] = OPS * instructions * n } };
}

static size_t
one_row(const struct ll_kernel_run *run)
{
	return cells(run) * sizeof(float);
}

static size_t
two_rows(const struct ll_kernel_run *run)
{
	return 2 * cells(run) * sizeof(float);
}

static void
one_fill(const struct ll_kernel_run *run, void *set, struct ll_rng *rng)
{
	fill_floats(set, cells(run), rng);
}

static void
two_fill(const struct ll_kernel_run *run, void *set, struct ll_rng *rng)
{
	fill_floats(set, 2 * cells(run), rng);
}

/* x, then what it is rounded to. */

static size_t
lines(const struct ll_kernel_run *run)
{
	return run->shape[0] / 32;
}

static int
quantize_open(struct ll_kernel_run *run, struct ll_err *err)
{
	if (run->shape[0] % 32 != 0)
		return ll_fail(err, LL_EUSAGE, "--shape: %zu is no multiple of 32", run->shape[0]);
	return 0;
}

static size_t
quantize_bytes(const struct ll_kernel_run *run)
{
	return (one_row(run) + 63) / 64 * 64 + run->rows * lines(run) * sizeof(union ll_act);
}

struct rounding {
	const struct ll_kernel_run *run;
	unsigned char *set;
};

static void
quantize_share(void *arg, size_t thread, size_t count)
{
	const struct rounding *r = arg;
	const float *x = (void *)r->set;
	union ll_act *out = (void *)(r->set + (one_row(r->run) + 63) / 64 * 64);
	size_t row, end;

	ll_pool_share(r->run->rows, 1, thread, count, &row, &end);
	for (; row < end; row++)
		r->run->ops.kern->act[LL_ACT_Q8](out + row * lines(r->run), 1, x + row * r->run->shape[0],
		    r->run->shape[0]);
}

static void
quantize_step(const struct ll_kernel_run *run, void *set)
{
	struct rounding rounding = { run, set };

	ll_pool_run(run->ops.pool, quantize_share, &rounding);
}

/* Greatest magnitude, product, rounding. */
static struct ll_work
quantize_work(const struct ll_kernel_run *run)
{
	return vector_work(run, 4 + 2, 3);
}

const struct ll_kernel ll_kernel_quantize = {
	.name = "quantize", .dims = "COLS", .dim_count = 1, .shape = { 4096 }, .rows = { 512 },
	.work = quantize_work, .bytes = quantize_bytes, .fill = one_fill, .step = quantize_step,
	.open = quantize_open,
};

/* x in its own place; the weights are the row that comes after all. */

static size_t
rmsnorm_bytes(const struct ll_kernel_run *run)
{
	return one_row(run) + run->shape[0] * sizeof(float);
}

static void
rmsnorm_fill(const struct ll_kernel_run *run, void *set, struct ll_rng *rng)
{
	fill_floats(set, cells(run) + run->shape[0], rng);
}

static void
rmsnorm_step(const struct ll_kernel_run *run, void *set)
{
	float *x = set;

	ll_ops_rmsnorm(&run->ops, x, x, x + cells(run), 1e-5f, run->rows, run->shape[0]);
}

/* Square and sum, two products. */
static struct ll_work
rmsnorm_work(const struct ll_kernel_run *run)
{
	return vector_work(run, 8, 3);
}

const struct ll_kernel ll_kernel_rmsnorm = {
	.name = "rmsnorm", .dims = "COLS", .dim_count = 1, .shape = { 4096 }, .rows = { 1, 512 },
	.work = rmsnorm_work, .bytes = rmsnorm_bytes, .fill = rmsnorm_fill, .step = rmsnorm_step,
};

/* The gate is put back each time: by a factor below 1 it would vanish. */
static void
swiglu_step(const struct ll_kernel_run *run, void *set)
{
	float *gate = set;

	ll_ops_swiglu(&run->ops, gate, gate + cells(run), cells(run));
}

/* An exponential, a sum, a quotient, two products. */
static struct ll_work
swiglu_work(const struct ll_kernel_run *run)
{
	return vector_work(run, 12, EXP + 4);
}

/* Gates of 0 stay so: a step changes nothing, and its time does not depend on them. */
static void
swiglu_fill(const struct ll_kernel_run *run, void *set, struct ll_rng *rng)
{
	two_fill(run, set, rng);
	memset(set, 0, one_row(run));
}

const struct ll_kernel ll_kernel_swiglu = {
	.name = "swiglu", .dims = "COLS", .dim_count = 1, .shape = { 14336 }, .rows = { 1, 512 },
	.work = swiglu_work, .bytes = two_rows, .fill = swiglu_fill, .step = swiglu_step,
};

/* Logits to their log-sum-exp, a row at a time, as the samplers begin. */

static int
softmax_open(struct ll_kernel_run *run, struct ll_err *err)
{
	struct ll_logits *row = ll_alloc(1, sizeof(*row), err);

	run->state = row;
	return row == NULL ? -LL_ENOMEM : ll_logits_init(row, err);
}

static void
softmax_close(struct ll_kernel_run *run)
{
	ll_logits_free(run->state);
	free(run->state);
}

static void
softmax_step(const struct ll_kernel_run *run, void *set)
{
	struct ll_err ignored = { 0 };

	for (size_t i = 0; i < run->rows; i++)
		(void)ll_logits_dense(run->state, LL_F32, (float *)set + i * run->shape[0], run->shape[0], "logits",
		    &ignored);
}

/* The greatest, an exponential, a sum. */
static struct ll_work
softmax_work(const struct ll_kernel_run *run)
{
	return vector_work(run, 4, EXP + 2);
}

const struct ll_kernel ll_kernel_softmax = {
	.name = "softmax", .dims = "VOCABULARY", .dim_count = 1, .shape = { 128256 }, .rows = { 1 },
	.work = softmax_work, .bytes = one_row, .fill = one_fill, .step = softmax_step,
	.open = softmax_open, .close = softmax_close,
};
