/*
 * JSON as Python spells it; see pyjson.h. Depth is that of jansson's parser, 2,048.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tokenize/pyjson.h"

struct dump {
	struct ll_buf *out;
	size_t indent;
	bool ascii;
	struct ll_err *err;
	int status;	/* the first failure */
};

static void
put(struct dump *d, const char *text, size_t length)
{
	if (d->status == 0)
		d->status = ll_buf_add(d->out, text, length, d->err);
}

static void
put_text(struct dump *d, const char *text)
{
	put(d, text, strlen(text));
}

static void
put_escape(struct dump *d, uint32_t code)
{
	char text[16];

	if (code >= 0x10000) {
		put_escape(d, 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + ((code - 0x10000) & 0x3ff);
	}
	snprintf(text, sizeof(text), "\\u%04" PRIx32, code);
	put_text(d, text);
}

static void
put_string(struct dump *d, const char *text, size_t length)
{
	static const char plain[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	size_t size;

	put_text(d, "\"");
	for (size_t at = 0; at < length; at += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)text + at, length - at, &size);
		const char *found = code > 0 && code < 0x80 ? strchr(plain, (int)code) : NULL;

		if (found != NULL) {
			put_text(d, "\\");
			put(d, &letters[found - plain], 1);
		} else if (code < 0x20 || (d->ascii && code != LL_UTF8_BAD && code >= 0x7f)) {
			put_escape(d, code);
		} else {
			put(d, text + at, size);
		}
	}
	put_text(d, "\"");
}

/* Python's repr: the shortest digits that read back, scientific below 1e-4 and from 1e16. */
static void
put_real(struct dump *d, double value)
{
	char digits[40], text[64], *mantissa = digits + (value < 0 || signbit(value));
	int exponent, count, precision = 0;
	size_t used = 0;

	do
		snprintf(digits, sizeof(digits), "%.*e", precision, value);
	while (++precision < 18 && strtod(digits, NULL) != value);
	exponent = atoi(strchr(digits, 'e') + 1);
	if (mantissa[1] == '.')
		memmove(mantissa + 1, mantissa + 2, strlen(mantissa + 2) + 1);
	count = (int)strcspn(mantissa, "e");
	if (mantissa != digits)
		text[used++] = '-';
	if (exponent < -4 || exponent >= 16)
		snprintf(text + used, sizeof(text) - used, "%c%s%.*se%c%02d", mantissa[0],
		    count > 1 ? "." : "", count - 1, mantissa + 1, exponent < 0 ? '-' : '+', abs(exponent));
	else if (exponent < 0)
		snprintf(text + used, sizeof(text) - used, "0.%.*s%.*s", -exponent - 1, "0000", count, mantissa);
	else if (count <= exponent + 1)
		snprintf(text + used, sizeof(text) - used, "%.*s%.*s.0", count, mantissa, exponent + 1 - count,
		    "0000000000000000");
	else
		snprintf(text + used, sizeof(text) - used, "%.*s.%.*s", exponent + 1, mantissa,
		    count - exponent - 1, mantissa + exponent + 1);
	put_text(d, text);
}

static void
put_number(struct dump *d, const struct ll_json *value)
{
	char text[32];
	int64_t integer;
	double real;

	if (ll_json_integer(value, &integer)) {
		snprintf(text, sizeof(text), "%" PRId64, integer);
		put_text(d, text);
	} else if (ll_json_number(value, &real)) {
		put_real(d, real);
	}
}

static void
put_line(struct dump *d, size_t depth)
{
	if (d->indent == 0 || d->indent == LL_PYJSON_COMPACT)
		return;
	put_text(d, "\n");
	for (size_t i = 0; i < depth * d->indent && d->status == 0; i++)
		put_text(d, " ");
}

static void put_value(struct dump *d, const struct ll_json *value, size_t depth);

static void
put_object(struct dump *d, const struct ll_json *object, size_t depth)
{
	const struct ll_json *value;
	void *place = NULL;
	const char *key;
	bool first = true;

	put_text(d, "{");
	while (d->status == 0 && ll_json_next(object, &place, &key, &value)) {
		put_text(d, first ? "" : d->indent > 0 ? "," : ", ");
		put_line(d, depth + 1);
		put_string(d, key, strlen(key));
		put_text(d, d->indent == LL_PYJSON_COMPACT ? ":" : ": ");
		put_value(d, value, depth + 1);
		first = false;
	}
	if (!first)
		put_line(d, depth);
	put_text(d, "}");
}

static void
put_array(struct dump *d, const struct ll_json *array, size_t depth)
{
	size_t count = ll_json_count(array);

	put_text(d, "[");
	for (size_t i = 0; i < count && d->status == 0; i++) {
		put_text(d, i == 0 ? "" : d->indent > 0 ? "," : ", ");
		put_line(d, depth + 1);
		put_value(d, ll_json_at(array, i), depth + 1);
	}
	if (count > 0)
		put_line(d, depth);
	put_text(d, "]");
}

static void
put_value(struct dump *d, const struct ll_json *value, size_t depth)
{
	const char *text;
	size_t length = 0;

	switch (ll_json_kind(value)) {
	case LL_JSON_OBJECT:
		put_object(d, value, depth);
		break;
	case LL_JSON_ARRAY:
		put_array(d, value, depth);
		break;
	case LL_JSON_STRING:
		text = ll_json_text_of(value, &length);
		put_string(d, text, length);
		break;
	case LL_JSON_BOOL:
		put_text(d, ll_json_is_true(value) ? "true" : "false");
		break;
	case LL_JSON_NULL:
	case LL_JSON_NONE:
		put_text(d, "null");
		break;
	default:
		put_number(d, value);
	}
}

int
ll_pyjson_dump(struct ll_buf *out, const struct ll_json *value, size_t indent, bool ascii, struct ll_err *err)
{
	struct dump d = { .out = out, .indent = indent, .ascii = ascii, .err = err };

	put_value(&d, value, 0);
	return d.status;
}

int
ll_pyjson_string(struct ll_buf *out, const char *text, size_t length, bool ascii, struct ll_err *err)
{
	struct dump d = { .out = out, .ascii = ascii, .err = err };

	put_string(&d, text, length);
	return d.status;
}

int
ll_pyjson_str(struct ll_buf *out, const struct ll_json *value, struct ll_err *err)
{
	struct dump d = { .out = out, .err = err };

	switch (ll_json_kind(value)) {
	case LL_JSON_BOOL:
		put_text(&d, ll_json_is_true(value) ? "True" : "False");
		break;
	case LL_JSON_NULL:
		put_text(&d, "None");
		break;
	case LL_JSON_INTEGER:
	case LL_JSON_REAL:
		put_number(&d, value);
		break;
	default:
		break;
	}
	return d.status;
}
