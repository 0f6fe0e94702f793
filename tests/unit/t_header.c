/*
 * The header of a stream: stream/header.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "stream/header.h"

static void
keys_are_set_and_removed(void **state)
{
	struct ll_header header = { 0 }, copy = { 0 };
	char text[40];
	uint64_t number;

	(void)state;
	assert_int_equal(ll_header_add(&header, "history", "one", NULL), 0);
	assert_int_equal(ll_header_set(&header, "model", "/tmp/a\nb", NULL), 0);
	assert_int_equal(ll_header_add(&header, "history", "two", NULL), 0);
	assert_int_equal(ll_header_set_number(&header, "hidden", 2048, NULL), 0);
	assert_int_equal(ll_header_set_hex(&header, "fingerprint", 0xabc, NULL), 0);
	assert_string_equal(header.text.data,
	    "history one\nmodel /tmp/a%0Ab\nhistory two\nhidden 2048\nfingerprint 0000000000000abc\n");
	assert_int_equal(ll_header_set(&header, "model", "x", NULL), 0);
	assert_int_equal(ll_header_copy(&copy, &header, NULL), 0);
	assert_int_equal(ll_header_set(&header, "history", "three", NULL), 0);
	assert_string_equal(header.text.data,
	    "history three\nmodel x\nhidden 2048\nfingerprint 0000000000000abc\n");
	assert_int_equal(ll_header_set(&header, "history", NULL, NULL), 0);
	assert_int_equal(ll_header_set(&header, "nothing", NULL, NULL), 0);
	assert_false(ll_header_get(&header, "history", text, sizeof(text)));
	assert_true(ll_header_get(&copy, "history", text, sizeof(text)));
	assert_string_equal(text, "one");
	assert_true(ll_header_get_number(&header, "hidden", &number));
	assert_int_equal(number, 2048);
	assert_true(ll_header_get_hex(&header, "fingerprint", &number));
	assert_int_equal(number, 0xabc);
	assert_false(ll_header_get_hex(&header, "hidden", &number));
	assert_int_equal(ll_header_set(&header, "hidden", "00000000000000AG", NULL), 0);
	assert_false(ll_header_get_hex(&header, "hidden", &number));
	ll_header_free(&header);
	ll_header_free(&copy);
}

static void
put_text(struct ll_buf *out, const char *text)
{
	struct ll_header header = { .kind = LL_KIND_LOGITS };

	assert_int_equal(ll_buf_puts(&header.text, text, NULL), 0);
	assert_int_equal(ll_header_put(out, &header, NULL), 0);
	ll_header_free(&header);
}

static void
bytes_are_as_specified(void **state)
{
	static const unsigned char expected[28] = {
		0x89, 'L', 'L', 'S', 0x0d, 0x0a, 0x1a, 0x0a, 1, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0xc0, 0x3f,
		3, 0, 0, 0, 8, 0, 0, 0
	};
	struct ll_buf out = { 0 };
	const unsigned char *bytes;
	enum ll_kind kind;
	size_t length;
	uint32_t crc;

	(void)state;
	put_text(&out, "key val\n");
	bytes = (const unsigned char *)out.data;
	assert_int_equal(out.len, 128);
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_string_equal(out.data + 64, "key val\n");
	assert_int_equal(ll_header_check(bytes, &kind, &length, &crc, "x", NULL), 0);
	assert_int_equal(kind, LL_KIND_LOGITS);
	assert_int_equal(length, 8);
	assert_int_equal(crc, ll_crc32(0, "key val\n", 8));
	ll_buf_free(&out);
}

/* Changes a field, mends the crc, and looks for `text` in the message. */
static void
changed(size_t at, uint32_t value, const char *text)
{
	struct ll_buf out = { 0 };
	unsigned char *bytes;
	enum ll_kind kind;
	size_t length;
	uint32_t crc;
	struct ll_err err = { 0 };

	put_text(&out, "");
	bytes = (unsigned char *)out.data;
	ll_store32(bytes + at, value);
	if (at != 60)
		ll_store32(bytes + 60, ll_crc32(0, bytes, 60));
	assert_int_equal(ll_header_check(bytes, &kind, &length, &crc, "x.lls", &err), -LL_EDATA);
	if (strstr(err.text, text) == NULL)
		fail_msg("'%s' has no '%s'", err.text, text);
	assert_non_null(strstr(err.text, "x.lls: "));
	ll_buf_free(&out);
}

