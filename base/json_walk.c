/*
 * A JSON text in order; see json_walk.h.
 */

#include <string.h>

#include "base/bytes.h"
#include "base/json_walk.h"
#include "base/utf8.h"

bool
ll_json_walk_bad(struct ll_json_walk *walk)
{
	walk->bad = true;
	return false;
}

/* Bytes below the lowest that has a bit set. */
static inline size_t
before_bit(uint64_t bits)
{
	return bits != 0 ? (size_t)__builtin_ctzll(bits) / 8 : 8;
}

char
ll_json_walk_space(struct ll_json_walk *walk)
{
	const char *at = walk->at, *end = walk->end;

	while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
		at++;
		/* Indentation. */
		if (end - at >= 8)
			at += before_bit(ll_load64((const unsigned char *)at) ^ LL_JSON_EACH(' '));
	}
	walk->at = at;
	return at < end && !walk->bad ? *at : '\0';
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
		return ll_json_walk_bad(walk);
	if (*walk->at == 'u') {
		walk->at++;
		code = code_point(walk);
		if (code == 0 || code > 0x10ffff)
			return ll_json_walk_bad(walk);
		*out += ll_utf8_put((unsigned char *)*out, code);
		return true;
	}
	letter = memchr(letters, *walk->at++, sizeof(letters) - 1);
	if (letter == NULL)
		return ll_json_walk_bad(walk);
	*(*out)++ = meanings[letter - letters];
	return true;
}

bool
ll_json_walk_long(struct ll_json_walk *walk, char **out)
{
	const char *at;
	char *to = *out;
	size_t size;

	if (!ll_json_walk_take(walk, '"'))
		return false;
	for (at = walk->at; at < walk->end;) {
		if (walk->end - at >= 8) {
			uint64_t word = ll_load64((const unsigned char *)at);
			uint64_t other = ll_json_other(word) | ll_json_zero_byte(word ^ LL_JSON_EACH('"'));

			memcpy(to, at, 8);
			if (other == 0) {
				at += 8;
				to += 8;
				continue;
			}
			size = before_bit(other);
			at += size;
			to += size;
		}
		if (*at == '"')
			break;
		if ((unsigned char)*at < 0x20)
			return ll_json_walk_bad(walk);
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
			return ll_json_walk_bad(walk);
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
	return ll_json_walk_bad(walk);
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
	return ll_json_walk_bad(walk);
}
