/*
 * Meta's .pth: the zip archive, the pickle in it, and what is refused.
 */

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
#include "model/pickle.h"
#include "model/source_make.h"
#include "model/zip.h"
#include "tensor/dtype.h"

/* An archive as it grows: entries, and the directory that will stand behind them. */
struct archive {
	struct ll_buf data, directory;
	size_t count;
};

static void
put(struct ll_buf *b, const void *bytes, size_t length)
{
	assert_int_equal(ll_buf_add(b, bytes, length, NULL), 0);
}

static void
put_number(struct ll_buf *b, uint64_t value, size_t width)
{
	unsigned char bytes[8];

	ll_store64(bytes, value);
	put(b, bytes, width);
}

/* What the local and the central header have in common, from the version on. */
static void
put_common(struct ll_buf *b, size_t name, size_t size, int method, size_t extra)
{
	const uint64_t numbers[][2] = { { 10, 2 }, { 0, 2 }, { (uint64_t)method, 2 }, { 0, 4 }, { 0, 4 }, { size, 4 },
		{ size, 4 }, { name, 2 }, { extra, 2 } };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		put_number(b, numbers[i][0], numbers[i][1]);
}

static void
entry(struct archive *a, const char *name, const void *bytes, size_t size, int method, bool zip64)
{
	size_t at = a->data.len;

	put(&a->data, "PK\3\4", 4);
	put_common(&a->data, strlen(name), size, method, 5);
	put(&a->data, name, strlen(name));
	put(&a->data, "FB\1\0Z", 5);
	put(&a->data, bytes, size);
	put(&a->directory, "PK\1\2\12\0", 6);
	put_common(&a->directory, strlen(name), zip64 ? 0xffffffff : size, method, zip64 ? 28 : 0);
	put_number(&a->directory, 0, 8), put_number(&a->directory, 0, 2);
	put_number(&a->directory, zip64 ? 0xffffffff : at, 4);
	put(&a->directory, name, strlen(name));
	if (zip64) {
		put(&a->directory, "\1\0\30\0", 4);
		put_number(&a->directory, size, 8);
		put_number(&a->directory, size, 8);
		put_number(&a->directory, at, 8);
	}
	a->count++;
}

/* The whole file in a block of exactly its size. */
static unsigned char *
finish(struct archive *a, bool zip64, size_t *size)
{
	size_t at = a->data.len, end;
	unsigned char *file;

	put(&a->data, a->directory.data, a->directory.len);
	end = a->data.len;
	if (zip64) {
		put(&a->data, "PK\6\6", 4);
		put_number(&a->data, 44, 8);
		put_number(&a->data, 0, 8), put_number(&a->data, 0, 4);
		put_number(&a->data, a->count, 8), put_number(&a->data, a->count, 8);
		put_number(&a->data, a->directory.len, 8), put_number(&a->data, at, 8);
		put(&a->data, "PK\6\7\0\0\0\0", 8);
		put_number(&a->data, end, 8), put_number(&a->data, 1, 4);
	}
	put(&a->data, "PK\5\6\0\0\0\0", 8);
	put_number(&a->data, a->count, 2), put_number(&a->data, a->count, 2);
	put_number(&a->data, zip64 ? 0xffffffff : a->directory.len, 4);
	put_number(&a->data, zip64 ? 0xffffffff : at, 4);
	put_number(&a->data, 0, 2);
	*size = a->data.len;
	assert_non_null(file = malloc(*size));
	memcpy(file, a->data.data, *size);
	ll_buf_free(&a->data);
	ll_buf_free(&a->directory);
	*a = (struct archive){ 0 };
	return file;
}

static void
zip_refused(struct archive *a, int code, const char *text)
{
	struct ll_err err = { 0 };
	struct ll_zip zip;
	size_t size;
	unsigned char *file = finish(a, false, &size);
	int status = ll_zip_read(&zip, file, size, "mem", &err);

	if (status != -code || strstr(err.text, text) == NULL)
		fail_msg("wanted %d and '%s', got %d and '%s'", code, text, -status, err.text);
	free(file);
}

