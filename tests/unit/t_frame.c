/*
 * The frame's header on the wire and the text payloads: stream/frame.c, stream/text.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/hash.h"
#include "stream/frame.h"
#include "stream/text.h"

static int
get(struct ll_frame *frame, const unsigned char *bytes, struct ll_err *err)
{
	uint32_t crc;

	*err = (struct ll_err){ 0 };
	return ll_frame_get(frame, &crc, bytes, "x.lls", 4096, err);
}

/* Writes and reads; the text of what is wrong, or NULL. */
static const char *
complaint(const struct ll_frame *frame)
{
	static struct ll_err err;
	unsigned char bytes[LL_FRAME_BYTES];
	struct ll_frame copy = *frame, found;

	copy.flags |= LL_NO_CRC;
	ll_frame_put(bytes, &copy);
	return get(&found, bytes, &err) == -LL_EDATA ? err.text : NULL;
}

static void
bytes_are_as_specified(void **state)
{
	static const unsigned char payload[8] = { 1, 0, 0, 0, 2, 0, 0, 0 };
	static const unsigned char expected[48] = {
		'L', 'L', 'F', '1', 1, 0, 5, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		9, 8, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0,
		0, 0, 0, 0, 4, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0
	};
	struct ll_frame frame = {
		.type = LL_TOKENS, .flags = LL_PROMPT | LL_LAST, .sequence = UINT64_C(0x1122334455667788),
		.position = 0x809, .rows = 2, .cols = 3, .want = 4, .epoch = 6, .length = 8, .payload = payload,
	};
	unsigned char bytes[LL_FRAME_BYTES];
	uint32_t crc = ll_crc32(0, payload, sizeof(payload));

	(void)state;
	ll_frame_put(bytes, &frame);
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(bytes[48], 8);
	assert_int_equal(bytes[56], crc & 0xff);
	assert_int_equal(bytes[59], crc >> 24);
}

static void
a_header_survives(void **state)
{
	struct ll_frame frame = {
		.type = LL_HIDDEN, .flags = LL_NORMED | LL_NO_CRC, .sequence = LL_SEQUENCE(7, 1), .position = 12,
		.rows = 3, .cols = 5, .dtype = LL_BF16, .want = 3, .epoch = UINT32_MAX, .length = 30,
	};
	unsigned char bytes[LL_FRAME_BYTES];
	struct ll_frame found;
	struct ll_err err;

	(void)state;
	ll_frame_put(bytes, &frame);
	assert_int_equal(get(&found, bytes, &err), 0);
	assert_int_equal(found.type, frame.type);
	assert_int_equal(found.flags, frame.flags);
	assert_true(found.sequence == frame.sequence && found.position == frame.position);
	assert_int_equal(found.rows, frame.rows);
	assert_int_equal(found.cols, frame.cols);
	assert_int_equal(found.dtype, frame.dtype);
	assert_int_equal(found.want, frame.want);
	assert_int_equal(found.epoch, frame.epoch);
	assert_int_equal(found.length, frame.length);
}

