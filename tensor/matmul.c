/*
 * Matrix products: rows of weights are shared out over the threads, each thread's dot products
 * are the kernels'. Nothing here adds two numbers of a sum, so that how the work is cut cannot
 * show in a result.
 */

#include "base/mem.h"
#include "base/pool.h"
#include "tensor/kern.h"
#include "tensor/ops.h"

/* Rounding fewer activations than this takes less time than waking the threads. */
#define WORTH_THREADS 16384

/* Rows of weights that a thread takes at once: a cache line of results. */
#define GRAIN 16

/* What of the weights and of the activations is worked on at once, to stay in the caches. */
#define WEIGHTS_BYTES 32768
#define ACTIVATIONS_BYTES 262144

struct product {
	const struct ll_ops *ops;
	const struct ll_matmul *jobs;
	size_t count;
	const float *x;
	size_t x_stride;
	size_t rows, cols;
	struct ll_q8_act *rounded;	/* rows of `pairs` */
	size_t pairs;
	float *lines;			/* one row of weights for each thread */
	size_t line_stride;
};

/* One kernel's view of the activations. */
struct dot {
	void (*q8)(float *out, size_t out_stride, const void *w, const struct ll_q8_act *x,
	    size_t x_stride, size_t count, size_t n);
	void (*f32)(float *out, size_t out_stride, const void *w, const float *x,
	    size_t x_stride, size_t count, size_t n);
	bool lines;		/* rows of weights are made f32 first */
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* True if it wraps. */
static bool
round_up(size_t bytes, size_t *out)
{
	bool wraps = ll_add(bytes, 63, out);

	*out &= ~(size_t)63;
	return wraps;
}

static bool
line_bytes(size_t cols, size_t *out)
{
	return ll_mul(cols, sizeof(float), out) || round_up(*out, out);
}

/* Pairs of blocks in a row of activations. */
static size_t
pairs_of(size_t cols)
{
	return cols / 64 + (cols % 64 != 0);
}

static bool
rounded_bytes(size_t rows, size_t cols, size_t *out)
{
	return ll_mul(rows, pairs_of(cols), out) || ll_mul(*out, sizeof(struct ll_q8_act), out) ||
	    round_up(*out, out);
}

size_t
ll_ops_scratch(size_t rows, size_t cols, size_t threads)
{
	size_t rounded, lines, all;

	if (rounded_bytes(rows, cols, &rounded) || line_bytes(cols, &lines) ||
	    ll_mul(lines, threads, &lines) || ll_add(rounded, lines, &all))
		return SIZE_MAX;
	return all;
}

static struct dot
dot_for(const struct ll_ops *ops, const struct ll_tensor *w)
{
	const struct ll_kern *kern = ops->kern;
	enum ll_dtype type = w->type;
	bool oracle = ops->precision == LL_PRECISION_F32;

	if (kern->dot_f32[type] != NULL && (w->row_scale == NULL || !oracle))
		return (struct dot){ .f32 = kern->dot_f32[type] };
	if (oracle)
		return (struct dot){ .f32 = kern->dot_f32[LL_F32], .lines = true };
	return (struct dot){ .q8 = kern->dot_q8[type] };
}

static bool
wants_rounded(const struct product *product)
{
	for (size_t i = 0; i < product->count; i++)
		if (dot_for(product->ops, product->jobs[i].w).q8 != NULL)
			return true;
	return false;
}

/* Pairs of blocks of activations are shared out as if all rows were one. */
static void
round_share(void *arg, size_t thread, size_t count)
{
	const struct product *product = arg;
	size_t begin, end;

	ll_pool_share(product->rows * product->pairs, 1, thread, count, &begin, &end);
	while (begin < end) {
		const float *row = product->x + begin / product->pairs * product->x_stride;
		size_t first = begin % product->pairs;
		size_t run = least(product->pairs - first, end - begin);

		product->ops->kern->quantize(product->rounded + begin, row + first * 64,
		    least(run * 64, product->cols - first * 64));
		begin += run;
	}
}

/* One row of weights, or what it was made into, with activations first .. first + count - 1. */
static void
multiply_row(const struct product *product, const struct ll_matmul *job, const struct dot *dot,
    size_t row, size_t first, size_t count, const void *line)
{
	float *y = job->y + first * job->y_stride + row;
	const void *w = (const unsigned char *)job->w->data + row * job->w->row_bytes;

	if (dot->q8 != NULL)
		dot->q8(y, job->y_stride, w, product->rounded + first * product->pairs, product->pairs,
		    count, product->cols);
	else
		dot->f32(y, job->y_stride, line != NULL ? line : w,
		    product->x + first * product->x_stride, product->x_stride, count, product->cols);
	/* A line holds its scale already. */
	for (size_t i = 0; i < count && job->w->row_scale != NULL && line == NULL; i++)
		y[i * job->y_stride] *= job->w->row_scale[row];
}

/* Rows of weights begin .. end - 1: few at a time, so that they are still near for each tile. */
static void
multiply_rows(const struct product *product, const struct ll_matmul *job, const struct dot *dot,
    size_t begin, size_t end)
{
	size_t near = WEIGHTS_BYTES / (job->w->row_bytes + 1) + 1;
	size_t tile = (ACTIVATIONS_BYTES / (product->cols * sizeof(float) + 1) + 1) * 4;

	for (size_t from = begin; from < end; from += near) {
		size_t to = from + least(near, end - from);

		for (size_t first = 0; first < product->rows; first += tile)
			for (size_t row = from; row < to; row++)
				multiply_row(product, job, dot, row, first,
				    least(tile, product->rows - first), NULL);
	}
}

/* The same, each row of weights made f32 first. */
static void
multiply_lines(const struct product *product, const struct ll_matmul *job, const struct dot *dot,
    size_t begin, size_t end, float *line)
{
	for (size_t row = begin; row < end; row++) {
		ll_ops_row(job->w, row, line);
		multiply_row(product, job, dot, row, 0, product->rows, line);
	}
}

/* Rows of all matrices are shared out as if they were one. */
static void
multiply_share(void *arg, size_t thread, size_t count)
{
	const struct product *product = arg;
	size_t total = 0, before = 0, begin, end;

	for (size_t i = 0; i < product->count; i++)
		total += product->jobs[i].w->rows;
	ll_pool_share(total, GRAIN, thread, count, &begin, &end);

	for (size_t i = 0; i < product->count && before < end; i++) {
		const struct ll_matmul *job = &product->jobs[i];
		struct dot dot = dot_for(product->ops, job->w);
		size_t after = before + job->w->rows;
		size_t from = begin > before ? begin - before : 0;
		size_t to = least(end, after) - before;

		if (dot.lines)
			multiply_lines(product, job, &dot, from, to,
			    product->lines + thread * product->line_stride);
		else
			multiply_rows(product, job, &dot, from, to);
		before = after;
	}
}

void
ll_ops_matmul(const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count,
    const float *x, size_t x_stride, size_t rows)
{
	struct product product = {
		.ops = ops, .jobs = jobs, .count = count,
		.x = x, .x_stride = x_stride, .rows = rows,
		.rounded = ops->scratch,
	};
	size_t rounded, line;

	if (count == 0 || rows == 0)
		return;
	product.cols = jobs[0].w->cols;
	product.pairs = pairs_of(product.cols);
	/* These did not wrap when ll_ops_scratch planned at least as much. */
	(void)rounded_bytes(rows, product.cols, &rounded);
	(void)line_bytes(product.cols, &line);
	product.lines = (float *)(void *)((unsigned char *)ops->scratch + rounded);
	product.line_stride = line / sizeof(float);

	if (wants_rounded(&product)) {
		if (rows * product.cols < WORTH_THREADS)
			round_share(&product, 0, 1);
		else
			ll_pool_run(ops->pool, round_share, &product);
	}
	ll_pool_run(ops->pool, multiply_share, &product);
}
