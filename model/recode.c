/*
 * Tensors made into another type; see recode.h.
 */

#include "model/recode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "model/merge.h"
#include "tensor/encode.h"
#include "tensor/ops.h"

/* Elements of a piece for each thread. */
#define PIECE (1u << 18)

#define GROUP_ROWS (LL_GROUP_PANELS * LL_PANEL_ROWS)

/* The first number that a type cannot hold. */
struct misfit {
	size_t row, column;
	float value;
	bool found;
};

struct ll_recoder {
	struct ll_pool *pool;
	float *rows;			/* one for each thread */
	size_t rows_cap;
	unsigned char *piece_room;
	size_t piece_cap;
	unsigned char *piece;		/* in it, 64-byte aligned */
	unsigned char *plain;		/* its rows, on their way into panels */
	size_t plain_cap;
	struct misfit *misfits;		/* one for each thread */
	/* The piece in work: */
	const struct ll_recode *job;
	struct ll_merge *merge;		/* NULL: nothing is merged into it */
	struct ll_tensor from;
	size_t matrix_rows;		/* rows of each of the matrices */
	size_t row_bytes;		/* of the type to make */
	size_t first, count;
};

int
ll_recoder_new(struct ll_recoder **out, struct ll_pool *pool, struct ll_err *err)
{
	if ((*out = ll_alloc(1, sizeof(**out), err)) == NULL)
		return -LL_ENOMEM;
	(*out)->pool = pool;
	if (((*out)->misfits = ll_alloc(ll_pool_count(pool), sizeof(*(*out)->misfits), err)) == NULL) {
		free(*out);
		*out = NULL;
		return -LL_ENOMEM;
	}
	return 0;
}

void
ll_recoder_free(struct ll_recoder *recoder)
{
	if (recoder == NULL)
		return;
	free(recoder->rows);
	free(recoder->piece_room);
	free(recoder->plain);
	free(recoder->misfits);
	ll_merge_free(recoder->merge);
	free(recoder);
}

const char *
ll_recode_type_name(uint32_t type)
{
	return ll_dtype_name(type) != NULL ? ll_dtype_name(type) : "of an unknown number";
}

/* Columns and rows: a vector whose elements have an order is a column. */
static void
shape_of(const struct ll_source_tensor *from, enum ll_row_order order, size_t *cols, size_t *rows)
{
	bool column = order != LL_ROWS_KEPT && from->dims == 1;

	*cols = column ? 1 : (size_t)from->ne[0];
	*rows = column ? (size_t)from->ne[0] : 1;
	for (uint32_t i = 1; i < LL_SOURCE_DIMS; i++)
		*rows *= (size_t)from->ne[i];
}

/* Whether the bytes stay what they are. */
static bool
is_copy(const struct ll_recode *job)
{
	return job->type == job->from->type && job->panels == job->from->panels && job->order == LL_ROWS_KEPT &&
	    job->from->scales == NULL && job->adapters == NULL;
}

int
ll_recode_size(size_t *size, const struct ll_recode *job, struct ll_err *err)
{
	const struct ll_source_tensor *from = job->from;
	const struct ll_dtype_info *info = ll_dtype(job->type);
	bool same = job->type == from->type && !ll_dtype_private(job->type) && from->scales == NULL &&
	    job->adapters == NULL;
	size_t cols, rows, bytes;

	if (same && job->panels == from->panels) {
		*size = from->size;
		return 0;
	}
	if (from->data == NULL)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: type %s cannot be computed with, only copied",
		    from->file, ll_source_label(from), ll_recode_type_name(from->type));
	if (info == NULL || (!same && !ll_encode_has(job->type)))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: type %s cannot be made", from->file,
		    ll_source_label(from), ll_recode_type_name(job->type));
	shape_of(from, LL_ROWS_KEPT, &cols, &rows);
	if (!ll_dtype_row_bytes(job->type, cols, &bytes) || ll_mul(bytes, rows, size) ||
	    (job->panels && !ll_tensor_panel_bytes((enum ll_dtype)job->type, rows, cols, size)))
		return ll_fail(err, LL_EDATA, "%s: %.128s: rows of %zu are not whole blocks of %zu (%s)", from->file,
		    ll_source_label(from), cols, info->block, info->name);
	return 0;
}

