/*
 * Adapters held against a model; see adapter.h. The file's side is adapter_read.c's.
 */

#include "model/adapter.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/scaled.h"
#include "model/hparams.h"
#include "model/recode.h"
#include "model/source.h"
#include "tensor/ops.h"

struct ll_adapters {
	const struct ll_model *model;
	struct ll_adapter_pair **list;	/* of each [layers * LL_ADAPT_SITES + 1], the head's last */
	size_t count, cap;
	void **blocks;			/* matrices */
	size_t block_count, block_cap;
	uint64_t fingerprint;
};

static size_t
slot(const struct ll_model *model, size_t layer, size_t site)
{
	return (layer == LL_ADAPT_HEAD ? model->hp.layers : layer) * LL_ADAPT_SITES + site;
}

const struct ll_tensor *
ll_adapter_matrix(const struct ll_model *model, size_t layer, enum ll_adapter_site site)
{
	const struct ll_layer *w;

	if (layer == LL_ADAPT_HEAD)
		return &model->output;
	w = &model->layers[layer];
	switch (site) {
	case LL_ADAPT_Q: return &w->wq;
	case LL_ADAPT_K: return &w->wk;
	case LL_ADAPT_V: return &w->wv;
	case LL_ADAPT_OUTPUT: return &w->wo;
	case LL_ADAPT_GATE: return &w->gate;
	case LL_ADAPT_UP: return &w->up;
	case LL_ADAPT_DOWN: case LL_ADAPT_SITES: break;
	}
	return &w->down;
}

size_t
ll_adapter_heads(const struct ll_model *model, size_t layer, enum ll_adapter_site site)
{
	if (!model->hp.halves || layer == LL_ADAPT_HEAD)
		return 0;
	return site == LL_ADAPT_Q ? model->layers[layer].heads : site == LL_ADAPT_K ? model->layers[layer].kv_heads : 0;
}

/* Scratch of a product has no room for more. */
static size_t
rank_most(const struct ll_hparams *hp)
{
	size_t most = hp->heads * hp->head_dim;

	most = hp->dim > most ? hp->dim : most;
	return hp->ffn > most ? hp->ffn : most;
}

static int
check_shape(const struct ll_source_tensor *tensor, size_t have, size_t want, const char *what, struct ll_err *err)
{
	if (have == want)
		return 0;
	return ll_fail(err, LL_EDATA, "%s: %.128s: shape is %" PRIu64 " x %" PRIu64 ", but the model's matrix has %zu %s",
	    tensor->file, tensor->name, tensor->ne[0], tensor->ne[1], want, what);
}

static int
check_part(const struct ll_model *model, const struct ll_adapter_part *part, struct ll_err *err)
{
	const struct ll_tensor *w;
	size_t most = rank_most(&model->hp);
	int status;

	if (part->layer != LL_ADAPT_HEAD && part->layer >= model->hp.layers)
		return ll_fail(err, LL_EDATA, "%s: %.128s: the model has layers 0 to %zu", part->a->file, part->a->name,
		    model->hp.layers - 1);
	if (part->layer == LL_ADAPT_HEAD && model->hp.tied)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: the model's output head is its embedding, which cannot "
		    "be adapted", part->a->file, part->a->name);
	w = ll_adapter_matrix(model, part->layer, part->site);
	if ((status = check_shape(part->a, (size_t)part->a->ne[0], w->cols, "columns", err)) < 0 ||
	    (status = check_shape(part->b, (size_t)part->b->ne[1], w->rows, "rows", err)) < 0)
		return status;
	if (part->rank > most)
		return ll_fail(err, LL_EDATA, "%s: %.128s: rank %zu, but no matrix of the model has more than %zu columns",
		    part->a->file, part->a->name, part->rank, most);
	return 0;
}

/* A copy as products read it: interleaving rows anew in each step would take longer than multiplying them. */
static int
make_panels(struct ll_adapters *all, struct ll_tensor *out, const struct ll_tensor *rows, struct ll_err *err)
{
	unsigned char *block;
	size_t bytes;

	if (!ll_tensor_panel_bytes(rows->type, rows->rows, rows->cols, &bytes) || ll_add(bytes, 64, &bytes))
		return ll_fail(err, LL_ENOMEM, "out of memory: an adapter's matrix of %zu x %zu", rows->cols, rows->rows);
	if (ll_grow(&all->blocks, &all->block_cap, all->block_count + 1, sizeof(*all->blocks), err) < 0 ||
	    (block = ll_alloc(bytes, 1, err)) == NULL)
		return -LL_ENOMEM;
	all->blocks[all->block_count++] = block;
	block += (64 - (uintptr_t)block % 64) % 64;
	ll_tensor_interleave(block, rows, 0, ll_panels(rows->rows));
	*out = *rows;
	out->data = block;
	out->panels = true;
	return 0;
}

