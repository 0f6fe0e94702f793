/*
 * Products of 16 rows of weights with a few columns of activations: what every matrix product is
 * made of. Lanes of a vector are rows of weights, so that sums are never added across lanes, and
 * one source serves all ISAs (mul_rows.h).
 *
 * A panel is 16 rows, interleaved. Blocks of a row (ll_layout) are cut into units of 4 bytes; of
 * some formats there is a scale of 2 bytes left, which is taken out. In a panel, which is 64-byte
 * aligned, a block of 16 rows is
 *
 *	[units][16][4]
 *
 * and of formats whose scale is taken out two blocks come after their scales, [2][16][2]; there are
 * pairs of blocks then, of which the last may be half empty. Units of Q6_K change places, so that a
 * product reads them about in order, which is what memory is fast at.
 *
 * A long row comes in pieces, so that the activations of one are still in the first cache when the next
 * panel meets them: panels are taken in groups, and of a group first all panels' first piece lies in
 * memory, panel after panel, then all panels' second. It is the order of reading, too. A matrix is
 *
 *	[groups of LL_GROUP_PANELS][pieces of LL_PIECE_ELEMENTS][panels of the group][piece of a panel]
 *
 * The last group may have fewer panels, the last piece fewer elements.
 *
 * Activations come as lines of 64 bytes: 32 elements rounded to 8 bits, 16 floats, or 32 bf16. Lines
 * of `width` columns are interleaved: line l of column j is x[l * width + j].
 *
 * The order of every sum:
 *
 * - Rounded activations. For each 32 elements in turn, with s_h the integer sum of products over
 *   half h: t = s * scale where the format has one scale for 32, else t = fma(s_1, scale_1, s_0 *
 *   scale_0); where there are minima, t = fma(min, x.sum, t), or for each half in turn the same
 *   with its part of the sum; then acc = fma(t, x.scale, acc). Scales and minima are f32 as the formats'
 *   unpack() makes them.
 * - Rounded activations with formats of LL_WIDE_64. For each block of 256 elements, with s_b the
 *   integer sum of products of run b of 32, of which 8 is the weights' zero: from 0, for each two runs
 *   in turn u = fma(sub_b * s_b + sub_b+1 * s_b+1, x.scale, u), the sums being integers, and for each
 *   run in turn v = fma(offset_b, x.sum_scaled, v); then acc = fma(scale, u, acc) + v.
 * - Floats. For each 64 elements in turn, counted from the beginning of the row, even and odd
 *   elements are summed apart from 0 by fma in their order; then acc += even + odd.
 * - Brain floats (avx512bf16): the same with pairs of elements instead of elements, the second of
 *   a pair being added first, as VDPBF16PS does (ll_brain_step), which takes subnormals as zeros.
 * - Brain floats (amx), as TDPBF16PS does. For each 32 elements in turn even and odd elements are summed
 *   apart from 0 by fma in their order; then acc += even + odd, each sum with subnormals as zeros.
 *
 * Rows of float weights are filled up with zeros to whole blocks.
 */

#ifndef LL_TENSOR_MUL_H
#define LL_TENSOR_MUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/dtype.h"

#define LL_PANEL_ROWS 16
#define LL_GROUP_PANELS 8
#define LL_PIECE_ELEMENTS 2048
#define LL_MUL_COLS 8		/* columns of a product at most, but for ISAs that have more (kern.h) */
#define LL_MUL_COLS_MOST 32
#define LL_MUL_RUN 64		/* elements of floats between two additions to a sum */
#define LL_RUNS 16		/* that are lanes (runs.h) */

enum ll_act_kind { LL_ACT_Q8, LL_ACT_Q8_64, LL_ACT_F32, LL_ACT_BF16, LL_ACT_KINDS };

/*
 * Activations rounded for quantised weights: x is q * scale, scale amax / 127; q is x * (127 /
 * amax) to nearest even. 32 of which the scale would be subnormal are all zeros; where there is an
 * infinity or a NaN the scale is NaN, so that no product hides it. Of LL_ACT_Q8_64 two lines have
 * one scale, that of their 64 numbers, and n is a multiple of 64.
 */
