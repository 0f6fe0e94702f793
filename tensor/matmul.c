/*
 * Matrix products. Activations are made into lines (mul.h) once for all matrices; panels of 16 rows
 * of weights are shared out over the threads (share.h), each of which multiplies its own (panels.h).
 *
 * Of a feed-forward layer with many rows nothing goes to memory between its products: what gate and up make of
 * some of their rows stays in a thread's scratch, and becomes down's activations there and then.
 */

#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "tensor/kern.h"
#include "tensor/ops.h"
#include "tensor/panels.h"
#include "tensor/share.h"

/* Making fewer activations into lines than this takes less time than waking the threads. */
#define WORTH_THREADS 16384

#define BEHIND_BYTES (LL_ACT_BEHIND * sizeof(union ll_act))	/* that nobody writes, behind activations */

/* Panels of gate and of up whose sums stay in the second cache, where tiles have so many columns or more. */
#define NEAR_PANELS 8
#define NEAR_PANELS_TILES 16

struct product {
	const struct ll_ops *ops;
	const struct ll_matmul *jobs;
	size_t count;
	const float *floats;		/* that become x */
	size_t stride;
	bool more;			/* than y has: it is added to */
	struct ll_activations x;
	uint8_t *scratch;		/* LL_PANELS_BYTES for each thread */
	struct ll_shares shares;
	struct product *then;		/* what gate and up are made for; or NULL */
	size_t near;			/* panels of each at a time */
};

static bool
act_bytes(enum ll_act_kind kind, size_t rows, size_t cols, size_t *out)
{
	size_t filled;

	/* The last tile may be less than full. */
	return ll_add(rows, LL_MUL_COLS_MOST, &filled) || ll_mul(filled, ll_act_lines(kind, cols), out) ||
	    ll_mul(*out, sizeof(union ll_act), out);
}

size_t
ll_ops_scratch(size_t rows, size_t cols, size_t threads)
{
	size_t all, bytes;

	if (cols > SIZE_MAX / 64 || ll_mul(threads, LL_PANELS_BYTES, &all) || ll_add(all, BEHIND_BYTES, &all))
		return SIZE_MAX;
	for (int kind = 0; kind < LL_ACT_KINDS; kind++)
		if (act_bytes((enum ll_act_kind)kind, rows, cols, &bytes) || ll_add(all, bytes, &all))
			return SIZE_MAX;
	return all;
}

/* Panels begin .. end - 1 of all matrices, as if they were one. */
static void
multiply_jobs(const struct product *product, struct ll_panels_part *part, size_t begin, size_t end)
{
	size_t before = 0;

	for (size_t i = 0; i < product->count && before < end; i++) {
		const struct ll_matmul *job = &product->jobs[i];
		size_t after = before + ll_panels(job->w->rows);

		if (begin < after)
			ll_panels_multiply(part, job, begin > before ? begin - before : 0, ll_least(end, after) - before);
		begin = begin < after ? ll_least(after, end) : begin;
		before = after;
	}
}

/* What gate and up made of rows `row` .. row + n - 1 becomes activations. */
static void
feed_rows(const struct product *product, float *gate, const float *up, size_t stride, size_t row, size_t n)
{
	const struct ll_kern *kern = product->ops->kern;
	const struct ll_activations *x = &product->then->x;
	enum ll_act_kind kind = ll_act_wanted(product->ops, product->then->jobs[0].w);
	size_t lines = ll_act_lines(kind, x->cols);

	for (size_t j = 0; j < x->rows; j++, gate += stride, up += stride) {
		size_t line = j / x->width * lines + row / ll_act_elements(kind);

		kern->swiglu(gate, up, n);
		kern->act[kind](x->act[kind] + line * x->width + j % x->width, x->width, gate, n);
	}
}

/* Panels begin .. end - 1 of gate and up. */
static void
feed(const struct product *product, struct ll_panels_part *part, float *sums, size_t begin, size_t end)
{
	const struct ll_tensor *gate = product->jobs[0].w, *up = product->jobs[1].w;

	part->sums = NULL;
	for (size_t stop; begin < end; begin = stop) {
		size_t row = begin * LL_PANEL_ROWS, stride = (product->near + 1) * LL_PANEL_ROWS;
		struct ll_matmul jobs[2] = { { gate, sums, stride }, { up, sums + product->x.rows * stride, stride } };

		stop = ll_least(begin + product->near, end);
		part->origin = begin;
		part->after = up;
		part->after_panel = begin;
		ll_panels_multiply(part, &jobs[0], begin, stop);
		part->after = gate;
		part->after_panel = stop;
		ll_panels_multiply(part, &jobs[1], begin, stop);
		feed_rows(product, jobs[0].y, jobs[1].y, stride, row, ll_least(stop * LL_PANEL_ROWS, gate->rows) - row);
	}
}

static void
multiply_share(void *arg, size_t thread, size_t threads)
{
	struct product *product = arg;
	uint8_t *scratch = product->scratch + thread * LL_PANELS_BYTES;
	void *behind = scratch + LL_PLAN_BYTES;
	struct ll_panels_part part = { .ops = product->ops, .x = &product->x, .more = product->more, .scratch = scratch,
		.kind = LL_ACT_KINDS, .lanes = behind, .sums = behind };
	size_t begin, end;

	ll_shares_ahead(product->ops, product->x.rows, product->x.tiles, thread);
	ll_shares_first(&product->shares, thread, &begin, &end);
	do {
		if (product->then != NULL)
			feed(product, &part, behind, begin, end);
		else
			multiply_jobs(product, &part, begin, end);
	} while (ll_shares_take(&product->shares, threads, &begin, &end));
	if (product->ops->kern->rest != NULL)
		product->ops->kern->rest();
}

