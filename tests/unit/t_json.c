/*
 * Numbers in the text of JSON: the fewest digits that read back the same, and nothing else is touched.
 */

#include "tests/unit/golden.h"

#include <math.h>

#include "base/rng.h"

static void
writes(struct ll_json *value, const char *want)
{
	char *text = ll_json_text(value, false, NULL);

	assert_string_equal(text, want);
	free(text);
	ll_json_free(value);
}

/* As it was read, where that was no longer than it had to be. */
static void
keeps(const char *text)
{
	struct ll_json *value;

	assert_int_equal(ll_json_parse(&value, text, strlen(text), "text", NULL), 0);
	writes(value, text);
}

static void
test_shortest(void **state)
{
	(void)state;
	writes(ll_json_exact(0.1), "0.1");
	writes(ll_json_exact(0.1 + 0.2), "0.30000000000000004");
	writes(ll_json_exact(3.141592653589793), "3.141592653589793");
	writes(ll_json_exact(-2.5e-300), "-2.5e-300");
	writes(ll_json_exact(1e300), "1e300");
	writes(ll_json_exact(18446744073709551615.0), "1.8446744073709552e19");
	writes(ll_json_exact(0), "0.0");
	writes(ll_json_exact(-0.0), "-0.0");
	writes(ll_json_exact(INFINITY), "null");
	keeps("{\"a\":[0.12345678901,-1.5,7,\"0.10000000000000001\",\"\\\"1.0e5\\\\\",true,false,null],\"1.50\":{}}");
}

/* A byte order mark before it. */
static void
test_mark(void **state)
{
	struct ll_json *value;
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_json_parse_text(&value, "\xef\xbb\xbf[1]\r\n", 8, "text", NULL), 0);
	writes(value, "[1]");
	assert_int_equal(ll_json_parse_settings(&value, "\xef\xbb\xbf[18446744073709551616]", 25, "text", NULL), 0);
	writes(value, "[1.8446744073709552e19]");
	assert_int_equal(ll_json_parse(&value, "\xef\xbb\xbf", 3, "text", &err), -LL_EDATA);
}

static void
test_nine_digits(void **state)
{
	(void)state;
	writes(ll_json_real((double)1e-5f), "9.99999975e-6");
	writes(ll_json_real(1.0 / 3), "0.333333333");
	writes(ll_json_real(1234567890.5), "1.23456789e9");
	writes(ll_json_real(500000), "500000.0");
	writes(ll_json_real(NAN), "null");
}

/* Every bit comes back. */
static void
test_there_and_back(void **state)
{
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = ll_rng_next(&rng);
		struct ll_json *read;
		double value, back;
		char *text;

		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		text = ll_json_text(read = ll_json_exact(value), false, NULL);
		ll_json_free(read);
		assert_int_equal(ll_json_parse(&read, text, strlen(text), "text", NULL), 0);
		assert_true(ll_json_number(read, &back));
		assert_memory_equal(&value, &back, sizeof(value));
		ll_json_free(read);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortest),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_nine_digits),
		cmocka_unit_test(test_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
