/*
 * A stage behind the head that runs layers: gathers the HIDDEN rows of a step, has them
 * evaluated together, and passes on what else comes. The head's counterpart is head.h.
 */

#ifndef LL_STREAM_LATER_H
#define LL_STREAM_LATER_H

#include <stdbool.h>
#include <stddef.h>

#include "stream/head.h"

struct ll_later_config {
	size_t rows;		/* at most in one call of evaluate */
	size_t cols;		/* the model's hidden size; another is bad data */
	bool tokens;		/* the items' tokens are needed */
};

struct ll_later_stage {
	/*
	 * As a head's, but that none of fork, cut and end may be NULL, and report is not called; and for
	 * evaluate: the states of the items' rows were given to `states`, and `tokens` is NULL unless they
	 * were asked for and are known.
	 */
	struct ll_head_stage calls;
	/* Rows of a HIDDEN frame, which become the rows from `row` on of the next evaluate. */
	void (*states)(void *arg, size_t row, const struct ll_frame *frame);
};

/*
 * Serves the stream whose header `in` has just delivered, until its END: writes `header` and
 * the frames. 0, or negative as ll_head_run.
 */
int ll_later_run(struct ll_reader *in, struct ll_writer *out, const struct ll_header *header,
    const struct ll_later_config *config, const struct ll_later_stage *stage, struct ll_err *err);

#endif
