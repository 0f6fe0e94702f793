/*
 * ll-info's answer as text: a label and a value on each line; see info.h. Whatever comes
 * from the file is escaped, so that a name cannot steer a terminal or forge a line.
 */

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "model/info.h"
#include "model/model.h"

#define LABEL "%-18s "
#define STRING_SHOWN 160	/* bytes of a string in --metadata */
#define ARRAY_SHOWN 8		/* elements of an array there */

static bool
is_plain(uint32_t code)
{
	return code != LL_UTF8_BAD && code >= 0x20 && code != '\\' && (code < 0x7f || code > 0x9f);
}

static void
put_text(FILE *out, const char *bytes, size_t length)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t size;

	for (size_t i = 0; i < length; i += size) {
		uint32_t code = ll_utf8_next(p + i, length - i, &size);

		if (is_plain(code))
			fwrite(p + i, 1, size, out);
		else if (code == '\n')
			fputs("\\n", out);
		else if (code == '\t')
			fputs("\\t", out);
		else if (code == '\\')
			fputs("\\\\", out);
		else
			for (size_t j = 0; j < size; j++)
				fprintf(out, "\\x%02x", p[i + j]);
	}
}

/* A string of the file, its end left out if it is long. */
static void
put_string(FILE *out, struct ll_gguf_text text)
{
	size_t shown = text.length <= STRING_SHOWN ? text.length : STRING_SHOWN;

	if (shown < text.length)
		shown -= ll_utf8_partial((const unsigned char *)text.bytes, shown);
	put_text(out, text.bytes, shown);
	if (shown < text.length)
		fprintf(out, "... (%zu bytes)", text.length);
}

static void
put_size(FILE *out, size_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double size = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes == SIZE_MAX) {
		fputs("too much to tell", out);
		return;
	}
	for (; size >= 1024; size /= 1024)
		unit++;
	fprintf(out, "%zu bytes", bytes);
	if (bytes >= 1024)
		fprintf(out, " (%.1f %s)", size, units[unit]);
}

static void
size_line(FILE *out, const char *label, size_t bytes)
{
	fprintf(out, LABEL, label);
	put_size(out, bytes);
	putc('\n', out);
}

static void
key_line(FILE *out, const struct ll_info *info, const char *label, const char *key)
{
	struct ll_gguf_text text;

	if (ll_gguf_string(info->gguf, key, &text, NULL) <= 0)
		return;
	fprintf(out, LABEL, label);
	put_string(out, text);
	putc('\n', out);
}

static void
file_lines(FILE *out, const struct ll_info *info)
{
	fprintf(out, LABEL, "file");
	put_text(out, info->path, strlen(info->path));
	putc('\n', out);
	size_line(out, "size", info->size);
	if (info->source == NULL) {
		fprintf(out, LABEL "%s: a vocabulary without a model\n", "format",
		    info->vocab->kind == LL_VOCAB_BPE_RANKS ? "tiktoken rank file" :
		    info->vocab->kind == LL_VOCAB_SPM_SCORES ? "SentencePiece model" : "tokenizer.json");
		return;
	}
	if (info->gguf != NULL) {
		fprintf(out, LABEL "GGUF version %" PRIu32 ", %zu keys, %zu tensors, alignment %zu\n", "format",
		    info->gguf->version, info->gguf->value_count, info->source->count, info->gguf->alignment);
		if (info->source->part_count > 1)
			fprintf(out, LABEL "%zu\n", "parts", info->source->part_count);
		key_line(out, info, "architecture", "general.architecture");
		key_line(out, info, "name", "general.name");
	} else {
		fprintf(out, LABEL "%s folder, %zu tensors\n", "format", ll_source_kind(info->source),
		    info->source->count);
	}
	if (info->model == NULL && info->refusal[0] != '\0') {
		fprintf(out, LABEL, info->is_adapter ? "cannot be used:" : "cannot be run:");
		put_text(out, info->refusal, strlen(info->refusal));
		putc('\n', out);
	}
	if (info->source->count > 0)
		fprintf(out, LABEL "%" PRIu64 "\n", "parameters", info->parameters);
}

