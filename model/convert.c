/*
 * Which tensor becomes what when a container is made into another; see convert.h.
 */

#include "model/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/source_make.h"

#define ROPE_FREQS "rope_freqs.weight"
#define PI 3.14159265358979323846

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
	if (!gguf && !ll_name_from_gguf(name, LL_CONTAINER_SAFETENSORS, from->name))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: has no name in a folder of safetensors", from->file,
		    ll_source_label(from));
	order_rows(convert, job);
	return 0;
}

/* What a frequency is divided by under llama3's rule (Llama 3.1's reference code). */
static double
llama3_factor(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling, size_t i)
{
	double frequency = pow((double)hp->rope_base, -2.0 * (double)i / (double)hp->rope_dim);
	double turns = (double)scaling->original * frequency / (2 * PI);
	double low = (double)scaling->low, high = (double)scaling->high, factor = (double)scaling->factor, smooth;

	if (turns > high)
		return 1;
	if (turns < low)
		return factor;
	smooth = (turns - low) / (high - low);
	return 1 / ((1 - smooth) / factor + smooth);
}

/* GGUF says llama3's rule by a tensor of factors. */
static int
add_factors(struct ll_convert *convert, struct ll_err *err)
{
	size_t count = convert->hp.rope_dim / 2;

	if ((convert->factors = ll_alloc(count, sizeof(float), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < count; i++)
		convert->factors[i] = (float)llama3_factor(&convert->hp, &convert->scaling, i);
	convert->extra = (struct ll_source_tensor){
		.name = (char *)(uintptr_t)ROPE_FREQS, .file = convert->source->path, .type = LL_F32, .dims = 1,
		.ne = { count, 1, 1, 1 }, .data = (const unsigned char *)convert->factors, .size = 4 * count
	};
	convert->jobs[convert->count++] = (struct ll_recode){ .from = &convert->extra, .type = LL_F32 };
	return 0;
}

/* A folder says the rule: those of Llama 3.1 and 3.2 are known by their factors. */
static int
recognise_factors(struct ll_convert *convert, const struct ll_source_tensor *tensor, struct ll_err *err)
{
	static const float known[] = { 8, 32 };
	size_t count = convert->hp.rope_dim / 2;

	for (size_t k = 0; k < 2; k++) {
		struct ll_rope_scaling rule = { .kind = LL_ROPE_LLAMA3, .factor = known[k], .low = 1, .high = 4,
			.original = 8192 };
		bool same = tensor->type == LL_F32 && tensor->size == 4 * count;

		for (size_t i = 0; i < count && same; i++) {
			double want = llama3_factor(&convert->hp, &rule, i), have = (double)ll_load_f32(tensor->data + 4 * i);

			same = fabs(have - want) <= 1e-5 * want;
		}
		if (same) {
			convert->scaling = rule;
			return 0;
		}
	}
	return ll_fail(err, LL_EUNSUPPORTED, "%s: " ROPE_FREQS ": not the factors of Llama 3.1 or 3.2, which a "
	    "config.json could say", tensor->file);
}

static int
check_wants(const struct ll_convert *convert, struct ll_err *err)
{
	bool from_gguf = convert->source->container == LL_CONTAINER_GGUF;

	if (convert->to == LL_CONTAINER_GGUF && !from_gguf && convert->vocabulary == NULL)
		return ll_fail(err, LL_EUSAGE, "%s: is a folder: --vocabulary FILE must name a GGUF with its vocabulary",
		    convert->source->path);
	if (convert->vocabulary != NULL && (from_gguf || convert->to != LL_CONTAINER_GGUF))
		return ll_fail(err, LL_EUSAGE, "--vocabulary has no effect but from a folder to a GGUF");
	if (convert->to != LL_CONTAINER_GGUF && convert->source->sizes != NULL)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: layers of different sizes, which a config.json cannot say",
		    convert->source->path);
	if (convert->scaling.kind == LL_ROPE_YARN && (!from_gguf || convert->to != LL_CONTAINER_GGUF))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: yarn's scaling of rotary frequencies cannot be converted yet",
		    convert->source->path);
	if (convert->hp.window != 0 && (!from_gguf || convert->to != LL_CONTAINER_GGUF))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: a sliding window of %zu cannot be converted yet",
		    convert->source->path, convert->hp.window);
	return 0;
}

int
ll_convert_plan(struct ll_convert *convert, const char *path, struct ll_err *err)
{
	const struct ll_source_tensor *tensor;
	int status = ll_source_open(&convert->source, path, err);

	if (status < 0 || (status = ll_hparams_read(&convert->hp, &convert->scaling, convert->source, err)) < 0 ||
	    (status = check_wants(convert, err)) < 0)
		return status;
	convert->hp.tied = ll_source_find(convert->source, "output.weight") == NULL;
	if ((tensor = ll_source_find(convert->source, "token_embd.weight")) == NULL)
		return ll_fail(err, LL_EDATA, "%s: there is no token embedding", path);
	convert->hp.vocab = (size_t)tensor->ne[1];
	if ((convert->jobs = ll_alloc(convert->source->count + 1, sizeof(*convert->jobs), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < convert->source->count && status == 0; i++) {
		tensor = &convert->source->tensors[i];
		if (convert->to != LL_CONTAINER_GGUF && strcmp(tensor->name, ROPE_FREQS) == 0) {
			status = recognise_factors(convert, tensor, err);
			continue;
		}
		convert->jobs[convert->count].from = tensor;
		status = plan_tensor(convert, &convert->jobs[convert->count++], err);
	}
	if (status == 0 && convert->to == LL_CONTAINER_GGUF && convert->source->container != LL_CONTAINER_GGUF &&
	    convert->scaling.kind == LL_ROPE_LLAMA3)
		status = add_factors(convert, err);
	if (status == 0 && convert->vocabulary != NULL)
		status = ll_gguf_open(&convert->tokenizer, convert->vocabulary, err);
	return status;
}

void
ll_convert_close(struct ll_convert *convert)
{
	ll_source_close(convert->source);
	ll_gguf_close(convert->tokenizer);
	free(convert->jobs);
	free(convert->factors);
}