/* The rows as f32, each number of which is finite; with heads in the model's order. */
static int
read_rows(float *out, const struct ll_source_tensor *from, size_t heads, struct ll_err *err)
{
	struct ll_tensor file = { .type = (enum ll_dtype)from->type, .rows = (size_t)from->ne[1],
		.cols = (size_t)from->ne[0], .data = from->data };

	ll_dtype_row_bytes(from->type, file.cols, &file.row_bytes);
	for (size_t row = 0; row < file.rows; row++, out += file.cols) {
		ll_ops_row(&file, heads == 0 ? row : ll_recode_source_row(LL_ROWS_TO_HALVES, file.rows / heads, row), out);
		for (size_t i = 0; i < file.cols; i++)
			if (!isfinite(out[i]))
				return ll_fail(err, LL_EDATA, "%s: %.128s: row %zu, column %zu is not finite", from->file,
				    from->name, row, i);
	}
	return 0;
}

/* In f16 where the file is, and the order of its rows stays; else in f32. */
static int
take_matrix(struct ll_adapters *all, struct ll_tensor *out, const struct ll_source_tensor *from, size_t heads,
    struct ll_err *err)
{
	struct ll_tensor rows = { .type = LL_F32, .rows = (size_t)from->ne[1], .cols = (size_t)from->ne[0] };
	size_t count;
	float *floats = NULL;
	int status = -LL_ENOMEM;

	if (ll_mul(rows.rows, rows.cols, &count) || (floats = ll_alloc(count, sizeof(float), err)) == NULL)
		ll_fail(err, LL_ENOMEM, "%s: %.128s: out of memory", from->file, from->name);
	else
		status = read_rows(floats, from, heads, err);
	rows.data = floats;
	if (from->type == LL_F16 && heads == 0) {
		rows.type = LL_F16;
		rows.data = from->data;
	}
	ll_dtype_row_bytes(rows.type, rows.cols, &rows.row_bytes);
	if (status == 0)
		status = make_panels(all, out, &rows, err);
	free(floats);
	return status;
}

static int
take_part(struct ll_adapters *all, struct ll_adapter_pair *pairs, const struct ll_adapter_part *part, double scale,
    struct ll_err *err)
{
	struct ll_adapter_pair *pair;
	int status = check_part(all->model, part, err);

	if (status < 0)
		return status;
	pair = &pairs[slot(all->model, part->layer, part->site)];
	pair->scale = (float)scale;
	if (!isfinite(pair->scale))
		return ll_fail(err, LL_EDATA, "%s: %.128s: scale %g is too large", part->a->file, part->a->name, scale);
	if ((status = take_matrix(all, &pair->a, part->a, 0, err)) < 0)
		return status;
	return take_matrix(all, &pair->b, part->b, ll_adapter_heads(all->model, part->layer, part->site), err);
}

/* An adapter of another's tells no fingerprint; one of ll's that of the model, or of what it was recoded from. */
static int
check_base(const struct ll_adapters *all, const struct ll_adapter_file *file, const char *path, struct ll_err *err)
{
	if (file->base == 0 || file->base == all->model->fingerprint || file->base == all->model->origin)
		return 0;
	return ll_fail(err, LL_EDATA, "%s: ll.fingerprint: made for the model of fingerprint %016" PRIx64 ", but %s has "
	    "%016" PRIx64, path, file->base, all->model->path, all->model->fingerprint);
}

static uint64_t
add_scale(uint64_t hash, double scale, double alpha)
{
	const double numbers[2] = { scale, alpha };
	unsigned char bytes[8];

	for (int i = 0; i < 2; i++) {
		uint64_t bits;

		memcpy(&bits, &numbers[i], sizeof(bits));
		ll_store64(bytes, bits);
		hash = ll_hash(hash, bytes, sizeof(bytes));
	}
	return hash;
}

static int
add(struct ll_adapters *all, struct ll_adapter_pair *pairs, const struct ll_source *source, double scale, struct ll_err *err)
{
	struct ll_adapter_file file;
	int status = ll_adapter_read(&file, source, err);

	if (status == 0)
		status = check_base(all, &file, source->path, err);
	for (size_t i = 0; i < file.count && status == 0; i++) {
		const struct ll_adapter_part *part = &file.parts[i];
		double factor = file.alpha > 0 ? scale * file.alpha / (double)part->rank : scale;

		status = take_part(all, pairs, part, factor, err);
	}
	if (status == 0)
		all->fingerprint = ll_source_fingerprint(add_scale(all->fingerprint, scale, file.alpha), source);
	free(file.parts);
	return status;
}

