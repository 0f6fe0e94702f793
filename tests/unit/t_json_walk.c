/*
 * JSON texts read in order give what a tree of them gives, and what jansson refuses is bad.
 */

#include "tests/unit/golden.h"

#include "base/hash.h"
#include "base/json_walk.h"

static const char *const strings[] = {
	"\"\"", "\"a\"", " \n\t\"a b\"", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
	"\"\\u0041\\u00e9\\u20ac\\uD83d\\uDe00x\"", "\"\\\\u0041\"", "\"\x7f\"",
	/* bad */
	"", "a", "\"", "\"a", "\"\\\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u123\"", "\"\\u12g4\"", "\"\\ud83d\"", "\"\\ud83dx\"",
	"\"\\ud83d\\n\"", "\"\\ud83d\\u0041\"", "\"\\ude00\"", "\"\\u0000\"", "\"\n\"", "\"\x1f\"", "\"\xff\"", "\"\xc3\"",
	"\"\xed\xa0\x80\"", "\"\\u",
};

/* On the heap with nothing behind, so that reading beyond it shows. */
static char *
alone(const char *text, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);

	assert_non_null(copy);
	return memcpy(copy, text, size);
}

/* A short string is read in one go where more comes behind it, which is to change nothing. */
static void
with_more(const char *string, size_t size, const char *want, size_t length)
{
	static const char *const more[] = { "                ", "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
		":\\\x1f\xff\xc3\"\n\xa0,\"\\\x80\xc4\x01\xe2!" };
	/* Quotes would end what has no end. */
	size_t count = want != NULL ? sizeof(more) / sizeof(more[0]) : 1;

	for (size_t i = 0; i < count; i++) {
		char text[128], room[64 + LL_JSON_WALK_SLACK], *out = room, *exact;
		struct ll_json_walk walk;

		memcpy(text, string, size);
		memcpy(text + size, more[i], 16);
		exact = alone(text, size + 16);
		walk = (struct ll_json_walk){ exact, exact + size + 16, false };
		assert_int_equal(ll_json_walk_string(&walk, &out), want != NULL);
		assert_int_equal(walk.bad, want == NULL);
		if (want != NULL) {
			assert_ptr_equal(walk.at, exact + size);
			assert_int_equal(out - room, length);
			assert_memory_equal(room, want, length);
		}
		free(exact);
	}
}

static void
as_jansson(const char *string, size_t size)
{
	size_t length = 0;
	char *text = alone(string, size), room[64 + LL_JSON_WALK_SLACK], *out = room;
	struct ll_json_walk walk = { text, text + size, false };
	bool good = ll_json_walk_string(&walk, &out) && walk.at == walk.end;
	struct ll_json *tree = NULL;

	assert_int_equal(good, ll_json_parse_settings(&tree, text, size, "mem", NULL) == 0);
	assert_true(good || walk.bad || walk.at < walk.end);
	if (good) {
		const char *want = ll_json_text_of(tree, &length);

		assert_int_equal(out - room, length);
		assert_memory_equal(room, want, length);
		with_more(string, size, want, length);
	} else if (walk.bad) {
		with_more(string, size, NULL, 0);
	}
	ll_json_free(tree);
	free(text);
}

static void
strings_as_jansson(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		as_jansson(strings[i], strlen(strings[i]));
}

/* Parts of characters at every place of the eight bytes that are looked at in one go. */
static void
any_bytes(void **state)
{
	static const char *const parts[] = { "a", "a", "a", "\xc4\xa0", "\xc3\xa9", "\xe2\x96\x81", "\xf0\x9f\x98\x80", "\\n", "\\u00e9",
		"\xc1", "\xc4", "\xa0", "\x1f", "\x7f", "\"" };
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		char text[64] = "\"";
		/* Bad parts are rare, or no string would be good. */
		size_t kinds = i % 2 == 0 ? 9 : sizeof(parts) / sizeof(parts[0]);

		for (int n = i % 12; n > 0; n--) {
			random = ll_hash_mix(random + 1);
			strcat(text, parts[random % kinds]);
		}
		strcat(text, "\"");
		as_jansson(text, strlen(text));
	}
}

static void
values(void **state)
{
	static const char text[] = "{ \"n\" : 128000, \"zero\":0,\"minus\":-1,\"real\":1.5,\"led\":01,\"big\":1234567890123456789,"
				   "\"deep\":[{\"a\":\"]}\\\"\"},[[]],null,true], \"list\":[1 ,2,\n3] }";
	static const uint64_t want[] = { 128000, 0, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	struct ll_json_walk walk = { text, text + strlen(text), false };
	char room[64 + LL_JSON_WALK_SLACK], *out = room;
	bool first = true, inner = true;
	uint64_t value, sum = 0;

	(void)state;
	assert_true(ll_json_walk_take(&walk, '{'));
	for (size_t i = 0; i < 8; i++) {
		assert_true(ll_json_walk_more(&walk, '}', &first));
		assert_true(ll_json_walk_string(&walk, &out) && ll_json_walk_take(&walk, ':'));
		if (i < sizeof(want) / sizeof(want[0])) {
			assert_int_equal(ll_json_walk_number(&walk, &value), want[i] != UINT64_MAX);
			assert_true(want[i] == UINT64_MAX || value == want[i]);
		} else if (i == 6) {
			assert_true(ll_json_walk_skip(&walk));
		} else {
			assert_true(ll_json_walk_take(&walk, '['));
			for (; ll_json_walk_more(&walk, ']', &inner); sum += value)
				assert_true(ll_json_walk_number(&walk, &value));
		}
	}
	assert_int_equal(sum, 6);
	assert_false(ll_json_walk_more(&walk, '}', &first));
	assert_false(walk.bad);
	assert_ptr_equal(walk.at, walk.end);
	assert_memory_equal(room, "nzerominus", 10);
}

/* However a text is cut, it is bad, and nothing beyond the cut is read. */
static void
cuts(void **state)
{
	static const char whole[] = "[\"a\\u00e9\", 17, {\"b\": [\"c\"]}]";

	(void)state;
	for (size_t size = 0; size <= strlen(whole); size++) {
		char *text = alone(whole, size), room[64 + LL_JSON_WALK_SLACK], *out = room;
		struct ll_json_walk walk = { text, text + size, false };
		bool first = true;
		uint64_t value;

		ll_json_walk_take(&walk, '[');
		ll_json_walk_more(&walk, ']', &first);
		ll_json_walk_string(&walk, &out);
		ll_json_walk_more(&walk, ']', &first);
		ll_json_walk_number(&walk, &value);
		ll_json_walk_more(&walk, ']', &first);
		ll_json_walk_skip(&walk);
		assert_false(ll_json_walk_more(&walk, ']', &first));
		assert_int_equal(walk.bad, size < strlen(whole));
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(strings_as_jansson), cmocka_unit_test(any_bytes),
		cmocka_unit_test(values), cmocka_unit_test(cuts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
