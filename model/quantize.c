/*
 * A GGUF quantised into another; see quantize.h.
 */

#include "model/quantize.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/model.h"

/* general.quantization_version: the blocks' layout that all current files have. */
#define LAYOUT_VERSION 2

static bool
is_lossy(uint32_t type)
{
	return type != LL_F32 && type != LL_F16 && type != LL_BF16;
}

static struct ll_quantize_rule *
rule_for(const struct ll_quantize *q, const char *name)
{
	for (size_t i = 0; q->rules != NULL && i < q->rules->count; i++)
		if (fnmatch(q->rules->rules[i].pattern, name, 0) == 0)
			return &q->rules->rules[i];
	return NULL;
}

static int
take_importance(struct ll_quantize *q, struct ll_recode *job, struct ll_err *err)
{
	const struct ll_source_tensor *from = job->from;
	size_t count, wanted = (size_t)(from->ne[0] * from->ne[2] * from->ne[3]);

	job->importance = ll_imatrix_find(q->imatrix, from->name, &count);
	if (job->importance == NULL) {
		/* Rows of the embedding are looked up, not multiplied. */
		q->unimportant += strcmp(from->name, "token_embd.weight") != 0;
		return 0;
	}
	if (count != wanted)
		return ll_fail(err, LL_EDATA, "%s: %.128s: %zu columns, but the model's tensor has %zu",
		    q->imatrix_path, from->name, count, wanted);
	return 0;
}

static int
plan_tensor(struct ll_quantize *q, struct ll_recode *job, const struct ll_mix_rules *rules, struct ll_err *err)
{
	const struct ll_source_tensor *from = job->from;
	struct ll_quantize_rule *rule;

	job->type = from->type;
	if (!ll_mix_applies(from))
		return 0;
	job->type = ll_mix_type(rules, from);
	if ((rule = rule_for(q, from->name)) != NULL) {
		rule->used = true;
		job->type = ll_mix_fallback(rule->type, from->ne[0]);
		q->fallbacks += job->type != rule->type;
	} else {
		struct ll_source_tensor whole = *from;

		/* With rows of any length it would have been: */
		whole.ne[0] = 256;
		q->fallbacks += job->type != ll_mix_type(rules, &whole);
	}
	if (job->type == from->type)
		return 0;
	if (is_lossy(from->type) && !q->requantize)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: is %s, which has lost something already: "
		    "quantise the original, or say --requantize", from->file, from->name,
		    ll_recode_type_name(from->type));
	return q->imatrix != NULL ? take_importance(q, job, err) : 0;
}

static int
check_rules(const struct ll_quantize *q, struct ll_err *err)
{
	for (size_t i = 0; q->rules != NULL && i < q->rules->count; i++)
		if (!q->rules->rules[i].used)
			return ll_fail(err, LL_ECONFIG, "%s:%zu: %.128s: no matrix of the model is left to match",
			    q->rules->path, q->rules->rules[i].line, q->rules->rules[i].pattern);
	return 0;
}

static int
check_imatrix(const struct ll_quantize *q, struct ll_err *err)
{
	size_t important = 0, quantised = 0;

	for (size_t i = 0; i < q->count; i++) {
		quantised += q->jobs[i].type != q->jobs[i].from->type;
		important += q->jobs[i].importance != NULL;
	}
	if (q->imatrix != NULL && quantised > 0 && important == 0)
		return ll_fail(err, LL_EDATA, "%s: has none of the model's tensors", q->imatrix_path);
	return 0;
}

int
ll_quantize_plan(struct ll_quantize *q, const char *path, struct ll_err *err)
{
	struct ll_mix_rules rules = { .mix = q->mix, .pure = q->pure, .importance = q->imatrix != NULL };
	struct ll_model *model;
	int status = ll_source_open(&q->source, path, err);

	if (status < 0)
		return status;
	if (q->source->container != LL_CONTAINER_GGUF)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: a folder of %s: make it a GGUF with ll-convert first", path,
		    ll_source_kind(q->source));
	if ((status = ll_model_over(&model, q->source, err)) < 0)
		return status;
	rules.layers = model->hp.layers;
	rules.heads = model->hp.heads;
	rules.kv_heads = model->hp.kv_heads;
	rules.tied = model->hp.tied;
	ll_model_close(model);
	if ((q->jobs = ll_alloc(q->source->count, sizeof(*q->jobs), err)) == NULL)
		return -LL_ENOMEM;
	for (q->count = 0; q->count < q->source->count && status == 0; q->count++) {
		q->jobs[q->count].from = &q->source->tensors[q->count];
		status = plan_tensor(q, &q->jobs[q->count], &rules, err);
	}
	if (status == 0 && (status = check_rules(q, err)) == 0)
		status = check_imatrix(q, err);
	return status;
}

void
ll_quantize_close(struct ll_quantize *q)
{
	free(q->jobs);
	ll_source_close(q->source);
}

static int
tell_imatrix(struct ll_gguf_writer *writer, const struct ll_quantize *q, struct ll_err *err)
{
	const char *slash = strrchr(q->imatrix_path, '/');
	const char *name = slash != NULL ? slash + 1 : q->imatrix_path, *dataset = ll_imatrix_dataset(q->imatrix);
	int status = ll_gguf_write_string(writer, "quantize.imatrix.file", name, strlen(name), err);

	if (status == 0 && dataset != NULL)
		status = ll_gguf_write_string(writer, "quantize.imatrix.dataset", dataset, strlen(dataset), err);
	if (status == 0)
		status = ll_gguf_write_u32(writer, "quantize.imatrix.entries_count",
		    (uint32_t)ll_imatrix_entries(q->imatrix), err);
	if (status == 0 && ll_imatrix_chunks(q->imatrix) > 0)
		status = ll_gguf_write_u32(writer, "quantize.imatrix.chunks_count", ll_imatrix_chunks(q->imatrix), err);
	return status;
}

int
ll_quantize_write(const struct ll_quantize *q, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	struct ll_gguf_writer *writer;
	int status = ll_gguf_write_new(&writer, err);

	if (status < 0)
		return status;
	status = ll_save_metadata(writer, q->source->parts[0], err);
	if (status == 0)
		status = ll_gguf_write_u32(writer, "general.quantization_version", LAYOUT_VERSION, err);
	if (status == 0)
		status = ll_gguf_write_u32(writer, "general.file_type", q->mix->file_type, err);
	/* All tensors that are made are rows. */
	ll_gguf_write_drop(writer, "ll.layout");
	if (status == 0 && q->imatrix != NULL)
		status = tell_imatrix(writer, q, err);
	if (status == 0)
		status = ll_save_origin(writer, q->source, q->jobs, q->count, err);
	if (status == 0 && (status = ll_save_declare(writer, q->jobs, q->count, err)) == 0)
		status = ll_save_write(writer, path, q->jobs, q->count, pool, progress, err);
	ll_gguf_write_free(writer);
	return status;
}

void
ll_quantize_sizes(const struct ll_quantize *q, uint64_t *before, uint64_t *after)
{
	*before = *after = 0;
	for (size_t i = 0; i < q->count; i++) {
		size_t size = 0;

		ll_recode_size(&size, &q->jobs[i], NULL);
		*before += q->jobs[i].from->size;
		*after += size;
	}
}
