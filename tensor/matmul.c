/*
 * Matrix products. Activations are made into lines (mul.h) once for all matrices; panels of 16 rows
 * of weights are shared out over the threads. Nothing here adds two numbers of a sum, so that how
 * the work is cut cannot show in a result.
 *
 * Activations lie in tiles of at most kern->cols rows, as even as they can be. Weights that do not
 * lie in panels are interleaved, and made wide where that repays itself, a piece of K at a time
 * into a thread's scratch; or they are taken as they lie (runs.h). With many tiles several panels
 * are prepared together, so that a tile that came into the cache is used for all of them; a thread may
 * keep the sums of some until it has all pieces of K (plan.h).
 */

#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "tensor/kern.h"
#include "tensor/ops.h"
#include "tensor/plan.h"
#include "tensor/runs.h"
#include "tensor/share.h"

/* Making fewer activations into lines than this takes less time than waking the threads. */
#define WORTH_THREADS 16384

/* Of scratch. No product has both lanes and sums. */
#define THREAD_BYTES (LL_PLAN_BYTES + (LL_LANES_BYTES > LL_SUMS_BYTES ? LL_LANES_BYTES : LL_SUMS_BYTES))
#define BEHIND_BYTES (LL_ACT_BEHIND * sizeof(union ll_act))	/* that nobody writes, behind activations */

struct product {
	const struct ll_ops *ops;
	const struct ll_matmul *jobs;
	size_t count;
	const float *x;
	size_t x_stride;
	size_t rows, cols;
	bool more;				/* than y has: it is added to */
	size_t tiles, width;
	union ll_act *act[LL_ACT_KINDS];	/* [tiles][lines][width]; NULL if no job wants it */
	uint8_t *scratch;			/* THREAD_BYTES for each thread */
	struct ll_shares shares;
};

/* What a thread works with. */
struct worker {
	const struct product *product;
	uint8_t *scratch;		/* LL_PLAN_BYTES */
	union ll_act *lanes;		/* LL_LANES_BYTES behind that, for runs.h */
	float *sums;			/* or LL_SUMS_BYTES there */
	enum ll_act_kind kind;		/* of the lanes; LL_ACT_KINDS: there are none yet */
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

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

	if (cols > SIZE_MAX / 64 || ll_mul(threads, THREAD_BYTES, &all) || ll_add(all, BEHIND_BYTES, &all))
		return SIZE_MAX;
	for (int kind = 0; kind < LL_ACT_KINDS; kind++)
		if (act_bytes((enum ll_act_kind)kind, rows, cols, &bytes) || ll_add(all, bytes, &all))
			return SIZE_MAX;
	return all;
}

/* A piece of 16 rows or less from `row` on as a panel of F32, whose blocks have 16 elements. */
static void
make_f32(const struct ll_plan *plan, uint8_t *units, size_t row, size_t rows, size_t first, size_t count)
{
	size_t from = first * 16, end = least(plan->w->cols, from + count * 16);
	float line[256];

	memset(units, 0, count * 1024);
	for (size_t r = 0; r < rows; r++)
		for (size_t at = from; at < end; at += 256) {
			size_t n = least(256, end - at);

			ll_tensor_read(line, plan->w, row + r, at, n);
			for (size_t i = 0; i < n; i++)
				memcpy(units + (at - from + i) * 64 + 4 * r, &line[i], sizeof line[i]);
		}
}

/* Where the piece of a panel that begins with block `first` lies. */
static const uint8_t *
lying_piece(const struct ll_plan *plan, size_t panel, size_t first)
{
	size_t most = ll_piece_blocks(&plan->layout);

	return (const uint8_t *)plan->w->data + ll_panel_bytes(&plan->layout, first % most) +
	    ll_panel_piece(&plan->layout, ll_panels(plan->w->rows), plan->blocks, panel, first / most);
}

/*
 * The piece of panel number `panel` that begins with block `first`: where it lies, or made in
 * `place`, while the next panel is asked for unless this is the last.
 */
