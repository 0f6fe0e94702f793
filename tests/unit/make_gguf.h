/*
 * A GGUF in memory, written a field at a time so that any of them can be wrong.
 */

#ifndef TESTS_UNIT_MAKE_GGUF_H
#define TESTS_UNIT_MAKE_GGUF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "model/gguf.h"

static inline void
put(struct ll_buf *b, const void *bytes, size_t length)
{
	assert_int_equal(ll_buf_add(b, bytes, length, NULL), 0);
}

static inline void
put8(struct ll_buf *b, uint8_t value)
{
	put(b, &value, 1);
}

static inline void
put64(struct ll_buf *b, uint64_t value)
{
	unsigned char bytes[8];

	ll_store64(bytes, value);
	put(b, bytes, 8);
}

static inline void
put32(struct ll_buf *b, uint32_t value)
{
	unsigned char bytes[8];

	ll_store64(bytes, value);
	put(b, bytes, 4);
}

static inline void
put_f32(struct ll_buf *b, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, 4);
	put32(b, bits);
}

static inline void
put_string(struct ll_buf *b, const char *text)
{
	put64(b, strlen(text));
	put(b, text, strlen(text));
}

static inline void
put_header(struct ll_buf *b, uint32_t version, uint64_t tensors, uint64_t values)
{
	put(b, "GGUF", 4);
	put32(b, version);
	put64(b, tensors);
	put64(b, values);
}

static inline void
put_key(struct ll_buf *b, const char *key, uint32_t type)
{
	put_string(b, key);
	put32(b, type);
}

static inline void
key_u32(struct ll_buf *b, const char *key, uint32_t value)
{
	put_key(b, key, LL_GGUF_U32);
	put32(b, value);
}

static inline void
key_f32(struct ll_buf *b, const char *key, float value)
{
	put_key(b, key, LL_GGUF_F32);
	put_f32(b, value);
}

static inline void
key_bool(struct ll_buf *b, const char *key, uint8_t value)
{
	put_key(b, key, LL_GGUF_BOOL);
	put8(b, value);
}

static inline void
key_string(struct ll_buf *b, const char *key, const char *value)
{
	put_key(b, key, LL_GGUF_STRING);
	put_string(b, value);
}

static inline void
key_array(struct ll_buf *b, const char *key, uint32_t element, uint64_t count)
{
	put_key(b, key, LL_GGUF_ARRAY);
	put32(b, element);
	put64(b, count);
}

/* ne ends with 0 if it has less than 4 dimensions. */
static inline void
put_tensor(struct ll_buf *b, const char *name, const uint64_t *ne, uint32_t type, uint64_t offset)
{
	uint32_t dims = 0;

	while (dims < 4 && ne[dims] != 0)
		dims++;
	put_string(b, name);
	put32(b, dims);
	for (uint32_t i = 0; i < dims; i++)
		put64(b, ne[i]);
	put32(b, type);
	put64(b, offset);
}

static inline void
put_padding(struct ll_buf *b, size_t alignment)
{
	while (b->len % alignment != 0)
		put8(b, 0);
}

static inline void
put_zeros(struct ll_buf *b, size_t count)
{
	while (count-- > 0)
		put8(b, 0);
}

/* In a block of exactly its size, so that a sanitizer sees the first byte read beyond it. */
static inline void *
exact(const struct ll_buf *b)
{
	void *copy = malloc(b->len ? b->len : 1);

	assert_non_null(copy);
	if (b->len > 0)
		memcpy(copy, b->data, b->len);
	return copy;
}

static inline void
expect(int status, const struct ll_err *err, int code, const char *text)
{
	if (status != -code || err->code != code || strstr(err->text, text) == NULL)
		fail_msg("wanted %d and '%s', got %d and '%s'", code, text, -status, err->text);
}

/* The bytes are refused with this code and text. Empties the buffer. */
static inline void
refused(struct ll_buf *b, int code, const char *text)
{
	struct ll_err err = { 0 };
	struct ll_gguf *gguf;
	void *copy = exact(b);
	int status = ll_gguf_parse(&gguf, copy, b->len, "mem", &err);

	expect(status, &err, code, text);
	assert_null(gguf);
	free(copy);
	ll_buf_free(b);
	*b = (struct ll_buf){ 0 };
}

/* The bytes are accepted; free *copy after the file. Empties the buffer. */
static inline struct ll_gguf *
accepted(struct ll_buf *b, void **copy)
{
	struct ll_err err = { 0 };
	struct ll_gguf *gguf;

	*copy = exact(b);
	if (ll_gguf_parse(&gguf, *copy, b->len, "mem", &err) != 0)
		fail_msg("%s", err.text);
	ll_buf_free(b);
	*b = (struct ll_buf){ 0 };
	return gguf;
}

#endif