static void
adapter_lines(FILE *out, const struct ll_info *info)
{
	const char *comma = "";

	if (info->refusal[0] != '\0')
		return;
	fprintf(out, LABEL "LoRA, rank %zu", "adapter", info->rank_least);
	if (info->rank_most > info->rank_least)
		fprintf(out, " to %zu", info->rank_most);
	if (info->alpha > 0)
		fprintf(out, ", alpha %g\n" LABEL, info->alpha, "adapts");
	else
		fprintf(out, ", no alpha\n" LABEL, "adapts");
	for (size_t i = 0; i < LL_ADAPT_SITES; i++) {
		if (info->adapted[i] == 0)
			continue;
		fprintf(out, "%s%s of %zu layers", comma, ll_adapter_site_name((enum ll_adapter_site)i), info->adapted[i]);
		comma = ", ";
	}
	if (info->adapts_head)
		fprintf(out, "%sthe output head", comma);
	putc('\n', out);
	if (info->base != 0)
		fprintf(out, LABEL "%016" PRIx64 "\n", "model id", info->base);
}

static void
rope_line(FILE *out, const struct ll_info *info)
{
	const struct ll_rope_scaling *scaling = &info->scaling;

	fprintf(out, LABEL "base %g, %zu dimensions, ", "rope", (double)info->hp.rope_base, info->hp.rope_dim);
	if (scaling->kind == LL_ROPE_LLAMA3)
		fprintf(out, "scaled: llama3, factor %g, low %g, high %g, original context %g",
		    (double)scaling->factor, (double)scaling->low, (double)scaling->high, (double)scaling->original);
	else if (scaling->kind == LL_ROPE_YARN)
		fprintf(out, "scaled: yarn, factor %g, beta %g and %g, original context %g",
		    (double)scaling->factor, (double)scaling->beta_fast, (double)scaling->beta_slow,
		    (double)scaling->original);
	else if (scaling->kind == LL_ROPE_LINEAR)
		fprintf(out, "scaled: linear, factor %g", (double)scaling->factor);
	else
		fputs(ll_source_find(info->source, "rope_freqs.weight") != NULL ?
		    "scaled: rope_freqs.weight" : "not scaled", out);
	if (scaling->magnitude < 1 || scaling->magnitude > 1)
		fprintf(out, ", magnitude %g", (double)scaling->magnitude);
	putc('\n', out);
}

static void
shape_lines(FILE *out, const struct ll_info *info)
{
	const struct ll_hparams *hp = &info->hp;

	fprintf(out, LABEL "%zu\n", "layers", hp->layers);
	fprintf(out, LABEL "%zu\n", "hidden size", hp->dim);
	fprintf(out, LABEL "%zu\n", "feed-forward size", hp->ffn);
	fprintf(out, LABEL "%zu query, %zu key and value, of %zu\n", "heads", hp->heads, hp->kv_heads,
	    hp->head_dim);
	fprintf(out, LABEL "%g\n", "norm epsilon", (double)hp->norm_eps);
	if (info->source->count > 0)
		fprintf(out, LABEL "%s\n", "output head", hp->tied ?
		    "the token embedding (tied)" : "its own");
	fprintf(out, LABEL "%zu\n", "context", hp->context);
	if (hp->window != 0)
		fprintf(out, LABEL "%zu\n", "attention window", hp->window);
	rope_line(out, info);
}

static void
type_lines(FILE *out, const struct ll_info *info)
{
	for (size_t i = 0; i < LL_INFO_TYPES; i++) {
		const struct ll_info_type *type = &info->types[i];

		if (type->tensors > 0)
			fprintf(out, LABEL "%-8s %5zu tensors  %5.1f%%  %zu bytes\n", "type", ll_info_type_name(i),
			    type->tensors, 100.0 * (double)type->bytes / (double)info->tensor_bytes, type->bytes);
	}
	if (info->packed > 0)
		fprintf(out, LABEL LL_GGUF_LAYOUT ", %zu of %zu tensors in panels\n", "layout", info->packed,
		    info->source->count);
}