static const uint8_t *
prepare(const struct product *product, const struct ll_plan *plan, size_t panel, size_t first,
    size_t count, uint8_t *place, bool last)
{
	const struct ll_kern *kern = product->ops->kern;
	const struct ll_tensor *w = plan->w;
	size_t row = panel * LL_PANEL_ROWS, rows = least(LL_PANEL_ROWS, w->rows - row);
	const uint8_t *data, *made = place;

	if (plan->made_f32) {
		make_f32(plan, place, row, rows, first, count);
		return place;
	}
	if (w->panels) {
		made = lying_piece(plan, panel, first);
	} else {
		data = (const uint8_t *)w->data + row * w->row_bytes + first * plan->layout.bytes;
		if (plan->layout.units == 0) {
			ll_widen_rows(place, w->type, data, w->row_bytes, rows, count, kern->wide_signed);
			return place;
		}
		if (plan->widen)
			made += plan->wide_bytes;
		kern->interleave(place + (made - place), &plan->layout, data, w->row_bytes, rows,
		    w->row_bytes - first * plan->layout.bytes, count,
		    last ? NULL : data + LL_PANEL_ROWS * w->row_bytes + (LL_PANEL_ROWS - 1) * first * plan->layout.bytes);
	}
	if (!plan->widen)
		return made;
	kern->widen[w->type](place, made, count);
	return place;
}

/* What a tile of columns has of it and of activations, for the piece that begins with block `first`. */
struct tile {
	const union ll_act *x;
	float *y;
	size_t cols;
	bool more;
};

static struct ll_sums
sums_of(const struct ll_matmul *job, size_t panel)
{
	return (struct ll_sums){ job->y + panel * LL_PANEL_ROWS, job->y_stride };
}

/* Of the panel that is so many behind. */
static struct ll_sums
rows_behind(struct ll_sums sums, size_t panels)
{
	return (struct ll_sums){ sums.y + panels * LL_PANEL_ROWS, sums.stride };
}

static struct tile
tile_at(const struct product *product, const struct ll_plan *plan, struct ll_sums to, size_t first, size_t tile)
{
	return (struct tile){
		.x = product->act[plan->kind] + (tile * plan->lines + first * plan->block_lines) * product->width,
		.y = to.y + tile * product->width * to.stride,
		.cols = least(product->width, product->rows - tile * product->width),
		.more = product->more || first > 0,
	};
}

/* Blocks as products count them. */
static size_t
runs_of(const struct ll_plan *plan, size_t blocks)
{
	return plan->widen ? blocks * plan->layout.elements / 32 : blocks;
}

/* One piece of a panel of so many rows with one tile. */
static void
multiply(const struct product *product, const struct ll_plan *plan, struct ll_sums to, size_t rows,
    const uint8_t *piece, size_t first, size_t count, size_t tile)
{
	const struct tile at = tile_at(product, plan, to, first, tile);
	float part[LL_MUL_COLS_MOST * LL_PANEL_ROWS], *y = at.y;
	size_t stride = to.stride;

	/* The last rows of a matrix may be less than a panel. */
	if (rows < LL_PANEL_ROWS) {
		y = part;
		stride = LL_PANEL_ROWS;
		memset(part, 0, sizeof part);
		for (size_t j = 0; j < at.cols && at.more; j++)
			memcpy(part + j * stride, at.y + j * to.stride, rows * sizeof *part);
	}
	plan->mul(y, stride, piece, runs_of(plan, count), at.x, product->width, at.cols, at.more);
	for (size_t j = 0; j < at.cols && y == part; j++)
		memcpy(at.y + j * to.stride, part + j * stride, rows * sizeof *part);
}

/* One piece of two whole panels with one tile. */
static void
multiply_two(const struct product *product, const struct ll_plan *plan, struct ll_sums to, struct ll_sums from,
    const uint8_t *const piece[2], size_t first, size_t count, size_t tile, const struct ll_soon soon[2])
{
	const struct tile at = tile_at(product, plan, to, first, tile);

	from.y = at.more ? from.y + tile * product->width * from.stride : NULL;
	plan->mul_two((struct ll_sums){ at.y, to.stride }, from, piece, runs_of(plan, count), at.x, product->width, at.cols,
	    soon);
}

static size_t
rows_of(const struct ll_plan *plan, size_t panel)
{
	return least(LL_PANEL_ROWS, plan->w->rows - panel * LL_PANEL_ROWS);
}

