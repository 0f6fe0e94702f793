/*
 * Reading a JSON text in order, for members so large that a tree of them takes too long:
 * jansson needs a quarter of a second for the tokens of Llama 3. Source: RFC 8259.
 *
 * Whatever is not JSON sets `bad`; every function then does nothing and returns false.
 */

#ifndef LL_BASE_JSON_WALK_H
#define LL_BASE_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

#define LL_JSON_WALK_SLACK 16

struct ll_json_walk {
	const char *at, *end;
	bool bad;
};

/* The same where a white space may be next. */
char ll_json_walk_space(struct ll_json_walk *walk);

/* The next character that is not white space, where the walk now stands; 0 at the end. */
static inline char
ll_json_walk_peek(struct ll_json_walk *walk)
{
	if (walk->at < walk->end && *walk->at > ' ' && !walk->bad)
		return *walk->at;
	return ll_json_walk_space(walk);
}

/* Sets `bad`; false. */
bool ll_json_walk_bad(struct ll_json_walk *walk);

/* Moves behind this character, which comes next. */
static inline bool
ll_json_walk_take(struct ll_json_walk *walk, char mark)
{
	if (ll_json_walk_peek(walk) != mark)
		return ll_json_walk_bad(walk);
	walk->at++;
	return true;
}

/* What lay between two strings: brackets, commas and white space. */
struct ll_json_gap {
	const char *at;
	size_t length;
};

/*
 * Moves behind the same text as a gap, if that comes next: where a gap may be, what it led to
 * need not be found once more by looking at each character. False, and no move, for other text.
 */
static inline __attribute__((always_inline)) bool
ll_json_walk_same(struct ll_json_walk *walk, struct ll_json_gap gap)
{
	const unsigned char *a = (const unsigned char *)walk->at, *b = (const unsigned char *)gap.at;
	const size_t length = gap.length;

	if ((size_t)(walk->end - walk->at) < length)
		return false;
	for (size_t at = 0; at + 8 < length; at += 8)
		if (ll_load64(a + at) != ll_load64(b + at))
			return false;
	if (length >= 8 ? ll_load64(a + length - 8) != ll_load64(b + length - 8) :
	    length > 0 && ll_load_few(a, length) != ll_load_few(b, length))
		return false;
	walk->at += length;
	return true;
}

/*
 * Whether a container that ends with `close` has another element; *first, which begins as true,
 * says whether a comma comes before it. Behind the end when there is none.
 */
static inline bool
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

#define LL_JSON_EACH(byte) ((byte) * (uint64_t)0x0101010101010101)

/* Bit 7 of the lowest byte that is 0, above which the bits mean nothing. */
static inline uint64_t
ll_json_zero_byte(uint64_t word)
{
	return (word - LL_JSON_EACH(1)) & ~word & LL_JSON_EACH(0x80);
}

/*
 * Bit 7 of the lowest of eight bytes that begins no character of one byte or two that stands for
 * itself. There is no branch for the second kind: half of the tokens of a vocabulary have one.
 */
static inline uint64_t
ll_json_other(uint64_t word)
{
	uint64_t high = word & LL_JSON_EACH(0x80), lead = high & word << 1, next = high ^ lead;

	return ll_json_zero_byte(word ^ LL_JSON_EACH('\\')) | ll_json_zero_byte(word & LL_JSON_EACH(0xe0)) |
	    /* What begins three bytes or more, or only could be said in one byte; a beginning alone, and what continues none. */
	    (lead & word << 2) | (lead & ~((word & LL_JSON_EACH(0x1e)) + LL_JSON_EACH(0x7e))) |
	    (lead & ~(next >> 8)) | (next & ~(lead << 8));
}

/* As ll_json_walk_string(), of which it is the part for what is not short. */
bool ll_json_walk_long(struct ll_json_walk *walk, char **out);

/*
 * A string: decoded at *out, which moves behind it. It takes no more bytes than the text did, but
 * LL_JSON_WALK_SLACK bytes behind it may be written, too. Bad: what is not UTF-8, and U+0000.
 *
 * Where one of less than sixteen bytes ends does not wait for what is in it, nor for a guess
 * which of the two words that is; and the walk may stay in registers.
 */
static inline __attribute__((always_inline)) bool
ll_json_walk_string(struct ll_json_walk *walk, char **out)
{
	struct ll_json_walk rest = *walk;
	const char *at = walk->at + 1;
	char *to = *out;
	bool good;

	if (walk->end - walk->at > 16 && *walk->at == '"' && !walk->bad) {
		uint64_t low = ll_load64((const unsigned char *)at), high = ll_load64((const unsigned char *)at + 8);
		uint64_t end = ll_json_zero_byte(low ^ LL_JSON_EACH('"')), later = ll_json_zero_byte(high ^ LL_JSON_EACH('"'));
		uint64_t other = ll_json_other(low) & (end ^ (end - 1));
		size_t size = end != 0 ? 0 : 8;

		other |= end != 0 ? 0 : ll_json_other(high) & (later ^ (later - 1));
		end = end != 0 ? end : later;
		if (end != 0 && other == 0) {
			size += (size_t)__builtin_ctzll(end) / 8;
			memcpy(to, at, 16);
			*out += size;
			walk->at = at + size + 1;
			return true;
		}
	}
	good = ll_json_walk_long(&rest, &to);
	*walk = rest;
	*out = to;
	return good;
}

/* A whole number that is not negative and has at most 18 digits. Another value is passed over: false. */
bool ll_json_walk_number(struct ll_json_walk *walk, uint64_t *value);

/* Passes over a value of any kind, of which only strings and brackets are looked at. */
bool ll_json_walk_skip(struct ll_json_walk *walk);

#endif
