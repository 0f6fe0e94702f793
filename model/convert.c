/*
 * Which tensor becomes what when a container is made into another; see convert.h.
 */

#include "model/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/scaled.h"
#include "model/adapter.h"
#include "model/merge.h"
#include "model/source_make.h"
#include "tensor/encode.h"
#include "tensor/mul.h"

static bool
ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), end = strlen(ending);

	return length >= end && strcmp(text + length - end, ending) == 0;
}

/* Queries and keys, weights and biases, are the ones whose rows have an order. */
static void
order_rows(const struct ll_convert *convert, struct ll_recode *job)
{
	const char *name = job->from->name;
	bool query = ends_with(name, ".attn_q.weight") || ends_with(name, ".attn_q.bias");
	bool key = ends_with(name, ".attn_k.weight") || ends_with(name, ".attn_k.bias");
	bool wanted = convert->to == LL_CONTAINER_SAFETENSORS;

	if ((!query && !key) || convert->hp.halves == wanted)
		return;
	job->order = wanted ? LL_ROWS_TO_HALVES : LL_ROWS_TO_NEIGHBOURS;
	job->heads = query ? convert->hp.heads : convert->hp.kv_heads;
}

/* Whether it is a matrix that products are made with: rows of the embedding are looked up. */
static bool
is_multiplied(const struct ll_convert *convert, const char *name)
{
	static const char *const endings[] = { ".attn_q.weight", ".attn_k.weight", ".attn_v.weight",
		".attn_output.weight", ".ffn_gate.weight", ".ffn_up.weight", ".ffn_down.weight" };

	if (strcmp(name, convert->hp.tied ? "token_embd.weight" : "output.weight") == 0)
		return true;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strncmp(name, "blk.", 4) == 0 && ends_with(name, endings[i]))
			return true;
	return false;
}

static bool
has_panels(uint32_t type)
{
	return ll_dtype(type) != NULL && ll_layout((enum ll_dtype)type).units > 0;
}

static bool
is_float(uint32_t type)
{
	return type == LL_F32 || type == LL_F16 || type == LL_BF16;
}

static int
plan_tensor(const struct ll_convert *convert, struct ll_recode *job, struct ll_err *err)
{
	const struct ll_source_tensor *from = job->from;
	bool gguf = convert->to == LL_CONTAINER_GGUF, vector = from->dims < 2;
	char name[LL_NAME_ROOM];

	job->type = from->type;
	/* Vectors of a GGUF are F32. */
	if (convert->type != LL_DTYPES)
		job->type = vector && gguf ? (uint32_t)LL_F32 : convert->type;
	else if (gguf && vector && is_float(from->type))
		job->type = LL_F32;
	if (from->dims == 0)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: a single number is no weight of a Llama", from->file,
		    ll_source_label(from));
	if (gguf ? ll_dtype_private(job->type) : !is_float(job->type))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: is %s, which %s cannot have: say --dtype", from->file,
		    ll_source_label(from), ll_recode_type_name(from->type), gguf ? "a GGUF" : "such a folder");
	if (gguf && from->scales != NULL && job->type == from->type && !ll_encode_has(job->type))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: is %s and has a scale besides, which is not written: say "
		    "--dtype", from->file, ll_source_label(from), ll_recode_type_name(from->type));
	if (!gguf && !ll_name_from_gguf(name, LL_CONTAINER_SAFETENSORS, from->name))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: has no name in a folder of safetensors", from->file,
		    ll_source_label(from));
	if (convert->adapters != NULL && ll_merge_has(convert->adapters, from->name)) {
		job->adapters = convert->adapters;
		if (!ll_encode_has(job->type))
			return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: is %s, which cannot be made of what is merged: say "
			    "--dtype", from->file, ll_source_label(from), ll_recode_type_name(from->type));
	}
	order_rows(convert, job);
	job->panels = convert->pack && from->dims == 2 && has_panels(job->type) && is_multiplied(convert, from->name);
	return 0;
}