/* A row_scale multiplies what is done. The oracle's weights have it in them. */
static void
scale_rows(const struct product *product, const struct ll_matmul *job, size_t begin, size_t end)
{
	for (size_t i = 0; i < product->rows; i++)
		for (size_t row = begin; row < end; row++)
			job->y[i * job->y_stride + row] *= job->w->row_scale[row];
}

/* The rows of panels begin .. end - 1. */
static void
multiply_runs(struct worker *worker, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	const struct product *product = worker->product;
	const struct ll_kern *kern = product->ops->kern;
	const struct ll_tensor *w = job->w;
	size_t row = begin * LL_PANEL_ROWS, rows = least(end * LL_PANEL_ROWS, w->rows) - row;

	if (worker->kind != plan->kind)
		ll_runs_lanes(kern, worker->lanes, plan->kind, w->cols, product->act[plan->kind]);
	worker->kind = plan->kind;
	ll_runs_multiply(kern, job->y + row, (const uint8_t *)w->data + row * w->row_bytes, w->type, w->cols, w->row_bytes,
	    rows, worker->lanes, product->more);
}

static const struct ll_soon nothing[2];

/* Panels in the order of their addresses. */
static void
multiply_lying(const struct product *product, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	size_t panels = ll_panels(job->w->rows), most = ll_piece_blocks(&plan->layout);

	for (size_t panel = begin, stop; panel < end; panel = stop) {
		stop = least(panel - panel % LL_GROUP_PANELS + LL_GROUP_PANELS, end);
		for (size_t first = 0; first < plan->blocks; first += most) {
			size_t count = least(most, plan->blocks - first), bytes = ll_panel_bytes(&plan->layout, count);
			const uint8_t *piece = (const uint8_t *)job->w->data +
			    ll_panel_piece(&plan->layout, panels, plan->blocks, panel, first / most);

			for (size_t i = panel, taken; i < stop; i += taken, piece += taken * bytes) {
				const uint8_t *const two[2] = { piece, piece + bytes };

				taken = plan->mul_two != NULL && i + 1 < stop && rows_of(plan, i + 1) == LL_PANEL_ROWS ? 2 : 1;
				if (taken == 2)
					multiply_two(product, plan, sums_of(job, i), sums_of(job, i), two, first, count, 0, nothing);
				else
					multiply(product, plan, sums_of(job, i), rows_of(plan, i), piece, first, count, 0);
			}
		}
	}
}

/* Panels that are multiplied together, a piece at a time. */
struct group {
	size_t panel, count;
	size_t twos;		/* so many of them two at a time */
	const uint8_t *piece[LL_PLAN_PANELS_MOST];
	const uint8_t *coming[LL_PLAN_PANELS_MOST];	/* that of each which comes next; NULL: there is none */
	size_t next;		/* its first block */
};

/*
 * The piece of each that begins with block `first`. Behind block end - 1 the next group's first one comes; what is made
 * of rows is asked for by interleaving.
 */
static void
prepare_group(struct worker *worker, const struct ll_plan *plan, struct group *group, size_t first, size_t count, size_t end,
    bool last)
{
	bool more = first + count < end;
	size_t panels = ll_panels(plan->w->rows), step = more ? 0 : group->count;

	group->next = more ? first + count : 0;
	for (size_t i = 0; i < group->count; i++) {
		size_t panel = group->panel + i;

		group->piece[i] = prepare(worker->product, plan, panel, first, count, worker->scratch + i * plan->piece_bytes,
		    last && i + 1 == group->count);
		group->coming[i] = plan->keeps && plan->w->panels && panel + step < panels ?
		    lying_piece(plan, panel + step, group->next) : NULL;
	}
}

/*
 * What a product of panels i and i + 1 with one tile asks for, so that all of them together ask for the pieces that come
 * next, even tiles for those of the first panels, and for the activations of those.
 */
static void
look_for(struct ll_soon soon[2], const struct product *product, const struct ll_plan *plan, const struct group *group,
    size_t count, size_t i, size_t tile)
{
	const struct tile at = tile_at(product, plan, (struct ll_sums){ NULL, 0 }, group->next, tile);
	size_t units = plan->layout.units, shares = (product->tiles + 1) / 2, pairs = group->twos / 2;
	size_t each = (units + shares - 1) / shares;

	if (group->coming[i + tile % 2] != NULL && tile / 2 * each < units)
		soon[0] = (struct ll_soon){ group->coming[i + tile % 2] + tile / 2 * each * count * 64, each };
	each = (product->width * plan->block_lines + pairs - 1) / pairs;
	soon[1] = (struct ll_soon){ (at.x + i / 2 * each * count)->bytes, each };
}

