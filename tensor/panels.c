/*
 * Panels multiplied; see panels.h. Nothing here adds two numbers of a sum, so that how the work is cut cannot show
 * in a result.
 *
 * Weights that do not lie in panels are interleaved, and made wide where that repays itself, a piece of K at a time
 * into the thread's scratch; or they are taken as they lie (runs.h). With many tiles several panels
 * are prepared together, so that a tile that came into the cache is used for all of them; a thread may
 * keep the sums of some until it has all pieces of K (plan.h).
 */

#include "tensor/panels.h"

#include <string.h>

#include "tensor/kern.h"
#include "tensor/runs.h"

/* A piece of 16 rows or less from `row` on as a panel of F32, whose blocks have 16 elements. */
static void
make_f32(const struct ll_plan *plan, uint8_t *units, size_t row, size_t rows, size_t first, size_t count)
{
	size_t from = first * 16, end = ll_least(plan->w->cols, from + count * 16);
	float line[256];

	memset(units, 0, count * 1024);
	for (size_t r = 0; r < rows; r++)
		for (size_t at = from; at < end; at += 256) {
			size_t n = ll_least(256, end - at);

			ll_tensor_read(line, plan->w, row + r, at, n);
			for (size_t i = 0; i < n; i++)
				memcpy(units + (at - from + i) * 64 + 4 * r, &line[i], sizeof line[i]);
		}
}

/* Where the piece of a panel that begins with block `first` lies. */
static const uint8_t *
lying_piece(const struct ll_plan *plan, const struct ll_tensor *w, size_t panel, size_t first)
{
	size_t most = ll_piece_blocks(&plan->layout);

	return (const uint8_t *)w->data + ll_panel_bytes(&plan->layout, first % most) +
	    ll_panel_piece(&plan->layout, ll_panels(w->rows), plan->blocks, panel, first / most);
}

/*
 * The piece of panel number `panel` that begins with block `first`: where it lies, or made in
 * `place`, while the next panel is asked for unless this is the last.
 */