struct ll_act_q8 {
	int8_t q[32];
	float scale;
	int32_t less8;		/* -8 * the sum of q: what a sum begins with whose weights are 8 too large */
	int32_t less128;	/* the same for 128 */
	int32_t less128_half[2];
	float sum;		/* of q */
	float sum_low;		/* of its first half */
	float sum_scaled;	/* sum * scale */
};

/* Of the second half of q; exact. */
static inline float
ll_act_sum_high(const struct ll_act_q8 *x)
{
	return x->sum - x->sum_low;
}

union ll_act {
	struct ll_act_q8 q8;
	float f32[16];
	uint16_t bf16[32];
	uint8_t bytes[64];
};

_Static_assert(sizeof(union ll_act) == 64, "a line is a cache line");

/* How rows of a type are cut. Rows of quantised types are whole blocks. */
struct ll_layout {
	uint16_t elements;	/* of a block */
	uint16_t bytes;
	uint8_t units;
	bool lone;		/* a scale is taken out */
	uint8_t lone_at;	/* its place: 0, or where the units end */
	const uint8_t *order;	/* NULL, or where in a panel each four units of a block are, in fours */
};

/* Panels that hold so many rows; the last may be less than full. */
static inline size_t
ll_panels(size_t rows)
{
	return rows / LL_PANEL_ROWS + (rows % LL_PANEL_ROWS != 0);
}

/* Where in a panel unit `unit` of a block is. */
static inline size_t
ll_panel_unit(const struct ll_layout *layout, size_t unit)
{
	return layout->order == NULL ? unit : layout->order[unit / 4] * 4u + unit % 4;
}

/* Where in a panel the units of a block are, and its scales if they are taken out. */
static inline size_t
ll_panel_units(const struct ll_layout *layout, size_t block)
{
	size_t bytes = 64 * (size_t)layout->units;

	return layout->lone ? block / 2 * (64 + 2 * bytes) + 64 + block % 2 * bytes : block * bytes;
}

static inline size_t
ll_panel_lone(const struct ll_layout *layout, size_t block)
{
	return block / 2 * (64 + 128 * (size_t)layout->units) + block % 2 * 32;
}

static inline size_t
ll_panel_bytes(const struct ll_layout *layout, size_t blocks)
{
	return ll_panel_units(layout, blocks + (layout->lone && blocks % 2 != 0)) - 64 * layout->lone;
}

static inline size_t
ll_piece_blocks(const struct ll_layout *layout)
{
	return LL_PIECE_ELEMENTS / layout->elements;
}

/* Where in a matrix of so many panels and blocks of a row piece `piece` of panel `panel` begins. */
static inline size_t
ll_panel_piece(const struct ll_layout *layout, size_t panels, size_t blocks, size_t panel, size_t piece)
{
	size_t at = panel % LL_GROUP_PANELS, group = panel - at;
	size_t members = panels - group < LL_GROUP_PANELS ? panels - group : LL_GROUP_PANELS;
	size_t most = ll_piece_blocks(layout), first = piece * most;
	size_t count = blocks - first < most ? blocks - first : most;

	return group * ll_panel_bytes(layout, blocks) + members * ll_panel_bytes(layout, first) +
	    at * ll_panel_bytes(layout, count);
}

#define LL_ACT_BEHIND LL_MUL_COLS_MOST

/* Elements that one line of activations has. */
static inline size_t
ll_act_elements(enum ll_act_kind kind)
{
	return kind == LL_ACT_F32 ? 16 : 32;
}

/*
 * y[j * y_stride + r] = row r . column j, or what is there plus that if `more`, for 16 rows and
 * `cols` columns of `blocks` blocks. x is the first line of the first column, `width` >= cols; behind
 * its last line LL_ACT_BEHIND more can be read.
 * The blocks of all calls but a row's last are an even number, and of floats a
 * multiple of LL_MUL_RUN elements.
 */
typedef void ll_product(float *y, size_t y_stride, const uint8_t *w, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more);

/* Sums of rows that follow one another, the first of the first column at `y`, columns `stride` apart. */
struct ll_sums {
	float *y;
	size_t stride;
};

