/*
 * JSON over jansson, whose only user this file is; see json.h. A struct ll_json * is a
 * json_t * under another name.
 */

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"

static json_t *
in(struct ll_json *value)
{
	return (json_t *)value;
}

static const json_t *
of(const struct ll_json *value)
{
	return (const json_t *)value;
}

static struct ll_json *
out(json_t *value)
{
	return (struct ll_json *)value;
}

/*
 * jansson takes a lack of memory for bad JSON, loses a letter, or a member whose value there is no
 * room for: whether there was one is noted here since a text was written, or while one is read.
 */
static _Thread_local bool starved;

static void *
allocate(size_t size)
{
	void *block = malloc(size);

	starved = starved || block == NULL;
	return block;
}

static void
set_allocator(void)
{
	json_set_alloc_funcs(allocate, free);
}

/* Before anything is made. */
static void
note_failures(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_allocator);
}

struct ll_json *
ll_json_object(void)
{
	note_failures();
	return out(json_object());
}

struct ll_json *
ll_json_array(void)
{
	note_failures();
	return out(json_array());
}

struct ll_json *
ll_json_string(const char *text, size_t length)
{
	json_t *value = json_stringn(text, length);
	struct ll_buf clean = { 0 };
	size_t size;

	if (value != NULL)
		return out(value);
	for (size_t i = 0; i < length; i += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)text + i, length - i, &size);
		int status = code == LL_UTF8_BAD ? ll_buf_puts(&clean, "\xef\xbf\xbd", NULL) :
		    ll_buf_add(&clean, text + i, size, NULL);

		if (status < 0) {
			starved = true;
			break;
		}
	}
	value = json_stringn(clean.data != NULL ? clean.data : "", clean.len);
	ll_buf_free(&clean);
	return out(value);
}

struct ll_json *
ll_json_int(int64_t value)
{
	return out(json_integer(value));
}

struct ll_json *
ll_json_exact(double value)
{
	return out(isfinite(value) ? json_real(value) : json_null());
}

struct ll_json *
ll_json_real(double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.9g", value);
	return ll_json_exact(strtod(text, NULL));
}

struct ll_json *
ll_json_bool(bool value)
{
	return out(json_boolean(value));
}

struct ll_json *
ll_json_null(void)
{
	return out(json_null());
}

void
ll_json_set(struct ll_json *object, const char *key, struct ll_json *value)
{
	json_object_set_new(in(object), key, in(value));
}

void
ll_json_add(struct ll_json *array, struct ll_json *value)
{
	json_array_append_new(in(array), in(value));
}

void
ll_json_free(struct ll_json *value)
{
	json_decref(in(value));
}

struct ll_json *
ll_json_keep(const struct ll_json *value)
{
	return out(json_incref((json_t *)(uintptr_t)value));
}

int
ll_json_complete(struct ll_err *err)
{
	bool lacked = starved;

	starved = false;
	return lacked ? ll_fail(err, LL_ENOMEM, "out of memory: JSON") : 0;
}

/* The length of the string or the number that begins here, 0 for anything else. */
static size_t
scalar_length(const char *text)
{
	size_t length = 1;

	if (*text == '-' || (*text >= '0' && *text <= '9'))
		return strspn(text, "+-.0123456789e");
	if (*text != '"')
		return 0;
	while (text[length] != '"')
		length += text[length] == '\\' ? 2 : 1;
	return length + 1;
}

/* The fewest digits with which a real reads back the same: its length in `shorter`, or 0 for no memory. */
static size_t
shorten(const char *real, char *shorter, size_t size)
{
	static const size_t digits[] = { 9, 15, 16 };
	double value = strtod(real, NULL);
	json_t *number = json_real(value);
	size_t length = 0;

	for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
		length = json_dumpb(number, shorter, size - 1, JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits[i]));
		shorter[length < size ? length : 0] = '\0';
		if (strtod(shorter, NULL) == value)
			break;
		length = 0;
	}
	json_decref(number);
	return length;
}

/* jansson writes all reals with as many digits, and these make 0.1 a long one: in place, for none gets longer. */
static void
shorten_reals(char *text)
{
	char *to = text, shorter[40];

	for (const char *from = text; *from != '\0';) {
		size_t length = scalar_length(from), less = 0;

		if (length > 0 && *from != '"' && strcspn(from, ".e") < length)
			less = shorten(from, shorter, sizeof(shorter));
		if (length == 0)
			length = 1;
		if (less == 0 || less > length)
			memmove(to, from, less = length);
		else
			memcpy(to, shorter, less);
		from += length;
		to += less;
	}
	*to = '\0';
}

