/*
 * Adapters written; see adapter.h.
 */

#include "model/adapter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/gguf_write.h"
#include "model/recode.h"
#include "tensor/encode.h"

/* One of the two tensors of a pair. */
struct matrix {
	char name[64];
	const float *data;
	size_t rows, cols, bytes;
	size_t heads;			/* 0, or whose rows are to be made neighbours */
};

struct writing {
	const char *path;
	const struct ll_model *model;
	enum ll_dtype type;
	struct ll_gguf_writer *writer;
	struct matrix *matrices;
	size_t count;
	unsigned char *row;
};

static int
plan(struct writing *w, const struct ll_adapter_arrays *arrays, size_t count, struct ll_err *err)
{
	size_t widest = 0;

	if ((w->matrices = ll_alloc(2 * count, sizeof(*w->matrices), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct ll_adapter_arrays *from = &arrays[i];
		const struct ll_tensor *matrix = ll_adapter_matrix(w->model, from->layer, from->site);
		struct matrix *a = &w->matrices[w->count++], *b = &w->matrices[w->count++];

		*a = (struct matrix){ .data = from->a, .rows = from->rank, .cols = matrix->cols };
		*b = (struct matrix){ .data = from->b, .rows = matrix->rows, .cols = from->rank,
			.heads = ll_adapter_heads(w->model, from->layer, from->site) };
		if (from->layer == LL_ADAPT_HEAD)
			snprintf(a->name, sizeof(a->name), "output.weight.lora_a");
		else
			snprintf(a->name, sizeof(a->name), "blk.%zu.%s.weight.lora_a", from->layer,
			    ll_adapter_site_name(from->site));
		memcpy(b->name, a->name, sizeof(b->name));
		b->name[strlen(b->name) - 1] = 'b';
	}
	for (size_t i = 0; i < w->count; i++) {
		ll_dtype_row_bytes(w->type, w->matrices[i].cols, &w->matrices[i].bytes);
		widest = w->matrices[i].bytes > widest ? w->matrices[i].bytes : widest;
	}
	w->row = ll_alloc(widest, 1, err);
	return w->row != NULL ? 0 : -LL_ENOMEM;
}

static int
declare(struct writing *w, float alpha, struct ll_err *err)
{
	int status = 0;

	ll_gguf_write_string(w->writer, "general.type", "adapter", 7, err);
	ll_gguf_write_string(w->writer, "general.architecture", "llama", 5, err);
	ll_gguf_write_string(w->writer, "adapter.type", "lora", 4, err);
	ll_gguf_write_f32(w->writer, "adapter.lora.alpha", alpha, err);
	ll_gguf_write_fingerprint(w->writer, "ll.fingerprint", w->model->origin, err);
	for (size_t i = 0; i < w->count && status == 0; i++) {
		const struct matrix *matrix = &w->matrices[i];
		const uint64_t ne[2] = { matrix->cols, matrix->rows };

		status = ll_gguf_write_tensor(w->writer, matrix->name, w->type, 2, ne, matrix->rows * matrix->bytes, err);
	}
	return status;
}

static int
write_matrix(struct writing *w, const struct matrix *matrix, struct ll_err *err)
{
	float most = w->type == LL_F32 ? INFINITY : LL_ENCODE_MAX;
	int status = 0;

	for (size_t row = 0; row < matrix->rows && status == 0; row++) {
		size_t from = matrix->heads == 0 ? row :
		    ll_recode_source_row(LL_ROWS_TO_NEIGHBOURS, matrix->rows / matrix->heads, row);
		const float *data = matrix->data + from * matrix->cols;

		for (size_t i = 0; i < matrix->cols; i++)
			if (!isfinite(data[i]) || fabsf(data[i]) > most)
				return ll_fail(err, LL_EDATA, "%s: %s: row %zu, column %zu: %g cannot be held by %s", w->path,
				    matrix->name, row, i, (double)data[i], ll_dtype_name(w->type));
		ll_encode_row(w->type, w->row, data, matrix->cols, NULL);
		status = ll_gguf_write_data(w->writer, w->row, matrix->bytes, err);
	}
	return status;
}

int
ll_adapter_write(const char *path, const struct ll_model *model, float alpha,
    const struct ll_adapter_arrays *arrays, size_t count, enum ll_dtype type, struct ll_err *err)
{
	struct writing w = { .path = path, .model = model, .type = type };
	int status;

	if (type != LL_F32 && type != LL_F16)
		return ll_fail(err, LL_EBUG, "%s: an adapter of type %s", path, ll_recode_type_name(type));
	if ((status = plan(&w, arrays, count, err)) == 0 && (status = ll_gguf_write_new(&w.writer, err)) == 0 &&
	    (status = declare(&w, alpha, err)) == 0)
		status = ll_gguf_write_begin(w.writer, path, err);
	for (size_t i = 0; i < w.count && status == 0; i++)
		status = write_matrix(&w, &w.matrices[i], err);
	if (status == 0)
		status = ll_gguf_write_end(w.writer, err);
	ll_gguf_write_free(w.writer);
	free(w.matrices);
	free(w.row);
	return status;
}