/* What memory is asked for by the way: so many lines of 64 bytes with each block of a product. */
struct ll_soon {
	const uint8_t *at;
	size_t lines;
};

/*
 * The same of two panels, whose 32 rows follow one another: `to` becomes what is in `from`, or nothing where that
 * has no y, plus products. They are one place or apart. `soon`: weights and activations that other products will have.
 */
typedef void ll_product_two(struct ll_sums to, struct ll_sums from, const uint8_t *const w[2], size_t blocks,
    const union ll_act *x, size_t width, size_t cols, const struct ll_soon soon[2]);

/*
 * sums[i] = run i . its x, for LL_RUNS runs of LL_MUL_RUN floats, one after the other (runs.h); x has
 * lanes: [element][LL_RUNS], of LL_ACT_BF16 [pair][LL_RUNS].
 */
typedef void ll_product_runs(float sums[LL_RUNS], const uint8_t *w, const uint8_t *x);

/*
 * y[r] = row r . x, or that more, of LL_PANEL_ROWS rows as they lie, row_bytes apart, with `lines` lines of one
 * column.
 */
typedef void ll_product_lying(float *y, const uint8_t *w, size_t row_bytes, size_t lines, const union ll_act *x,
    bool more);

/*
 * Rows of any quantised type made wide: runs of 32 elements of 16 rows as 8 units of bytes and
 * then one unit, or two, of f32 scales and as many of f32 minima:
 *
 *	[runs][8 + scales + minima][16][4]
 *
 * A byte is the weight's integer where there are minima, and that plus 128 where there are none.
 * The kind is 2 * (two scales) + (minima), but for LL_WIDE_64: Q4_K, whose integers of 4 bits are
 * multiplied with LL_ACT_Q8_64; they are 8 too large. Of ISAs that want signed bytes (kern.h) nothing is
 * added, and Q4_K's are right. Three units come after the bytes there: sub, an int32; offset, 8 *
 * scale * sub less the minimum, rounded once; and the block's scale, which all its runs repeat.
 *
 * Of F16 a run made wide is two blocks of F32.
 */
enum ll_wide_kind {
	LL_WIDE_32, LL_WIDE_32_MIN, LL_WIDE_16, LL_WIDE_16_MIN, LL_WIDE_64, LL_WIDE_F32, LL_WIDE_KINDS
};

static inline size_t
ll_wide_units(enum ll_wide_kind kind)
{
	static const uint8_t units[LL_WIDE_KINDS] = { 9, 10, 10, 12, 11, 32 };

	return units[kind];
}

/* From a panel of `blocks` blocks. */
typedef void ll_widen(uint8_t *out, const uint8_t *w, size_t blocks);

/*
 * Lines of n elements, `width` lines apart, filled up with zeros: of floats always two lines for
 * 32 elements.
 */
typedef void ll_act_make(union ll_act *out, size_t width, const float *x, size_t n);

/*
 * Interleaves `blocks` blocks of `rows` rows, at most 16, that are row_bytes apart; `bytes` are to
 * be read of each row, and blocks beyond them are filled up with zeros. Rows that are missing
 * become copies of the first. `next`, unless it is NULL, is asked for meanwhile, as many bytes as
 * these; it may lie behind the end of what there is.
 */
typedef void ll_interleave(uint8_t *out, const struct ll_layout *layout, const uint8_t *w,
    size_t row_bytes, size_t rows, size_t bytes, size_t blocks, const uint8_t *next);

/* How the type is cut; units 0 if it has no panels. */
struct ll_layout ll_layout(enum ll_dtype type);

/* The wide kind of a quantised type, or of F16. */
enum ll_wide_kind ll_wide_kind(enum ll_dtype type);

/* `blocks` blocks of at most 16 rows of any quantised type made wide; see ll_interleave. */
void ll_widen_rows(uint8_t *out, enum ll_dtype type, const uint8_t *w, size_t row_bytes, size_t rows,
    size_t blocks, bool has_sign);

/* Block `block` of one row of a panel, as it was: layout->bytes bytes. */
void ll_panel_block(uint8_t *out, const uint8_t *w, const struct ll_layout *layout, size_t block,
    size_t row);

#endif
