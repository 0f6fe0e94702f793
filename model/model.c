/*
 * A model from a source: its tensors by name, each with the shape that the hyper-parameters
 * ask for, and none besides; see model.h. Containers are source.h's, keys hparams.h's.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "model/gguf.h"
#include "model/hparams.h"
#include "model/model.h"
#include "model/source_make.h"
#include "tensor/ops.h"

struct loader {
	struct ll_model *model;
	struct ll_source *source;
	bool *taken;		/* of each tensor of the source: whether the model has it */
	struct ll_err *err;
};

static const struct ll_source_tensor *
take(struct loader *l, const char *name)
{
	const struct ll_source_tensor *tensor = ll_source_find(l->source, name);

	if (tensor != NULL)
		l->taken[tensor - l->source->tensors] = true;
	return tensor;
}

static int
unsupported_type(struct loader *l, const struct ll_source_tensor *tensor, const char *why)
{
	const char *type = ll_dtype_name(tensor->type), *name = ll_source_label(tensor);

	if (type == NULL)
		return ll_fail(l->err, LL_EUNSUPPORTED,
		    "%s: %s: type %" PRIu32 " %s", tensor->file, name, tensor->type, why);
	return ll_fail(l->err, LL_EUNSUPPORTED, "%s: %s: type %s %s", tensor->file, name, type, why);
}

/* Says that there is no such tensor, by the name that the container would give it. */
static int
missing(struct loader *l, const char *name)
{
	char own[LL_NAME_ROOM];

	if (l->source->container != LL_CONTAINER_GGUF && ll_name_from_gguf(own, l->source->container, name))
		name = own;
	return ll_fail(l->err, LL_EDATA, "%s: %s: tensor is missing", l->source->path, name);
}

static int
check_shape(struct loader *l, const struct ll_source_tensor *tensor, uint32_t dims, size_t rows, size_t cols)
{
	if (tensor->dims == dims && tensor->ne[0] == cols && (dims != 2 || tensor->ne[1] == rows))
		return 0;
	return ll_fail(l->err, LL_EDATA,
	    "%s: %s: shape is %" PRIu64 " x %" PRIu64 " x %" PRIu64 " x %" PRIu64
	    ", not %zu x %zu", tensor->file, ll_source_label(tensor), tensor->ne[0], tensor->ne[1], tensor->ne[2],
	    tensor->ne[3], cols, dims == 2 ? rows : 1);
}

static int
fill(struct loader *l, const struct ll_source_tensor *tensor, const char *name, struct ll_tensor *out,
    size_t rows, size_t cols)
{
	int status;

	if (tensor == NULL)
		return missing(l, name);
	if (tensor->data == NULL)
		return unsupported_type(l, tensor, "cannot be computed with");
	if ((status = check_shape(l, tensor, 2, rows, cols)) < 0)
		return status;
	*out = (struct ll_tensor){ .type = (enum ll_dtype)tensor->type, .rows = rows, .cols = cols,
		.data = tensor->data };
	out->panels = tensor->panels;
	ll_dtype_row_bytes(tensor->type, cols, &out->row_bytes);
	out->row_scale = tensor->scales;
	l->model->parameters += (uint64_t)out->rows * cols;
	return 0;
}

/* A vector as floats: the file's, or where they are not aligned or not F32, a copy. */
static int
fill_vector(struct loader *l, const struct ll_source_tensor *tensor, const char *name, struct ll_tensor *out,
    size_t length)
{
	struct ll_model *model = l->model;
	int status;

	if (tensor == NULL)
		return missing(l, name);
	if (tensor->type != LL_F32 && tensor->type != LL_F16 && tensor->type != LL_BF16)
		return unsupported_type(l, tensor, "is not supported for a vector (F32, F16 and BF16 are)");
	if ((status = check_shape(l, tensor, 1, 1, length)) < 0)
		return status;
	*out = (struct ll_tensor){ .type = (enum ll_dtype)tensor->type, .rows = 1, .cols = length,
		.row_bytes = tensor->size, .data = tensor->data };
	model->parameters += length;
	if (tensor->type == LL_F32 && (uintptr_t)tensor->data % sizeof(float) == 0)
		return 0;
	if ((status = ll_grow(&model->vectors, &model->vector_cap, model->vector_count + 1, sizeof(void *), l->err)) < 0)
		return status;
	if ((model->vectors[model->vector_count] = ll_alloc(length, sizeof(float), l->err)) == NULL)
		return -LL_ENOMEM;
	ll_ops_row(out, 0, model->vectors[model->vector_count]);
	*out = (struct ll_tensor){ .type = LL_F32, .rows = 1, .cols = length, .row_bytes = length * sizeof(float),
		.data = model->vectors[model->vector_count++] };
	return 0;
}

