/*
 * A file of texts, which may be compressed by gzip(1): JSON Lines, or plain text. A byte order mark
 * at its beginning is no part of it.
 */

#ifndef LL_TRAIN_TEXT_FILE_H
#define LL_TRAIN_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/lines.h"

struct ll_err;
struct ll_json;

struct ll_text_file {
	const char *name;	/* for messages; borrowed */
	bool is_lines;		/* JSON Lines: its name ends in .jsonl or .json (.gz or not behind), or its first byte is '{' */
	size_t line;		/* number of the last one that was given out */
	uint64_t bytes;		/* that were read, after decompression */
	struct ll_lines lines;	/* of plain text `text` is what has come */
	/* Private. */
	struct ll_gzip *gzip;
	int fd;
	bool ended;
};

/*
 * Opens it ("-": standard input) and reads its beginning; `most` as in struct ll_lines. Close it in any case.
 * -LL_EINPUT, -LL_EIO, -LL_ENOMEM; -LL_EDATA for damaged compression.
 */
int ll_text_file_open(struct ll_text_file *file, const char *path, size_t most, struct ll_err *err);
void ll_text_file_close(struct ll_text_file *file);

/* Adds what one read brings to lines.text: how much, 0 at the end, or negative. */
ssize_t ll_text_file_more(struct ll_text_file *file, struct ll_err *err);

/* The next line that is not blank, as ll_lines_next has it: 1, 0 at the end, or negative. */
int ll_text_file_line(struct ll_text_file *file, const char **text, size_t *length, struct ll_err *err);

/*
 * Parses a line, an object with text or messages; `where` begins the message. The numbers of what is not
 * looked at may be of any length.
 */
int ll_text_file_object(struct ll_json **out, const char *line, size_t length, const char *where, struct ll_err *err);

#endif
