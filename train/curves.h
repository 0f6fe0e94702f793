/*
 * Curves from the logs of training: JSON Lines, an object a step, as in
 *
 *	{"step":100,"tokens":409600,"loss":3.21,"lr":0.001,"time":123.4}
 *	{"step":200,"eval_loss":3.1}
 *
 * A log gives two curves at most: of the values named, and of its evaluations, whose name has
 * "eval_" before.
 */

#ifndef LL_TRAIN_CURVES_H
#define LL_TRAIN_CURVES_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;

struct ll_curve_point {
	double x, y;
	double step;		/* at which it was said; x where the line has none */
};

struct ll_curve {
	char *name;		/* the log's, and " eval_loss" or so */
	struct ll_curve_point *points;
	size_t count, cap;
	bool evaluation;
};

/* Zero-initialise; free with ll_curves_free. */
struct ll_curves {
	struct ll_curve *list;
	size_t count, cap;
};

/*
 * Adds the curves of a log, "-" is standard input: the members named `y` and "eval_" and `y`
 * over the member `x`. A line that has the value and no `x` (an evaluation) stands where the
 * last line was that had one, or at 0. Lines without the value are passed over, null is as
 * absent. A step that a resumed run says again replaces what was said from there on.
 *
 * 1 if the last line is incomplete, as while a run goes on: it is left out. -LL_EINPUT, -LL_EIO,
 * -LL_ENOMEM; -LL_EDATA with file, line and field, also where no line has `x` or `y`.
 */
int ll_curves_read(struct ll_curves *curves, const char *path, const char *x, const char *y, struct ll_err *err);

/* Each value becomes the mean of the last `most`, itself one of them; not of evaluations. */
void ll_curves_smooth(struct ll_curves *curves, size_t most);

/* Takes out the values of a curve that have no logarithm; how many. */
size_t ll_curve_keep_positive(struct ll_curve *curve);

void ll_curves_free(struct ll_curves *curves);

#endif
