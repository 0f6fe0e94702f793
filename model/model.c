/*
 * A model from a GGUF: its tensors by name, each with the shape that the hyper-parameters
 * ask for, and none besides; see model.h. Keys are hparams.c's, the vocabulary vocab_gguf.c's.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/bytes.h"
#include "model/gguf.h"
#include "model/hparams.h"
#include "model/model.h"

struct loader {
	struct ll_model *model;
	const struct ll_gguf *gguf;
	bool *taken;		/* of each tensor of the file: whether the model has it */
	struct ll_err *err;
};

static const struct ll_gguf_tensor *
take(struct loader *l, const char *name)
{
	const struct ll_gguf_tensor *tensor = ll_gguf_tensor(l->gguf, name);

	if (tensor != NULL)
		l->taken[tensor - l->gguf->tensors] = true;
	return tensor;
}

static int
unsupported_type(struct loader *l, const struct ll_gguf_tensor *tensor, const char *name, const char *why)
{
	const char *type = ll_dtype_name(tensor->type);

	if (type == NULL)
		return ll_fail(l->err, LL_EUNSUPPORTED,
		    "%s: %s: type %" PRIu32 " %s", l->gguf->path, name,
		    tensor->type, why);
	return ll_fail(l->err, LL_EUNSUPPORTED,
	    "%s: %s: type %s %s", l->gguf->path, name, type, why);
}

/* Fills `out` from a tensor of the file; rows 1 is a vector, of which only f32 is known. */
static int
fill(struct loader *l, const struct ll_gguf_tensor *tensor, const char *name, struct ll_tensor *out,
    size_t rows, size_t cols)
{
	uint32_t dims = rows == 0 ? 1 : 2;

	if (tensor == NULL)
		return ll_fail(l->err, LL_EDATA, "%s: %s: tensor is missing", l->gguf->path, name);
	if (tensor->data == NULL)
		return unsupported_type(l, tensor, name, "cannot be computed with");
	if (dims == 1 && tensor->type != LL_F32)
		return unsupported_type(l, tensor, name, "is not supported for a vector (F32 is)");
	if (tensor->dims != dims || tensor->ne[0] != cols || (dims == 2 && tensor->ne[1] != rows))
		return ll_fail(l->err, LL_EDATA,
		    "%s: %s: shape is %" PRIu64 " x %" PRIu64 " x %" PRIu64 " x %" PRIu64
		    ", not %zu x %zu", l->gguf->path, name, tensor->ne[0], tensor->ne[1], tensor->ne[2],
		    tensor->ne[3], cols, dims == 2 ? rows : 1);
	*out = (struct ll_tensor){ .type = (enum ll_dtype)tensor->type, .rows = dims == 2 ? rows : 1,
		.cols = cols, .data = tensor->data };
	out->row_bytes = tensor->size / out->rows;
	l->model->parameters += (uint64_t)out->rows * cols;
	return 0;
}

static int
load(struct loader *l, const char *name, struct ll_tensor *out, size_t rows, size_t cols)
{
	return fill(l, take(l, name), name, out, rows, cols);
}

static int
load_vector(struct loader *l, const char *name, struct ll_tensor *out, size_t length)
{
	return load(l, name, out, 0, length);
}

static int
load_layer(struct loader *l, size_t index)
{
	const struct ll_hparams *hp = &l->model->hp;
	struct ll_layer *layer = &l->model->layers[index];
	size_t q = hp->heads * hp->head_dim, kv = hp->kv_heads * hp->head_dim;
	const struct {
		const char *name;
		struct ll_tensor *tensor;
		size_t rows, cols;	/* rows 0: a vector */
	} parts[] = {
		{ "attn_norm", &layer->attn_norm, 0, hp->dim },
		{ "attn_q", &layer->wq, q, hp->dim },
		{ "attn_k", &layer->wk, kv, hp->dim },
		{ "attn_v", &layer->wv, kv, hp->dim },
		{ "attn_output", &layer->wo, hp->dim, q },
		{ "ffn_norm", &layer->ffn_norm, 0, hp->dim },
		{ "ffn_gate", &layer->gate, hp->ffn, hp->dim },
		{ "ffn_up", &layer->up, hp->ffn, hp->dim },
		{ "ffn_down", &layer->down, hp->dim, hp->ffn },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char name[64];
		int status;

		snprintf(name, sizeof(name), "blk.%zu.%s.weight", index, parts[i].name);
		if ((status = load(l, name, parts[i].tensor, parts[i].rows, parts[i].cols)) < 0)
			return status;
	}
	return 0;
}

/* The rows of the embedding are the vocabulary, which key and token list must agree with. */
static int
load_embedding(struct loader *l)
{
	static const char name[] = "token_embd.weight";
	const struct ll_gguf_tensor *tensor = take(l, name);
	const struct ll_gguf_value *tokens = ll_gguf_find(l->gguf, "tokenizer.ggml.tokens");
	struct ll_hparams *hp = &l->model->hp;
	size_t rows = tensor != NULL ? (size_t)tensor->ne[1] : 1;

	if (tensor != NULL && hp->vocab != 0 && hp->vocab != rows)
		return ll_fail(l->err, LL_EDATA,
		    "%s: llama.vocab_size: %zu, but %s has %zu rows", l->gguf->path,
		    hp->vocab, name, rows);
	if (tensor != NULL && tokens != NULL && tokens->count != rows)
		return ll_fail(l->err, LL_EDATA,
		    "%s: tokenizer.ggml.tokens: %" PRIu64 " tokens, but %s has %zu rows",
		    l->gguf->path, tokens->count, name, rows);
	if (rows > INT32_MAX)
		return ll_fail(l->err, LL_EDATA,
		    "%s: %s: %zu rows are too many", l->gguf->path, name, rows);
	hp->vocab = rows;
	return fill(l, tensor, name, &l->model->embedding, rows, hp->dim);
}

