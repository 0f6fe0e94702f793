/*
 * Checkpoints; see state.h.
 */

#include "train/state.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "model/gguf.h"
#include "model/gguf_write.h"

#define KIND "ll-training"

static const char *const endings[3] = { "", ".m", ".v" };

static ll_real *
numbers_of(const struct ll_optimiser *optimiser, size_t which)
{
	return which == 0 ? optimiser->net->values : which == 1 ? optimiser->m : optimiser->v;
}

static int
put_uint(struct ll_gguf_writer *writer, const char *key, uint64_t value, struct ll_err *err)
{
	char text[32];

	return ll_gguf_write_string(writer, key, text, (size_t)snprintf(text, sizeof text, "%" PRIu64, value), err);
}

static int
put_all(struct ll_gguf_writer *writer, const struct ll_optimiser *optimiser, const struct ll_run_progress *p,
    const char *settings, struct ll_err *err)
{
	const struct { const char *key; uint64_t value; } numbers[] = {
		{ "ll.train.step", p->step }, { "ll.train.epoch", p->place.epoch }, { "ll.train.row", p->place.row },
		{ "ll.train.tokens", p->tokens }, { "ll.train.targets", p->targets },
	};
	int status = ll_gguf_write_string(writer, "general.type", KIND, strlen(KIND), err);

	for (size_t i = 0; status == 0 && i < sizeof numbers / sizeof *numbers; i++)
		status = put_uint(writer, numbers[i].key, numbers[i].value, err);
	if (status == 0)
		status = ll_gguf_write_f32(writer, "ll.train.seconds", (float)p->seconds, err);
	if (status == 0)
		status = ll_gguf_write_string(writer, "ll.train.settings", settings, strlen(settings), err);
	for (size_t which = 0; which < 3; which++)
		for (size_t i = 0; status == 0 && i < optimiser->net->param_count; i++) {
			const struct ll_param *param = &optimiser->net->params[i];
			uint64_t ne[2] = { param->cols, param->rows };
			char name[80];

			snprintf(name, sizeof name, "%s%s", param->name, endings[which]);
			status = ll_gguf_write_tensor(writer, name, LL_F32, param->decays ? 2 : 1, ne,
			    param->rows * param->cols * sizeof(ll_real), err);
		}
	return status;
}

int
ll_state_save(const char *path, const struct ll_optimiser *optimiser, const struct ll_run_progress *progress,
    const char *settings, struct ll_err *err)
{
	struct ll_gguf_writer *writer;
	int status = ll_gguf_write_new(&writer, err);

	if (status < 0)
		return status;
	if ((status = put_all(writer, optimiser, progress, settings, err)) == 0)
		status = ll_gguf_write_begin(writer, path, err);
	for (size_t which = 0; which < 3; which++)
		for (size_t i = 0; status == 0 && i < optimiser->net->param_count; i++) {
			const struct ll_param *param = &optimiser->net->params[i];

			status = ll_gguf_write_data(writer, numbers_of(optimiser, which) + param->at,
			    param->rows * param->cols * sizeof(ll_real), err);
		}
	if (status == 0)
		status = ll_gguf_write_end(writer, err);
	ll_gguf_write_free(writer);
	return status;
}

static int
get_uint(const struct ll_gguf *gguf, const char *key, uint64_t *out, struct ll_err *err)
{
	struct ll_gguf_text text;
	char copy[32];
	int status = ll_gguf_string(gguf, key, &text, err);

	if (status < 0)
		return status;
	if (status == 0 || text.length == 0 || text.length >= sizeof copy)
		return ll_fail(err, LL_EDATA, "%s: %s: not a number", gguf->path, key);
	memcpy(copy, text.bytes, text.length);
	copy[text.length] = '\0';
	errno = 0;
	*out = strtoull(copy, NULL, 10);
	if (errno != 0 || strspn(copy, "0123456789") != text.length)
		return ll_fail(err, LL_EDATA, "%s: %s: '%s' is not a number", gguf->path, key, copy);
	return 0;
}