static void
any_flipped_bit_is_found(void **state)
{
	struct ll_frame frame = { .type = LL_FLUSH, .sequence = LL_SEQUENCE_STREAM }, found;
	unsigned char bytes[LL_FRAME_BYTES];
	struct ll_err err;

	(void)state;
	ll_frame_put(bytes, &frame);
	for (size_t bit = 0; bit < 8 * LL_FRAME_BYTES; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_equal(get(&found, bytes, &err), -LL_EDATA);
		assert_non_null(strstr(err.text, "x.lls: "));
		assert_non_null(strstr(err.text, "4096"));
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_int_equal(get(&found, bytes, &err), 0);
}

static void
lengths_must_fit(void **state)
{
	static const struct {
		struct ll_frame frame;
		const char *wrong;
	} cases[] = {
		{ { .type = LL_TOKENS, .rows = 2, .length = 8 }, NULL },
		{ { .type = LL_TOKENS, .rows = 0, .length = 0 }, NULL },
		{ { .type = LL_TOKENS, .rows = 2, .length = 9 }, "cannot have 9 bytes" },
		{ { .type = LL_TOKENS, .rows = UINT32_MAX, .length = 12 }, "cannot have" },
		{ { .type = LL_NEXT, .rows = 1, .length = 4 }, NULL },
		{ { .type = LL_NEXT, .rows = 1, .length = 8 }, "NEXT" },
		{ { .type = LL_HIDDEN, .rows = 2, .cols = 3, .length = 24 }, NULL },
		{ { .type = LL_HIDDEN, .rows = 2, .cols = 3, .dtype = LL_F16, .length = 12 }, NULL },
		{ { .type = LL_HIDDEN, .rows = 2, .cols = 3, .dtype = LL_F16, .length = 24 }, "cannot have 24" },
		{ { .type = LL_HIDDEN, .rows = 0, .cols = 3, .length = 0 }, "0 rows" },
		{ { .type = LL_HIDDEN, .rows = 2, .cols = 0, .length = 0 }, "cannot have 0" },
		{ { .type = LL_HIDDEN, .rows = 1, .cols = 32, .dtype = LL_Q4_0, .length = 18 }, "Q4_0" },
		{ { .type = LL_HIDDEN, .rows = 1, .cols = 1, .dtype = 77, .length = 4 }, "unknown (77)" },
		{ { .type = LL_HIDDEN, .rows = 1, .cols = 1, .want = 2, .length = 4 }, "wants logits of 2" },
		{ { .type = LL_HIDDEN, .rows = UINT32_MAX, .cols = UINT32_MAX, .length = 4 }, "cannot have 4" },
		{ { .type = LL_LOGITS, .rows = 2, .cols = 3, .length = 24 }, NULL },
		{ { .type = LL_LOGITS, .flags = LL_SPARSE, .rows = 2, .cols = 3, .length = 64 }, NULL },
		{ { .type = LL_LOGITS, .flags = LL_SPARSE, .rows = 2, .cols = 3, .length = 24 }, "cannot have 24" },
		{ { .type = LL_FORK, .rows = 2, .length = 16 }, NULL },
		{ { .type = LL_FORK, .rows = 2, .length = 8 }, "FORK" },
		{ { .type = LL_SAMPLE, .rows = 1, .length = 16 }, NULL },
		{ { .type = LL_SAMPLE, .rows = 1, .length = 24 }, NULL },
		{ { .type = LL_SAMPLE, .rows = 1, .length = 20 }, "SAMPLE" },
		{ { .type = LL_SAMPLE, .rows = 2, .length = 32 }, "SAMPLE" },
		{ { .type = LL_FLUSH, .rows = 9 }, NULL },
		{ { .type = LL_FLUSH, .length = 1 }, "FLUSH" },
		{ { .type = LL_META, .length = (1u << 20) + 1 }, NULL },
		{ { .type = LL_END, .length = (1u << 20) + 1 }, "END" },
		{ { .type = LL_END, .length = LL_FRAME_MAX + 1 }, "are the most" },
		{ { .type = LL_TOKENS, .position = UINT64_MAX, .rows = 1, .length = 4 }, "position" },
		{ { .type = 999, .length = 5 }, NULL },
		{ { .type = 999, .flags = LL_CRITICAL, .length = 5 }, "unknown critical frame type 999" },
		{ { .type = LL_FLUSH, .flags = LL_CRITICAL }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = complaint(&cases[i].frame);

		if ((found == NULL) != (cases[i].wrong == NULL) ||
		    (found != NULL && strstr(found, cases[i].wrong) == NULL))
			fail_msg("case %zu: '%s', not '%s'", i, found ? found : "nothing wrong",
			    cases[i].wrong ? cases[i].wrong : "nothing wrong");
	}
}

static void
names(void **state)
{
	char text[48];

	(void)state;
	assert_string_equal(ll_frame_name(LL_TOKENS), "TOKENS");
	assert_string_equal(ll_frame_name(LL_ERROR), "ERROR");
	assert_null(ll_frame_name(0));
	assert_null(ll_frame_name(7));
	assert_null(ll_frame_name(65535));
	assert_string_equal(ll_sequence_name(LL_SEQUENCE(3, 0), text), "3");
	assert_string_equal(ll_sequence_name(LL_SEQUENCE(3, 1), text), "3.1");
	assert_string_equal(ll_sequence_name(LL_SEQUENCE_HELD | 2, text), "held 2");
	assert_string_equal(ll_sequence_name(LL_SEQUENCE_STREAM, text), "stream");
	assert_int_equal(ll_frame_padded(0), 0);
	assert_int_equal(ll_frame_padded(1), 64);
	assert_int_equal(ll_frame_padded(64), 64);
	assert_int_equal(ll_frame_padded(65), 128);
}

static void
text_survives(void **state)
{
	static const char hard[] = "100% \x01\n\x7f \xc3\xa9 end ";
	struct ll_buf text = { 0 };
	char out[64];
	uint64_t number;

	(void)state;
	assert_int_equal(ll_text_put(&text, "message", hard, NULL), 0);
	assert_string_equal(text.data, "message 100%25 %01%0A%7F \xc3\xa9 end \n");
	assert_int_equal(ll_text_put_number(&text, "code", UINT64_MAX, NULL), 0);
	assert_int_equal(ll_text_put(&text, "empty", "", NULL), 0);
	assert_int_equal(ll_text_check(text.data, text.len, "t", NULL), 0);
	assert_true(ll_text_get(text.data, text.len, "message", out, sizeof(out)));
	assert_string_equal(out, hard);
	assert_true(ll_text_get(text.data, text.len, "message", out, 4));
	assert_string_equal(out, "100");
	assert_true(ll_text_get_number(text.data, text.len, "code", &number));
	assert_true(number == UINT64_MAX);
	assert_true(ll_text_get(text.data, text.len, "empty", out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(ll_text_get_number(text.data, text.len, "empty", &number));
	assert_false(ll_text_get(text.data, text.len, "mess", out, sizeof(out)));
	assert_int_equal(ll_text_put(&text, "bad key", "", &(struct ll_err){ 0 }), -LL_EBUG);
	assert_int_equal(ll_text_check(text.data, text.len, "t", NULL), 0);
	ll_buf_free(&text);
}

static void
numbers_must_fit(void **state)
{
	static const char text[] = "a 18446744073709551616\nb -1\nc 1x\nd  1\ne 007\n";
	uint64_t number = 0;

	(void)state;
	for (const char *key = "abcd"; *key != '\0'; key++)
		assert_false(ll_text_get_number(text, sizeof(text) - 1, (char[]){ *key, '\0' }, &number));
	assert_true(ll_text_get_number(text, sizeof(text) - 1, "e", &number));
	assert_true(number == 7);
}

static void
bad_text_is_found(void **state)
{
	static const char *const bad[] = {
		"key value", "key\n", "Key value\n", " value\n", "a b\n\n", "a %\n", "a %4\n", "a %4g\n",
		"a %0a\n", "a \t\n", "a \x7f\n", "a b\r\n"
	};
	static const char *const good[] = { "", "a \n", "a-b_9 c d \n", "a %00\n", "a \xff\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ll_text_check(bad[i], strlen(bad[i]), "t", NULL), -LL_EDATA);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(ll_text_check(good[i], strlen(good[i]), "t", NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_as_specified),
		cmocka_unit_test(a_header_survives),
		cmocka_unit_test(any_flipped_bit_is_found),
		cmocka_unit_test(lengths_must_fit),
		cmocka_unit_test(names),
		cmocka_unit_test(text_survives),
		cmocka_unit_test(numbers_must_fit),
		cmocka_unit_test(bad_text_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
