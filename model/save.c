/*
 * A GGUF made of another file's; see save.h.
 */

#include "model/save.h"

#include <string.h>

#include "base/err.h"
#include "model/model.h"

int
ll_save_metadata(struct ll_gguf_writer *writer, const struct ll_gguf *from, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < from->value_count && status == 0; i++) {
		const struct ll_gguf_value *value = &from->values[i];

		if (!ll_gguf_text_begins(&value->key, "split.") && !ll_gguf_text_is(&value->key, LL_GGUF_ORIGIN))
			status = ll_gguf_write_value(writer, value, err);
	}
	return status;
}

int
ll_save_vocabulary(struct ll_gguf_writer *writer, const struct ll_gguf *from, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < from->value_count && status == 0; i++) {
		const struct ll_gguf_value *value = &from->values[i];

		if (ll_gguf_text_begins(&value->key, "tokenizer."))
			status = ll_gguf_write_value(writer, value, err);
	}
	return status;
}

int
ll_save_declare(struct ll_gguf_writer *writer, const struct ll_recode *jobs, size_t count, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++) {
		const struct ll_source_tensor *from = jobs[i].from;
		size_t size;

		/* GGUF has no single numbers: they are vectors of one. */
		if ((status = ll_recode_size(&size, &jobs[i], err)) == 0)
			status = ll_gguf_write_tensor(writer, from->name, jobs[i].type + (jobs[i].panels ? LL_GGUF_PANELS : 0),
			    from->dims > 0 ? from->dims : 1, from->ne, size, err);
	}
	return status;
}

int
ll_save_origin(struct ll_gguf_writer *writer, struct ll_source *source, const struct ll_recode *jobs,
    size_t count, struct ll_err *err)
{
	struct ll_model *model;
	struct ll_err own = { 0 };
	bool recoded = false;
	uint64_t origin;
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		if (jobs[i].adapters != NULL)
			return 0;
		recoded |= jobs[i].type != jobs[i].from->type || jobs[i].order != LL_ROWS_KEPT;
	}
	if (source->part_count > 0)
		status = ll_gguf_fingerprint(source->parts[0], LL_GGUF_ORIGIN, &origin, &own);
	if (status > 0)
		return ll_gguf_write_fingerprint(writer, LL_GGUF_ORIGIN, origin, err);
	if (status < 0 || !recoded)
		return 0;
	if ((status = ll_model_over(&model, source, &own)) < 0)
		return status == -LL_ENOMEM ? ll_fail(err, LL_ENOMEM, "%s", own.text) : 0;
	origin = model->fingerprint;
	ll_model_close(model);
	return ll_gguf_write_fingerprint(writer, LL_GGUF_ORIGIN, origin, err);
}

static int
write_data(void *context, const void *bytes, size_t length, struct ll_err *err)
{
	return ll_gguf_write_data(context, bytes, length, err);
}

static void
tell(const struct ll_save_progress *progress, const struct ll_recode *next, uint64_t done, uint64_t total)
{
	if (progress != NULL)
		progress->tell(progress->context, next, done, total);
}

static int
write_all(struct ll_gguf_writer *writer, struct ll_recoder *recoder, const struct ll_recode *jobs, size_t count,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	uint64_t done = 0, total = 0;
	int status = 0;

	for (size_t i = 0; i < count; i++)
		total += jobs[i].from->size;
	for (size_t i = 0; i < count && status == 0; i++) {
		tell(progress, &jobs[i], done, total);
		status = ll_recode(recoder, &jobs[i], write_data, writer, err);
		done += jobs[i].from->size;
	}
	if (status == 0)
		tell(progress, NULL, done, total);
	return status;
}

int
ll_save_write(struct ll_gguf_writer *writer, const char *path, const struct ll_recode *jobs, size_t count,
    struct ll_pool *pool, const struct ll_save_progress *progress, struct ll_err *err)
{
	struct ll_recoder *recoder;
	int status = ll_recoder_new(&recoder, pool, err);

	if (status < 0)
		return status;
	if ((status = ll_gguf_write_begin(writer, path, err)) == 0 &&
	    (status = write_all(writer, recoder, jobs, count, progress, err)) == 0)
		status = ll_gguf_write_end(writer, err);
	ll_recoder_free(recoder);
	return status;
}