/* Runs of 64 activations are shared out as if all rows were one. */
static void
act_share(void *arg, size_t thread, size_t threads)
{
	const struct product *product = arg;
	const struct ll_activations *to = &product->x;
	size_t runs = (to->cols + 63) / 64, begin, end;

	ll_pool_share(to->rows * runs, 1, thread, threads, &begin, &end);
	while (begin < end) {
		size_t row = begin / runs, run = begin % runs, count = ll_least(runs - run, end - begin);
		size_t n = ll_least(count * 64, to->cols - run * 64);
		const float *x = product->floats + row * product->stride + run * 64;

		for (int i = 0; i < LL_ACT_KINDS; i++) {
			enum ll_act_kind kind = (enum ll_act_kind)i;
			size_t lines = ll_act_lines(kind, to->cols);
			size_t line = row / to->width * lines + run * 64 / ll_act_elements(kind);

			if (to->act[i] != NULL)
				product->ops->kern->act[i](to->act[i] + line * to->width + row % to->width, to->width, x, n);
		}
		begin += count;
	}
}

/* Where the activations of all matrices lie, from `place` on; returns what is behind them. */
static uint8_t *
place_activations(struct product *product, size_t rows, uint8_t *place)
{
	struct ll_activations *x = &product->x;
	size_t most = product->ops->kern->cols;

	x->rows = rows;
	x->cols = product->jobs[0].w->cols;
	x->tiles = (rows + most - 1) / most;
	x->width = (rows + x->tiles - 1) / x->tiles;
	/* The last tile must have something. */
	x->tiles = (rows + x->width - 1) / x->width;
	for (size_t i = 0; i < product->count; i++) {
		enum ll_act_kind kind = ll_act_wanted(product->ops, product->jobs[i].w);

		if (x->act[kind] == NULL) {
			x->act[kind] = (union ll_act *)(void *)place;
			place += x->tiles * x->width * ll_act_lines(kind, x->cols) * sizeof(union ll_act);
		}
	}
	return place;
}

static void
run(struct product *product, size_t rows)
{
	const struct ll_ops *ops = product->ops;

	if (product->count == 0 || rows == 0)
		return;
	product->scratch = place_activations(product, rows, ops->scratch) + BEHIND_BYTES;
	ll_shares(&product->shares, ops, product->jobs, product->count, rows, product->x.tiles);
	if (rows * product->x.cols < WORTH_THREADS)
		act_share(product, 0, 1);
	else
		ll_pool_run(ops->pool, act_share, product);
	ll_pool_run(ops->pool, multiply_share, product);
}

void
ll_ops_matmul(const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count,
    const float *x, size_t x_stride, size_t rows)
{
	struct product product = { .ops = ops, .jobs = jobs, .count = count, .floats = x, .stride = x_stride };

	run(&product, rows);
}

void
ll_ops_matmul_add(const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count,
    const float *x, size_t x_stride, size_t rows)
{
	struct product product = { .ops = ops, .jobs = jobs, .count = count, .floats = x, .stride = x_stride, .more = true };

	run(&product, rows);
}

/* Panels of gate and of up that have room for their sums with so many rows; 0: none is worth it. */
static size_t
near_panels(const struct ll_ops *ops, size_t rows)
{
	bool tiles = ops->kern->cols > LL_MUL_COLS;
	size_t room = LL_SUMS_BYTES / (2 * LL_PANEL_ROWS * sizeof(float)) / rows;

	if (rows <= ops->kern->cols || room <= LL_PLAN_PANELS)
		return 0;
	return ll_least(room - 1, tiles ? NEAR_PANELS_TILES : NEAR_PANELS) / LL_PLAN_PANELS * LL_PLAN_PANELS;
}

bool
ll_ops_feed_forward(const struct ll_ops *ops, const struct ll_tensor *gate, const struct ll_tensor *up,
    const struct ll_matmul *down, const float *x, size_t x_stride, size_t rows)
{
	const struct ll_matmul jobs[2] = { { .w = gate }, { .w = up } };
	struct product second = { .ops = ops, .jobs = down, .count = 1 };
	struct product first = { .ops = ops, .jobs = jobs, .count = 2, .floats = x, .stride = x_stride, .then = &second,
		.near = near_panels(ops, rows) };

	if (first.near == 0 || gate->type != up->type || gate->panels != up->panels)
		return false;
	/* There is room for all kinds of one width, and no two take as much as all. */
	second.scratch = place_activations(&second, rows, place_activations(&first, rows, ops->scratch)) + BEHIND_BYTES;
	first.scratch = second.scratch;
	/* Shares of both are panels of the same numbers. */
	ll_shares(&first.shares, ops, jobs, 1, rows, first.x.tiles);
	ll_shares(&second.shares, ops, down, 1, rows, second.x.tiles);
	ll_pool_run(ops->pool, act_share, &first);
	ll_pool_run(ops->pool, multiply_share, &first);
	ll_pool_run(ops->pool, multiply_share, &second);
	return true;
}