/* The line at *at; moves on behind it. */
static struct ll_gguf_text
next_line(const struct ll_gguf_text *text, size_t *at)
{
	struct ll_gguf_text line = { text->bytes + *at, 0 };

	while (*at + line.length < text->length && line.bytes[line.length] != '\n')
		line.length++;
	*at += line.length;
	*at += *at < text->length;
	return line;
}

/* Names the first line that differs. */
static int
check_settings(const struct ll_gguf *gguf, const char *settings, struct ll_err *err)
{
	struct ll_gguf_text was, is = { settings, strlen(settings) }, a, b;
	int status = ll_gguf_string(gguf, "ll.train.settings", &was, err);
	size_t at = 0, is_at = 0;

	if (status < 0)
		return status;
	if (status == 0)
		return ll_fail(err, LL_EDATA, "%s: ll.train.settings: missing", gguf->path);
	while (at < was.length || is_at < is.length) {
		a = next_line(&was, &at);
		b = next_line(&is, &is_at);
		if (a.length != b.length || memcmp(a.bytes, b.bytes, a.length) != 0)
			return ll_fail(err, LL_EUSAGE, "%s: was made with '%.*s', not '%.*s': a run goes on only as it began",
			    gguf->path, (int)(a.length < 100 ? a.length : 100), a.bytes, (int)(b.length < 100 ? b.length : 100),
			    b.bytes);
	}
	return 0;
}

static int
load_tensor(const struct ll_gguf *gguf, const struct ll_param *param, const char *ending, ll_real *to,
    struct ll_err *err)
{
	const struct ll_gguf_tensor *tensor;
	size_t size = param->rows * param->cols * sizeof(ll_real);
	char name[80];

	snprintf(name, sizeof name, "%s%s", param->name, ending);
	tensor = ll_gguf_tensor(gguf, name);
	if (tensor == NULL || tensor->type != LL_F32 || tensor->panels || tensor->size != size || tensor->ne[0] != param->cols)
		return ll_fail(err, LL_EDATA, "%s: %s: missing, or of another shape", gguf->path, name);
	memcpy(to + param->at, tensor->data, size);
	return 0;
}

int
ll_state_take(const struct ll_gguf *gguf, struct ll_optimiser *optimiser, struct ll_run_progress *p, const char *settings,
    struct ll_err *err)
{
	const struct { const char *key; uint64_t *out; } numbers[] = {
		{ "ll.train.step", &p->step }, { "ll.train.epoch", &p->place.epoch }, { "ll.train.row", &p->place.row },
		{ "ll.train.tokens", &p->tokens }, { "ll.train.targets", &p->targets },
	};
	struct ll_gguf_text kind = { "", 0 };
	int status = ll_gguf_string(gguf, "general.type", &kind, err);

	if (status < 0)
		return status;
	if (!ll_gguf_text_is(&kind, KIND))
		return ll_fail(err, LL_EDATA, "%s: general.type: not a checkpoint of a training", gguf->path);
	if ((status = check_settings(gguf, settings, err)) < 0)
		return status;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if ((status = get_uint(gguf, numbers[i].key, numbers[i].out, err)) < 0)
			return status;
	if ((status = ll_gguf_float(gguf, "ll.train.seconds", &p->seconds, err)) < 0)
		return status;
	if (!(p->seconds >= 0 && p->seconds < INFINITY))
		return ll_fail(err, LL_EDATA, "%s: ll.train.seconds: %g is no time", gguf->path, p->seconds);
	for (size_t which = 0; which < 3; which++)
		for (size_t i = 0; i < optimiser->net->param_count; i++)
			if ((status = load_tensor(gguf, &optimiser->net->params[i], endings[which],
			    numbers_of(optimiser, which), err)) < 0)
				return status;
	return 0;
}

int
ll_state_load(const char *path, struct ll_optimiser *optimiser, struct ll_run_progress *progress, const char *settings,
    struct ll_err *err)
{
	struct ll_gguf *gguf;
	int status = ll_gguf_open(&gguf, path, err);

	if (status < 0)
		return status;
	status = ll_state_take(gguf, optimiser, progress, settings, err);
	ll_gguf_close(gguf);
	return status;
}
