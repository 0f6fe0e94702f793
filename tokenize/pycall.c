/*
 * Calls as Python writes them; see pycall.h. A parser by recursive descent.
 */

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tokenize/pycall.h"

#define DEEPEST 64
#define LONGEST_NUMBER 64

struct scan {
	const char *at, *end;
};

static char
peek(const struct scan *s)
{
	return s->at < s->end ? *s->at : '\0';
}

static void
skip_space(struct scan *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) != NULL && *s->at != '\0')
		s->at++;
}

static bool
skip(struct scan *s, char c)
{
	skip_space(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A name, with dots between words if `dots`; its length, 0 if there is none. */
static size_t
name_length(struct scan *s, bool dots)
{
	size_t length = 0, left;

	skip_space(s);
	left = (size_t)(s->end - s->at);
	if (is_digit(peek(s)))
		return 0;
	while (length < left && (is_word(s->at[length]) || (dots && length > 0 && s->at[length] == '.' &&
	    length + 1 < left && is_word(s->at[length + 1]))))
		length++;
	return length;
}

static struct ll_json *read_value(struct scan *s, int depth);

/* Digits of a base after \x, \u, \U or of an octal escape; false if there are too few. */
static bool
read_code(struct scan *s, int base, int fewest, int most, uint32_t *code)
{
	int count = 0;

	*code = 0;
	while (count < most && s->at < s->end) {
		char c = *s->at, lower = (char)(c | 0x20);
		int digit = is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;

		if (digit >= base)
			break;
		*code = *code * (uint32_t)base + (uint32_t)digit;
		s->at++;
		count++;
	}
	return count >= fewest;
}

static bool
put_code(struct ll_buf *out, uint32_t code)
{
	unsigned char bytes[4];

	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return false;
	return ll_buf_add(out, bytes, ll_utf8_put(bytes, code), NULL) == 0;
}

/* What follows a backslash. An unknown escape keeps it, as in Python. */
static bool
read_escape(struct scan *s, struct ll_buf *out)
{
	static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
	char c = peek(s);
	const char *found = c != '\0' ? strchr(from, c) : NULL;
	uint32_t code;

	if (s->at == s->end)
		return false;
	if (c >= '0' && c <= '7')
		return read_code(s, 8, 1, 3, &code) && put_code(out, code);
	s->at++;
	if (found != NULL)
		return ll_buf_add(out, &to[found - from], 1, NULL) == 0;
	if (c == '\n')
		return true;
	if (c == 'x')
		return read_code(s, 16, 2, 2, &code) && put_code(out, code);
	if (c == 'u')
		return read_code(s, 16, 4, 4, &code) && put_code(out, code);
	if (c == 'U')
		return read_code(s, 16, 8, 8, &code) && put_code(out, code);
	return ll_buf_add(out, "\\", 1, NULL) == 0 && ll_buf_add(out, &c, 1, NULL) == 0;
}

/* A string in one or in three quotes, into `out`. */
static bool
read_quoted(struct scan *s, struct ll_buf *out)
{
	char quote = *s->at;
	size_t quotes = s->end - s->at >= 3 && s->at[1] == quote && s->at[2] == quote ? 3 : 1;

	s->at += quotes;
	while (s->at < s->end) {
		const char *from = s->at;

		if (*s->at == quote && (quotes == 1 || (s->end - s->at >= 3 && s->at[1] == quote && s->at[2] == quote))) {
			s->at += quotes;
			return true;
		}
		s->at++;
		if (*from == '\n' && quotes == 1)
			return false;
		if (*from == '\\' ? !read_escape(s, out) : ll_buf_add(out, from, 1, NULL) < 0)
			return false;
	}
	return false;
}

static bool
is_text(const char *bytes, size_t length)
{
	size_t size;

	for (size_t i = 0; i < length; i += size)
		if (ll_utf8_next((const unsigned char *)bytes + i, length - i, &size) == LL_UTF8_BAD)
			return false;
	return true;
}

static struct ll_json *
read_string(struct scan *s)
{
	struct ll_buf out = { 0 };
	struct ll_json *value = NULL;

	bool good;

	/* Strings beside each other are one. */
	while ((good = read_quoted(s, &out)) && (skip_space(s), peek(s) == '"' || peek(s) == '\''))
		;
	if (good && is_text(out.data, out.len))
		value = ll_json_string(out.data != NULL ? out.data : "", out.len);
	ll_buf_free(&out);
	return value;
}

/* The characters of a number, without the underscores between digits; how many were taken. */
static size_t
copy_number(const struct scan *s, char text[LONGEST_NUMBER + 1])
{
	size_t left = (size_t)(s->end - s->at), taken = 0, used = 0;

	for (; taken < left && used < LONGEST_NUMBER; taken++) {
		char c = s->at[taken];

		if (c == '_' && taken > 0 && is_digit(s->at[taken - 1]) && taken + 1 < left && is_digit(s->at[taken + 1]))
			continue;
		if (c == '\0' || strchr("0123456789+-.eE", c) == NULL)
			break;
		text[used++] = c;
	}
	text[used] = '\0';
	return taken < left && is_word(s->at[taken]) ? 0 : taken;
}

static struct ll_json *
read_number(struct scan *s)
{
	char text[LONGEST_NUMBER + 1], *end;
	size_t taken = copy_number(s, text);
	bool real = strpbrk(text, ".eE") != NULL;
	const char *digits = text + (text[0] == '-' || text[0] == '+');
	long long integer = 0;
	double number = 0;

	/* Python has no other whole numbers that begin with 0 than 0. */
	if (taken == 0 || (!real && digits[0] == '0' && strspn(digits, "0") != strlen(digits)))
		return NULL;
	errno = 0;
	if (real)
		number = strtod(text, &end);
	else
		integer = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || (real ? !isfinite(number) : errno != 0))
		return NULL;
	s->at += taken;
	return real ? ll_json_exact(number) : ll_json_int(integer);
}

static struct ll_json *
read_word(struct scan *s)
{
	size_t length = name_length(s, false);
	struct ll_json *value = NULL;

	if ((length == 4 && memcmp(s->at, "True", 4) == 0) || (length == 4 && memcmp(s->at, "true", 4) == 0))
		value = ll_json_bool(true);
	else if ((length == 5 && memcmp(s->at, "False", 5) == 0) || (length == 5 && memcmp(s->at, "false", 5) == 0))
		value = ll_json_bool(false);
	else if ((length == 4 && memcmp(s->at, "None", 4) == 0) || (length == 4 && memcmp(s->at, "null", 4) == 0))
		value = ll_json_null();
	s->at += length;
	return value;
}

/* Whether a member follows; false at the closing bracket, which it takes, or if not `good`. */
static bool
next_member(struct scan *s, char close, size_t count, bool *comma, bool *good)
{
	*comma = count > 0 && skip(s, ',');
	if (skip(s, close))
		return false;
	*good = count == 0 || *comma;
	return *good;
}

/* Behind the opening bracket. One value in parentheses without a comma is the value. */
static struct ll_json *
read_list(struct scan *s, char close, int depth)
{
	struct ll_json *list = ll_json_array(), *value = NULL;
	size_t count = 0;
	bool good = true, comma;

	for (; next_member(s, close, count, &comma, &good); count++) {
		if (value != NULL)
			ll_json_add(list, value);
		value = read_value(s, depth + 1);
		good = value != NULL;
		if (!good)
			break;
	}
	if (good && close == ')' && count == 1 && !comma) {
		ll_json_free(list);
		return value;
	}
	if (value != NULL)
		ll_json_add(list, value);
	if (good)
		return list;
	ll_json_free(list);
	return NULL;
}

/* Adds a member that is not there yet; the value is taken in any case. */
static bool
add_member(struct ll_json *object, const char *key, size_t length, struct ll_json *value)
{
	char *name = value != NULL && memchr(key, '\0', length) == NULL ? strndup(key, length) : NULL;
	bool good = name != NULL && ll_json_get(object, name) == NULL;

	if (good)
		ll_json_set(object, name, value);
	else
		ll_json_free(value);
	/* A key that is not UTF-8 is not taken. */
	good = good && ll_json_get(object, name) != NULL;
	free(name);
	return good;
}

static struct ll_json *
read_dictionary(struct scan *s, int depth)
{
	struct ll_json *object = ll_json_object();
	bool good = true, comma;

	for (size_t count = 0; next_member(s, '}', count, &comma, &good); count++) {
		struct ll_buf key = { 0 };

		skip_space(s);
		good = (peek(s) == '"' || peek(s) == '\'') && read_quoted(s, &key) && is_text(key.data, key.len) && skip(s, ':') &&
		    add_member(object, key.data != NULL ? key.data : "", key.len, read_value(s, depth + 1));
		ll_buf_free(&key);
		if (!good)
			break;
	}
	if (good)
		return object;
	ll_json_free(object);
	return NULL;
}

static struct ll_json *
read_value(struct scan *s, int depth)
{
	skip_space(s);
	if (depth > DEEPEST || s->at == s->end)
		return NULL;
	switch (*s->at) {
	case '"':
	case '\'':
		return read_string(s);
	case '[':
		s->at++;
		return read_list(s, ']', depth);
	case '(':
		s->at++;
		return read_list(s, ')', depth);
	case '{':
		s->at++;
		return read_dictionary(s, depth);
	default:
		return strchr("+-.0123456789", *s->at) != NULL && *s->at != '\0' ? read_number(s) : read_word(s);
	}
}

/* Behind the opening parenthesis: name=value, ... */
static struct ll_json *
read_arguments(struct scan *s)
{
	struct ll_json *arguments = ll_json_object();
	bool good = true, comma;

	for (size_t count = 0; next_member(s, ')', count, &comma, &good); count++) {
		size_t length = name_length(s, false);
		const char *name = s->at;

		s->at += length;
		good = length > 0 && skip(s, '=') &&
		    add_member(arguments, name, length, read_value(s, 0));
		if (!good)
			break;
	}
	if (good)
		return arguments;
	ll_json_free(arguments);
	return NULL;
}

bool
ll_pycall_read(const char *text, size_t length,
    bool (*take)(void *context, const char *name, size_t name_length, struct ll_json *arguments),
    void *context)
{
	struct scan s = { text, text + length };
	bool good = true, comma;
	size_t count = 0;

	if (!skip(&s, '['))
		return false;
	for (; next_member(&s, ']', count, &comma, &good); count++) {
		struct ll_json *arguments;
		size_t size = name_length(&s, true);
		const char *name = s.at;

		s.at += size;
		if (size == 0 || !is_text(name, size) || !skip(&s, '(') || (arguments = read_arguments(&s)) == NULL ||
		    !take(context, name, size, arguments))
			return false;
	}
	skip_space(&s);
	return good && count > 0 && s.at == s.end;
}
