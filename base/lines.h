/*
 * Text that comes in pieces, taken apart at a delimiter: lines, or records that end with NUL.
 * Time is linear in the bytes, however long a line is; memory is that of the longest line, or
 * little more than `most`.
 */

#ifndef LL_BASE_LINES_H
#define LL_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct ll_err;
struct ll_gzip;

/* Zero-initialise but for the delimiter; free with ll_lines_free. */
struct ll_lines {
	char delimiter;
	size_t most;		/* bytes; of a longer line only the beginning is given out; 0: any length */
	bool skipping;		/* the rest of such a line */
	struct ll_buf text;
	size_t begin;		/* of what was not given out */
	size_t looked;		/* before here there is no delimiter left */
};

/* Adds bytes. -LL_ENOMEM. */
int ll_lines_add(struct ll_lines *lines, const char *bytes, size_t length, struct ll_err *err);

/*
 * Adds what one read brings, from a descriptor (as ll_read) or, if `gzip` is not NULL, from
 * there. How much, 0 at the end, or negative.
 */
ssize_t ll_lines_read(struct ll_lines *lines, int fd, struct ll_gzip *gzip, int out, const char *name,
    struct ll_err *err);

/*
 * The next line, without its delimiter, valid until the next call; false when none is
 * complete. With `end` nothing more will come: what is left is a line too, unless it is empty.
 * A `length` above `most`: the line may have gone on.
 */
bool ll_lines_next(struct ll_lines *lines, bool end, const char **line, size_t *length);

void ll_lines_free(struct ll_lines *lines);

#endif
