/*
 * Curves as a picture: with characters, or by gnuplot(1).
 */

#ifndef LL_TRAIN_CHART_H
#define LL_TRAIN_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "train/curves.h"

struct ll_buf;
struct ll_err;

struct ll_chart {
	const struct ll_curves *curves;
	const char *x, *y;	/* names of the axes */
	bool log;		/* y is logarithmic: no value is below or at 0 */
};

/*
 * Appends lines of `width` columns, at least 40: `height` of curves, at least 5, the axis, and
 * a line for each curve with its sign. Later curves lie above earlier ones. -LL_ENOMEM.
 */
int ll_chart_text(const struct ll_chart *chart, size_t width, size_t height, struct ll_buf *out, struct ll_err *err);

/*
 * Draws with gnuplot, found in PATH and run without a shell and without its user's settings,
 * and appends the picture. `terminal` is gnuplot's: "svg", "pngcairo". -LL_EUNSUPPORTED where it is not
 * there or fails, with what it says; -LL_ECREATE without room for temporary files, -LL_EIO, -LL_ENOMEM.
 */
int ll_chart_gnuplot(const struct ll_chart *chart, const char *terminal, struct ll_buf *out, struct ll_err *err);

#endif