char *
ll_json_text(const struct ll_json *value, bool pretty, struct ll_err *err)
{
	size_t flags = JSON_PRESERVE_ORDER | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17);
	char *text = json_dumps(of(value), flags | (pretty ? JSON_INDENT(2) : JSON_COMPACT));

	/* Where memory was out jansson may have lost the end of a string. */
	if (text != NULL && !starved)
		shorten_reals(text);
	if (ll_json_complete(err) == 0 && text != NULL)
		return text;
	free(text);
	ll_fail(err, LL_ENOMEM, "out of memory: JSON text");
	return NULL;
}

static json_t *
load(const char *text, size_t length, size_t flags, json_error_t *error)
{
	note_failures();
	starved = false;
	return json_loadb(text, length, flags | JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, error);
}

/* Whether there was no memory for what was read. What is being made meanwhile gets its own note back. */
static bool
has_starved(bool before)
{
	bool lacked = starved;

	starved = before;
	return lacked;
}

static int
no_memory(json_t *value, const char *what, struct ll_err *err)
{
	json_decref(value);
	return ll_fail(err, LL_ENOMEM, "out of memory: %s", what);
}

/* Whole numbers that were read as real only because another one is too long. */
static json_t *
whole(json_t *value)
{
	double number = json_real_value(value);		/* 0 of what is no real */
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach(value, key, member)
		if ((member = whole(member)) != NULL)
			json_object_set_new(value, key, member);
	json_array_foreach(value, i, member)
		if ((member = whole(member)) != NULL)
			json_array_set_new(value, i, member);
	/* Beyond 2^53 a real has lost digits. */
	if (!json_is_real(value) || fabs(number) >= 0x1p53 || fabs(fmod(number, 1)) > 0)
		return NULL;
	return json_integer((json_int_t)number);
}

/* In words: jansson's are for those who program with it. */
static const char *
why(const json_error_t *error)
{
	return json_error_code(error) == json_error_null_character ? "a string with \\u0000" : error->text;
}

static int
parse(struct ll_json **result, const char *text, size_t length, const char *what, size_t flags, bool settings,
    struct ll_err *err)
{
	bool before = starved;
	size_t mark = ll_utf8_mark(text, length);
	json_error_t error;
	json_t *value = load(text + mark, length - mark, flags, &error);

	/* Some programs write "no limit" as a whole number of more than 64 bits. */
	if (value == NULL && settings && !starved && json_error_code(&error) == json_error_numeric_overflow &&
	    (value = load(text + mark, length - mark, flags | JSON_DECODE_INT_AS_REAL, &error)) != NULL)
		whole(value);
	if (has_starved(before))
		return no_memory(value, what, err);
	if (value == NULL)
		return ll_fail(err, LL_EDATA, "%s: bad JSON at line %d, column %d: %s", what, error.line,
		    error.column, why(&error));
	*result = out(value);
	return 0;
}

int
ll_json_parse(struct ll_json **result, const char *text, size_t length, const char *what,
    struct ll_err *err)
{
	return parse(result, text, length, what, 0, false, err);
}

int
ll_json_parse_settings(struct ll_json **result, const char *text, size_t length, const char *what,
    struct ll_err *err)
{
	return parse(result, text, length, what, 0, true, err);
}

int
ll_json_parse_text(struct ll_json **result, const char *text, size_t length, const char *what,
    struct ll_err *err)
{
	return parse(result, text, length, what, JSON_ALLOW_NUL, false, err);
}

int
ll_json_parse_line(struct ll_json **result, const char *text, size_t length, const char *what,
    struct ll_err *err)
{
	bool before = starved;
	json_error_t error;
	json_t *value = load(text, length, JSON_ALLOW_NUL, &error);

	if (has_starved(before))
		return no_memory(value, what, err);
	if (value == NULL)
		return ll_fail(err, LL_EDATA, "%s: bad JSON at column %d: %s", what, error.position, why(&error));
	*result = out(value);
	return 0;
}

int
ll_json_parse_words(struct ll_json **result, const char *text, size_t length, const char *what,
    struct ll_err *err)
{
	return parse(result, text, length, what, JSON_ALLOW_NUL, true, err);
}

const char *
ll_json_kind_name(const struct ll_json *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a whole number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false", [JSON_NULL] = "null",
	};

	return value != NULL ? names[json_typeof(of(value))] : "nothing";
}

/* The escape of a character that cannot stand in a string as it is, or NULL. */
static const char *
escape(uint32_t code, char text[8])
{
	switch (code) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\t':
		return "\\t";
	case LL_UTF8_BAD:
		return "\xef\xbf\xbd";
	}
	if (code >= 0x20 && code != 0x7f)
		return NULL;
	snprintf(text, 8, "\\u%04x", (unsigned)code);
	return text;
}

