/*
 * JSON, reading and writing, over jansson (json.c is its only user). Values are counted
 * by reference; a value added to a container belongs to it.
 */

#ifndef LL_BASE_JSON_H
#define LL_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_buf;
struct ll_json;
struct ll_err;

/*
 * Makers. NULL when out of memory; every function below takes NULL and does nothing, so that what is
 * made may lack a part: its text, or ll_json_complete(), tells.
 */
struct ll_json *ll_json_object(void);
struct ll_json *ll_json_array(void);
struct ll_json *ll_json_string(const char *text, size_t length);	/* bad UTF-8 becomes U+FFFD */
struct ll_json *ll_json_int(int64_t value);
/* Not finite: null. The first has nine significant digits, as an f32 needs, the other all. */
struct ll_json *ll_json_real(double value);
struct ll_json *ll_json_exact(double value);
struct ll_json *ll_json_bool(bool value);
struct ll_json *ll_json_null(void);

void ll_json_set(struct ll_json *object, const char *key, struct ll_json *value);
void ll_json_add(struct ll_json *array, struct ll_json *value);
void ll_json_free(struct ll_json *value);
/* The same value, held once more: free it as well. */
struct ll_json *ll_json_keep(const struct ll_json *value);

/* 0, or -LL_ENOMEM if there was no memory for a part of what this thread made since it last asked, or had a text. */
int ll_json_complete(struct ll_err *err);

/*
 * The text of a value, in the order that keys were set; `pretty` indents by two. A number that was read, or
 * made exact, has the fewest digits with which it reads back the same.
 * Free with free(). NULL and an error when out of memory.
 */
char *ll_json_text(const struct ll_json *value, bool pretty, struct ll_err *err);

/* Parses one JSON value; `what` names it in messages. Depth is bounded by jansson (2,048). */
int ll_json_parse(struct ll_json **out, const char *text, size_t length, const char *what,
    struct ll_err *err);

/* The same for settings, where a whole number that does not fit 64 bits is real. */
int ll_json_parse_settings(struct ll_json **out, const char *text, size_t length, const char *what,
    struct ll_err *err);

/* The same for what people write, and records with their ids: strings may hold U+0000. */
int ll_json_parse_text(struct ll_json **out, const char *text, size_t length, const char *what,
    struct ll_err *err);

/*
 * The same for a line of JSON Lines, whose messages name the column
 * alone. Of values that no memory was had for it is -LL_ENOMEM.
 */
int ll_json_parse_line(struct ll_json **out, const char *text, size_t length, const char *what,
    struct ll_err *err);

/* The same where numbers are of no interest: a whole one that does not fit 64 bits is real, and others may be, too. */
int ll_json_parse_words(struct ll_json **out, const char *text, size_t length, const char *what,
    struct ll_err *err);

/* "an object", "an array", "a string", "a whole number", "a number", "true", "false", "null". */
const char *ll_json_kind_name(const struct ll_json *value);

/*
 * Appends a JSON string with its quotes. 1 if bytes that are not UTF-8 became U+FFFD in it,
 * else 0; -LL_ENOMEM.
 */
int ll_json_quote(struct ll_buf *out, const char *text, size_t length, struct ll_err *err);

/* Borrowed; NULL when it is absent or of another type. */
const struct ll_json *ll_json_get(const struct ll_json *object, const char *key);
const struct ll_json *ll_json_at(const struct ll_json *array, size_t index);
size_t ll_json_count(const struct ll_json *array_or_object);
const char *ll_json_text_of(const struct ll_json *string, size_t *length);
bool ll_json_number(const struct ll_json *number, double *out);
bool ll_json_integer(const struct ll_json *number, int64_t *out);
bool ll_json_is_true(const struct ll_json *value);

/* Iterates the members of an object: *place begins as NULL; false at the end. */
bool ll_json_next(const struct ll_json *object, void **place, const char **key,
    const struct ll_json **value);
/* The same for the members whose keys are none of known[count]. */
bool ll_json_next_unknown(const struct ll_json *object, const char *const *known, size_t count, void **place,
    const char **key, const struct ll_json **value);
/* -LL_EDATA, "`where`: unknown field 'KEY'", if there is such a member; one that is null says nothing. */
int ll_json_only(const struct ll_json *object, const char *const *known, size_t count, const char *where,
    struct ll_err *err);

enum ll_json_kind {
	LL_JSON_NONE,		/* of NULL */
	LL_JSON_NULL,
	LL_JSON_BOOL,
	LL_JSON_INTEGER,
	LL_JSON_REAL,
	LL_JSON_STRING,
	LL_JSON_ARRAY,
	LL_JSON_OBJECT
};

enum ll_json_kind ll_json_kind(const struct ll_json *value);

bool ll_json_is_object(const struct ll_json *value);
bool ll_json_is_array(const struct ll_json *value);
bool ll_json_is_null(const struct ll_json *value);
bool ll_json_is_false(const struct ll_json *value);

/* Whether both say the same; members of objects may have another order. */
bool ll_json_same(const struct ll_json *a, const struct ll_json *b);

#endif