static int
check_wants(const struct ll_convert *convert, struct ll_err *err)
{
	const struct ll_hparams *hp = &convert->hp;

	if (convert->pack && convert->to != LL_CONTAINER_GGUF)
		return ll_fail(err, LL_EUSAGE, "--pack has no effect but on a GGUF");
	if (convert->to == LL_CONTAINER_GGUF)
		return 0;
	if (convert->source->sizes != NULL)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: layers of different sizes, which a config.json cannot say",
		    convert->source->path);
	if (hp->rope_dim != hp->head_dim)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %zu of a head's %zu dimensions are rotated, which a config.json "
		    "of this model cannot say", convert->source->path, hp->rope_dim, hp->head_dim);
	return 0;
}

/* Of a kind of bias, how many layers have it. */
static size_t
count_biases(const struct ll_convert *convert, const char *stem)
{
	size_t count = 0;
	char name[64];

	for (size_t layer = 0; layer < convert->hp.layers; layer++) {
		snprintf(name, sizeof(name), "blk.%zu.%s.bias", layer, stem);
		count += ll_source_find(convert->source, name) != NULL;
	}
	return count;
}

/* A config.json says of all matrices of attention at once whether they have one, and so of the feed-forward ones. */
static int
check_biases(const struct ll_convert *convert, struct ll_err *err)
{
	static const char *const stems[] = { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up",
		"ffn_down" };

	for (size_t i = 0; i < 7; i++) {
		size_t count = count_biases(convert, stems[i]);

		if (count != (count_biases(convert, stems[i < 4 ? 0 : 4]) > 0 ? convert->hp.layers : 0))
			return ll_fail(err, LL_EUNSUPPORTED, "%s: %s: %zu of %zu layers have a bias, which a config.json cannot "
			    "say beside the others", convert->source->path, stems[i], count, convert->hp.layers);
		if (count > 0 && convert->hp.window != 0)
			return ll_fail(err, LL_EUNSUPPORTED, "%s: a sliding window and biases, of which a config.json can say "
			    "one", convert->source->path);
	}
	return 0;
}

/* What is merged must fit the model. */
static int
open_adapters(struct ll_convert *convert, struct ll_err *err)
{
	if (convert->loras == NULL || convert->loras->count == 0)
		return 0;
	return ll_adapters_open(&convert->adapters, convert->base, convert->loras, err);
}

int
ll_convert_plan(struct ll_convert *convert, const char *path, struct ll_err *err)
{
	const struct ll_source_tensor *tensor;
	int status = ll_source_open(&convert->source, path, err);

	if (status < 0 || (status = ll_hparams_read(&convert->hp, &convert->scaling, convert->source, err)) < 0 ||
	    (status = check_wants(convert, err)) < 0 ||
	    (convert->to != LL_CONTAINER_GGUF && (status = check_biases(convert, err)) < 0) ||
	    (status = ll_model_over(&convert->base, convert->source, err)) < 0 ||
	    (status = ll_convert_vocab(convert, err)) < 0 || (status = open_adapters(convert, err)) < 0)
		return status;
	convert->hp.tied = ll_source_find(convert->source, "output.weight") == NULL;
	convert->hp.vocab = convert->base->hp.vocab;
	if ((convert->jobs = ll_alloc(convert->source->count + 1, sizeof(*convert->jobs), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < convert->source->count && status == 0; i++) {
		tensor = &convert->source->tensors[i];
		/* A folder says the rule. */
		if (convert->to != LL_CONTAINER_GGUF && strcmp(tensor->name, "rope_freqs.weight") == 0)
			continue;
		convert->jobs[convert->count].from = tensor;
		status = plan_tensor(convert, &convert->jobs[convert->count], err);
		convert->packed += convert->jobs[convert->count++].panels;
	}
	return status < 0 ? status : ll_convert_rope(convert, err);
}

void
ll_convert_close(struct ll_convert *convert)
{
	ll_adapters_free(convert->adapters);
	ll_model_close(convert->base);
	ll_source_close(convert->source);
	ll_gguf_close(convert->tokenizer);
	ll_vocab_free(convert->vocab);
	free(convert->jobs);
	free(convert->factors);
	free(convert->scores);
}
