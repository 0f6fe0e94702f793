/*
 * Operands and literal texts; see sources.h.
 */

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/gzip.h"
#include "base/io.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/sources.h"
#include "base/utf8.h"

struct reading {
	const struct ll_sources_plan *plan;
	struct ll_lines lines;
	size_t line;
};

int
ll_sources_add(struct ll_sources *sources, const char *value, bool literal, struct ll_err *err)
{
	int status = ll_grow(&sources->list, &sources->cap, sources->count + 1, sizeof(*sources->list), err);

	if (status == 0)
		sources->list[sources->count++] = (struct ll_operand){ value, literal };
	return status;
}

/* Complete lines, or with `end` all that is left. */
static int
take_lines(struct reading *reading, bool end, const char *name, struct ll_err *err)
{
	const struct ll_sources_plan *plan = reading->plan;
	struct ll_cut cut = { .name = name };
	int status = 0;

	while (status == 0 && ll_lines_next(&reading->lines, end, &cut.text, &cut.length)) {
		cut.line = ++reading->line;
		if (plan->apart && cut.line == 1) {
			size_t mark = ll_utf8_mark(cut.text, cut.length);

			cut.text += mark;
			cut.length -= mark;
		}
		status = plan->take(plan->arg, &cut, err);
	}
	return status == 0 && plan->rest != NULL ? plan->rest(plan->arg, err) : status;
}

static int
read_lines(struct reading *reading, int fd, const char *name, struct ll_err *err)
{
	const struct ll_sources_plan *plan = reading->plan;
	struct ll_gzip *gzip = NULL;
	ssize_t count = 1;
	int status = plan->apart ? ll_gzip_new(&gzip, fd, name, plan->out, err) : 0;

	while (status == 0 && (count = ll_lines_read(&reading->lines, fd, gzip, plan->out, name, err)) > 0)
		status = take_lines(reading, false, name, err);
	ll_gzip_free(gzip);
	return status < 0 ? status : (int)count;
}

static int
read_source(struct reading *reading, const struct ll_operand *source, const char *name, struct ll_err *err)
{
	const struct ll_sources_plan *plan = reading->plan;
	int fd = -1, status;

	if (source->literal)
		status = ll_lines_add(&reading->lines, source->value, strlen(source->value), err);
	else if ((status = fd = ll_open_input(source->value, err)) >= 0)
		status = plan->split ? read_lines(reading, fd, name, err) :
		    ll_read_all(fd, &reading->lines.text, name, err);
	if (fd > STDIN_FILENO)
		close(fd);
	if (status < 0 || !plan->split)
		return status;
	status = take_lines(reading, plan->apart, name, err);
	if (plan->apart)
		reading->line = 0;
	return status;
}

const struct ll_operand *
ll_sources_list(const struct ll_sources *sources, size_t *count)
{
	static const struct ll_operand standard_input = { "-", false };

	*count = sources->count > 0 ? sources->count : 1;
	return sources->count > 0 ? sources->list : &standard_input;
}

int
ll_sources_read(const struct ll_sources *sources, const struct ll_sources_plan *plan, struct ll_err *err)
{
	struct reading reading = { .plan = plan, .lines = { .delimiter = plan->delimiter, .most = plan->most } };
	size_t count;
	const struct ll_operand *source = ll_sources_list(sources, &count);
	struct ll_cut all = { .name = "" };
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++, source++) {
		all.name = source->literal ? "--prompt" : strcmp(source->value, "-") != 0 ? source->value :
		    plan->stdin_name != NULL ? plan->stdin_name : "standard input";
		status = read_source(&reading, source, all.name, err);
	}
	all.text = reading.lines.text.data != NULL ? reading.lines.text.data : "";
	all.length = reading.lines.text.len;
	if (status == 0)
		status = plan->split ? take_lines(&reading, true, all.name, err) : plan->take(plan->arg, &all, err);
	ll_lines_free(&reading.lines);
	return status;
}