static int
load_head(struct loader *l)
{
	static const char name[] = "output.weight";
	const struct ll_gguf_tensor *tensor = take(l, name);
	struct ll_model *model = l->model;
	int status = load_vector(l, "output_norm.weight", &model->output_norm, model->hp.dim);

	if (status < 0)
		return status;
	if (tensor != NULL)
		return fill(l, tensor, name, &model->output, model->hp.vocab, model->hp.dim);
	model->hp.tied = true;
	model->output = model->embedding;
	return 0;
}

static int
load_rope(struct loader *l, const struct ll_rope_scaling *scaling)
{
	static const char name[] = "rope_freqs.weight";
	const struct ll_gguf_tensor *tensor = take(l, name);
	struct ll_model *model = l->model;
	uint64_t parameters = model->parameters;
	struct ll_tensor factors = { 0 };
	int status;

	if (tensor != NULL) {
		if ((status = fill(l, tensor, name, &factors, 0, model->hp.rope_dim / 2)) < 0)
			return status;
		if (scaling->llama3)
			return ll_fail(l->err, LL_EUNSUPPORTED,
			    "%s: both %s and llama.rope.scaling.type scale the rotary "
			    "frequencies", l->gguf->path, name);
		for (size_t i = 0; i < factors.cols; i++) {
			float factor = ll_load_f32(tensor->data + 4 * i);

			if (!isfinite(factor) || factor <= 0)
				return ll_fail(l->err, LL_EDATA,
				    "%s: %s: factor %zu is %g", l->gguf->path, name, i,
				    (double)factor);
		}
		/* Factors are not learnt. */
		model->parameters = parameters;
	}
	model->rope_freqs = ll_rope_freqs(&model->hp, scaling, factors.data, l->err);
	return model->rope_freqs != NULL ? 0 : -LL_ENOMEM;
}

static int
refuse_rest(struct loader *l)
{
	for (size_t i = 0; i < l->gguf->tensor_count; i++) {
		const struct ll_gguf_text *name = &l->gguf->tensors[i].name;

		if (!l->taken[i])
			return ll_fail(l->err, LL_EUNSUPPORTED,
			    "%s: %.*s: tensor is not understood and might change the "
			    "result", l->gguf->path, name->length < 128 ? (int)name->length : 128, name->bytes);
	}
	return 0;
}

static int
load_tensors(struct loader *l, const struct ll_rope_scaling *scaling)
{
	struct ll_model *model = l->model;
	int status;

	if ((status = load_embedding(l)) < 0 || (status = load_head(l)) < 0)
		return status;
	for (size_t i = 0; i < model->hp.layers; i++)
		if ((status = load_layer(l, i)) < 0)
			return status;
	/* Behind the layers, whose shapes confirm the size of a head. */
	if ((status = load_rope(l, scaling)) < 0)
		return status;
	return refuse_rest(l);
}

static int
load_model(struct ll_model *model, struct ll_gguf *gguf, struct ll_err *err)
{
	struct loader l = { .model = model, .gguf = gguf, .err = err };
	struct ll_rope_scaling scaling;
	int status;

	if (gguf->tensor_count == 0)
		return ll_fail(err, LL_EDATA,
		    "%s: the file has no tensors (only a vocabulary?)", gguf->path);
	if ((status = ll_hparams_read(&model->hp, &scaling, gguf, err)) < 0)
		return status;
	model->layers = ll_alloc(model->hp.layers, sizeof(*model->layers), err);
	l.taken = ll_alloc(gguf->tensor_count, sizeof(*l.taken), err);
	status = model->layers != NULL && l.taken != NULL ? load_tensors(&l, &scaling) : -LL_ENOMEM;
	free(l.taken);
	if (status < 0)
		return status;
	model->fingerprint = ll_model_fingerprint(&model->hp, &scaling, gguf);
	if ((model->path = realpath(gguf->path, NULL)) == NULL)
		model->path = ll_copy(gguf->path, strlen(gguf->path), err);
	return model->path != NULL ? 0 : -LL_ENOMEM;
}

int
ll_model_from_gguf(struct ll_model **out, struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_model *model = ll_alloc(1, sizeof(*model), err);
	int status;

	*out = NULL;
	if (model == NULL)
		return -LL_ENOMEM;
	if ((status = load_model(model, gguf, err)) < 0) {
		ll_model_close(model);
		return status;
	}
	/* The path that was given need not live as long as the model. */
	gguf->path = model->path;
	model->gguf = gguf;
	*out = model;
	return 0;
}

int
ll_model_open(struct ll_model **out, const char *path, struct ll_err *err)
{
	struct ll_gguf *gguf;
	int status;

	*out = NULL;
	if ((status = ll_gguf_open(&gguf, path, err)) < 0)
		return status;
	if ((status = ll_model_from_gguf(out, gguf, err)) < 0)
		ll_gguf_close(gguf);
	return status;
}

void
ll_model_close(struct ll_model *model)
{
	if (model == NULL)
		return;
	ll_gguf_close(model->gguf);
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
