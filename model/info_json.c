/*
 * ll-info's answer as one JSON object; see info.h.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/json.h"
#include "model/info.h"
#include "model/model.h"

static void
set_int(struct ll_json *object, const char *key, uint64_t value)
{
	/* JSON's integers are read as signed ones; beyond them a double tells the magnitude. */
	ll_json_set(object, key, value <= INT64_MAX ? ll_json_int((int64_t)value) : ll_json_real((double)value));
}

static void
set_text(struct ll_json *object, const char *key, const char *text)
{
	ll_json_set(object, key, text != NULL ? ll_json_string(text, strlen(text)) : ll_json_null());
}

static void
set_fingerprint(struct ll_json *object, const char *key, uint64_t value)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	set_text(object, key, text);
}

static void
set_key(struct ll_json *object, const char *name, const struct ll_gguf *gguf, const char *key)
{
	struct ll_gguf_text text;

	ll_json_set(object, name, ll_gguf_string(gguf, key, &text, NULL) > 0 ?
	    ll_json_string(text.bytes, text.length) : ll_json_null());
}

static struct ll_json *
shape(const struct ll_info *info)
{
	const struct ll_hparams *hp = &info->hp;
	struct ll_json *object = ll_json_object();

	set_int(object, "layers", hp->layers);
	set_int(object, "hidden_size", hp->dim);
	set_int(object, "ffn_size", hp->ffn);
	set_int(object, "heads", hp->heads);
	set_int(object, "kv_heads", hp->kv_heads);
	set_int(object, "head_size", hp->head_dim);
	set_int(object, "vocabulary", hp->vocab);
	set_int(object, "context", hp->context);
	ll_json_set(object, "norm_epsilon", ll_json_real((double)hp->norm_eps));
	ll_json_set(object, "tied", ll_json_bool(hp->tied));
	set_int(object, "rope_dimensions", hp->rope_dim);
	ll_json_set(object, "rope_base", ll_json_real((double)hp->rope_base));
	set_text(object, "rope_scaling", info->scaling.kind != LL_ROPE_PLAIN ?
	    ll_rope_name(info->scaling.kind) :
	    ll_source_find(info->source, "rope_freqs.weight") != NULL ? "rope_freqs.weight" : NULL);
	set_int(object, "window", hp->window);
	return object;
}

static struct ll_json *
types(const struct ll_info *info)
{
	struct ll_json *array = ll_json_array();

	for (size_t i = 0; i < LL_INFO_TYPES; i++) {
		struct ll_json *object;

		if (info->types[i].tensors == 0)
			continue;
		object = ll_json_object();
		set_text(object, "type", ll_info_type_name(i));
		set_int(object, "tensors", info->types[i].tensors);
		set_int(object, "bytes", info->types[i].bytes);
		ll_json_add(array, object);
	}
	return array;
}

static struct ll_json *
token_id(uint32_t id)
{
	return id != LL_VOCAB_NONE ? ll_json_int(id) : ll_json_null();
}

static struct ll_json *
special_tokens(const struct ll_vocab *vocab)
{
	struct ll_json *array = ll_json_array();

	for (size_t i = 0; i < vocab->count; i++) {
		const struct ll_piece *piece = &vocab->pieces[i];
		struct ll_json *object;

		if (piece->type != LL_TOKEN_CONTROL && piece->type != LL_TOKEN_USER)
			continue;
		object = ll_json_object();
		set_int(object, "id", i);
		ll_json_set(object, "text", ll_json_string(piece->bytes, piece->length));
		ll_json_add(array, object);
	}
	return array;
}

