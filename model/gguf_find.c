/*
 * Looking things up in an open GGUF: keys, tensors, typed values; see gguf.h.
 */

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "model/gguf.h"

/* The name among `count` sorted by length and bytes, or NULL. */
static const struct ll_gguf_text *
find(const struct ll_gguf_text *const *names, size_t count, const char *name)
{
	size_t length = strlen(name), low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ll_gguf_text *at = names[middle];
		int order = at->length != length ? (at->length < length ? -1 : 1) :
		    memcmp(at->bytes, name, length);

		if (order == 0)
			return at;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The name is the first member of what it names. */
const struct ll_gguf_value *
ll_gguf_find(const struct ll_gguf *gguf, const char *key)
{
	return (const struct ll_gguf_value *)find(gguf->keys, gguf->value_count, key);
}

const struct ll_gguf_tensor *
ll_gguf_tensor(const struct ll_gguf *gguf, const char *name)
{
	return (const struct ll_gguf_tensor *)find(gguf->names, gguf->tensor_count, name);
}

const struct ll_gguf_tensor *
ll_gguf_tensor_sorted(const struct ll_gguf *gguf, size_t i)
{
	return (const struct ll_gguf_tensor *)gguf->names[i];
}

const char *
ll_gguf_type_name(enum ll_gguf_type type)
{
	static const char *const names[LL_GGUF_TYPES] = {
		"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"
	};

	return (unsigned)type < LL_GGUF_TYPES ? names[type] : "?";
}

static int
wrong_type(const struct ll_gguf *gguf, const struct ll_gguf_value *value, const char *wanted,
    struct ll_err *err)
{
	return ll_fail(err, LL_EDATA,
	    "%s: %.*s: type %s is not %s", gguf->path, (int)value->key.length,
	    value->key.bytes, ll_gguf_type_name(value->type), wanted);
}

/* A signed integer of any width; false if the value is not one. */
static bool
load_signed(const struct ll_gguf_value *value, int64_t *out)
{
	switch (value->type) {
	case LL_GGUF_I8:
		*out = (int8_t)value->data[0];
		return true;
	case LL_GGUF_I16:
		*out = (int16_t)ll_load16(value->data);
		return true;
	case LL_GGUF_I32:
		*out = (int32_t)ll_load32(value->data);
		return true;
	case LL_GGUF_I64:
		*out = (int64_t)ll_load64(value->data);
		return true;
	default:
		return false;
	}
}

static bool
load_unsigned(const struct ll_gguf_value *value, uint64_t *out)
{
	switch (value->type) {
	case LL_GGUF_U8:
		*out = value->data[0];
		return true;
	case LL_GGUF_U16:
		*out = ll_load16(value->data);
		return true;
	case LL_GGUF_U32:
		*out = ll_load32(value->data);
		return true;
	case LL_GGUF_U64:
		*out = ll_load64(value->data);
		return true;
	default:
		return false;
	}
}

int
ll_gguf_uint(const struct ll_gguf *gguf, const char *key, uint64_t *out, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);
	int64_t number;

	if (value == NULL)
		return 0;
	if (load_unsigned(value, out))
		return 1;
	if (!load_signed(value, &number))
		return wrong_type(gguf, value, "an integer", err);
	if (number < 0)
		return ll_fail(err, LL_EDATA,
		    "%s: %s: %" PRId64 " is negative", gguf->path, key, number);
	*out = (uint64_t)number;
	return 1;
}

int
ll_gguf_float(const struct ll_gguf *gguf, const char *key, double *out, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);

	if (value == NULL)
		return 0;
	if (value->type == LL_GGUF_F32)
		*out = (double)ll_load_f32(value->data);
	else if (value->type == LL_GGUF_F64)
		*out = ll_load_f64(value->data);
	else
		return wrong_type(gguf, value, "f32 or f64", err);
	return 1;
}

int
ll_gguf_bool(const struct ll_gguf *gguf, const char *key, bool *out, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);

	if (value == NULL)
		return 0;
	if (value->type != LL_GGUF_BOOL)
		return wrong_type(gguf, value, "bool", err);
	if (value->data[0] > 1)
		return ll_fail(err, LL_EDATA,
		    "%s: %s: %d is neither 0 nor 1", gguf->path, key, value->data[0]);
	*out = value->data[0] != 0;
	return 1;
}

int
ll_gguf_string(const struct ll_gguf *gguf, const char *key, struct ll_gguf_text *out, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);
	const unsigned char *cursor;

	if (value == NULL)
		return 0;
	if (value->type != LL_GGUF_STRING)
		return wrong_type(gguf, value, "string", err);
	cursor = value->data;
	*out = ll_gguf_next_string(&cursor);
	return 1;
}

int
ll_gguf_fingerprint(const struct ll_gguf *gguf, const char *key, uint64_t *out, struct ll_err *err)
{
	struct ll_gguf_text text;
	int status = ll_gguf_string(gguf, key, &text, err);

	if (status <= 0 || ll_hash_parse(out, text.bytes, text.length))
		return status;
	return ll_fail(err, LL_EDATA, "%s: %s: '%.*s' is not 16 hexadecimal digits", gguf->path, key,
	    (int)(text.length < 100 ? text.length : 100), text.bytes);
}
