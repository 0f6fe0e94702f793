/*
 * Reference data of the tokenizer's tests: JSON Lines with texts and ids.
 * Files are looked for in the folder that LL_TEST_DATA names, or beside the tests.
 */

#ifndef TESTS_UNIT_GOLDEN_H
#define TESTS_UNIT_GOLDEN_H

/* cmocka.h asks for these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "model/model.h"
#include "tokenize/tokenizer.h"

/* The path of a reference file in a static buffer, or NULL if it is not there. */
static inline const char *
golden_path(const char *name)
{
	static char path[4096];
	const char *folder = getenv("LL_TEST_DATA");

	if (folder == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, R_OK) == 0 ? path : NULL;
}

/* A file of tests/. */
static inline const char *
golden_own_path(const char *name)
{
	static char path[4096];
	const char *folder = getenv("TESTS");

	snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "tests", name);
	return path;
}

/* Calls `each` with every record of a file and its line number; the count of records. */
static inline size_t
golden_each(const char *path, void (*each)(const struct ll_json *record, size_t line, void *context),
    void *context)
{
	struct ll_buf file = { 0 };
	struct ll_err err = { 0 };
	int fd = ll_open_input(path, &err);
	size_t line = 0;

	assert_true(fd >= 0);
	assert_int_equal(ll_read_all(fd, &file, path, &err), 0);
	close(fd);
	for (char *at = file.data; at < file.data + file.len; line++) {
		char *end = memchr(at, '\n', (size_t)(file.data + file.len - at));
		struct ll_json *record;

		assert_non_null(end);
		assert_int_equal(ll_json_parse(&record, at, (size_t)(end - at), path, &err), 0);
		each(record, line + 1, context);
		ll_json_free(record);
		at = end + 1;
	}
	ll_buf_free(&file);
	return line;
}

static inline int
base64_value(int c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found != NULL ? (int)(found - digits) : -1;
}

static inline struct ll_buf
base64_decode(const char *text)
{
	struct ll_buf out = { 0 };
	uint32_t bits = 0;
	int count = 0;

	for (; base64_value(*text) >= 0; text++) {
		bits = bits << 6 | (uint32_t)base64_value(*text);
		count += 6;
		if (count >= 8) {
			unsigned char byte = (unsigned char)(bits >> (count -= 8));

			assert_int_equal(ll_buf_add(&out, &byte, 1, NULL), 0);
		}
	}
	return out;
}

/* Fails with the first place where the ids differ from the record's. */
static inline void
assert_ids(const struct ll_ids *ids, const struct ll_json *want, const char *what, size_t line)
{
	size_t count = ll_json_count(want);

	for (size_t i = 0; i < count || i < ids->count; i++) {
		int64_t id = -1;

		if (i < count)
			assert_true(ll_json_integer(ll_json_at(want, i), &id));
		if (i >= ids->count || id != (int64_t)ids->ids[i])
			fail_msg("%s, line %zu: id %zu is %lld, should be %lld", what, line, i,
			    i < ids->count ? (long long)ids->ids[i] : -1LL, (long long)id);
	}
}

/* The bytes that the ids from `first` on spell. */
static inline struct ll_buf
spell(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids, size_t first)
{
	struct ll_buf out = { 0 };

	for (size_t i = first; i < ids->count; i++) {
		const char *bytes;
		size_t length;
		bool special;

		assert_int_equal(ll_tokenizer_piece(tokenizer, ids->ids[i], &bytes, &length, &special, NULL), 0);
		assert_int_equal(ll_buf_add(&out, bytes, length, NULL), 0);
	}
	return out;
}

/* A vocabulary and its tokenizer from a file; NULL path: stays empty. */
struct opened {
	struct ll_vocab *vocab;
	struct ll_tokenizer *tokenizer;
};

static inline struct opened
open_tokenizer(const char *path)
{
	struct opened opened = { NULL, NULL };
	struct ll_err err = { 0 };

	if (path == NULL)
		return opened;
	if (ll_vocab_open(&opened.vocab, path, &err) < 0 ||
	    ll_tokenizer_new(&opened.tokenizer, opened.vocab, &err) < 0)
		fail_msg("%s", err.text);
	return opened;
}

static inline void
close_tokenizer(struct opened *opened)
{
	ll_tokenizer_free(opened->tokenizer);
	ll_vocab_free(opened->vocab);
}

#endif
