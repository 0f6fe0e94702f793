/*
 * Gathers what ll-info(1) tells; see info.h.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/info.h"

/* Prompt positions in a step, unless the programs are told otherwise. */
#define CHUNK 256

const char *
ll_info_type_name(size_t i)
{
	const char *name = i < LL_INFO_TYPES - 1 ? ll_dtype_name((uint32_t)i) : NULL;

	return name != NULL ? name : "unknown";
}

static void
count_tensors(struct ll_info *info)
{
	for (size_t i = 0; i < info->source->count; i++) {
		const struct ll_source_tensor *tensor = &info->source->tensors[i];
		size_t type = tensor->type < LL_INFO_TYPES - 1 ? tensor->type : LL_INFO_TYPES - 1;

		info->types[type].tensors++;
		info->types[type].bytes += tensor->size;
		info->tensor_bytes += tensor->size;
		info->packed += tensor->panels;
		info->parameters += tensor->ne[0] * tensor->ne[1] * tensor->ne[2] * tensor->ne[3];
	}
}

/* The error is told as a property of the file, whose name need not be repeated. */
static void
keep_reason(char out[1000], const struct ll_info *info, const struct ll_err *err)
{
	size_t length = strlen(info->path);
	bool named = strncmp(err->text, info->path, length) == 0 && strncmp(err->text + length, ": ", 2) == 0;

	snprintf(out, 1000, "%s", named ? err->text + length + 2 : err->text);
}

/* Passes on what is not the file's fault. */
static int
is_fatal(const struct ll_err *reason, struct ll_err *err)
{
	if (reason->code == LL_EDATA || reason->code == LL_EUNSUPPORTED)
		return 0;
	*err = *reason;
	return -reason->code;
}

static int
read_vocab(struct ll_info *info, struct ll_err *err)
{
	struct ll_err reason = { 0 };
	int status = info->gguf != NULL ? ll_vocab_from_gguf(&info->vocab, info->gguf, &reason) :
	    ll_vocab_open(&info->vocab, info->path, &reason);

	if (status == 0)
		return 0;
	keep_reason(info->vocab_refusal, info, &reason);
	/* A folder of weights alone is one, too. */
	return info->gguf == NULL && reason.code == LL_EINPUT ? 0 : is_fatal(&reason, err);
}

static int
read_model(struct ll_info *info, struct ll_err *err)
{
	struct ll_err reason = { 0 };

	if (ll_model_from_source(&info->model, info->source, &reason) == 0) {
		info->parameters = info->model->parameters;
		info->hp = info->model->hp;
		return ll_hparams_read(&(struct ll_hparams){ 0 }, &info->scaling, info->source, err);
	}
	keep_reason(info->refusal, info, &reason);
	if (ll_hparams_read(&info->hp, &info->scaling, info->source, NULL) < 0)
		info->hp.layers = 0;
	info->hp.tied = ll_source_find(info->source, "output.weight") == NULL;
	return is_fatal(&reason, err);
}

static void
describe_adapter(struct ll_info *info, const struct ll_adapter_file *file)
{
	info->alpha = file->alpha;
	info->base = file->base;
	info->rank_least = SIZE_MAX;
	for (size_t i = 0; i < file->count; i++) {
		const struct ll_adapter_part *part = &file->parts[i];

		info->rank_least = part->rank < info->rank_least ? part->rank : info->rank_least;
		info->rank_most = part->rank > info->rank_most ? part->rank : info->rank_most;
		if (part->layer == LL_ADAPT_HEAD)
			info->adapts_head = true;
		else
			info->adapted[part->site]++;
	}
}

/* Whether it is one, which has neither a vocabulary nor layers. */
static bool
is_adapter(const struct ll_gguf *gguf)
{
	struct ll_gguf_text type;

	return gguf != NULL && ll_gguf_string(gguf, "general.type", &type, NULL) > 0 &&
	    ll_gguf_text_is(&type, "adapter");
}

static int
read_adapter(struct ll_info *info, struct ll_err *err)
{
	struct ll_err reason = { 0 };
	struct ll_adapter_file file;
	int status = ll_adapter_read(&file, info->source, &reason);

	info->is_adapter = true;
	if (status == 0)
		describe_adapter(info, &file);
	else
		keep_reason(info->refusal, info, &reason);
	free(file.parts);
	return status == 0 ? 0 : is_fatal(&reason, err);
}

int
ll_info_of(struct ll_info *info, struct ll_source *source, const char *path, struct ll_err *err)
{
	int status;

	*info = (struct ll_info){ .path = path, .size = source->size, .source = source,
		.gguf = source->part_count > 0 ? source->parts[0] : NULL };
	count_tensors(info);
	if (is_adapter(info->gguf))
		return read_adapter(info, err);
	if ((status = read_vocab(info, err)) < 0)
		return status;
	return read_model(info, err);
}

static int
open_source(struct ll_info *info, struct ll_err *err)
{
	struct ll_source *source;
	int status = ll_source_open(&source, info->path, err);

	return status < 0 ? status : ll_info_of(info, source, info->path, err);
}

int
ll_info_open(struct ll_info *info, const char *path, struct ll_err *err)
{
	struct stat is;
	struct ll_map map;
	int status;

	*info = (struct ll_info){ .path = path };
	if (stat(path, &is) == 0 && S_ISDIR(is.st_mode))
		return open_source(info, err);
	if ((status = ll_map_open(&map, path, err)) < 0)
		return status;
	info->size = map.size;
	if (ll_gguf_begins(map.data, map.size))
		status = open_source(info, err);
	else
		status = ll_vocab_from_bytes(&info->vocab, map.data, map.size, path, err);
	ll_map_close(&map);
	return status;
}

void
ll_info_close(struct ll_info *info)
{
	ll_vocab_free(info->vocab);
	/* A model owns its source. */
	if (info->model != NULL)
		ll_model_close(info->model);
	else
		ll_source_close(info->source);
}

static size_t
times(size_t a, size_t b)
{
	size_t product;

	return ll_mul(a, b, &product) ? SIZE_MAX : product;
}

void
ll_info_memory(const struct ll_info *info, size_t context, struct ll_info_memory *memory)
{
	const struct ll_hparams *hp = &info->hp;
	size_t row = 3 * hp->dim + 2 * hp->ffn + (2 * hp->heads + 2 * hp->kv_heads) * hp->head_dim;

	memory->context = context != 0 ? context : hp->context;
	memory->kv_f16 = times(ll_model_kv_bytes(hp, hp->layers, 2), memory->context);
	memory->kv_f32 = times(ll_model_kv_bytes(hp, hp->layers, 4), memory->context);
	/* Activations of a step, the logits of one row, the scores of a row's heads. */
	memory->run_state = times(row * CHUNK + hp->vocab, 4);
	if (ll_add(memory->run_state, times(times(hp->heads, memory->context), 4), &memory->run_state))
		memory->run_state = SIZE_MAX;
}
