/*
 * Logs of training to curves; see curves.h.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/mem.h"
#include "tokenize/record.h"
#include "train/curves.h"

#define LINE_MOST (1u << 20)

struct log {
	const char *name, *x, *y;
	char eval[80];
	struct ll_curve values, evaluations;
	double at;		/* the last x */
	bool has_x;
	size_t line;
};

/* 1 if the object has this number, 0 if it is absent or null. */
static int
take(const struct log *log, const struct ll_json *object, const char *name, double *out, struct ll_err *err)
{
	const struct ll_json *value = ll_json_get(object, name);

	if (value == NULL || ll_json_is_null(value))
		return 0;
	if (!ll_json_number(value, out))
		return ll_fail(err, LL_EDATA, "%s: line %zu: %s: is %s, not a number", log->name, log->line, name,
		    ll_json_kind_name(value));
	return isfinite(*out);
}

static int
add_point(struct ll_curve *curve, struct ll_curve_point point, struct ll_err *err)
{
	int status;

	while (curve->count > 0 && curve->points[curve->count - 1].step >= point.step)
		curve->count--;
	status = ll_grow(&curve->points, &curve->cap, curve->count + 1, sizeof(*curve->points), err);
	if (status == 0)
		curve->points[curve->count++] = point;
	return status;
}

static int
take_object(struct log *log, const struct ll_json *object, struct ll_err *err)
{
	const struct { const char *name; struct ll_curve *curve; } kinds[] = {
		{ log->y, &log->values }, { log->eval, &log->evaluations }
	};
	double step = 0, x = 0;
	int has_step, has_x;

	if (!ll_json_is_object(object))
		return ll_fail(err, LL_EDATA, "%s: line %zu: is %s, not an object", log->name, log->line,
		    ll_json_kind_name(object));
	if ((has_step = take(log, object, "step", &step, err)) < 0 || (has_x = take(log, object, log->x, &x, err)) < 0)
		return -LL_EDATA;
	if (has_x) {
		log->at = x;
		log->has_x = true;
	}
	for (size_t i = 0; i < 2; i++) {
		struct ll_curve_point point = { .x = log->at, .step = has_step ? step : log->at };
		int status = take(log, object, kinds[i].name, &point.y, err);

		if (status > 0)
			status = add_point(kinds[i].curve, point, err);
		if (status < 0)
			return status;
	}
	return 0;
}

static int
take_line(struct log *log, const char *text, size_t length, struct ll_err *err)
{
	struct ll_json *object;
	char where[300];
	int status;

	log->line++;
	if (ll_record_blank(text, length))
		return 0;
	snprintf(where, sizeof(where), "%.250s: line %zu", log->name, log->line);
	if (length > LINE_MOST)
		return ll_fail(err, LL_EDATA, "%s: has more than %u bytes", where, LINE_MOST);
	if ((status = ll_json_parse_line(&object, text, length, where, err)) < 0)
		return status;
	status = take_object(log, object, err);
	ll_json_free(object);
	return status;
}

static int
read_log(struct log *log, int fd, struct ll_err *err)
{
	struct ll_lines lines = { .delimiter = '\n', .most = LINE_MOST };
	struct ll_err own = { 0 };
	const char *text;
	size_t length;
	ssize_t count = 1;
	int status = 0;

	while (status == 0 && (count = ll_lines_read(&lines, fd, NULL, -1, log->name, err)) > 0)
		while (status == 0 && ll_lines_next(&lines, false, &text, &length))
			status = take_line(log, text, length, err);
	/* What has no end may be half a line: no error, unless it is whole and wrong. */
	if (status == 0 && count == 0 && ll_lines_next(&lines, true, &text, &length) &&
	    (status = take_line(log, text, length, &own)) < 0)
		status = own.code == LL_EDATA && strstr(own.text, ": bad JSON ") != NULL ? 1 :
		    ll_fail(err, own.code, "%s", own.text);
	ll_lines_free(&lines);
	return count < 0 ? (int)count : status;
}

static int
add_curve(struct ll_curves *curves, struct ll_curve *curve, const char *name, const char *what, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status;

	if (curve->count == 0)
		return 0;
	if ((status = ll_grow(&curves->list, &curves->cap, curves->count + 1, sizeof(*curves->list), err)) < 0 ||
	    (status = ll_buf_printf(&text, err, "%s%s%s", name, what != NULL ? " " : "", what != NULL ? what : "")) < 0)
		return status;
	/* Names of files are shown to people. */
	ll_harmless(text.data);
	curve->name = text.data;
	curve->evaluation = what != NULL;
	curves->list[curves->count++] = *curve;
	*curve = (struct ll_curve){ 0 };
	return 0;
}

int
ll_curves_read(struct ll_curves *curves, const char *path, const char *x, const char *y, struct ll_err *err)
{
	struct log log = { .name = strcmp(path, "-") != 0 ? path : "standard input", .x = x, .y = y };
	int fd = ll_open_input(path, err), status = fd, added;

	if (fd < 0)
		return status;
	snprintf(log.eval, sizeof(log.eval), "eval_%.70s", y);
	status = read_log(&log, fd, err);
	if (fd > STDIN_FILENO)
		close(fd);
	if (status >= 0 && log.values.count + log.evaluations.count == 0)
		status = ll_fail(err, LL_EDATA, "%s: no line has a number as %s", log.name, y);
	else if (status >= 0 && !log.has_x)
		status = ll_fail(err, LL_EDATA, "%s: no line has a number as %s", log.name, x);
	if (status >= 0 && ((added = add_curve(curves, &log.values, log.name, NULL, err)) < 0 ||
	    (added = add_curve(curves, &log.evaluations, log.name, log.eval, err)) < 0))
		status = added;
	free(log.values.points);
	free(log.evaluations.points);
	return status;
}

/* In place, from the end: what is summed is not overwritten yet. */
static void
smooth(struct ll_curve *curve, size_t most)
{
	struct ll_curve_point *points = curve->points;

	for (size_t i = curve->count; i-- > 0;) {
		size_t count = i + 1 < most ? i + 1 : most;
		double sum = 0;

		for (size_t j = i + 1 - count; j <= i; j++)
			sum += points[j].y;
		points[i].y = sum / (double)count;
	}
}

void
ll_curves_smooth(struct ll_curves *curves, size_t most)
{
	for (size_t i = 0; i < curves->count; i++)
		if (!curves->list[i].evaluation)
			smooth(&curves->list[i], most);
}

size_t
ll_curve_keep_positive(struct ll_curve *curve)
{
	size_t kept = 0, before = curve->count;

	for (size_t i = 0; i < before; i++)
		if (curve->points[i].y > 0)
			curve->points[kept++] = curve->points[i];
	curve->count = kept;
	return before - kept;
}

void
ll_curves_free(struct ll_curves *curves)
{
	for (size_t i = 0; i < curves->count; i++) {
		free(curves->list[i].name);
		free(curves->list[i].points);
	}
	free(curves->list);
	*curves = (struct ll_curves){ 0 };
}