static struct ll_json *
vocabulary(const struct ll_info *info)
{
	static const char *const kinds[] = { "bpe-ranks", "bpe-merges", "spm-scores", "spm-merges" };
	const struct ll_vocab *vocab = info->vocab;
	struct ll_json *object, *stops;

	if (vocab == NULL)
		return ll_json_null();
	object = ll_json_object();
	stops = ll_json_array();
	set_text(object, "kind", kinds[vocab->kind]);
	set_text(object, "splitter", vocab->pre);
	set_int(object, "tokens", vocab->count);
	set_int(object, "merges", vocab->merge_count);
	ll_json_set(object, "add_bos", ll_json_bool(vocab->add_bos));
	ll_json_set(object, "bos", token_id(vocab->bos));
	ll_json_set(object, "eos", token_id(vocab->eos));
	ll_json_set(object, "eot", token_id(vocab->eot));
	ll_json_set(object, "eom", token_id(vocab->eom));
	for (size_t i = 0; i < vocab->stop_count; i++)
		ll_json_add(stops, ll_json_int(vocab->stops[i]));
	ll_json_set(object, "stops", stops);
	ll_json_set(object, "special", special_tokens(vocab));
	set_text(object, "chat_format", info->chat);
	set_fingerprint(object, "fingerprint", ll_vocab_fingerprint(vocab));
	return object;
}

static struct ll_json *
memory(const struct ll_info *info, size_t context)
{
	struct ll_json *object = ll_json_object();
	struct ll_info_memory needs;

	ll_info_memory(info, context, &needs);
	set_int(object, "context", needs.context);
	set_int(object, "weights", info->tensor_bytes);
	set_int(object, "kv_f16", needs.kv_f16);
	set_int(object, "kv_f32", needs.kv_f32);
	set_int(object, "run_state", needs.run_state);
	return object;
}

static struct ll_json *
tensors(const struct ll_source *source)
{
	struct ll_json *array = ll_json_array();

	for (size_t i = 0; i < source->count; i++) {
		const struct ll_source_tensor *tensor = &source->tensors[i];
		struct ll_json *object = ll_json_object(), *dims = ll_json_array();

		set_text(object, "name", ll_source_label(tensor));
		if (tensor->file != source->path)
			set_text(object, "file", tensor->file);
		set_text(object, "type", ll_dtype_name(tensor->type));
		set_int(object, "type_number", tensor->type + (tensor->panels ? LL_GGUF_PANELS : 0));
		if (tensor->panels)
			ll_json_set(object, "panels", ll_json_bool(true));
		for (uint32_t d = 0; d < tensor->dims; d++)
			ll_json_add(dims, ll_json_int((int64_t)tensor->ne[d]));
		ll_json_set(object, "shape", dims);
		set_int(object, "bytes", tensor->size);
		set_int(object, "offset", tensor->offset);
		ll_json_add(array, object);
	}
	return array;
}

/* The element, and the cursor behind it. */
static struct ll_json *
scalar(enum ll_gguf_type type, const unsigned char **cursor)
{
	const unsigned char *p = *cursor;
	struct ll_gguf_text text;
	uint64_t number;

	switch (type) {
	case LL_GGUF_U8: *cursor += 1; return ll_json_int(p[0]);
	case LL_GGUF_I8: *cursor += 1; return ll_json_int((int8_t)p[0]);
	case LL_GGUF_BOOL: *cursor += 1; return ll_json_bool(p[0] != 0);
	case LL_GGUF_U16: *cursor += 2; return ll_json_int(ll_load16(p));
	case LL_GGUF_I16: *cursor += 2; return ll_json_int((int16_t)ll_load16(p));
	case LL_GGUF_U32: *cursor += 4; return ll_json_int(ll_load32(p));
	case LL_GGUF_I32: *cursor += 4; return ll_json_int((int32_t)ll_load32(p));
	case LL_GGUF_F32: *cursor += 4; return ll_json_real((double)ll_load_f32(p));
	case LL_GGUF_I64: *cursor += 8; return ll_json_int((int64_t)ll_load64(p));
	case LL_GGUF_F64: *cursor += 8; return ll_json_exact(ll_load_f64(p));
	case LL_GGUF_U64:
		*cursor += 8;
		number = ll_load64(p);
		return number <= INT64_MAX ? ll_json_int((int64_t)number) : ll_json_exact((double)number);
	case LL_GGUF_STRING:
		text = ll_gguf_next_string(cursor);
		return ll_json_string(text.bytes, text.length);
	case LL_GGUF_ARRAY:
	case LL_GGUF_TYPES:
		break;
	}
	return ll_json_null();
}