static int
load_vector(struct loader *l, const char *name, struct ll_tensor *out, size_t length)
{
	return fill_vector(l, take(l, name), name, out, length);
}

/* A matrix and its bias, which may be missing. */
static int
load_linear(struct loader *l, size_t index, const char *stem, struct ll_tensor *w, struct ll_tensor *bias,
    size_t rows, size_t cols)
{
	const struct ll_source_tensor *tensor;
	char name[64];
	int status;

	snprintf(name, sizeof(name), "blk.%zu.%s.weight", index, stem);
	if ((status = fill(l, take(l, name), name, w, rows, cols)) < 0)
		return status;
	snprintf(name, sizeof(name), "blk.%zu.%s.bias", index, stem);
	if ((tensor = take(l, name)) == NULL)
		return 0;
	return fill_vector(l, tensor, name, bias, rows);
}

static int
load_layer(struct loader *l, size_t index)
{
	const struct ll_hparams *hp = &l->model->hp;
	struct ll_layer *layer = &l->model->layers[index];
	size_t q = layer->heads * hp->head_dim, kv = layer->kv_heads * hp->head_dim;
	const struct {
		const char *name;
		struct ll_tensor *w, *bias;
		size_t rows, cols;
	} parts[] = {
		{ "attn_q", &layer->wq, &layer->bq, q, hp->dim },
		{ "attn_k", &layer->wk, &layer->bk, kv, hp->dim },
		{ "attn_v", &layer->wv, &layer->bv, kv, hp->dim },
		{ "attn_output", &layer->wo, &layer->bo, hp->dim, q },
		{ "ffn_gate", &layer->gate, &layer->bgate, layer->ffn, hp->dim },
		{ "ffn_up", &layer->up, &layer->bup, layer->ffn, hp->dim },
		{ "ffn_down", &layer->down, &layer->bdown, hp->dim, layer->ffn },
	};
	char name[64];
	int status;

	snprintf(name, sizeof(name), "blk.%zu.attn_norm.weight", index);
	if ((status = load_vector(l, name, &layer->attn_norm, hp->dim)) < 0)
		return status;
	snprintf(name, sizeof(name), "blk.%zu.ffn_norm.weight", index);
	if ((status = load_vector(l, name, &layer->ffn_norm, hp->dim)) < 0)
		return status;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((status = load_linear(l, index, parts[i].name, parts[i].w, parts[i].bias, parts[i].rows,
		    parts[i].cols)) < 0)
			return status;
	return 0;
}

/* The rows of the embedding are the vocabulary, which key and token list must agree with. */
static int
load_embedding(struct loader *l)
{
	static const char name[] = "token_embd.weight";
	const struct ll_source_tensor *tensor = take(l, name);
	const struct ll_gguf *gguf = l->source->part_count > 0 ? l->source->parts[0] : NULL;
	const struct ll_gguf_value *tokens = gguf != NULL ? ll_gguf_find(gguf, "tokenizer.ggml.tokens") : NULL;
	struct ll_hparams *hp = &l->model->hp;
	size_t rows = tensor != NULL ? (size_t)tensor->ne[1] : 1;

	if (tensor != NULL && hp->vocab != 0 && hp->vocab != rows)
		return ll_fail(l->err, LL_EDATA,
		    "%s: %s: %zu, but %s has %zu rows", l->source->path,
		    gguf != NULL ? "llama.vocab_size" : "vocab_size", hp->vocab, ll_source_label(tensor), rows);
	if (tensor != NULL && tokens != NULL && tokens->count != rows)
		return ll_fail(l->err, LL_EDATA,
		    "%s: tokenizer.ggml.tokens: %" PRIu64 " tokens, but %s has %zu rows",
		    l->source->path, tokens->count, name, rows);
	if (rows > INT32_MAX)
		return ll_fail(l->err, LL_EDATA,
		    "%s: %s: %zu rows are too many", l->source->path, name, rows);
	hp->vocab = rows;
	return fill(l, tensor, name, &l->model->embedding, rows, hp->dim);
}

