/*
 * Lines; see lines.h. What was given out stays in front until more is added.
 */

#include <string.h>

#include "base/gzip.h"
#include "base/io.h"
#include "base/lines.h"

#define PIECE 65536

static void
close_up(struct ll_lines *lines)
{
	if (lines->begin == 0)
		return;
	lines->text.len -= lines->begin;
	lines->looked -= lines->begin;
	memmove(lines->text.data, lines->text.data + lines->begin, lines->text.len);
	lines->begin = 0;
}

int
ll_lines_add(struct ll_lines *lines, const char *bytes, size_t length, struct ll_err *err)
{
	close_up(lines);
	return ll_buf_add(&lines->text, bytes, length, err);
}

ssize_t
ll_lines_read(struct ll_lines *lines, int fd, struct ll_gzip *gzip, int out, const char *name,
    struct ll_err *err)
{
	ssize_t count;
	int status;

	close_up(lines);
	if ((status = ll_buf_room(&lines->text, PIECE, err)) < 0)
		return status;
	count = gzip != NULL ? ll_gzip_read(gzip, lines->text.data + lines->text.len, PIECE, err) :
	    ll_read(fd, lines->text.data + lines->text.len, PIECE, out, name, err);
	if (count > 0)
		lines->text.len += (size_t)count;
	return count;
}

/* The next delimiter, or NULL; *stop is where the line ends, as far as it is there. */
static const char *
find_end(const struct ll_lines *lines, size_t *stop)
{
	size_t left = lines->text.len - lines->looked;
	const char *found = left > 0 ? memchr(lines->text.data + lines->looked, lines->delimiter, left) : NULL;

	*stop = found != NULL ? (size_t)(found - lines->text.data) : lines->text.len;
	return found;
}

bool
ll_lines_next(struct ll_lines *lines, bool end, const char **line, size_t *length)
{
	size_t stop;
	const char *found = find_end(lines, &stop);

	if (lines->skipping) {
		lines->begin = lines->looked = stop + (found != NULL);
		lines->skipping = found == NULL && !end;
		found = found != NULL ? find_end(lines, &stop) : NULL;
	}
	if (found == NULL && lines->most > 0 && stop - lines->begin > lines->most)
		lines->skipping = !end;
	else if (found == NULL && (!end || lines->begin == lines->text.len)) {
		lines->looked = lines->text.len;
		return false;
	}
	*line = lines->text.data + lines->begin;
	*length = stop - lines->begin;
	lines->begin = lines->looked = stop + (found != NULL);
	return true;
}

void
ll_lines_free(struct ll_lines *lines)
{
	ll_buf_free(&lines->text);
	lines->begin = lines->looked = 0;
}
