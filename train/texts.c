/*
 * Reading texts; see texts.h.
 */

#include "train/texts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tokenize/charclass.h"
#include "tokenize/messages.h"
#include "train/text_file.h"

#define AHEAD 4		/* bytes of a character */

struct texts {
	struct ll_text_file file;
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

static int
read_plain(struct texts *t)
{
	struct ll_buf *buf = &t->file.lines.text;
	size_t looked = 0;
	ssize_t got;
	int status;

	do {
		if ((status = take_whole(t, buf, &looked)) < 0)
			return status;
		if ((got = ll_text_file_more(&t->file, t->err)) < 0)
			return (int)got;
	} while (got > 0);
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
		return ll_fail(t->err, LL_EDATA, "%s: has %s messages, of which one is wanted", where,
		    text != NULL ? "both text and" : "neither text nor");
	if (messages != NULL)
		return take_messages(t, messages, where);
	if ((bytes = ll_json_text_of(text, &length)) == NULL)
		return ll_fail(t->err, LL_EDATA, "%s: text: is %s, not a string", where, ll_json_kind_name(text));
	return length > 0 ? t->take(t->arg, bytes, length, t->err) : 0;
}

static int
take_line(struct texts *t, const char *line, size_t length)
{
	struct ll_json *object;
	char where[400];
	int status;

	snprintf(where, sizeof(where), "%.370s:%zu", t->file.name, t->file.line);
	if ((status = ll_text_file_object(&object, line, length, where, t->err)) < 0)
		return status;
	status = take_object(t, object, where);
	ll_json_free(object);
	return status;
}

static int
read_lines(struct texts *t)
{
	const char *line;
	size_t length;
	int got = 1, status = 0;

	while (status == 0 && (got = ll_text_file_line(&t->file, &line, &length, t->err)) > 0)
		status = take_line(t, line, length);
	return got < 0 ? got : status;
}

int
ll_texts_read(const char *path, ll_text_sink *take, void *arg, struct ll_err *err)
{
	struct texts t = { .take = take, .arg = arg, .err = err };
	int status = ll_text_file_open(&t.file, path, 0, err);

	if (status == 0)
		status = t.file.is_lines ? read_lines(&t) : read_plain(&t);
	ll_text_file_close(&t.file);
	return status;
}
