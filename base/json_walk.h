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

struct ll_json_walk {
	const char *at, *end;
	bool bad;
};

/* The next character that is not white space, where the walk now stands; 0 at the end. */
char ll_json_walk_peek(struct ll_json_walk *walk);

/* Moves behind this character, which comes next. */
bool ll_json_walk_take(struct ll_json_walk *walk, char mark);

/*
 * Whether a container that ends with `close` has another element; *first, which begins as true,
 * says whether a comma comes before it. Behind the end when there is none.
 */
bool ll_json_walk_more(struct ll_json_walk *walk, char close, bool *first);

/*
 * A string: decoded at *out, which moves behind it. It takes no more bytes than the text did.
 * Bad: what is not UTF-8, and U+0000.
 */
bool ll_json_walk_string(struct ll_json_walk *walk, char **out);

/* A whole number that is not negative and has at most 18 digits. Another value is passed over: false. */
bool ll_json_walk_number(struct ll_json_walk *walk, uint64_t *value);

/* Passes over a value of any kind, of which only strings and brackets are looked at. */
bool ll_json_walk_skip(struct ll_json_walk *walk);

#endif