static void
fields_are_checked(void **state)
{
	(void)state;
	changed(8, 2, "version 2, but this program reads version 1");
	changed(8, UINT32_MAX, "version 4294967295");
	changed(12, 0x04030201, "byte order");
	changed(12, 5, "byte order");
	changed(16, 0, "float");
	changed(20, 5, "unknown kind 5");
	changed(24, LL_HEADER_TEXT_MAX + 1, "1048577 bytes of text");
	changed(60, 0, "damaged");
}

static void
mistakes_are_recognised(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *text;
	} cases[] = {
		{ "GGUF\3\0\0\0", 8, "GGUF model" },
		{ "Hello, world", 12, "this is text" },
		{ "Hi\n", 3, "this is text" },
		{ "h\xc3\xa9, you!\n", 10, "this is text" },
		{ "h\xc3", 2, "this is text" },
		{ "h\xc3(, you", 8, "unknown data" },
		{ "\x80\x9f\xe2\xfe\xa5\xb7Qz", 8, "unknown data" },
		{ "\x1f\x8b\x08\0\0\0\0\0", 8, "gzip" },
		{ "BZh91AY&", 8, "bzip2" },
		{ "\xfd" "7zXZ\0\0\4", 8, "xz" },
		{ "\x28\xb5\x2f\xfd\0\0\0\0", 8, "zstd" },
		{ "LLF1\1\0\0\0", 8, "two programs" },
		{ "\x89LLS\n\x1a\n\1", 8, "text mode" },
		{ "\x89LLS\r\r\n\x1a\r\n", 10, "text mode" },
		{ "\x89LLS\r\n\x1a\r\n", 9, "text mode" },
		{ "\x09LLS\r\n\x1a\n", 8, "eighth bits" },
		{ "\n\x1a\n\rSLL\x89", 8, "swapped" },
		{ "SLL\x89\n\x1a\n\r", 8, "swapped" },
		{ "\x89LLS\0\0\0\0", 8, "damaged header" },
		{ "\0\0\0\0\0\0\0\0", 8, "unknown data" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_err err = { 0 };

		assert_int_equal(ll_header_check_magic((const unsigned char *)cases[i].bytes, cases[i].length,
		    "x", &err), -LL_EDATA);
		if (strstr(err.text, cases[i].text) == NULL)
			fail_msg("case %zu: '%s' has no '%s'", i, err.text, cases[i].text);
	}
	assert_int_equal(ll_header_check_magic((const unsigned char *)"\x89LL", 3, "x", NULL), 0);
}

static void
models_are_compared(void **state)
{
	struct ll_header header = { 0 };
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_header_check_model(&header, "x", 1, 2, NULL), 0);
	assert_int_equal(ll_header_set_hex(&header, "vocab", 2, NULL), 0);
	assert_int_equal(ll_header_check_model(&header, "x", 1, 2, NULL), 0);
	assert_int_equal(ll_header_check_model(&header, "x", 1, 0, NULL), 0);
	assert_int_equal(ll_header_check_model(&header, "x", 1, 3, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "0000000000000002"));
	assert_non_null(strstr(err.text, "0000000000000003"));
	assert_int_equal(ll_header_set_hex(&header, "fingerprint", 7, NULL), 0);
	assert_int_equal(ll_header_check_model(&header, "x", 7, 3, NULL), 0);
	assert_int_equal(ll_header_check_model(&header, "x", 0, 2, NULL), 0);
	assert_int_equal(ll_header_check_model(&header, "x", 0, 3, NULL), -LL_EDATA);
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_header_check_model(&header, "x", 8, 2, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "0000000000000007"));
	assert_non_null(strstr(err.text, "0000000000000008"));
	ll_header_free(&header);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_set_and_removed),
		cmocka_unit_test(bytes_are_as_specified),
		cmocka_unit_test(fields_are_checked),
		cmocka_unit_test(mistakes_are_recognised),
		cmocka_unit_test(models_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