static void
put_token(FILE *out, const struct ll_vocab *vocab, uint32_t id)
{
	fprintf(out, "%" PRIu32 " ", id);
	put_text(out, vocab->pieces[id].bytes, vocab->pieces[id].length);
}

static void
token_line(FILE *out, const struct ll_vocab *vocab, const char *label, uint32_t id)
{
	if (id == LL_VOCAB_NONE)
		return;
	fprintf(out, LABEL, label);
	put_token(out, vocab, id);
	putc('\n', out);
}

static size_t
count_special(const struct ll_vocab *vocab)
{
	size_t count = 0;

	for (size_t i = 0; i < vocab->count; i++)
		count += vocab->pieces[i].type == LL_TOKEN_CONTROL || vocab->pieces[i].type == LL_TOKEN_USER;
	return count;
}

static void
vocab_lines(FILE *out, const struct ll_info *info)
{
	static const char *const kinds[] = {
		"byte-level BPE by ranks", "byte-level BPE by merges", "SentencePiece BPE by scores",
		"SentencePiece BPE by merges"
	};
	const struct ll_vocab *vocab = info->vocab;

	if (vocab == NULL) {
		fprintf(out, LABEL "cannot be used: ", "vocabulary");
		put_text(out, info->vocab_refusal, strlen(info->vocab_refusal));
		putc('\n', out);
		return;
	}
	fprintf(out, LABEL "%s, %zu tokens, %zu special", "vocabulary",
	    kinds[vocab->kind], vocab->count, count_special(vocab));
	if (vocab->merge_count > 0)
		fprintf(out, ", %zu merges", vocab->merge_count);
	fprintf(out, "\n" LABEL, "splitter");
	put_text(out, vocab->pre, strlen(vocab->pre));
	putc('\n', out);
	token_line(out, vocab, "bos", vocab->bos);
	token_line(out, vocab, "eos", vocab->eos);
	token_line(out, vocab, "eot", vocab->eot);
	token_line(out, vocab, "eom", vocab->eom);
	for (size_t i = 0; i < vocab->stop_count; i++)
		token_line(out, vocab, "stop", vocab->stops[i]);
	fprintf(out, LABEL "%s\n", "add bos", vocab->add_bos ? "yes" : "no");
	fprintf(out, LABEL "%s\n", "chat format", info->chat != NULL ? info->chat : "none");
	fprintf(out, LABEL "%016" PRIx64 "\n", "vocabulary id", ll_vocab_fingerprint(vocab));
}

static void
memory_lines(FILE *out, const struct ll_info *info, size_t context)
{
	struct ll_info_memory memory;

	ll_info_memory(info, context, &memory);
	fprintf(out, LABEL "for %zu positions\n", "memory", memory.context);
	size_line(out, "  weights, mapped", info->tensor_bytes);
	size_line(out, "  KV cache in f16", memory.kv_f16);
	size_line(out, "  KV cache in f32", memory.kv_f32);
	size_line(out, "  run state, about", memory.run_state);
}

static void
tensor_lines(FILE *out, const struct ll_source *source)
{
	for (size_t i = 0; i < source->count; i++) {
		const struct ll_source_tensor *tensor = &source->tensors[i];
		const char *type = ll_dtype_name(tensor->type), *name = ll_source_label(tensor);

		fprintf(out, LABEL, "tensor");
		put_text(out, name, strlen(name));
		if (type != NULL)
			fprintf(out, "  %s%s  ", type, tensor->panels ? " in panels" : "");
		else
			fprintf(out, "  type %" PRIu32 "  ", tensor->type);
		for (uint32_t d = 0; d < tensor->dims; d++)
			fprintf(out, "%s%" PRIu64, d > 0 ? " x " : "", tensor->ne[d]);
		fprintf(out, "  %zu bytes at %" PRIu64, tensor->size, tensor->offset);
		if (tensor->file != source->path && strrchr(tensor->file, '/') != NULL) {
			fputs(" of ", out);
			put_text(out, strrchr(tensor->file, '/') + 1, strlen(strrchr(tensor->file, '/') + 1));
		}
		putc('\n', out);
	}
}

