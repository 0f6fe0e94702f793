/*
 * Which way is the fastest; see plan.h. What was measured is in bench/README.md.
 */

#include "tensor/plan.h"
#include "tensor/runs.h"

#define PIECE_BYTES 65536	/* of one panel at a time, and LL_PIECE_ELEMENTS at most */

/* Of a panel and what it is made, that stays in the first cache beside a tile of activations. */
#define NEAR_BYTES 15360

/* Columns of brain floats from which on panels that lie are taken in twos; with fewer, one place of memory is faster. */
#define WORTH_TWO 8

/*
 * Tiles of brain floats up to which two panels that lie have 2,048 elements at once, so that memory is read in order and
 * sums stay in registers: 40 to 64 columns 1.10 to 1.16, 65 to 96 1.03 to 1.11, 128 0.90 to 1.10.
 */
#define FEW_TILES 3

/* Columns from which on formats that take long to load are made wide. */
#define WORTH_WIDENING 16

/* Columns from which on rows of a type are made wide first; see bench/README.md. */
static size_t
worth_widening(const struct ll_kern *kern, enum ll_dtype type)
{
	if (type == LL_F16)
		return 3 * WORTH_WIDENING;
	if (kern->wide_first)
		return WORTH_WIDENING;
	switch (type) {
	case LL_Q4_0: case LL_Q4_1: case LL_Q8_0:
		return SIZE_MAX;
	case LL_Q4_K:
		return 4 * WORTH_WIDENING;
	default:
		return WORTH_WIDENING;
	}
}

/* Bytes of one block that a product reads, and of it and what it was made from. */
static size_t
read_bytes(const struct ll_plan *plan)
{
	return plan->widen ? (size_t)plan->layout.elements / 32 * 64 * ll_wide_units(plan->wide) :
	    (size_t)LL_PANEL_ROWS * plan->layout.bytes;
}

static size_t
scratch_bytes(const struct ll_plan *plan)
{
	return read_bytes(plan) + (plan->widen ? (size_t)LL_PANEL_ROWS * plan->layout.bytes : 0);
}

static bool
few_brains(size_t tiles, const struct ll_plan *plan)
{
	return plan->kind == LL_ACT_BF16 && plan->mul_two != NULL && plan->w->panels && tiles > 1 && tiles <= FEW_TILES;
}

/*
 * Of panels that are prepared, and of those that lie where there is more than one tile. AMX takes so
 * little time for products that the rest counts: with few columns what is made wide stays in the first cache
 * (16 columns, 256 and 2,048: Q4_0 360 and 290 Gop/s, Q8_0 260 and 220; 32 columns, 512 and 256: Q4_0 1.10, Q5_0 1.11,
 * Q8_0 0.92; 64 columns: Q4_0 1.08, Q8_0 1.08), and brain floats, with whose tiles the caches have nothing to do
 * but load, have panels and activations nearer. Of rows that are made panels half as much at a time is slower.
 */
static size_t
piece_elements(const struct ll_kern *kern, size_t tiles, const struct ll_plan *plan)
{
	if (kern->cols == LL_MUL_COLS)
		return LL_PIECE_ELEMENTS;
	if (few_brains(tiles, plan))
		return LL_PIECE_ELEMENTS;
	if (plan->kind == LL_ACT_BF16)
		return tiles > 1 && plan->w->panels ? 256 : 512;
	if (!plan->widen || tiles > 2)
		return LL_PIECE_ELEMENTS;
	return tiles == 2 || scratch_bytes(plan) * 512 / plan->layout.elements < NEAR_BYTES ? 512 : 256;
}

/*
 * Brain floats by tiles take so little time that sums of many panels that go to memory and back for each piece
 * would take as much. A panel more than there is keeps columns off the same places of the caches.
 */
