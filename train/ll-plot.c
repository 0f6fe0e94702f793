/*
 * ll-plot: the curves of training logs as a picture. What a curve is, curves.c knows; drawing
 * is chart_text.c's and chart_gnuplot.c's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/sources.h"
#include "train/chart.h"
#include "train/curves.h"

#define WIDTH 80	/* columns where standard output is no terminal */
#define HEIGHT 20

static const char *output_path, *x_name = "step", *y_name = "loss";
static bool log_scale;
static int64_t smooth;
static struct ll_sources logs;

static int
add_log(const char *value, struct ll_err *err)
{
	return ll_sources_add(&logs, value, false, err);
}

static const struct ll_opt options[] = {
	{ 0, "log", LL_OPT_FLAG, &log_scale, NULL, "draw the values on a logarithmic scale", 0, 0, NULL },
	{ 'o', "output", LL_OPT_STRING, &output_path, "FILE", "write to FILE, a PNG or SVG by its name, with gnuplot", 0, 0, NULL },
	{ 0, "smooth", LL_OPT_INT, &smooth, "N", "draw the mean of the last N values", 2, 10000, NULL },
	{ 0, "x", LL_OPT_STRING, &x_name, "NAME", "draw over step, tokens or time (default step)", 0, 0, NULL },
	{ 0, "y", LL_OPT_STRING, &y_name, "NAME", "draw this member of the log (default loss)", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "log", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_log },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-plot",
	.summary = "draw the curves of training logs",
	.usage = "[-hqvV] [--log] [-o FILE] [--smooth N] [--x NAME] [--y NAME] [LOG ...]",
	.options = options,
};

/* What gnuplot calls the kind of file that the name asks for; NULL for no kind that is known. */
static const char *
terminal_of(const char *path)
{
	const char *ending = strrchr(path, '.');

	if (ending == NULL || strchr(ending, '/') != NULL)
		return NULL;
	return strcmp(ending, ".svg") == 0 ? "svg" : strcmp(ending, ".png") == 0 ? "pngcairo" : NULL;
}

static int
read_logs(struct ll_curves *curves, struct ll_err *err)
{
	size_t count;
	const struct ll_operand *list = ll_sources_list(&logs, &count);

	for (size_t i = 0; i < count; i++) {
		int status = ll_curves_read(curves, list[i].value, x_name, y_name, err);

		if (status < 0)
			return status;
		if (status > 0)
			ll_warn(program.name, "%s: the last line is incomplete: left out",
			    strcmp(list[i].value, "-") != 0 ? list[i].value : "standard input");
	}
	return 0;
}

static int
prepare(struct ll_curves *curves, struct ll_err *err)
{
	size_t points = 0;

	if (smooth > 0)
		ll_curves_smooth(curves, (size_t)smooth);
	for (size_t i = 0; i < curves->count; i++) {
		size_t lost = log_scale ? ll_curve_keep_positive(&curves->list[i]) : 0;

		if (lost > 0)
			ll_warn(program.name, "%s: %zu values that are not above 0 have no logarithm: left out",
			    curves->list[i].name, lost);
		points += curves->list[i].count;
	}
	return points > 0 ? 0 : ll_fail(err, LL_EDATA, "there is nothing to draw: no value is above 0");
}

static size_t
columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 40)
		return WIDTH;
	return size.ws_col;
}

static int
draw_text(const struct ll_chart *chart, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = ll_chart_text(chart, columns(), HEIGHT, &text, err);

	if (status == 0)
		status = ll_write(STDOUT_FILENO, text.data, text.len, "standard output", err);
	ll_buf_free(&text);
	return status;
}

static int
draw_file(const struct ll_chart *chart, struct ll_err *err)
{
	struct ll_buf picture = { 0 };
	struct ll_out out;
	int status = ll_out_open(&out, output_path, err);

	if (status < 0)
		return status;
	if ((status = ll_chart_gnuplot(chart, terminal_of(output_path), &picture, err)) == 0)
		status = ll_write(out.fd, picture.data, picture.len, output_path, err);
	ll_buf_free(&picture);
	return ll_out_close(&out, status, err);
}

static _Noreturn void
wrong(const char **option, const char *what)
{
	char why[300];

	snprintf(why, sizeof(why), "'%.200s' %s", *option, what);
	ll_opt_wrong(option, why);
}

static void
check_options(void)
{
	if (strcmp(x_name, "step") != 0 && strcmp(x_name, "tokens") != 0 && strcmp(x_name, "time") != 0)
		wrong(&x_name, "is not step, tokens or time");
	if (y_name[0] == '\0' || strlen(y_name) > 64)
		wrong(&y_name, "is not a name of 1 to 64 bytes");
	if (output_path != NULL && terminal_of(output_path) == NULL)
		wrong(&output_path, "does not end in .png or .svg");
}

int
main(int argc, char **argv)
{
	struct ll_curves curves = { 0 };
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	check_options();
	if ((status = read_logs(&curves, &err)) == 0 && (status = prepare(&curves, &err)) == 0) {
		const struct ll_chart chart = { .curves = &curves, .x = x_name, .y = y_name, .log = log_scale };

		status = output_path != NULL ? draw_file(&chart, &err) : draw_text(&chart, &err);
	}
	ll_curves_free(&curves);
	free(logs.list);
	return ll_exit(program.name, status, &err);
}
