/*
 * Products of matrices that training makes (tensor/gemm.h), as entries of kernels.h. With y = x W^T,
 * W being [out][in] and x and y in rows, the forms are y (NT), the gradient of x (NN) and that of W
 * (TN): which of A and B lies transposed.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "bench/kernels.h"
#include "tensor/gemm.h"
#include "tensor/kern.h"

struct product {
	struct ll_gemm *gemm;
	float *c;
};

/* A [m][k], B [k][n], C [m][n]. */
static size_t
rows(const struct ll_kernel_run *run)
{
	return run->rows;
}

static size_t
cols(const struct ll_kernel_run *run)
{
	return run->shape[0];
}

static size_t
depth(const struct ll_kernel_run *run)
{
	return run->shape[1];
}

static int
gemm_open(struct ll_kernel_run *run, struct ll_err *err)
{
	struct product *p = ll_alloc(1, sizeof(*p), err);

	if (p == NULL)
		return -LL_ENOMEM;
	run->state = p;
	if ((p->c = ll_alloc(rows(run) * cols(run), sizeof(float), err)) == NULL)
		return -LL_ENOMEM;
	return ll_gemm_new(&p->gemm, run->ops.kern->isa, run->config->threads, err);
}

static void
gemm_close(struct ll_kernel_run *run)
{
	struct product *p = run->state;

	ll_gemm_free(p->gemm);
	free(p->c);
	free(p);
}

static size_t
gemm_bytes(const struct ll_kernel_run *run)
{
	return (rows(run) + cols(run)) * depth(run) * sizeof(float);
}

static void
gemm_fill(const struct ll_kernel_run *run, void *set, struct ll_rng *rng)
{
	float *x = set;

	for (size_t i = 0; i < gemm_bytes(run) / sizeof(float); i++)
		x[i] = (float)(2 * ll_rng_unit(rng) - 1);
}

/* C as it is lies in memory, too. */
static struct ll_work
gemm_work(const struct ll_kernel_run *run, enum ll_peak peak)
{
	double m = (double)rows(run), n = (double)cols(run), k = (double)depth(run);
	struct ll_work work = { .bytes = 4 * (m * k + n * k + m * n) };

	work.ops[peak] = 2 * m * n * k;
	return work;
}

static struct ll_work
work_f32(const struct ll_kernel_run *run)
{
	return gemm_work(run, LL_PEAK_F32);
}

static struct ll_work
work_bf16(const struct ll_kernel_run *run)
{
	return gemm_work(run, LL_PEAK_BF16);
}

static void
multiply(const struct ll_kernel_run *run, const float *set, enum ll_gemm_kind kind, bool a_across, bool b_across)
{
	const struct product *p = run->state;
	size_t m = rows(run), n = cols(run), k = depth(run);
	struct ll_gemm_side a = { set, k, 1 }, b = { set + m * k, n, 1 };

	if (a_across)
		a = (struct ll_gemm_side){ a.data, 1, m };
	if (b_across)
		b = (struct ll_gemm_side){ b.data, 1, k };
	ll_gemm_run(p->gemm, run->ops.pool, kind, m, n, k, a, b, p->c, n, false);
}

#define GEMM(type, TYPE, form, a_across, b_across) \
	static void type##_##form(const struct ll_kernel_run *run, void *set) \
	{ \
		multiply(run, set, LL_GEMM_##TYPE, a_across, b_across); \
	} \
	const struct ll_kernel ll_kernel_gemm_##type##_##form = { \
		.name = "gemm-" #type "-" #form, .dims = "COLSxDEPTH", .dim_count = 2, .shape = { 1024, 1024 }, \
		.rows = { 1024 }, .work = work_##type, .bytes = gemm_bytes, .fill = gemm_fill, .step = type##_##form, \
		.open = gemm_open, .close = gemm_close, \
	};

GEMM(f32, F32, nn, false, false)
GEMM(f32, F32, nt, false, true)
GEMM(f32, F32, tn, true, false)
GEMM(bf16, BF16, nn, false, false)
GEMM(bf16, BF16, nt, false, true)
GEMM(bf16, BF16, tn, true, false)
