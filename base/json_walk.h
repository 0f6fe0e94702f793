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

#define LL_JSON_WALK_SLACK 8

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

/*
 * A string: decoded at *out, which moves behind it. It takes no more bytes than the text did, but
 * LL_JSON_WALK_SLACK bytes behind it may be written, too. Bad: what is not UTF-8, and U+0000.
 */
bool ll_json_walk_string(struct ll_json_walk *walk, char **out);

/* A whole number that is not negative and has at most 18 digits. Another value is passed over: false. */
bool ll_json_walk_number(struct ll_json_walk *walk, uint64_t *value);

/* Passes over a value of any kind, of which only strings and brackets are looked at. */
bool ll_json_walk_skip(struct ll_json_walk *walk);

#endif
