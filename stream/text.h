/*
 * Walking through blocks of "key value" lines; what most need is in frame.h.
 */

#ifndef LL_STREAM_TEXT_H
#define LL_STREAM_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;

struct ll_text_line {
	const char *all;	/* the line with its newline */
	size_t all_length;
	const char *key;
	size_t key_length;
	const char *value;	/* encoded */
	size_t value_length;
};

/* The next line, with *text and *length moved behind it; others than "key value" are skipped. */
bool ll_text_line(struct ll_text_line *line, const char **text, size_t *length);

bool ll_text_line_is(const struct ll_text_line *line, const char *key);

/* The decoded value, truncated to fit `size` with its NUL; its length. */
size_t ll_text_decode(const struct ll_text_line *line, char *out, size_t size);

/* Verifies the form of a whole block; `what` begins the message. -LL_EDATA. */
int ll_text_check(const char *text, size_t length, const char *what, struct ll_err *err);

#endif