static void
keep_sums(struct ll_plan *plan, size_t rows)
{
	size_t room = LL_SUMS_BYTES / (LL_PANEL_ROWS * sizeof(float)) / rows;
	size_t group = ll_least(LL_PLAN_PANELS_MOST, LL_PLAN_BYTES / plan->piece_bytes);

	if (room > group)
		room = group + 1;
	if (room <= LL_PLAN_PANELS)
		return;
	plan->group = (room - 1) / 2 * 2;
	plan->keeps = (plan->group + 1) * LL_PANEL_ROWS;
}

enum ll_act_kind
ll_act_wanted(const struct ll_ops *ops, const struct ll_tensor *w)
{
	return ops->precision == LL_PRECISION_F32 ? LL_ACT_F32 : ops->kern->wants[w->type];
}

struct ll_plan
ll_plan(const struct ll_ops *ops, size_t rows, size_t tiles, const struct ll_tensor *w)
{
	const struct ll_kern *kern = ops->kern;
	struct ll_plan plan = { .w = w, .type = w->type };
	bool many = tiles > 1;
	size_t step, lanes;

	plan.made_f32 = ops->precision == LL_PRECISION_F32 &&
	    (w->type != LL_F32 || w->row_scale != NULL);
	if (plan.made_f32)
		plan.type = LL_F32;
	plan.kind = kern->wants[plan.type];
	plan.layout = ll_layout(plan.type);
	if (plan.layout.units == 0) {
		plan.widen = true;
		plan.wide = ll_wide_kind(w->type);
		plan.layout.elements = (uint16_t)ll_dtype(w->type)->block;
		plan.layout.bytes = (uint16_t)ll_dtype(w->type)->bytes;
	} else if (!plan.made_f32 && kern->widen[w->type] != NULL && rows >= worth_widening(kern, w->type)) {
		plan.widen = true;
		plan.wide = ll_wide_kind(w->type);
	}
	plan.mul = plan.widen ? kern->mul_wide[plan.wide] : kern->mul[plan.type];
	plan.mul_two = plan.widen ? kern->mul_wide_two[plan.wide] : kern->mul_two[plan.type];
	plan.blocks = (w->cols + plan.layout.elements - 1) / plan.layout.elements;
	plan.lines = ll_act_lines(plan.kind, w->cols);
	plan.block_lines = plan.layout.elements / ll_act_elements(plan.kind);

	/* Pieces of whole runs of floats and of pairs of blocks. */
	step = plan.layout.elements == 256 ? 2 : 256 / plan.layout.elements;
	plan.piece = ll_least(piece_elements(kern, tiles, &plan) / plan.layout.elements, PIECE_BYTES / read_bytes(&plan)) /
	    step * step;
	if (plan.piece < step)
		plan.piece = step;
	plan.wide_bytes = plan.piece * read_bytes(&plan);
	plan.piece_bytes = (plan.piece * scratch_bytes(&plan) + 191) & ~(size_t)63;
	plan.group = many ? ll_least(few_brains(tiles, &plan) ? 2 : LL_PLAN_PANELS, LL_PLAN_BYTES / plan.piece_bytes) : 1;
	if (plan.group == 0)
		plan.group = 1;
	if (many && plan.mul_two != NULL && plan.kind == LL_ACT_BF16 && !few_brains(tiles, &plan))
		keep_sums(&plan, rows);
	lanes = ll_runs_bytes(kern, w->type, w->cols);
	plan.runs = !w->panels && !plan.made_f32 && rows == 1 && lanes > 0 && lanes <= LL_LANES_BYTES;
	if (!w->panels && !plan.made_f32 && rows == 1 && w->cols % ll_act_elements(plan.kind) == 0)
		plan.lying = kern->mul_lying[w->type];
	plan.lies = w->panels && !plan.widen && !plan.made_f32 && !many;
	if (!many && (plan.kind != LL_ACT_BF16 || rows < WORTH_TWO))
		plan.mul_two = NULL;
	return plan;
}
