/*
 * A line on a terminal that tells how far a file is written.
 */

#ifndef LL_MODEL_SAVE_LINE_H
#define LL_MODEL_SAVE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/save.h"

struct ll_save_line {
	const char *program;
	bool shown;		/* standard error is a terminal, and not -q */
	bool lines;		/* -v: a line for each tensor instead */
	struct ll_save_progress save;	/* to hand over */
	int64_t start, last;	/* milliseconds */
};

/* `progress` must stay where it is. */
void ll_save_line_start(struct ll_save_line *progress, const char *program, bool quiet, bool verbose);

/* Wipes the line. */
void ll_save_line_end(struct ll_save_line *progress);

#endif