size_t
ll_recode_source_row(enum ll_row_order order, size_t head_rows, size_t row)
{
	size_t head = row / head_rows, at = row % head_rows;

	if (order == LL_ROWS_KEPT)
		return row;
	if (order == LL_ROWS_TO_NEIGHBOURS)
		return head * head_rows + at % 2 * (head_rows / 2) + at / 2;
	return head * head_rows + at % (head_rows / 2) * 2 + at / (head_rows / 2);
}

/* Quantised types hold what f16 can; a number that is none stays none in the others. */
static bool
fits(uint32_t type, float value)
{
	if (type == LL_F32)
		return true;
	if (type == LL_F16)
		return !(fabsf(value) > LL_ENCODE_MAX && isfinite(value));
	if (type == LL_BF16)
		return !isfinite(value) || isfinite(ll_bf16_to_f32(ll_f32_to_bf16(value)));
	return fabsf(value) <= LL_ENCODE_MAX;
}

static bool
check(struct misfit *misfit, uint32_t type, const float *x, size_t n, size_t row)
{
	for (size_t i = 0; i < n; i++) {
		if (!fits(type, x[i])) {
			*misfit = (struct misfit){ row, i, x[i], true };
			return false;
		}
	}
	return true;
}

/* Makes row `number`, of those to be made, at `to`; `row` has room for its elements. */
static bool
recode_row(struct ll_recoder *r, size_t thread, size_t number, float *row, unsigned char *to)
{
	const struct ll_recode *job = r->job;
	const float *importance = job->importance;
	size_t cols = r->from.cols;

	if (job->order != LL_ROWS_KEPT)
		number = ll_recode_source_row(job->order, r->from.rows / job->heads, number);
	if (job->type == job->from->type && job->from->scales == NULL && r->merge == NULL) {
		ll_tensor_copy(to, &r->from, number * r->row_bytes, r->row_bytes);
		return true;
	}
	ll_ops_row(&r->from, number, row);
	if (r->merge != NULL)
		ll_merge_row(r->merge, thread, number, row);
	if (!check(&r->misfits[thread], job->type, row, cols, number))
		return false;
	if (importance != NULL)
		importance += number / r->matrix_rows * cols;
	ll_encode_row(job->type, to, row, cols, importance);
	return true;
}

static void
recode_rows(void *arg, size_t thread, size_t count)
{
	struct ll_recoder *r = arg;
	unsigned char *out = r->job->panels ? r->plain : r->piece;
	size_t begin, end;

	ll_pool_share(r->count, 1, thread, count, &begin, &end);
	for (size_t i = begin; i < end; i++)
		if (!recode_row(r, thread, r->first + i, r->rows + thread * r->from.cols, out + i * r->row_bytes))
			return;
}

/* A piece is whole groups of panels, but for the last, and so lies as they do in the matrix. */
static void
interleave(void *arg, size_t thread, size_t count)
{
	struct ll_recoder *r = arg;
	struct ll_tensor rows = { .type = (enum ll_dtype)r->job->type, .rows = r->count, .cols = r->from.cols,
		.row_bytes = r->row_bytes, .data = r->plain };
	size_t begin, end;

	ll_pool_share(ll_panels(r->count), 1, thread, count, &begin, &end);
	ll_tensor_interleave(r->piece, &rows, begin, end);
}

static int
tell_misfit(const struct ll_recoder *r, struct ll_err *err)
{
	for (size_t i = 0; i < ll_pool_count(r->pool); i++) {
		const struct misfit *misfit = &r->misfits[i];

		if (misfit->found)
			return ll_fail(err, LL_EDATA, "%s: %.128s: row %zu, column %zu: %g cannot be held by %s",
			    r->job->from->file, ll_source_label(r->job->from), misfit->row, misfit->column,
			    (double)misfit->value, ll_recode_type_name(r->job->type));
	}
	return 0;
}

