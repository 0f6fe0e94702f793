/*
 * Messages of several lines; see line.h.
 */

#include <string.h>

#include "base/err.h"
#include "serve/line.h"

static bool
is_fence(const char *line, const char *fence)
{
	return strncmp(line + strspn(line, " \t"), fence, 3) == 0;
}

int
ll_message_read(struct ll_line *from, struct ll_buf *line, struct ll_buf *message, struct ll_err *err)
{
	const char *fence = NULL;
	int got = LL_LINE_READ;

	message->len = 0;
	while (got == LL_LINE_READ) {
		bool goes_on = false, quoted = false;

		if (fence != NULL) {
			goes_on = !is_fence(line->data, fence);
			quoted = !goes_on && fence[0] == '"';
			if (!goes_on)
				fence = NULL;
		} else if (is_fence(line->data, "```") || strcmp(line->data, "\"\"\"") == 0) {
			quoted = !is_fence(line->data, "```");
			fence = quoted ? "\"\"\"" : "```";
			goes_on = true;
		} else if (line->len > 0 && line->data[line->len - 1] == '\\') {
			line->data[--line->len] = '\0';
			goes_on = true;
		}
		/* The line with the quotes is no part of the message, nor is the newline before the last one. */
		if (!quoted && ll_buf_add(message, line->data, line->len, err) == 0 && goes_on)
			ll_buf_puts(message, "\n", err);
		if (quoted && !goes_on && message->len > 0)
			message->data[--message->len] = '\0';
		if (err->code != 0)
			return -err->code;
		if (!goes_on)
			break;
		got = ll_line_read(from, ". ", line, err);
	}
	return got;
}