/* Where the file says that they are one, a head of its own must be it. */
static bool
is_embedding(const struct loader *l, const struct ll_source_tensor *head)
{
	const struct ll_source_tensor *embedding = ll_source_find(l->source, "token_embd.weight");

	return head->type == embedding->type && head->size == embedding->size && head->data != NULL &&
	    head->scales == NULL && embedding->scales == NULL &&
	    memcmp(head->ne, embedding->ne, sizeof(head->ne)) == 0 &&
	    memcmp(head->data, embedding->data, head->size) == 0;
}

static int
load_head(struct loader *l)
{
	static const char name[] = "output.weight";
	const struct ll_source_tensor *tensor = take(l, name);
	struct ll_model *model = l->model;
	int status = load_vector(l, "output_norm.weight", &model->output_norm, model->hp.dim);

	if (status < 0)
		return status;
	if (tensor != NULL && model->hp.tied && !is_embedding(l, tensor))
		return ll_fail(l->err, LL_EUNSUPPORTED, "%s: tie_word_embeddings: true, but %s is another head",
		    l->source->path, ll_source_label(tensor));
	if (tensor != NULL && !model->hp.tied) {
		return fill(l, tensor, name, &model->output, model->hp.vocab, model->hp.dim);
	}
	/* A GGUF says so by leaving it out. */
	if (l->source->container != LL_CONTAINER_GGUF && !model->hp.tied)
		return missing(l, name);
	model->hp.tied = true;
	model->output = model->embedding;
	return 0;
}

static int
load_rope(struct loader *l, const struct ll_rope_scaling *scaling)
{
	static const char name[] = "rope_freqs.weight";
	const struct ll_source_tensor *tensor = take(l, name);
	struct ll_model *model = l->model;
	uint64_t parameters = model->parameters;
	struct ll_tensor factors = { 0 };
	int status;

	if (tensor != NULL) {
		if (tensor->type != LL_F32)
			return unsupported_type(l, tensor, "is not supported here (F32 is)");
		if ((status = fill_vector(l, tensor, name, &factors, model->hp.rope_dim / 2)) < 0)
			return status;
		if (scaling->kind == LL_ROPE_LLAMA3)
			return ll_fail(l->err, LL_EUNSUPPORTED,
			    "%s: both %s and llama.rope.scaling.type scale the rotary "
			    "frequencies", tensor->file, name);
		for (size_t i = 0; i < factors.cols; i++) {
			float factor = ll_load_f32((const unsigned char *)factors.data + 4 * i);

			if (!isfinite(factor) || factor <= 0)
				return ll_fail(l->err, LL_EDATA,
				    "%s: %s: factor %zu is %g", tensor->file, name, i,
				    (double)factor);
		}
		/* Factors are not learnt. */
		model->parameters = parameters;
	}
	model->rope_magnitude = scaling->magnitude;
	model->rope_freqs = ll_rope_freqs(&model->hp, scaling, factors.data, l->err);
	return model->rope_freqs != NULL ? 0 : -LL_ENOMEM;
}

static int
refuse_rest(struct loader *l)
{
	for (size_t i = 0; i < l->source->count; i++) {
		const struct ll_source_tensor *tensor = &l->source->tensors[i];

		if (!l->taken[i])
			return ll_fail(l->err, LL_EUNSUPPORTED,
			    "%s: %.128s: tensor is not understood and might change the "
			    "result", tensor->file, ll_source_label(tensor));
	}
	return 0;
}

