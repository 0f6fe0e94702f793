/*
 * Curves drawn with characters; see chart.h. Between two points of a curve a straight line
 * goes through the columns.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "train/chart.h"

#define LABEL 11	/* columns of a number before the axis, and a space */
#define TICKS 5		/* every so many lines has a number */

static const char signs[] = "*+ox#@%&=";

struct grid {
	char *cells;		/* [height][width], from the top */
	size_t width, height;
	double x_least, x_most, y_least, y_most;	/* y as it is drawn */
	bool log;
};

static double
drawn(const struct grid *grid, double y)
{
	return grid->log ? log10(y) : y;
}

static void
span(struct grid *grid, const struct ll_curves *curves)
{
	grid->x_least = grid->y_least = INFINITY;
	grid->x_most = grid->y_most = -INFINITY;
	for (size_t i = 0; i < curves->count; i++)
		for (size_t j = 0; j < curves->list[i].count; j++) {
			const struct ll_curve_point *point = &curves->list[i].points[j];

			grid->x_least = fmin(grid->x_least, point->x);
			grid->x_most = fmax(grid->x_most, point->x);
			grid->y_least = fmin(grid->y_least, drawn(grid, point->y));
			grid->y_most = fmax(grid->y_most, drawn(grid, point->y));
		}
}

/* Of 0 .. count - 1; the middle where all values are one. */
static double
place(double value, double least, double most, size_t count)
{
	double range = most - least, part = 0.5;

	/* Halves of the least numbers are 0, and the largest have no difference. */
	if (range > 0)
		part = isfinite(range) ? (value - least) / range : (value / 2 - least / 2) / (most / 2 - least / 2);
	return part * (double)(count - 1);
}

static void
put(struct grid *grid, double column, double row, char sign)
{
	grid->cells[(grid->height - 1 - (size_t)lround(row)) * grid->width + (size_t)lround(column)] = sign;
}

static void
draw_curve(struct grid *grid, const struct ll_curve *curve, char sign)
{
	double column = 0, row = 0;

	for (size_t i = 0; i < curve->count; i++) {
		const struct ll_curve_point *point = &curve->points[i];
		double next = place(point->x, grid->x_least, grid->x_most, grid->width);
		double high = place(drawn(grid, point->y), grid->y_least, grid->y_most, grid->height);

		for (double c = ceil(column); i > 0 && c < next; c++)
			if (c > column)
				put(grid, c, row + (high - row) * (c - column) / (next - column), sign);
		put(grid, next, high, sign);
		column = next;
		row = high;
	}
}

static int
put_line(struct ll_buf *out, const struct grid *grid, size_t line, struct ll_err *err)
{
	const char *cells = grid->cells + line * grid->width;
	double part = (double)(grid->height - 1 - line) / (double)(grid->height - 1);
	double y = grid->y_least * (1 - part) + grid->y_most * part;
	size_t length = grid->width;
	char label[40] = "";

	while (length > 0 && cells[length - 1] == ' ')
		length--;
	if (grid->y_most > grid->y_least ? line % TICKS == 0 || line == grid->height - 1 :
	    line == grid->height - 1 - grid->height / 2)
		snprintf(label, sizeof(label), "%.4g", grid->log ? pow(10, y) : y);
	return ll_buf_printf(out, err, "%*s |%.*s\n", LABEL - 1, label, (int)length, cells);
}

static int
put_axis(struct ll_buf *out, const struct grid *grid, const char *name, struct ll_err *err)
{
	char least[40], most[40];
	size_t used, shown = strnlen(name, 20), gap;
	int status = ll_buf_printf(out, err, "%*s+", LABEL, "");

	for (size_t i = 0; i < grid->width && status == 0; i++)
		status = ll_buf_puts(out, "-", err);
	snprintf(least, sizeof(least), "%.6g", grid->x_least);
	snprintf(most, sizeof(most), "%.6g", grid->x_most);
	used = strlen(least) + shown + strlen(most);
	gap = grid->width > used ? grid->width - used : 0;
	return status < 0 ? status : ll_buf_printf(out, err, "\n%*s %s%*s%.*s%*s%s\n", LABEL, "", least, (int)(gap / 2), "",
	    (int)shown, name, (int)(gap - gap / 2), "", most);
}

int
ll_chart_text(const struct ll_chart *chart, size_t width, size_t height, struct ll_buf *out, struct ll_err *err)
{
	const struct ll_curves *curves = chart->curves;
	struct grid grid = { .width = width - LABEL - 1, .height = height, .log = chart->log };
	int status;

	if ((grid.cells = ll_alloc(grid.width * height, 1, err)) == NULL)
		return -LL_ENOMEM;
	memset(grid.cells, ' ', grid.width * height);
	span(&grid, curves);
	for (size_t i = 0; i < curves->count; i++)
		draw_curve(&grid, &curves->list[i], signs[i % (sizeof(signs) - 1)]);
	status = ll_buf_printf(out, err, "%*s\n", LABEL + (int)strnlen(chart->y, 20) / 2, chart->y);
	for (size_t line = 0; line < height && status == 0; line++)
		status = put_line(out, &grid, line, err);
	if (status == 0)
		status = put_axis(out, &grid, chart->x, err);
	for (size_t i = 0; i < curves->count && status == 0; i++)
		status = ll_buf_printf(out, err, "%*c %s\n", LABEL, signs[i % (sizeof(signs) - 1)], curves->list[i].name);
	free(grid.cells);
	return status;
}