static void
reads_zip(void **state)
{
	(void)state;
	for (int zip64 = 0; zip64 < 2; zip64++) {
		struct archive a = { 0 };
		struct ll_err err = { 0 };
		const struct ll_zip_entry *found;
		struct ll_zip zip;
		unsigned char *file;
		size_t size;

		entry(&a, "x/one", "1", 1, 0, zip64);
		entry(&a, "x/three", "333", 3, 0, zip64);
		file = finish(&a, zip64, &size);
		assert_int_equal(ll_zip_read(&zip, file, size, "mem", &err), 0);
		assert_non_null(found = ll_zip_find(&zip, "x/three", 7));
		assert_int_equal(found->size, 3);
		assert_memory_equal(found->data, "333", 3);
		assert_null(ll_zip_find(&zip, "x/two", 5));
		ll_zip_free(&zip);
		/* Every prefix lacks the end. */
		for (size_t cut = 0; cut < size; cut++) {
			unsigned char *part = malloc(cut + 1);

			assert_non_null(part);
			memcpy(part, file, cut);
			part = realloc(part, cut > 0 ? cut : 1);
			err = (struct ll_err){ 0 };
			assert_int_equal(ll_zip_read(&zip, part, cut, "mem", &err), -LL_EDATA);
			free(part);
		}
		free(file);
	}
}

static void
bad_zips(void **state)
{
	struct archive a = { 0 };

	(void)state;
	entry(&a, "x", "1", 1, 8, false);
	zip_refused(&a, LL_EUNSUPPORTED, "x is compressed or encrypted");
	entry(&a, "x", "1", 1, 0, false);
	entry(&a, "x", "2", 1, 0, false);
	zip_refused(&a, LL_EDATA, "two entries have one name");
	entry(&a, "x", "1", 1, 0, false);
	a.directory.data[20] = a.directory.data[24] = 127;
	zip_refused(&a, LL_EDATA, "do not fit the file");
	entry(&a, "x", "1", 1, 0, false);
	a.directory.data[20] = 2;
	zip_refused(&a, LL_EDATA, "a stored entry has two sizes");
	entry(&a, "x", "1", 1, 0, false);
	a.directory.data[42] = 1;
	zip_refused(&a, LL_EDATA, "entry's header is missing");
	entry(&a, "x", "1", 1, 0, false);
	a.directory.data[28] = 100;
	zip_refused(&a, LL_EDATA, "directory is cut short");
	entry(&a, "x", "1", 1, 0, false);
	a.count = 2;
	zip_refused(&a, LL_EDATA, "directory has less room");
	entry(&a, "x", "12345", 5, 0, false);
	entry(&a, "y", "1", 1, 0, false);
	a.directory.data[20] = a.directory.data[24] = 50;
	zip_refused(&a, LL_EDATA, "two entries overlap");
}

/* A dictionary {"a": tensor} of the storage "0" with the numbers given, as small bytes. */
static void
put_tensor(struct ll_buf *b, const char *kind, int elements, int offset, int size, int stride)
{
	assert_int_equal(ll_buf_printf(b, NULL, "\x80\x02}"), 0);
	put(b, "X\1\0\0\0a", 6);
	assert_int_equal(ll_buf_printf(b, NULL, "ctorch._utils\n_rebuild_tensor_v2\n((U%cstoragectorch\n%s\n", 7, kind), 0);
	put(b, "U\0010U\3cpuK", 9);
	put_number(b, (uint64_t)elements, 1);
	put(b, "tQK", 3);
	put_number(b, (uint64_t)offset, 1);
	put(b, "K", 1), put_number(b, (uint64_t)size, 1);
	put(b, "\x85K", 2), put_number(b, (uint64_t)stride, 1);
	put(b, "\x85\x89", 2);
	put(b, "ccollections\nOrderedDict\n)RtRs.", 31);
}

