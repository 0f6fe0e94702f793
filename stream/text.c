/*
 * Blocks of "key value" lines: the stream's header and the text payloads; see frame.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "stream/frame.h"
#include "stream/text.h"

static bool
is_escaped(unsigned char byte)
{
	return byte < 0x20 || byte == 0x7f || byte == '%';
}

/* The length of the key that begins a line; 0 if it is not one. */
static size_t
key_length(const char *line, size_t length)
{
	size_t n = 0;

	while (n < length && ((line[n] >= 'a' && line[n] <= 'z') || (line[n] >= '0' && line[n] <= '9') ||
	    line[n] == '_' || line[n] == '-'))
		n++;
	return n < length && line[n] == ' ' ? n : 0;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* The byte that begins at in[0], and how many characters it takes. */
static unsigned char
decode(const char *in, size_t length, size_t *used)
{
	if (in[0] == '%' && length >= 3 && hex_digit(in[1]) >= 0 && hex_digit(in[2]) >= 0) {
		*used = 3;
		return (unsigned char)(hex_digit(in[1]) * 16 + hex_digit(in[2]));
	}
	*used = 1;
	return (unsigned char)in[0];
}

int
ll_text_put(struct ll_buf *text, const char *key, const char *value, struct ll_err *err)
{
	size_t before = text->len;
	int status = ll_buf_printf(text, err, "%s ", key);

	if (status == 0 && key_length(text->data + before, text->len - before) != strlen(key))
		status = ll_fail(err, LL_EBUG, "'%s' is no key of a text block", key);
	while (status == 0 && *value != '\0') {
		size_t plain = 0;

		while (value[plain] != '\0' && !is_escaped((unsigned char)value[plain]))
			plain++;
		status = ll_buf_add(text, value, plain, err);
		value += plain;
		if (status == 0 && *value != '\0')
			status = ll_buf_printf(text, err, "%%%02X", (unsigned)(unsigned char)*value++);
	}
	if (status == 0)
		status = ll_buf_puts(text, "\n", err);
	if (status < 0 && text->data != NULL) {
		text->len = before;
		text->data[before] = '\0';
	}
	return status;
}

int
ll_text_put_number(struct ll_buf *text, const char *key, uint64_t value, struct ll_err *err)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	return ll_text_put(text, key, digits, err);
}

bool
ll_text_line(struct ll_text_line *line, const char **text, size_t *length)
{
	const char *end;
	size_t size;

	while (*length > 0) {
		end = memchr(*text, '\n', *length);
		size = end != NULL ? (size_t)(end - *text) : *length;
		line->all = *text;
		line->all_length = size + (end != NULL);
		line->key = *text;
		line->key_length = key_length(*text, size);
		*text += line->all_length;
		*length -= line->all_length;
		if (line->key_length > 0) {
			line->value = line->key + line->key_length + 1;
			line->value_length = size - line->key_length - 1;
			return true;
		}
	}
	return false;
}

bool
ll_text_line_is(const struct ll_text_line *line, const char *key)
{
	return strlen(key) == line->key_length && memcmp(line->key, key, line->key_length) == 0;
}

size_t
ll_text_decode(const struct ll_text_line *line, char *out, size_t size)
{
	size_t used, length = 0;

	for (size_t i = 0; i < line->value_length && length + 1 < size; i += used)
		out[length++] = (char)decode(line->value + i, line->value_length - i, &used);
	if (size > 0)
		out[length] = '\0';
	return length;
}

bool
ll_text_get(const char *text, size_t length, const char *key, char *out, size_t size)
{
	struct ll_text_line line;

	while (ll_text_line(&line, &text, &length)) {
		if (ll_text_line_is(&line, key)) {
			ll_text_decode(&line, out, size);
			return true;
		}
	}
	return false;
}

bool
ll_text_get_number(const char *text, size_t length, const char *key, uint64_t *out)
{
	char digits[24];
	uint64_t value = 0;

	if (!ll_text_get(text, length, key, digits, sizeof(digits)) || digits[0] == '\0')
		return false;
	for (const char *p = digits; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	}
	*out = value;
	return true;
}

int
ll_text_check(const char *text, size_t length, const char *what, struct ll_err *err)
{
	for (size_t number = 1; length > 0; number++) {
		const char *end = memchr(text, '\n', length);
		size_t size = end != NULL ? (size_t)(end - text) : length;
		size_t key = key_length(text, size);

		if (end == NULL || key == 0)
			return ll_fail(err, LL_EDATA, "%s: line %zu is not 'key value'", what, number);
		for (size_t i = key + 1; i < size; i++) {
			size_t used = 1;

			if (!is_escaped((unsigned char)text[i]))
				continue;
			decode(text + i, size - i, &used);
			if (used != 3)
				return ll_fail(err, LL_EDATA, "%s: line %zu: bad byte 0x%02x in the value", what,
				    number, (unsigned)(unsigned char)text[i]);
			i += 2;
		}
		text += size + 1;
		length -= size + 1;
	}
	return 0;
}