/* Room for a piece of so many rows. */
static int
make_room(struct ll_recoder *r, struct ll_err *err)
{
	size_t cols = r->from.cols, floats, bytes, plain = r->count * r->row_bytes;

	if (ll_mul(r->count, r->row_bytes, &bytes) || ll_mul(ll_pool_count(r->pool), cols, &floats) ||
	    (r->job->panels && !ll_tensor_panel_bytes((enum ll_dtype)r->job->type, r->count, cols, &bytes)) ||
	    ll_add(bytes, 64, &bytes) || ll_grow(&r->piece_room, &r->piece_cap, bytes, 1, err) < 0 ||
	    (r->job->panels && ll_grow(&r->plain, &r->plain_cap, plain, 1, err) < 0) ||
	    ll_grow(&r->rows, &r->rows_cap, floats, sizeof(float), err) < 0)
		return ll_fail(err, LL_ENOMEM, "out of memory for rows of %zu", cols);
	r->piece = r->piece_room + (64 - (uintptr_t)r->piece_room % 64) % 64;
	return 0;
}

static int
begin(struct ll_recoder *r, const struct ll_recode *job, struct ll_err *err)
{
	const struct ll_source_tensor *from = job->from;
	size_t cols, rows, threads = ll_pool_count(r->pool), piece_rows;
	int status;

	shape_of(from, job->order, &cols, &rows);
	if (cols == 0 || rows == 0 || from->type >= LL_DTYPES || ll_dtype(from->type) == NULL ||
	    (job->order != LL_ROWS_KEPT && (job->heads == 0 || rows % (2 * job->heads) != 0)))
		return ll_fail(err, LL_EBUG, "%s: %.128s: cannot be taken by rows", from->file, ll_source_label(from));
	ll_merge_free(r->merge);
	r->merge = NULL;
	if (job->adapters != NULL && (status = ll_merge_new(&r->merge, job->adapters, from->name, threads, err)) < 0)
		return status;
	r->job = job;
	r->matrix_rows = from->dims > 1 ? (size_t)from->ne[1] : 1;
	r->from = (struct ll_tensor){ .type = (enum ll_dtype)from->type, .rows = rows, .cols = cols,
		.data = from->data, .panels = from->panels, .row_scale = from->scales };
	ll_dtype_row_bytes(from->type, cols, &r->from.row_bytes);
	ll_dtype_row_bytes(job->type, cols, &r->row_bytes);
	memset(r->misfits, 0, threads * sizeof(*r->misfits));
	piece_rows = cols < PIECE ? PIECE / cols * threads : threads;
	if (job->panels)
		piece_rows = (piece_rows + GROUP_ROWS - 1) / GROUP_ROWS * GROUP_ROWS;
	r->count = piece_rows < rows ? piece_rows : rows;
	return make_room(r, err);
}

static size_t
piece_bytes(const struct ll_recoder *r)
{
	size_t bytes = r->count * r->row_bytes;

	if (r->job->panels)
		ll_tensor_panel_bytes((enum ll_dtype)r->job->type, r->count, r->from.cols, &bytes);
	return bytes;
}

int
ll_recode(struct ll_recoder *r, const struct ll_recode *job, ll_recode_sink *sink, void *context, struct ll_err *err)
{
	size_t size, most;
	int status = ll_recode_size(&size, job, err);

	if (status < 0)
		return status;
	/* Straight from the mapping. */
	if (is_copy(job))
		return sink(context, job->from->data, size, err);
	if ((status = begin(r, job, err)) < 0)
		return status;
	most = r->count;
	for (r->first = 0; r->first < r->from.rows && status == 0; r->first += most) {
		r->count = r->from.rows - r->first < most ? r->from.rows - r->first : most;
		ll_pool_run(r->pool, recode_rows, r);
		if ((status = tell_misfit(r, err)) < 0)
			break;
		if (job->panels)
			ll_pool_run(r->pool, interleave, r);
		status = sink(context, r->piece, piece_bytes(r), err);
	}
	return status;
}