int
ll_json_quote(struct ll_buf *buf, const char *text, size_t length, struct ll_err *err)
{
	size_t done = 0, size;
	char room[8];
	int bad = 0;

	if (ll_buf_puts(buf, "\"", err) < 0)
		return -LL_ENOMEM;
	for (size_t i = 0; i < length; i += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)text + i, length - i, &size);
		const char *replaced = escape(code, room);

		if (replaced == NULL)
			continue;
		if (ll_buf_add(buf, text + done, i - done, err) < 0 || ll_buf_puts(buf, replaced, err) < 0)
			return -LL_ENOMEM;
		done = i + size;
		bad |= code == LL_UTF8_BAD;
	}
	if (ll_buf_add(buf, text + done, length - done, err) < 0 || ll_buf_puts(buf, "\"", err) < 0)
		return -LL_ENOMEM;
	return bad;
}

const struct ll_json *
ll_json_get(const struct ll_json *object, const char *key)
{
	return (const struct ll_json *)json_object_get(of(object), key);
}

const struct ll_json *
ll_json_at(const struct ll_json *array, size_t index)
{
	return (const struct ll_json *)json_array_get(of(array), index);
}

size_t
ll_json_count(const struct ll_json *value)
{
	return json_is_object(of(value)) ? json_object_size(of(value)) : json_array_size(of(value));
}

const char *
ll_json_text_of(const struct ll_json *string, size_t *length)
{
	const char *text = json_string_value(of(string));

	if (text != NULL && length != NULL)
		*length = json_string_length(of(string));
	return text;
}

bool
ll_json_number(const struct ll_json *number, double *result)
{
	if (!json_is_number(of(number)))
		return false;
	*result = json_number_value(of(number));
	return true;
}

bool
ll_json_integer(const struct ll_json *number, int64_t *result)
{
	if (!json_is_integer(of(number)))
		return false;
	*result = json_integer_value(of(number));
	return true;
}

bool
ll_json_is_true(const struct ll_json *value)
{
	return json_is_true(of(value));
}

bool
ll_json_same(const struct ll_json *a, const struct ll_json *b)
{
	return json_equal(of(a), of(b));
}

bool
ll_json_next(const struct ll_json *object, void **place, const char **key, const struct ll_json **value)
{
	json_t *container = (json_t *)(uintptr_t)object;

	*place = *place == NULL ? json_object_iter(container) : json_object_iter_next(container, *place);
	if (*place == NULL)
		return false;
	*key = json_object_iter_key(*place);
	*value = (const struct ll_json *)json_object_iter_value(*place);
	return true;
}

bool
ll_json_next_unknown(const struct ll_json *object, const char *const *known, size_t count, void **place,
    const char **key, const struct ll_json **value)
{
	while (ll_json_next(object, place, key, value)) {
		size_t i = 0;

		while (i < count && strcmp(*key, known[i]) != 0)
			i++;
		if (i == count)
			return true;
	}
	return false;
}

int
ll_json_only(const struct ll_json *object, const char *const *known, size_t count, const char *where,
    struct ll_err *err)
{
	const struct ll_json *value;
	void *place = NULL;
	const char *key;

	while (ll_json_next_unknown(object, known, count, &place, &key, &value))
		if (ll_json_kind(value) != LL_JSON_NULL)
			return ll_fail(err, LL_EDATA, "%s: unknown field '%.100s'", where, key);
	return 0;
}

enum ll_json_kind
ll_json_kind(const struct ll_json *value)
{
	if (value == NULL)
		return LL_JSON_NONE;
	switch (json_typeof(of(value))) {
	case JSON_OBJECT:
		return LL_JSON_OBJECT;
	case JSON_ARRAY:
		return LL_JSON_ARRAY;
	case JSON_STRING:
		return LL_JSON_STRING;
	case JSON_INTEGER:
		return LL_JSON_INTEGER;
	case JSON_REAL:
		return LL_JSON_REAL;
	case JSON_NULL:
		return LL_JSON_NULL;
	default:
		return LL_JSON_BOOL;
	}
}

bool
ll_json_is_object(const struct ll_json *value)
{
	return json_is_object(of(value));
}

bool
ll_json_is_array(const struct ll_json *value)
{
	return json_is_array(of(value));
}

bool
ll_json_is_null(const struct ll_json *value)
{
	return json_is_null(of(value));
}

bool
ll_json_is_false(const struct ll_json *value)
{
	return json_is_false(of(value));
}