/* Writes the element and moves the cursor behind it. */
static void
put_scalar(FILE *out, enum ll_gguf_type type, const unsigned char **cursor)
{
	static const unsigned char sizes[LL_GGUF_TYPES] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
	const unsigned char *p = *cursor;

	switch (type) {
	case LL_GGUF_U8: fprintf(out, "%u", p[0]); break;
	case LL_GGUF_I8: fprintf(out, "%d", (int8_t)p[0]); break;
	case LL_GGUF_U16: fprintf(out, "%u", ll_load16(p)); break;
	case LL_GGUF_I16: fprintf(out, "%d", (int16_t)ll_load16(p)); break;
	case LL_GGUF_U32: fprintf(out, "%" PRIu32, ll_load32(p)); break;
	case LL_GGUF_I32: fprintf(out, "%" PRId32, (int32_t)ll_load32(p)); break;
	case LL_GGUF_U64: fprintf(out, "%" PRIu64, ll_load64(p)); break;
	case LL_GGUF_I64: fprintf(out, "%" PRId64, (int64_t)ll_load64(p)); break;
	case LL_GGUF_F32: fprintf(out, "%.9g", (double)ll_load_f32(p)); break;
	case LL_GGUF_F64: fprintf(out, "%.17g", ll_load_f64(p)); break;
	case LL_GGUF_BOOL: fputs(p[0] != 0 ? "true" : "false", out); break;
	case LL_GGUF_STRING: put_string(out, ll_gguf_next_string(cursor)); return;
	case LL_GGUF_ARRAY:
	case LL_GGUF_TYPES: return;
	}
	*cursor += sizes[type];
}

static void
put_array(FILE *out, const struct ll_gguf_value *value)
{
	const char *quote = value->element == LL_GGUF_STRING ? "\"" : "";
	const unsigned char *cursor = value->data;

	for (uint64_t i = 0; i < value->count && i < ARRAY_SHOWN; i++) {
		fprintf(out, " %s", quote);
		put_scalar(out, value->element, &cursor);
		fputs(quote, out);
	}
	if (value->count > ARRAY_SHOWN)
		fputs(" ...", out);
}

static void
metadata_lines(FILE *out, const struct ll_gguf *gguf)
{
	for (size_t i = 0; i < gguf->value_count; i++) {
		const struct ll_gguf_value *value = &gguf->values[i];
		const unsigned char *cursor = value->data;

		fprintf(out, LABEL, "key");
		put_text(out, value->key.bytes, value->key.length);
		if (value->type == LL_GGUF_ARRAY) {
			fprintf(out, "  %s[%" PRIu64 "] ", ll_gguf_type_name(value->element), value->count);
			put_array(out, value);
		} else {
			fprintf(out, "  %s  ", ll_gguf_type_name(value->type));
			put_scalar(out, value->type, &cursor);
		}
		putc('\n', out);
	}
}

void
ll_info_text(FILE *out, const struct ll_info *info, const struct ll_info_wants *wants)
{
	file_lines(out, info);
	if (info->hp.layers != 0)
		shape_lines(out, info);
	if (info->is_adapter)
		adapter_lines(out, info);
	type_lines(out, info);
	if (!info->is_adapter)
		vocab_lines(out, info);
	if (info->model != NULL)
		fprintf(out, LABEL "%016" PRIx64 "\n", "model id", info->model->fingerprint);
	if (info->model != NULL && info->model->origin != info->model->fingerprint)
		fprintf(out, LABEL "%016" PRIx64 "\n", "made from", info->model->origin);
	if (info->hp.layers != 0)
		memory_lines(out, info, wants->context);
	if (wants->metadata)
		metadata_lines(out, info->gguf);
	if (wants->tensors)
		tensor_lines(out, info->source);
}