int
ll_adapters_new(struct ll_adapters **out, const struct ll_model *model, struct ll_err *err)
{
	int isa = ll_cpu_isa(err);

	if (isa < 0)
		return isa;
	if ((*out = ll_alloc(1, sizeof(**out), err)) == NULL)
		return -LL_ENOMEM;
	(*out)->model = model;
	(*out)->fingerprint = model->fingerprint;
	return 0;
}

int
ll_adapters_add(struct ll_adapters *all, struct ll_source *source, double scale, struct ll_err *err)
{
	struct ll_adapter_pair *pairs;
	int status;

	if (ll_grow(&all->list, &all->cap, all->count + 1, sizeof(*all->list), err) < 0 ||
	    (pairs = ll_alloc(slot(all->model, LL_ADAPT_HEAD, 1), sizeof(*pairs), err)) == NULL)
		return -LL_ENOMEM;
	if ((status = add(all, pairs, source, scale, err)) < 0) {
		free(pairs);
		return status;
	}
	all->list[all->count++] = pairs;
	ll_source_close(source);
	return 0;
}

/* The matrix of an array, if all of it are numbers. */
static int
take_array(struct ll_adapters *all, struct ll_tensor *out, const float *data, size_t rows, size_t cols,
    const struct ll_adapter_arrays *from, struct ll_err *err)
{
	*out = (struct ll_tensor){ .type = LL_F32, .rows = rows, .cols = cols, .row_bytes = cols * sizeof(float),
		.data = data };
	for (size_t i = 0; i < rows * cols; i++)
		if (!isfinite(data[i]))
			return ll_fail(err, LL_EDATA, "blk.%zu.%s.weight: row %zu, column %zu of its adapter is not finite",
			    from->layer, ll_adapter_site_name(from->site), i / cols, i % cols);
	all->fingerprint = ll_hash(all->fingerprint, data, rows * cols * sizeof(float));
	return 0;
}

int
ll_adapters_add_arrays(struct ll_adapters *all, float alpha, const struct ll_adapter_arrays *arrays, size_t count,
    struct ll_err *err)
{
	struct ll_adapter_pair *pairs;
	int status = 0;

	if (ll_grow(&all->list, &all->cap, all->count + 1, sizeof(*all->list), err) < 0 ||
	    (pairs = ll_alloc(slot(all->model, LL_ADAPT_HEAD, 1), sizeof(*pairs), err)) == NULL)
		return -LL_ENOMEM;
	all->list[all->count++] = pairs;
	all->fingerprint = add_scale(all->fingerprint, 1, (double)alpha);
	for (size_t i = 0; i < count && status == 0; i++) {
		const struct ll_adapter_arrays *from = &arrays[i];
		const struct ll_tensor *w = ll_adapter_matrix(all->model, from->layer, from->site);
		struct ll_adapter_pair *pair = &pairs[slot(all->model, from->layer, from->site)];

		pair->scale = alpha / (float)from->rank;
		if ((status = take_array(all, &pair->a, from->a, from->rank, w->cols, from, err)) == 0)
			status = take_array(all, &pair->b, from->b, w->rows, from->rank, from, err);
	}
	return status;
}

int
ll_adapters_open(struct ll_adapters **out, const struct ll_model *model, const struct ll_scaled_list *files,
    struct ll_err *err)
{
	int status = 0;

	*out = NULL;
	if (files->count > 0)
		status = ll_adapters_new(out, model, err);
	for (size_t i = 0; i < files->count && status == 0; i++) {
		struct ll_source *source;

		if ((status = ll_source_open(&source, files->list[i].path, err)) == 0 &&
		    (status = ll_adapters_add(*out, source, files->list[i].scale, err)) < 0)
			ll_source_close(source);
	}
	if (status < 0) {
		ll_adapters_free(*out);
		*out = NULL;
	}
	return status;
}

void
ll_adapters_free(struct ll_adapters *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < all->count; i++)
		free(all->list[i]);
	for (size_t i = 0; i < all->block_count; i++)
		free(all->blocks[i]);
	free(all->blocks);
	free(all->list);
	free(all);
}

size_t
ll_adapters_count(const struct ll_adapters *all)
{
	return all != NULL ? all->count : 0;
}

const struct ll_adapter_pair *
ll_adapters_pair(const struct ll_adapters *all, size_t i, size_t layer, size_t site)
{
	const struct ll_adapter_pair *pair = &all->list[i][slot(all->model, layer, site)];

	return pair->b.data != NULL ? pair : NULL;
}

const struct ll_adapter_pair *
ll_adapters_find(const struct ll_adapters *all, size_t i, const char *name)
{
	struct ll_adapter_part part;

	return ll_adapter_place(&part, name, strlen(name)) ? ll_adapters_pair(all, i, part.layer, part.site) : NULL;
}

uint64_t
ll_adapters_fingerprint(const struct ll_adapters *all, const struct ll_model *model)
{
	return all != NULL ? all->fingerprint : model->fingerprint;
}
