/*
 * Threaded operations on activations. Matrices are in matmul.c, loops over one thread's share
 * in the kernels.
 */

#include <math.h>

#include "base/pool.h"
#include "tensor/kern.h"
#include "tensor/logsumexp.h"
#include "tensor/ops.h"

/* Waking the threads costs as much as a thread takes for some thousands of elements. */
#define WORTH_THREADS 16384

/* Shares are whole cache lines of floats. */
#define GRAIN 16

struct rmsnorm {
	const struct ll_kern *kern;
	float *y;
	const float *x;
	const float *weight;
	float eps;
	size_t rows, cols;
};

struct pairwise {
	void (*fn)(float *x, const float *y, size_t n);
	float *x;
	const float *y;
	size_t count;
};

struct logsumexp {
	const struct ll_kern *kern;
	float *out;
	size_t stride;
	float *x;
	size_t cols, rows;
};

static void
run(const struct ll_ops *ops, void (*fn)(void *arg, size_t thread, size_t count), void *arg,
    size_t elements)
{
	if (elements < WORTH_THREADS)
		fn(arg, 0, 1);
	else
		ll_pool_run(ops->pool, fn, arg);
}

static void
rmsnorm_share(void *arg, size_t thread, size_t count)
{
	const struct rmsnorm *norm = arg;
	size_t row, end;

	ll_pool_share(norm->rows, 1, thread, count, &row, &end);
	for (; row < end; row++) {
		const float *x = norm->x + row * norm->cols;
		float mean = norm->kern->sum_squares(x, norm->cols) / (float)norm->cols;

		norm->kern->scale(norm->y + row * norm->cols, x, norm->weight,
		    1.0f / sqrtf(mean + norm->eps), norm->cols);
	}
}

void
ll_ops_rmsnorm(const struct ll_ops *ops, float *y, const float *x, const float *weight, float eps,
    size_t rows, size_t cols)
{
	struct rmsnorm norm = { ops->kern, y, x, weight, eps, rows, cols };

	run(ops, rmsnorm_share, &norm, rows > 1 ? rows * cols : 0);
}

static void
pairwise_share(void *arg, size_t thread, size_t count)
{
	const struct pairwise *pair = arg;
	size_t begin, end;

	ll_pool_share(pair->count, GRAIN, thread, count, &begin, &end);
	if (begin < end)
		pair->fn(pair->x + begin, pair->y + begin, end - begin);
}

void
ll_ops_swiglu(const struct ll_ops *ops, float *gate, const float *up, size_t count)
{
	struct pairwise pair = { ops->kern->swiglu, gate, up, count };

	run(ops, pairwise_share, &pair, count);
}

void
ll_ops_add(const struct ll_ops *ops, float *x, const float *y, size_t count)
{
	struct pairwise pair = { ops->kern->add, x, y, count };

	run(ops, pairwise_share, &pair, count);
}

static void
logsumexp_share(void *arg, size_t thread, size_t count)
{
	const struct logsumexp *job = arg;
	size_t row, end;

	ll_pool_share(job->rows, 1, thread, count, &row, &end);
	for (; row < end; row++) {
		double sum;
		float most;

		job->out[row * job->stride] = (float)ll_logsumexp(job->kern, job->x + row * job->cols,
		    job->cols, NULL, &most, &sum);
	}
}

void
ll_ops_logsumexp(const struct ll_ops *ops, float *out, size_t stride, float *x, size_t cols, size_t rows)
{
	struct logsumexp job = { ops->kern, out, stride, x, cols, rows };

	run(ops, logsumexp_share, &job, rows > 1 ? rows * cols : 0);
}

void
ll_ops_row(const struct ll_tensor *tensor, size_t row, float *out)
{
	ll_tensor_read(out, tensor, row, 0, tensor->cols);
}
