/*
 * Reading texts; see texts.h.
 */

#include "train/texts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/gzip.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/utf8.h"
#include "tokenize/charclass.h"
#include "tokenize/messages.h"
#include "tokenize/record.h"
#include "train/corpus.h"

#define PIECE (1u << 20)
#define AHEAD 4		/* bytes of a character */

struct texts {
	const char *name;
	struct ll_gzip *gzip;
	ll_text_sink *take;
	void *arg;
	struct ll_err *err;
};

static bool
is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * Whether the splitter cuts before `at`, whatever else is there: after a line's end before what
 * is not white space, or at a space between letters. AHEAD bytes of text follow `at`.
 */
static bool
is_cut(const char *text, size_t at)
{
	const unsigned char *p = (const unsigned char *)text + at;
	size_t size;

	if (p[0] == ' ')
		return is_letter(p[-1]) && is_letter(p[1]);
	return p[-1] == '\n' && ll_charclass_of(ll_utf8_next(p, AHEAD, &size)) != LL_CHAR_SPACE;
}

/* Hands out as much as is surely whole; `looked`: no place to cut is before it. */
static int
take_whole(struct texts *t, struct ll_buf *buf, size_t *looked)
{
	size_t begin = *looked > 0 ? *looked : 1, at = buf->len > AHEAD ? buf->len - AHEAD : 0;
	int status;

	*looked = at;
	while (at > begin && !is_cut(buf->data, at))
		at--;
	if (at <= begin)
		return 0;
	if ((status = t->take(t->arg, buf->data, at, t->err)) < 0)
		return status;
	buf->len -= at;
	memmove(buf->data, buf->data + at, buf->len);
	*looked = 0;
	return 0;
}

/* `buf` holds the beginning of the text. */
static int
read_plain(struct texts *t, struct ll_buf *buf)
{
	size_t looked = 0;
	ssize_t got;
	int status;

	do {
		if ((status = take_whole(t, buf, &looked)) < 0 ||
		    (status = ll_buf_room(buf, PIECE, t->err)) < 0)
			return status;
		if ((got = ll_gzip_read(t->gzip, buf->data + buf->len, PIECE, t->err)) > 0)
			buf->len += (size_t)got;
	} while (got > 0);
	if (got < 0)
		return (int)got;
	return buf->len > 0 ? t->take(t->arg, buf->data, buf->len, t->err) : 0;
}

static int
take_messages(struct texts *t, const struct ll_json *list, const char *where)
{
	struct ll_messages *messages;
	struct ll_err why = { 0 };
	int status = ll_messages_read(&messages, list, "messages", &why);

	if (status < 0)
		return ll_fail(t->err, -status, "%s: %s", where, why.text);
	for (size_t i = 0; i < messages->count && status == 0; i++)
		if (messages->messages[i].length > 0)
			status = t->take(t->arg, messages->messages[i].content, messages->messages[i].length, t->err);
	ll_messages_free(messages);
	return status;
}

static int
take_object(struct texts *t, const struct ll_json *object, const char *where)
{
	const struct ll_json *text = ll_json_get(object, "text"), *messages = ll_json_get(object, "messages");
	size_t length;
	const char *bytes;

	if (!ll_json_is_object(object))
		return ll_fail(t->err, LL_EDATA, "%s: is %s, not an object", where, ll_json_kind_name(object));
	if ((text != NULL) == (messages != NULL))
		return ll_fail(t->err, LL_EDATA, "%s: has %s text and messages, of which one is wanted", where,
		    text != NULL ? "both" : "neither");
	if (messages != NULL)
		return take_messages(t, messages, where);
	if ((bytes = ll_json_text_of(text, &length)) == NULL)
		return ll_fail(t->err, LL_EDATA, "%s: text: is %s, not a string", where, ll_json_kind_name(text));
	return length > 0 ? t->take(t->arg, bytes, length, t->err) : 0;
}

static int
take_line(struct texts *t, const char *line, size_t length, size_t number)
{
	struct ll_json *object;
	struct ll_err why = { 0 };
	char where[400];
	int status;

	if (ll_record_blank(line, length))
		return 0;
	snprintf(where, sizeof(where), "%.370s:%zu", t->name, number);
	if ((status = ll_json_parse_line(&object, line, length, where, &why)) < 0)
		return ll_fail(t->err, -status, "%s", why.text);
	status = take_object(t, object, where);
	ll_json_free(object);
	return status;
}

static int
read_lines(struct texts *t, struct ll_buf *begin)
{
	struct ll_lines lines = { .delimiter = '\n' };
	const char *line;
	size_t length, number = 0;
	ssize_t got = 1;
	int status = ll_lines_add(&lines, begin->data, begin->len, t->err);

	while (status == 0) {
		while (status == 0 && ll_lines_next(&lines, got == 0, &line, &length))
			status = take_line(t, line, length, ++number);
		if (status < 0 || got == 0)
			break;
		if ((got = ll_lines_read(&lines, -1, t->gzip, -1, t->name, t->err)) < 0)
			status = (int)got;
	}
	ll_lines_free(&lines);
	return status;
}

/* The first four bytes: a byte order mark may come before '{', and is no text. */
static int
read_begun(struct texts *t, struct ll_buf *buf)
{
	ssize_t got = 1;

	while (got > 0 && buf->len < 4) {
		if (ll_buf_room(buf, 4, t->err) < 0)
			return -LL_ENOMEM;
		if ((got = ll_gzip_read(t->gzip, buf->data + buf->len, 4 - buf->len, t->err)) > 0)
			buf->len += (size_t)got;
	}
	return got < 0 ? (int)got : 0;
}

int
ll_texts_read(const char *path, ll_text_sink *take, void *arg, struct ll_err *err)
{
	struct texts t = { .name = path, .take = take, .arg = arg, .err = err };
	struct ll_buf begin = { 0 };
	int fd = ll_open_input(path, err), status;

	if (fd < 0)
		return fd;
	if (strcmp(path, "-") == 0)
		t.name = "standard input";
	if ((status = ll_gzip_new(&t.gzip, fd, t.name, -1, err)) == 0 && (status = read_begun(&t, &begin)) == 0) {
		if (begin.len >= 3 && memcmp(begin.data, "\xef\xbb\xbf", 3) == 0)
			memmove(begin.data, begin.data + 3, begin.len -= 3);
		if (ll_corpus_is_lines(path, begin.data, begin.len))
			status = read_lines(&t, &begin);
		else
			status = read_plain(&t, &begin);
	}
	ll_buf_free(&begin);
	ll_gzip_free(t.gzip);
	if (fd > STDIN_FILENO)
		close(fd);
	return status;
}
