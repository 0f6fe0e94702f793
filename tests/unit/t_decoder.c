/*
 * The streaming decoder: however the bytes are cut, nothing is lost, and no character is
 * shown before it is whole.
 */

#include "tests/unit/golden.h"

#include "base/rng.h"
#include "base/utf8.h"

static void
add(struct ll_decoder *decoder, const char *bytes, struct ll_buf *out)
{
	assert_int_equal(ll_decoder_add(decoder, bytes, strlen(bytes), out, NULL), 0);
}

static void
holds_back(void **state)
{
	struct ll_decoder decoder = { 0 };
	struct ll_buf out = { 0 };

	(void)state;
	add(&decoder, "", &out);
	assert_string_equal(out.data, "");
	add(&decoder, "a\xf0\x9f", &out);
	assert_string_equal(out.data, "a");
	add(&decoder, "\x98", &out);
	assert_string_equal(out.data, "a");
	add(&decoder, "", &out);
	assert_string_equal(out.data, "a");
	add(&decoder, "\x80\xc3", &out);
	assert_string_equal(out.data, "a\xf0\x9f\x98\x80");
	add(&decoder, "(", &out);
	assert_string_equal(out.data, "a\xf0\x9f\x98\x80\xc3(");
	add(&decoder, "\xe2\x82", &out);
	assert_int_equal(decoder.held_count, 2);
	assert_int_equal(ll_decoder_flush(&decoder, &out, NULL), 0);
	assert_string_equal(out.data, "a\xf0\x9f\x98\x80\xc3(\xe2\x82");
	assert_int_equal(decoder.held_count, 0);
	ll_buf_free(&out);
}

/* What can never become a character is not waited for. */
static void
shows_the_hopeless(void **state)
{
	static const char *const cases[] = {
		"\x80", "\xff", "\xc0", "\xf5", "\xe0\x80", "\xed\xa0", "\xf4\x90", "\xe2\x28", "\xc3\xa9\xa9"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_decoder decoder = { 0 };
		struct ll_buf out = { 0 };

		add(&decoder, cases[i], &out);
		assert_string_equal(out.data, cases[i]);
		ll_buf_free(&out);
	}
}

static unsigned char
random_byte(struct ll_rng *rng)
{
	static const unsigned char telling[] = {
		'a', 0x80, 0xa0, 0xbf, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xf5, 0xff, 0x00
	};

	return telling[ll_rng_next(rng) % sizeof(telling)];
}

static void
any_cut(void **state)
{
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 1, 0);
	for (int round = 0; round < 100000; round++) {
		struct ll_decoder decoder = { 0 };
		struct ll_buf out = { 0 };
		char text[24];
		size_t length = ll_rng_next(&rng) % sizeof(text);

		for (size_t i = 0; i < length; i++)
			text[i] = (char)random_byte(&rng);
		for (size_t at = 0; at < length;) {
			size_t size = 1 + ll_rng_next(&rng) % (length - at);

			assert_int_equal(ll_decoder_add(&decoder, text + at, size, &out, NULL), 0);
			at += size;
			assert_int_equal(out.len + decoder.held_count, at);
			assert_int_equal(decoder.held_count, ll_utf8_partial((unsigned char *)text, at));
		}
		assert_int_equal(ll_decoder_flush(&decoder, &out, NULL), 0);
		assert_int_equal(out.len, length);
		assert_memory_equal(out.data, text, length);
		ll_buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_back),
		cmocka_unit_test(shows_the_hopeless),
		cmocka_unit_test(any_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