static void
reads_pickle(void **state)
{
	struct ll_pickle_tensor *tensors;
	struct ll_err err = { 0 };
	struct ll_buf b = { 0 };
	size_t count;

	(void)state;
	put_tensor(&b, "HalfStorage", 9, 2, 5, 1);
	if (ll_pickle_read(&tensors, &count, (unsigned char *)b.data, b.len, "mem", &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(count, 1);
	assert_int_equal(tensors[0].type, LL_F16);
	assert_int_equal(tensors[0].elements, 9);
	assert_int_equal(tensors[0].offset, 2);
	assert_int_equal(tensors[0].sizes[0], 5);
	free(tensors);
	for (size_t cut = 0; cut < b.len; cut++) {
		unsigned char *part = malloc(cut > 0 ? cut : 1);

		assert_non_null(part);
		memcpy(part, b.data, cut);
		err = (struct ll_err){ 0 };
		assert_true(ll_pickle_read(&tensors, &count, part, cut, "mem", &err) < 0);
		free(part);
	}
	ll_buf_free(&b);
}

static void
bad_pickles(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		int code;
		const char *text;
	} cases[] = {
#define BYTES(text) text, sizeof(text) - 1
		{ BYTES("cos\nsystem\n."), LL_EDATA, "does not begin with a protocol" },
		{ BYTES("\x80\x01."), LL_EDATA, "protocol is not 2 to 5" },
		{ BYTES("\x80\x02" "cos\nsystem\nU\2lstR."), LL_EUNSUPPORTED, "it wants os.system" },
		{ BYTES("\x80\x04\x8c\x08" "builtins\x8c\x04" "eval\x93."), LL_EUNSUPPORTED, "it wants builtins.eval" },
		{ BYTES("\x80\x02" "ctorch._utils\n_rebuild_tensor\n."), LL_EUNSUPPORTED, "_rebuild_tensor" },
		{ BYTES("\x80\x02" "ctorch\nFloatStorage\n)R."), LL_EDATA, "a call of what is only named" },
		{ BYTES("\x80\x02" "ccollections\nOrderedDict\n]\x85R."), LL_EDATA, "a call of what is only named" },
		{ BYTES("\x80\x02i."), LL_EUNSUPPORTED, "opcode 0x69" },
		{ BYTES("\x80\x02\x81."), LL_EUNSUPPORTED, "opcode 0x81" },
		{ BYTES("\x80\x02."), LL_EDATA, "not a dictionary of tensors" },
		{ BYTES("\x80\x02K\1."), LL_EDATA, "not a dictionary of tensors" },
		{ BYTES("\x80\x02}U\1aK\1s."), LL_EDATA, "a value is not a tensor" },
		{ BYTES("\x80\x02}(U\1au."), LL_EDATA, "a key without a value" },
		{ BYTES("\x80\x02(u."), LL_EDATA, "no mark, or nothing below it" },
		{ BYTES("\x80\x02t."), LL_EDATA, "no mark" },
		{ BYTES("\x80\x02K\1\x86."), LL_EDATA, "more values than there are" },
		{ BYTES("\x80\x02h\7."), LL_EDATA, "nothing was remembered" },
		{ BYTES("\x80\x02K\1r\xff\xff\xff\xff."), LL_EDATA, "too large" },
		{ BYTES("\x80\x02q\0."), LL_EDATA, "nothing to remember" },
		{ BYTES("\x80\x02X\xff\xff\xff\xff" "a."), LL_EDATA, "cut short" },
		{ BYTES("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff" "a."), LL_EDATA, "cut short" },
		{ BYTES("\x80\x02\x8a\x09" "123456789."), LL_EDATA, "more than 8 bytes" },
		{ BYTES("\x80\x02K\1Q."), LL_EDATA, "not described by five values" },
		{ BYTES("\x80\x02K\1K\2b."), LL_EDATA, "a state of what has none" },
		{ BYTES("\x80\x02K\1e."), LL_EDATA, "items of what is no list" },
		{ BYTES("\x80\x02K\1"), LL_EDATA, "cut short" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_pickle_tensor *tensors;
		struct ll_err err = { 0 };
		size_t count;
		unsigned char *copy = malloc(cases[i].length);
		int status;

		assert_non_null(copy);
		memcpy(copy, cases[i].bytes, cases[i].length);
		status = ll_pickle_read(&tensors, &count, copy, cases[i].length, "mem", &err);
		if (status != -cases[i].code || strstr(err.text, cases[i].text) == NULL)
			fail_msg("case %zu: wanted %d and '%s', got %d and '%s'", i, cases[i].code, cases[i].text,
			    -status, err.text);
		free(copy);
	}
}

/* Values that nothing drops would cost a hundred bytes for each of theirs. */
static void
large_pickle(void **state)
{
	struct ll_pickle_tensor *tensors;
	struct ll_err err = { 0 };
	size_t count, length = 9u << 20;
	unsigned char *bytes = malloc(length);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'N', length);
	memcpy(bytes, "\x80\x02", 2);
	assert_int_equal(ll_pickle_read(&tensors, &count, bytes, length, "mem", &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "9437184 bytes are more than 8388608"));
	free(bytes);
}

/* The pickle and the storages together. */
static void
shards(void **state)
{
	static const struct {
		int elements, offset, size, stride;
		size_t storage;
		const char *order;
		int code;		/* 0: accepted */
		const char *text;
	} cases[] = {
		{ 9, 2, 5, 1, 18, "little", 0, NULL },
		{ 9, 4, 5, 1, 18, "little", 0, NULL },
		{ 9, 5, 5, 1, 18, "little", LL_EDATA, "a: does not fit its storage of 18 bytes" },
		{ 9, 0, 5, 1, 17, "little", LL_EDATA, "a: does not fit its storage of 17 bytes" },
		{ 9, 0, 5, 1, 20, "little", LL_EDATA, "a: does not fit" },
		{ 9, 0, 3, 2, 18, "little", LL_EUNSUPPORTED, "a: its rows are not stored one after the other" },
		{ 9, 0, 0, 1, 18, "little", LL_EDATA, "size or stride" },
		{ 9, 0, 5, 1, 0, "little", LL_EDATA, "a: its storage is not in the archive" },
		{ 9, 0, 5, 1, 18, "big", LL_EUNSUPPORTED, "byteorder" },
	};
	const unsigned char zeros[32] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_source *source;
		struct ll_err err = { 0 };
		struct ll_buf b = { 0 };
		struct archive a = { 0 };
		unsigned char *file;
		size_t size;
		int status;

		put_tensor(&b, "BFloat16Storage", cases[i].elements, cases[i].offset, cases[i].size, cases[i].stride);
		entry(&a, "c/data.pkl", b.data, b.len, 0, false);
		entry(&a, "c/byteorder", cases[i].order, strlen(cases[i].order), 0, false);
		if (cases[i].storage > 0)
			entry(&a, "c/data/0", zeros, cases[i].storage, 0, false);
		file = finish(&a, false, &size);
		status = ll_meta_parse(&source, file, size, "mem", &err);
		if (status != -cases[i].code || (status < 0 && strstr(err.text, cases[i].text) == NULL))
			fail_msg("case %zu: wanted %d, got %d and '%s'", i, cases[i].code, -status, err.text);
		if (status == 0) {
			assert_int_equal(source->tensors[0].size, 10);
			ll_source_close(source);
		}
		free(file);
		ll_buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_zip),
		cmocka_unit_test(bad_zips),
		cmocka_unit_test(reads_pickle),
		cmocka_unit_test(bad_pickles),
		cmocka_unit_test(large_pickle),
		cmocka_unit_test(shards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