static const uint8_t *
prepare(const struct ll_panels_part *with, const struct ll_plan *plan, size_t panel, size_t first,
    size_t count, uint8_t *place, bool last)
{
	const struct ll_kern *kern = with->ops->kern;
	const struct ll_tensor *w = plan->w;
	size_t row = panel * LL_PANEL_ROWS, rows = ll_least(LL_PANEL_ROWS, w->rows - row);
	const uint8_t *data, *made = place;

	if (plan->made_f32) {
		make_f32(plan, place, row, rows, first, count);
		return place;
	}
	if (w->panels) {
		made = lying_piece(plan, w, panel, first);
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
sums_of(const struct ll_panels_part *with, const struct ll_matmul *job, size_t panel)
{
	return (struct ll_sums){ job->y + (panel - with->origin) * LL_PANEL_ROWS, job->y_stride };
}

/* Of the panel that is so many behind. */
static struct ll_sums
rows_behind(struct ll_sums sums, size_t panels)
{
	return (struct ll_sums){ sums.y + panels * LL_PANEL_ROWS, sums.stride };
}

static struct tile
tile_at(const struct ll_panels_part *with, const struct ll_plan *plan, struct ll_sums to, size_t first, size_t tile)
{
	const struct ll_activations *x = with->x;

	return (struct tile){
		.x = x->act[plan->kind] + (tile * plan->lines + first * plan->block_lines) * x->width,
		.y = to.y + tile * x->width * to.stride,
		.cols = ll_least(x->width, x->rows - tile * x->width),
		.more = with->more || first > 0,
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
multiply(const struct ll_panels_part *with, const struct ll_plan *plan, struct ll_sums to, size_t rows,
    const uint8_t *piece, size_t first, size_t count, size_t tile)
{
	const struct tile at = tile_at(with, plan, to, first, tile);
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
	plan->mul(y, stride, piece, runs_of(plan, count), at.x, with->x->width, at.cols, at.more);
	for (size_t j = 0; j < at.cols && y == part; j++)
		memcpy(at.y + j * to.stride, part + j * stride, rows * sizeof *part);
}

/* One piece of two whole panels with one tile. */
static void
multiply_two(const struct ll_panels_part *with, const struct ll_plan *plan, struct ll_sums to, struct ll_sums from,
    const uint8_t *const piece[2], size_t first, size_t count, size_t tile, const struct ll_soon soon[2])
{
	const struct tile at = tile_at(with, plan, to, first, tile);

	from.y = at.more ? from.y + tile * with->x->width * from.stride : NULL;
	plan->mul_two((struct ll_sums){ at.y, to.stride }, from, piece, runs_of(plan, count), at.x, with->x->width, at.cols,
	    soon);
}

static size_t
rows_of(const struct ll_plan *plan, size_t panel)
{
	return ll_least(LL_PANEL_ROWS, plan->w->rows - panel * LL_PANEL_ROWS);
}

/* A row_scale multiplies what is done. The oracle's weights have it in them. */
static void
scale_rows(const struct ll_panels_part *with, const struct ll_matmul *job, size_t begin, size_t end)
{
	size_t row = begin * LL_PANEL_ROWS, count = ll_least(end * LL_PANEL_ROWS, job->w->rows) - row;
	struct ll_sums to = sums_of(with, job, begin);

	for (size_t i = 0; i < with->x->rows; i++)
		for (size_t k = 0; k < count; k++)
			to.y[i * to.stride + k] *= job->w->row_scale[row + k];
}

/* The rows of panels begin .. end - 1. */
static void
multiply_runs(struct ll_panels_part *with, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	const struct ll_kern *kern = with->ops->kern;
	const struct ll_tensor *w = job->w;
	size_t row = begin * LL_PANEL_ROWS, rows = ll_least(end * LL_PANEL_ROWS, w->rows) - row;

	if (with->kind != plan->kind)
		ll_runs_lanes(kern, with->lanes, plan->kind, w->cols, with->x->act[plan->kind]);
	with->kind = plan->kind;
	ll_runs_multiply(kern, sums_of(with, job, begin).y, (const uint8_t *)w->data + row * w->row_bytes, w->type, w->cols, w->row_bytes,
	    rows, with->lanes, with->more);
}

static const struct ll_soon nothing[2];

/* Panels in the order of their addresses. */
static void
multiply_lying(const struct ll_panels_part *with, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	size_t panels = ll_panels(job->w->rows), most = ll_piece_blocks(&plan->layout);

	for (size_t panel = begin, stop; panel < end; panel = stop) {
		stop = ll_least(panel - panel % LL_GROUP_PANELS + LL_GROUP_PANELS, end);
		for (size_t first = 0; first < plan->blocks; first += most) {
			size_t count = ll_least(most, plan->blocks - first), bytes = ll_panel_bytes(&plan->layout, count);
			const uint8_t *piece = (const uint8_t *)job->w->data +
			    ll_panel_piece(&plan->layout, panels, plan->blocks, panel, first / most);

			for (size_t i = panel, taken; i < stop; i += taken, piece += taken * bytes) {
				const uint8_t *const two[2] = { piece, piece + bytes };

				taken = plan->mul_two != NULL && i + 1 < stop && rows_of(plan, i + 1) == LL_PANEL_ROWS ? 2 : 1;
				if (taken == 2)
					multiply_two(with, plan, sums_of(with, job, i), sums_of(with, job, i), two, first, count, 0, nothing);
				else
					multiply(with, plan, sums_of(with, job, i), rows_of(plan, i), piece, first, count, 0);
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

/* The first piece of a panel of the group that comes next, the last of which is in hand if `last`; NULL: there is none. */
static const uint8_t *
next_group(const struct ll_panels_part *with, const struct ll_plan *plan, const struct group *group, size_t i, bool last)
{
	const struct ll_tensor *w = last && with->after != NULL ? with->after : plan->w;
	size_t panel = (w == with->after ? with->after_panel : group->panel + group->count) + i;

	return panel < ll_panels(w->rows) ? lying_piece(plan, w, panel, 0) : NULL;
}

/*
 * The piece of each that begins with block `first`. Behind block end - 1 the next group's first one comes; what is made
 * of rows is asked for by interleaving.
 */
static void
prepare_group(struct ll_panels_part *with, const struct ll_plan *plan, struct group *group, size_t first, size_t count, size_t end,
    bool last)
{
	bool more = first + count < end, ask = plan->keeps && plan->w->panels;

	group->next = more ? first + count : 0;
	for (size_t i = 0; i < group->count; i++) {
		size_t panel = group->panel + i;

		group->piece[i] = prepare(with, plan, panel, first, count, with->scratch + i * plan->piece_bytes,
		    last && i + 1 == group->count);
		group->coming[i] = !ask ? NULL : more ? lying_piece(plan, plan->w, panel, group->next) :
		    next_group(with, plan, group, i, last);
	}
}

/*
 * What a product of panels i and i + 1 with one tile asks for, so that all of them together ask for the pieces that come
 * next, even tiles for those of the first panels, and for the activations of those.
 */
static void
look_for(struct ll_soon soon[2], const struct ll_panels_part *with, const struct ll_plan *plan, const struct group *group,
    size_t count, size_t i, size_t tile)
{
	const struct tile at = tile_at(with, plan, (struct ll_sums){ NULL, 0 }, group->next, tile);
	size_t units = plan->layout.units, shares = (with->x->tiles + 1) / 2, pairs = group->twos / 2;
	size_t each = (units + shares - 1) / shares;

	if (group->coming[i + tile % 2] != NULL && tile / 2 * each < units)
		soon[0] = (struct ll_soon){ group->coming[i + tile % 2] + tile / 2 * each * count * 64, each };
	each = (with->x->width * plan->block_lines + pairs - 1) / pairs;
	soon[1] = (struct ll_soon){ (at.x + i / 2 * each * count)->bytes, each };
}

/* A piece of all of them with all columns. */
static void
multiply_piece(const struct ll_panels_part *with, const struct ll_plan *plan, const struct group *group, struct ll_sums y,
    struct ll_sums to, struct ll_sums from, size_t first, size_t count)
{
	for (size_t tile = 0; tile < with->x->tiles; tile++)
		for (size_t i = 0; i < group->count; i += i < group->twos ? 2 : 1) {
			struct ll_soon soon[2] = { { NULL, 0 }, { NULL, 0 } };

			if (i < group->twos && plan->keeps)
				look_for(soon, with, plan, group, count, i, tile);
			if (i < group->twos)
				multiply_two(with, plan, rows_behind(to, i), rows_behind(from, i), group->piece + i, first, count, tile,
				    soon);
			else
				multiply(with, plan, rows_behind(y, i), rows_of(plan, group->panel + i), group->piece[i], first, count,
				    tile);
		}
}

/* Blocks first .. end - 1 of so many panels. Sums of the first piece begin with what y has, those of the last go there. */
static void
multiply_group(struct ll_panels_part *with, const struct ll_plan *plan, const struct ll_matmul *job, size_t panel, size_t panels,
    bool last, size_t first, size_t end)
{
	struct ll_sums y = sums_of(with, job, panel);
	struct ll_sums kept = plan->keeps && with->sums != NULL ? (struct ll_sums){ with->sums, plan->keeps } : y;
	struct group group = { .panel = panel, .count = panels };

	if (plan->mul_two != NULL)
		group.twos = ll_least(panels, plan->w->rows / LL_PANEL_ROWS - panel) / 2 * 2;
	for (size_t count; first < end; first += count) {
		count = ll_least(plan->piece, end - first);
		prepare_group(with, plan, &group, first, count, end, last);
		multiply_piece(with, plan, &group, y, first + count < end ? kept : y, first == 0 ? y : kept, first, count);
	}
}

/* All panels have their first piece, then their second: its activations stay in the second cache. */
static void
multiply_prepared(struct ll_panels_part *with, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	size_t most = plan->keeps ? plan->blocks : ll_piece_blocks(&plan->layout);

	for (size_t first = 0; first < plan->blocks; first += most)
		for (size_t panel = begin, group; panel < end; panel += group) {
			group = ll_least(plan->group - panel % plan->group, end - panel);
			multiply_group(with, plan, job, panel, group, panel + group == end, first,
			    ll_least(first + most, plan->blocks));
		}
}

/* Rows as they lie, 16 at a time; those that are left are a panel. */
static void
multiply_rows(struct ll_panels_part *with, const struct ll_plan *plan, const struct ll_matmul *job, size_t begin, size_t end)
{
	const struct ll_tensor *w = job->w;

	for (size_t panel = begin; panel < end; panel++) {
		size_t row = panel * LL_PANEL_ROWS;

		if (w->rows - row < LL_PANEL_ROWS)
			multiply_prepared(with, plan, job, panel, panel + 1);
		else
			plan->lying(sums_of(with, job, panel).y, (const uint8_t *)w->data + row * w->row_bytes, w->row_bytes, plan->lines,
			    with->x->act[plan->kind], with->more);
	}
}

void
ll_panels_multiply(struct ll_panels_part *with, const struct ll_matmul *job, size_t begin, size_t end)
{
	const struct ll_plan plan = ll_plan(with->ops, with->x->rows, with->x->tiles, job->w);

	if (plan.lying != NULL)
		multiply_rows(with, &plan, job, begin, end);
	else if (plan.runs)
		multiply_runs(with, &plan, job, begin, end);
	else if (plan.lies)
		multiply_lying(with, &plan, job, begin, end);
	else
		multiply_prepared(with, &plan, job, begin, end);
	if (job->w->row_scale != NULL && !plan.made_f32)
		scale_rows(with, job, begin, end);
}