static int
load_tensors(struct loader *l, const struct ll_rope_scaling *scaling)
{
	struct ll_model *model = l->model;
	const struct ll_layer_sizes *sizes = l->source->sizes;
	int status;

	if ((status = load_embedding(l)) < 0 || (status = load_head(l)) < 0)
		return status;
	for (size_t i = 0; i < model->hp.layers; i++) {
		model->layers[i].heads = sizes != NULL ? sizes[i].heads : model->hp.heads;
		model->layers[i].kv_heads = sizes != NULL ? sizes[i].kv_heads : model->hp.kv_heads;
		model->layers[i].ffn = sizes != NULL ? sizes[i].ffn : model->hp.ffn;
		if ((status = load_layer(l, i)) < 0)
			return status;
	}
	/* Behind the layers, whose shapes confirm the size of a head. */
	if ((status = load_rope(l, scaling)) < 0)
		return status;
	return refuse_rest(l);
}

static int
load_model(struct ll_model *model, struct ll_source *source, struct ll_err *err)
{
	struct loader l = { .model = model, .source = source, .err = err };
	struct ll_rope_scaling scaling;
	int status;

	if (source->count == 0)
		return ll_fail(err, LL_EDATA,
		    "%s: the file has no tensors (only a vocabulary?)", source->path);
	if ((status = ll_hparams_read(&model->hp, &scaling, source, err)) < 0)
		return status;
	model->layers = ll_alloc(model->hp.layers, sizeof(*model->layers), err);
	l.taken = ll_alloc(source->count, sizeof(*l.taken), err);
	status = model->layers != NULL && l.taken != NULL ? load_tensors(&l, &scaling) : -LL_ENOMEM;
	free(l.taken);
	if (status < 0)
		return status;
	model->origin = model->fingerprint = ll_model_fingerprint(&model->hp, &scaling, source);
	if (source->part_count > 0 &&
	    (status = ll_gguf_fingerprint(source->parts[0], LL_GGUF_ORIGIN, &model->origin, err)) < 0)
		return status;
	if ((model->path = realpath(source->path, NULL)) == NULL)
		model->path = ll_copy(source->path, strlen(source->path), err);
	return model->path != NULL ? 0 : -LL_ENOMEM;
}

int
ll_model_over(struct ll_model **out, struct ll_source *source, struct ll_err *err)
{
	struct ll_model *model = ll_alloc(1, sizeof(*model), err);
	int status;

	*out = NULL;
	if (model == NULL)
		return -LL_ENOMEM;
	if ((status = load_model(model, source, err)) < 0) {
		ll_model_close(model);
		return status;
	}
	*out = model;
	return 0;
}

int
ll_model_from_source(struct ll_model **out, struct ll_source *source, struct ll_err *err)
{
	int status = ll_model_over(out, source, err);

	if (status == 0)
		(*out)->source = source;
	return status;
}

int
ll_model_from_gguf(struct ll_model **out, struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_source *source;
	int status;

	*out = NULL;
	if ((status = ll_source_from_gguf(&source, gguf, err)) < 0)
		return status;
	if ((status = ll_model_from_source(out, source, err)) < 0) {
		source->part_count = 0;
		ll_source_close(source);
	}
	return status;
}

int
ll_model_open(struct ll_model **out, const char *path, struct ll_err *err)
{
	struct ll_source *source;
	int status;

	*out = NULL;
	if ((status = ll_source_open(&source, path, err)) < 0)
		return status;
	if ((status = ll_model_from_source(out, source, err)) < 0)
		ll_source_close(source);
	return status;
}

void
ll_model_close(struct ll_model *model)
{
	if (model == NULL)
		return;
	ll_source_close(model->source);
	for (size_t i = 0; i < model->vector_count; i++)
		free(model->vectors[i]);
	free(model->vectors);
	free(model->path);
	free(model->rope_freqs);
	free(model->layers);
	free(model);
}

size_t
ll_model_kv_bytes(const struct ll_hparams *hp, size_t layers, size_t bytes)
{
	return 2 * hp->kv_heads * hp->head_dim * layers * bytes;
}
