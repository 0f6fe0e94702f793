/*
 * Which frames of a stream, and which of their rows, somebody wants to see.
 */

#ifndef LL_STREAM_SELECT_H
#define LL_STREAM_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/frame.h"

struct ll_err;

#define LL_SELECT_TYPES 32

struct ll_range {
	bool given;
	uint64_t first, last;
};

/* Zero-initialised it selects everything. */
struct ll_selection {
	unsigned types[LL_SELECT_TYPES];
	size_t type_count;
	struct ll_range records;
	struct ll_range positions;
};

/* "TYPE[,TYPE]", names in any case or numbers; adds to what was given before. -LL_EUSAGE. */
int ll_select_types(struct ll_selection *selection, const char *text, struct ll_err *err);

/* "A", "A-B" or "A-"; `what` begins the message. -LL_EUSAGE. */
int ll_select_range(struct ll_range *range, const char *what, const char *text, struct ll_err *err);

/*
 * False if nothing of the frame is selected; else the frame is cut to the rows that are.
 * Where records are selected, frames that belong to no record are not.
 */
bool ll_select(const struct ll_selection *selection, struct ll_frame *frame);

#endif