/* A piece of all of them with all columns. */
static void
multiply_piece(const struct product *product, const struct ll_plan *plan, const struct group *group, struct ll_sums y,
    struct ll_sums to, struct ll_sums from, size_t first, size_t count)
{
	for (size_t tile = 0; tile < product->tiles; tile++)
		for (size_t i = 0; i < group->count; i += i < group->twos ? 2 : 1) {
			struct ll_soon soon[2] = { { NULL, 0 }, { NULL, 0 } };

			if (i < group->twos && plan->keeps)
				look_for(soon, product, plan, group, count, i, tile);
			if (i < group->twos)
				multiply_two(product, plan, rows_behind(to, i), rows_behind(from, i), group->piece + i, first, count, tile,
				    soon);
			else
				multiply(product, plan, rows_behind(y, i), rows_of(plan, group->panel + i), group->piece[i], first, count,
				    tile);
		}
}

/* Blocks first .. end - 1 of so many panels. Sums of the first piece begin with what y has, those of the last go there. */
static void
multiply_group(struct worker *worker, const struct ll_plan *plan, const struct ll_matmul *job, size_t panel, size_t panels,
    bool last, size_t first, size_t end)
{
	struct ll_sums y = sums_of(job, panel);
	struct ll_sums kept = plan->keeps ? (struct ll_sums){ worker->sums, plan->keeps } : y;
	struct group group = { .panel = panel, .count = panels };

	if (plan->mul_two != NULL)
		group.twos = least(panels, plan->w->rows / LL_PANEL_ROWS - panel) / 2 * 2;
	for (size_t count; first < end; first += count) {
		count = least(plan->piece, end - first);
		prepare_group(worker, plan, &group, first, count, end, last);
		multiply_piece(worker->product, plan, &group, y, first + count < end ? kept : y, first == 0 ? y : kept, first, count);
	}
}

/* All panels have their first piece, then their second: its activations stay in the second cache. */
static void
multiply_prepared(struct worker *worker, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	size_t most = plan->keeps ? plan->blocks : ll_piece_blocks(&plan->layout);

	for (size_t first = 0; first < plan->blocks; first += most)
		for (size_t panel = begin, group; panel < end; panel += group) {
			group = least(plan->group - panel % plan->group, end - panel);
			multiply_group(worker, plan, job, panel, group, panel + group == end, first,
			    least(first + most, plan->blocks));
		}
}

/* Rows as they lie, 16 at a time; those that are left are a panel. */
static void
multiply_rows(struct worker *worker, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	const struct product *product = worker->product;
	const struct ll_tensor *w = job->w;

	for (size_t panel = begin; panel < end; panel++) {
		size_t row = panel * LL_PANEL_ROWS;

		if (w->rows - row < LL_PANEL_ROWS)
			multiply_prepared(worker, plan, job, panel, panel + 1);
		else
			plan->lying(job->y + row, (const uint8_t *)w->data + row * w->row_bytes, w->row_bytes, plan->lines,
			    product->act[plan->kind], product->more);
	}
}

/* Panels begin .. end - 1 of one matrix. */
static void
multiply_panels(struct worker *worker, const struct ll_matmul *job, size_t begin, size_t end)
{
	const struct product *product = worker->product;
	const struct ll_plan plan = ll_plan(product->ops, product->rows, product->tiles, job->w);

	if (plan.lying != NULL)
		multiply_rows(worker, &plan, job, begin, end);
	else if (plan.runs)
		multiply_runs(worker, &plan, job, begin, end);
	else if (plan.lies)
		multiply_lying(product, &plan, job, begin, end);
	else
		multiply_prepared(worker, &plan, job, begin, end);
	if (job->w->row_scale != NULL && !plan.made_f32)
		scale_rows(product, job, begin * LL_PANEL_ROWS, least(end * LL_PANEL_ROWS, job->w->rows));
}

