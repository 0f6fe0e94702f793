/*
 * A JSON text in order; see json_walk.h.
 */

#include <string.h>

#include "base/json_walk.h"
#include "base/utf8.h"

static bool
fail(struct ll_json_walk *walk)
{
	walk->bad = true;
	return false;
}

char
ll_json_walk_peek(struct ll_json_walk *walk)
{
	while (walk->at < walk->end && (*walk->at == ' ' || *walk->at == '\n' || *walk->at == '\t' || *walk->at == '\r'))
		walk->at++;
	return walk->at < walk->end && !walk->bad ? *walk->at : '\0';
}

bool
ll_json_walk_take(struct ll_json_walk *walk, char mark)
{
	if (ll_json_walk_peek(walk) != mark)
		return fail(walk);
	walk->at++;
	return true;
}

bool
ll_json_walk_more(struct ll_json_walk *walk, char close, bool *first)
{
	if (ll_json_walk_peek(walk) == close) {
		walk->at++;
		return false;
	}
	if (!*first && !ll_json_walk_take(walk, ','))
		return false;
	*first = false;
	return !walk->bad;
}

/* Four hexadecimal digits, or UINT32_MAX. */
static uint32_t
hex4(struct ll_json_walk *walk)
{
	uint32_t value = 0;

	if (walk->end - walk->at < 4)
		return UINT32_MAX;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = *walk->at++;
		const char *digit = memchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c, 16);

		if (digit == NULL)
			return UINT32_MAX;
		value = value << 4 | (uint32_t)(digit - digits);
	}
	return value;
}

/* What follows \u, of which half a surrogate pair is bad; 0 is as well. */
static uint32_t
code_point(struct ll_json_walk *walk)
{
	uint32_t code = hex4(walk), low;

	if (code < 0xd800 || (code > 0xdfff && code <= 0xffff))
		return code;
	if (code > 0xdbff || walk->end - walk->at < 2 || memcmp(walk->at, "\\u", 2) != 0)
		return 0;
	walk->at += 2;
	low = hex4(walk);
	return low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0;
}

/* Behind a backslash. */
static bool
escape(struct ll_json_walk *walk, char **out)
{
	static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	uint32_t code;

	if (walk->at == walk->end)
		return fail(walk);
	if (*walk->at == 'u') {
		walk->at++;
		code = code_point(walk);
		if (code == 0 || code > 0x10ffff)
			return fail(walk);
		*out += ll_utf8_put((unsigned char *)*out, code);
		return true;
	}
	letter = memchr(letters, *walk->at++, sizeof(letters) - 1);
	if (letter == NULL)
		return fail(walk);
	*(*out)++ = meanings[letter - letters];
	return true;
}

bool
ll_json_walk_string(struct ll_json_walk *walk, char **out)
{
	const char *at;
	char *to = *out;
	size_t size;

	if (!ll_json_walk_take(walk, '"'))
		return false;
	for (at = walk->at; at < walk->end && *at != '"';) {
		if ((unsigned char)*at < 0x20)
			return fail(walk);
		if (*at == '\\') {
			walk->at = at + 1;
			if (!escape(walk, &to))
				return false;
			at = walk->at;
		} else if ((unsigned char)*at < 0x80) {
			*to++ = *at++;
		} else if (ll_utf8_next((const unsigned char *)at, (size_t)(walk->end - at), &size) != LL_UTF8_BAD) {
			for (; size > 0; size--)
				*to++ = *at++;
		} else {
			return fail(walk);
		}
	}
	walk->at = at;
	*out = to;
	return ll_json_walk_take(walk, '"');
}

bool
ll_json_walk_number(struct ll_json_walk *walk, uint64_t *value)
{
	char first = ll_json_walk_peek(walk);
	const char *from = walk->at;

	*value = 0;
	if (walk->bad)
		return false;
	for (; walk->at < walk->end && *walk->at >= '0' && *walk->at <= '9' && walk->at - from < 18; walk->at++)
		*value = *value * 10 + (uint64_t)(*walk->at - '0');
	if (walk->at > from && (first != '0' || walk->at - from == 1) && walk->at < walk->end &&
	    memchr(",]} \n\t\r", *walk->at, 7) != NULL)
		return true;
	walk->at = from;
	ll_json_walk_skip(walk);
	return false;
}

/* Behind the string that begins here, which is not looked into. */
static bool
skip_string(struct ll_json_walk *walk)
{
	for (walk->at++; walk->at < walk->end; walk->at++) {
		if (*walk->at == '"') {
			walk->at++;
			return true;
		}
		walk->at += *walk->at == '\\' && walk->end - walk->at > 1;
	}
	return fail(walk);
}

bool
ll_json_walk_skip(struct ll_json_walk *walk)
{
	size_t depth = 0;

	for (char c = ll_json_walk_peek(walk); c != '\0'; c = ll_json_walk_peek(walk)) {
		bool closes = c == ']' || c == '}';

		if (depth == 0 && (closes || c == ','))
			return true;
		if (c == '"') {
			if (!skip_string(walk))
				return false;
			continue;
		}
		walk->at++;
		depth += c == '[' || c == '{';
		depth -= closes;
	}
	return fail(walk);
}
