/*
 * How far a batch is: a line on standard error that is written over, if that is a terminal.
 */

#ifndef LL_SERVE_PROGRESS_H
#define LL_SERVE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_progress {
	const char *program;
	bool shown;
	size_t before;		/* records that an earlier run did */
	size_t total;		/* with those; 0: not known */
	size_t records;		/* done in this run */
	uint64_t tokens;	/* generated in it */
	int64_t began, last;	/* milliseconds */
	int width;		/* of the line that stands there */
};

void ll_progress_begin(struct ll_progress *progress, const char *program, size_t before, size_t total);
/* More was done; writes it now and then. */
void ll_progress_add(struct ll_progress *progress, size_t records, uint64_t tokens);
/* The last line stays. */
void ll_progress_end(struct ll_progress *progress);

/* The line, without the program's name, after `ms` milliseconds. */
void ll_progress_text(const struct ll_progress *progress, int64_t ms, char *text, size_t size);

#endif