static void
multiply_share(void *arg, size_t thread, size_t threads)
{
	struct product *product = arg;
	uint8_t *scratch = product->scratch + thread * THREAD_BYTES;
	struct worker worker = { .product = product, .scratch = scratch, .kind = LL_ACT_KINDS,
		.lanes = (union ll_act *)(void *)(scratch + LL_PLAN_BYTES),
		.sums = (float *)(void *)(scratch + LL_PLAN_BYTES) };
	size_t begin, end;

	ll_shares_ahead(product->ops, product->rows, product->tiles, thread);
	ll_shares_first(&product->shares, thread, &begin, &end);
	do {
		size_t before = 0;

		for (size_t i = 0; i < product->count && before < end; i++) {
			const struct ll_matmul *job = &product->jobs[i];
			size_t after = before + ll_panels(job->w->rows);

			if (begin < after)
				multiply_panels(&worker, job, begin > before ? begin - before : 0,
				    least(end, after) - before);
			begin = begin < after ? least(after, end) : begin;
			before = after;
		}
	} while (ll_shares_take(&product->shares, threads, &begin, &end));
	if (product->ops->kern->rest != NULL)
		product->ops->kern->rest();
}

/* Runs of 64 activations are shared out as if all rows were one. */
static void
act_share(void *arg, size_t thread, size_t threads)
{
	const struct product *product = arg;
	size_t runs = (product->cols + 63) / 64, begin, end;

	ll_pool_share(product->rows * runs, 1, thread, threads, &begin, &end);
	while (begin < end) {
		size_t row = begin / runs, run = begin % runs, count = least(runs - run, end - begin);
		size_t n = least(count * 64, product->cols - run * 64);
		const float *x = product->x + row * product->x_stride + run * 64;

		for (int i = 0; i < LL_ACT_KINDS; i++) {
			enum ll_act_kind kind = (enum ll_act_kind)i;
			size_t lines = ll_act_lines(kind, product->cols);
			size_t line = row / product->width * lines + run * 64 / ll_act_elements(kind);

			if (product->act[i] != NULL)
				product->ops->kern->act[i](product->act[i] + line * product->width +
				    row % product->width, product->width, x, n);
		}
		begin += count;
	}
}

static void
place_activations(struct product *product)
{
	unsigned char *place = product->ops->scratch;

	for (size_t i = 0; i < product->count; i++) {
		const struct ll_tensor *w = product->jobs[i].w;
		enum ll_act_kind kind = product->ops->precision == LL_PRECISION_F32 ? LL_ACT_F32 :
		    product->ops->kern->wants[w->type];

		if (product->act[kind] == NULL) {
			product->act[kind] = (union ll_act *)(void *)place;
			place += product->tiles * product->width * ll_act_lines(kind, product->cols) *
			    sizeof(union ll_act);
		}
	}
	product->scratch = place + BEHIND_BYTES;
}

static void
run(struct product *product)
{
	const struct ll_ops *ops = product->ops;
	size_t rows = product->rows;

	if (product->count == 0 || rows == 0)
		return;
	product->cols = product->jobs[0].w->cols;
	product->tiles = (rows + ops->kern->cols - 1u) / ops->kern->cols;
	product->width = (rows + product->tiles - 1) / product->tiles;
	/* The last tile must have something. */
	product->tiles = (rows + product->width - 1) / product->width;
	ll_shares(&product->shares, ops, product->jobs, product->count, rows, product->tiles);
	place_activations(product);
	if (rows * product->cols < WORTH_THREADS)
		act_share(product, 0, 1);
	else
		ll_pool_run(ops->pool, act_share, product);
	ll_pool_run(ops->pool, multiply_share, product);
}

void
ll_ops_matmul(const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count,
    const float *x, size_t x_stride, size_t rows)
{
	struct product product = {
		.ops = ops, .jobs = jobs, .count = count,
		.x = x, .x_stride = x_stride, .rows = rows,
	};

	run(&product);
}

void
ll_ops_matmul_add(const struct ll_ops *ops, const struct ll_matmul *jobs, size_t count,
    const float *x, size_t x_stride, size_t rows)
{
	struct product product = {
		.ops = ops, .jobs = jobs, .count = count,
		.x = x, .x_stride = x_stride, .rows = rows, .more = true,
	};

	run(&product);
}