static struct ll_json *
metadata(const struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_json *object = ll_json_object();

	for (size_t i = 0; i < gguf->value_count && err->code == 0; i++) {
		const struct ll_gguf_value *value = &gguf->values[i];
		const unsigned char *cursor = value->data;
		struct ll_json *array;
		struct ll_buf key = { 0 };

		if (ll_buf_add(&key, value->key.bytes, value->key.length, err) < 0)
			break;
		if (value->type != LL_GGUF_ARRAY) {
			ll_json_set(object, key.data, scalar(value->type, &cursor));
		} else {
			array = ll_json_array();
			for (uint64_t e = 0; e < value->count; e++)
				ll_json_add(array, scalar(value->element, &cursor));
			ll_json_set(object, key.data, array);
		}
		ll_buf_free(&key);
	}
	return object;
}

static struct ll_json *
adapter(const struct ll_info *info)
{
	struct ll_json *object = ll_json_object(), *layers = ll_json_object();

	ll_json_set(object, "alpha", info->alpha > 0 ? ll_json_real(info->alpha) : ll_json_null());
	set_int(object, "rank_least", info->rank_least);
	set_int(object, "rank_most", info->rank_most);
	for (size_t i = 0; i < LL_ADAPT_SITES; i++)
		set_int(layers, ll_adapter_site_name((enum ll_adapter_site)i), info->adapted[i]);
	ll_json_set(object, "layers", layers);
	ll_json_set(object, "head", ll_json_bool(info->adapts_head));
	if (info->base != 0)
		set_fingerprint(object, "base", info->base);
	else
		set_text(object, "base", NULL);
	return object;
}

static void
describe_model(struct ll_json *object, const struct ll_info *info, const struct ll_info_wants *wants)
{
	const struct ll_gguf *gguf = info->gguf;

	if (gguf != NULL) {
		set_int(object, "version", gguf->version);
		set_int(object, "alignment", gguf->alignment);
		set_key(object, "architecture", gguf, "general.architecture");
		set_key(object, "name", gguf, "general.name");
	}
	ll_json_set(object, "runs", ll_json_bool(info->model != NULL));
	set_text(object, "refusal", info->model == NULL && info->refusal[0] != '\0' ? info->refusal : NULL);
	set_int(object, "parameters", info->parameters);
	if (info->is_adapter && info->refusal[0] == '\0')
		ll_json_set(object, "adapter", adapter(info));
	if (info->hp.layers != 0)
		ll_json_set(object, "shape", shape(info));
	ll_json_set(object, "types", types(info));
	if (info->packed > 0) {
		set_text(object, "layout", LL_GGUF_LAYOUT);
		set_int(object, "packed", info->packed);
	}
	if (info->model != NULL) {
		set_fingerprint(object, "fingerprint", info->model->fingerprint);
		set_fingerprint(object, "origin", info->model->origin);
	}
	if (info->hp.layers != 0)
		ll_json_set(object, "memory", memory(info, wants->context));
}

static const char *
format(const struct ll_info *info)
{
	if (info->gguf != NULL)
		return "gguf";
	if (info->source != NULL)
		return info->source->container == LL_CONTAINER_META ? "meta" : "safetensors";
	return info->vocab->kind == LL_VOCAB_BPE_RANKS ? "ranks" :
	    info->vocab->kind == LL_VOCAB_SPM_SCORES ? "sentencepiece" : "tokenizer.json";
}

int
ll_info_json(FILE *out, const struct ll_info *info, const struct ll_info_wants *wants,
    struct ll_err *err)
{
	struct ll_json *object = ll_json_object();
	char *text;

	set_text(object, "file", info->path);
	set_int(object, "size", info->size);
	set_text(object, "format", format(info));
	if (info->gguf != NULL && info->source->part_count > 1)
		set_int(object, "parts", info->source->part_count);
	if (info->source != NULL)
		describe_model(object, info, wants);
	ll_json_set(object, "vocabulary", vocabulary(info));
	set_text(object, "vocabulary_refusal", info->vocab == NULL && !info->is_adapter ?
	    info->vocab_refusal : NULL);
	if (wants->metadata)
		ll_json_set(object, "metadata", metadata(info->gguf, err));
	if (wants->tensors)
		ll_json_set(object, "tensors", tensors(info->source));
	text = err->code == 0 ? ll_json_text(object, true, err) : NULL;
	ll_json_free(object);
	if (text == NULL)
		return -err->code;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
