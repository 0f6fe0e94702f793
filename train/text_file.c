/*
 * Files of texts; see text_file.h.
 */

#include "train/text_file.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/gzip.h"
#include "base/io.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tokenize/record.h"

static bool
ends_with(const char *name, size_t length, const char *end)
{
	size_t size = strlen(end);

	return length >= size && memcmp(name + length - size, end, size) == 0;
}

static bool
is_named_lines(const char *path)
{
	size_t length = strlen(path);

	if (ends_with(path, length, ".gz"))
		length -= 3;
	return ends_with(path, length, ".jsonl") || ends_with(path, length, ".json");
}

int
ll_text_file_open(struct ll_text_file *f, const char *path, size_t most, struct ll_err *err)
{
	struct ll_buf *begin = &f->lines.text;
	size_t mark;
	int status;

	*f = (struct ll_text_file){ .name = strcmp(path, "-") != 0 ? path : "standard input",
	    .lines = { .delimiter = '\n', .most = most } };
	if ((f->fd = ll_open_input(path, err)) < 0)
		return f->fd;
	status = ll_gzip_new(&f->gzip, f->fd, f->name, -1, err);
	/* The first bytes tell what it is; a pipe may bring them one by one. */
	while (status == 0 && !f->ended && begin->len <= 3) {
		ssize_t got = ll_text_file_more(f, err);

		status = got < 0 ? (int)got : 0;
	}
	if (status < 0)
		return status;
	if ((mark = ll_utf8_mark(begin->data, begin->len)) > 0) {
		begin->len -= mark;
		memmove(begin->data, begin->data + mark, begin->len);
	}
	f->is_lines = is_named_lines(path) || (begin->len > 0 && begin->data[0] == '{');
	return 0;
}

void
ll_text_file_close(struct ll_text_file *f)
{
	ll_gzip_free(f->gzip);
	ll_lines_free(&f->lines);
	if (f->fd > STDIN_FILENO)
		close(f->fd);
}

ssize_t
ll_text_file_more(struct ll_text_file *f, struct ll_err *err)
{
	ssize_t got = f->ended ? 0 : ll_lines_read(&f->lines, -1, f->gzip, -1, f->name, err);

	f->ended = got == 0;
	if (got > 0)
		f->bytes += (uint64_t)got;
	return got;
}

int
ll_text_file_line(struct ll_text_file *f, const char **text, size_t *length, struct ll_err *err)
{
	for (;;) {
		ssize_t got;

		/* At the end what is left is a line, too. */
		while (ll_lines_next(&f->lines, f->ended, text, length)) {
			f->line++;
			if (!ll_record_blank(*text, *length))
				return 1;
		}
		if (f->ended)
			return 0;
		if ((got = ll_text_file_more(f, err)) < 0)
			return (int)got;
	}
}

int
ll_text_file_object(struct ll_json **out, const char *line, size_t length, const char *where, struct ll_err *err)
{
	struct ll_err why = { 0 }, again = { 0 };
	int status = ll_json_parse_line(out, line, length, where, &why);

	/* Beside a text no number counts; those of messages may be a tool's. */
	if (status == -LL_EDATA && (status = ll_json_parse_words(out, line, length, where, &again)) == 0 &&
	    (ll_json_text_of(ll_json_get(*out, "text"), NULL) == NULL || ll_json_get(*out, "messages") != NULL)) {
		ll_json_free(*out);
		status = -LL_EDATA;
	}
	return status == 0 ? 0 : ll_fail_as(err, status == -LL_ENOMEM && again.code != 0 ? &again : &why);
}
