/*
 * The pre-tokenizers: the texts that tell their rules apart, the classes of code points,
 * and inputs on which a careless splitter takes quadratic time.
 */

#include "tests/unit/golden.h"

#include "tokenize/charclass.h"
#include "tokenize/split.h"

/* Splits the text that remains without the bars, and looks where the bars were. */
static void
check(enum ll_splitter splitter, const char *pieces)
{
	struct ll_buf text = { 0 }, split = { 0 };

	for (const char *p = pieces; *p != '\0'; p++)
		if (*p != '|')
			assert_int_equal(ll_buf_add(&text, p, 1, NULL), 0);
	for (size_t at = 0; at < text.len;) {
		size_t size = ll_split_next(splitter, (const unsigned char *)text.data + at, text.len - at);

		assert_int_equal(ll_buf_add(&split, text.data + at, size, NULL), 0);
		assert_int_equal(ll_buf_add(&split, "|", 1, NULL), 0);
		at += size;
	}
	assert_string_equal(split.data, pieces);
	ll_buf_free(&text);
	ll_buf_free(&split);
}

static void
llama3(void **state)
{
	static const char *const cases[] = {
		"Hello| world|!|",
		"I|'ll| do|'S|'T|'RE|'vE|'M|'lL|'D|",
		"I|'ll| do|'s|'t|'re|'ve|'m|'d|",
		"'\xc5\xbf|x|",
		"\xe2\x80\x99s| '|x|'rx|'r|'l| '|L|",
		"123|456|7|",
		"a|1|b|",
		"\xe0\xa5\xa7\xe0\xa5\xa8\xe0\xa5\xa9|\xe0\xa5\xaa| |\xc2\xbd|",
		" | |12| | |3| |4|",
		"\tfoo|\302\240bar|",
		"\n|foo|",
		" | foo|",
		"a|  |",
		"a|  |\xc2\xa0|1|",
		"a| \n\n|  | b|",
		"a|\r\n \n| |\t|!|",
		" !!!\n\n|  |",
		"a| ?| !\n\r\n|x|",
		"!?|x|",
		"e|\xcc\x81x|",
		"\x1c\xef\xbb\xbf| \xe1\xa0\x8e|",
		"\n|      |",
		"\n   \n|",
		"x|\xe3\x80\x80|\xe3\x80\x80y|",
		"\xe4\xb8\xad\xe6\x96\x87| \xed\x95\x9c\xea\xb5\xad\xec\x96\xb4|",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80| \xf0\x9f\x98\x80|",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(LL_SPLIT_LLAMA3, cases[i]);
}

static void
gpt2(void **state)
{
	static const char *const cases[] = {
		"Hello| world|!|",
		"I|'ll| do|'|S|'|T|'|RE|'|vE|'|M|'|lL|'|D|",
		"I|'ll| do|'s|'t|'re|'ve|'m|'d|",
		"'|\xc5\xbfx|",
		"\xe2\x80\x99|s| '|x|'|rx|'|r|'|l| '|L|",
		"1234567|",
		"a|1|b|",
		"\xe0\xa5\xa7\xe0\xa5\xa8\xe0\xa5\xa9\xe0\xa5\xaa| \xc2\xbd|",
		" | 12| | 3| 4|",
		"\t|foo|\xc2\xa0|bar|",
		"\n|foo|",
		" | foo|",
		"a|  |",
		"a|  |\xc2\xa0|1|",
		"a| \n\n  | b|",
		"a|\r\n \n |\t|!|",
		" !!!|\n\n  |",
		"a| ?| !|\n\r|\n|x|",
		"!?|x|",
		"e|\xcc\x81|x|",
		"\x1c\xef\xbb\xbf| \xe1\xa0\x8e|",
		"\n      |",
		"\n   \n|",
		"x|\xe3\x80\x80|\xe3\x80\x80|y|",
		"\xe4\xb8\xad\xe6\x96\x87| \xed\x95\x9c\xea\xb5\xad\xec\x96\xb4|",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80| \xf0\x9f\x98\x80|",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(LL_SPLIT_GPT2, cases[i]);
}

static void
smollm(void **state)
{
	static const char *const cases[] = {
		"Hello| world|!|",
		"I|'ll| do|'|S|'|T|'|RE|'|vE|'|M|'|lL|'|D|",
		"I|'ll| do|'s|'t|'re|'ve|'m|'d|",
		"'|\xc5\xbfx|",
		"\xe2\x80\x99|s| '|x|'|rx|'|r|'|l| '|L|",
		"1|2|3|4|5|6|7|",
		"a|1|b|",
		"\xe0\xa5\xa7|\xe0\xa5\xa8|\xe0\xa5\xa9|\xe0\xa5\xaa| |\xc2\xbd|",
		"  |1|2|  |3| |4|",
		"\t|foo|\xc2\xa0|bar|",
		"\n|foo|",
		" | foo|",
		"a|  |",
		"a|  \xc2\xa0|1|",
		"a| \n\n  | b|",
		"a|\r\n \n |\t|!|",
		" !!!|\n\n  |",
		"a| ?| !|\n\r|\n|x|",
		"!?|x|",
		"e|\xcc\x81|x|",
		"\x1c\xef\xbb\xbf| \xe1\xa0\x8e|",
		"\n      |",
		"\n   \n|",
		"x|\xe3\x80\x80|\xe3\x80\x80|y|",
		"\xe4\xb8\xad\xe6\x96\x87| \xed\x95\x9c\xea\xb5\xad\xec\x96\xb4|",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80| \xf0\x9f\x98\x80|",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(LL_SPLIT_SMOLLM, cases[i]);
}

/* Each byte that is not UTF-8 is one code point of no class: truncated, overlong, a surrogate. */
static void
not_utf8(void **state)
{
	(void)state;
	check(LL_SPLIT_LLAMA3, "\xff\xfe|");
	check(LL_SPLIT_LLAMA3, "a|\x80z|");
	check(LL_SPLIT_LLAMA3, "a| \xc3|1|");
	check(LL_SPLIT_LLAMA3, "\xe2\x82|1|\xf4\x90\x80\x80\n|");
	check(LL_SPLIT_LLAMA3, "\xed\xa0\x80\xc0\xaf|x|");
	check(LL_SPLIT_GPT2, " \xed\xa0\x80|x|\xff|");
	check(LL_SPLIT_SMOLLM, " \xc0|7|\xaf|");
}

static void
classes(void **state)
{
	size_t count[4] = { 0 };

	(void)state;
	for (uint32_t code = 0; code < 0x110000; code++)
		count[ll_charclass_of(code)]++;
	assert_int_equal(count[LL_CHAR_LETTER], 141028);
	assert_int_equal(count[LL_CHAR_NUMBER], 1911);
	assert_int_equal(count[LL_CHAR_SPACE], 25);
	assert_int_equal(ll_charclass_of(0x3000), LL_CHAR_SPACE);
	assert_int_equal(ll_charclass_of(0x180e), LL_CHAR_OTHER);
	assert_int_equal(ll_charclass_of(0x323af), LL_CHAR_LETTER);
	assert_int_equal(ll_charclass_of(0x110000), LL_CHAR_OTHER);
	assert_int_equal(ll_charclass_of(UINT32_MAX), LL_CHAR_OTHER);
}

/* 2 MB of each: a splitter that looks back or ahead too often does not end within the test's time. */
static void
linear(void **state)
{
	static const char *const units[] = {
		"a", " ", "\n", "\n ", " \n  ", "1", "!", "'", " '", "\xe3\x80\x80", "\xff", "'s", "!\n", "A", "Aa", "\xcc\x81",
		"\xcc\x81""A", "\xe4\xb8\xad""A", "/"
	};
	const size_t length = 2000000;
	unsigned char *text = malloc(length);

	(void)state;
	assert_non_null(text);
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		size_t size = strlen(units[u]);

		for (size_t i = 0; i < length; i++)
			text[i] = (unsigned char)units[u][i % size];
		for (int splitter = LL_SPLIT_LLAMA3; splitter < LL_SPLITTERS; splitter++) {
			size_t at = 0;

			while (at < length)
				at += ll_split_next((enum ll_splitter)splitter, text + at, length - at);
			assert_int_equal(at, length);
		}
	}
	free(text);
}

static void
check_cut(const struct ll_json *record, size_t line, void *context)
{
	const struct ll_json *sizes = ll_json_get(record, "sizes");
	int splitter = ll_split_by_name(ll_json_text_of(ll_json_get(record, "name"), NULL), NULL);
	size_t length, at = 0;
	const char *text = ll_json_text_of(ll_json_get(record, "text"), &length);

	(void)context;
	assert_true(splitter >= 0);
	for (size_t i = 0; i < ll_json_count(sizes); i++) {
		size_t size = ll_split_next((enum ll_splitter)splitter, (const unsigned char *)text + at, length - at);
		int64_t want = 0;

		assert_true(ll_json_integer(ll_json_at(sizes, i), &want));
		if ((int64_t)size != want)
			fail_msg("line %zu: piece %zu of '%s' has %zu bytes, should have %lld", line, i, text, size, (long long)want);
		at += size;
	}
	if (text != NULL)
		assert_int_equal(at, length);
}

/* As the package tokenizers cuts by the regular expressions. */
static void
golden(void **state)
{
	(void)state;
	assert_int_equal(golden_each(golden_own_path("golden/split.jsonl"), check_cut, NULL), 560);
	assert_int_equal(golden_each(golden_own_path("golden/split-steps.jsonl"), check_cut, NULL), 264);
}

static void
cases(void **state)
{
	size_t count[4] = { 0 };

	(void)state;
	for (uint32_t code = 0; code < 0x110000; code++) {
		enum ll_charcase is = ll_charcase_of(code);

		count[is]++;
		if (is == LL_CASE_UPPER || is == LL_CASE_LOWER)
			assert_int_equal(ll_charclass_of(code), LL_CHAR_LETTER);
		if (is == LL_CASE_MARK)
			assert_int_equal(ll_charclass_of(code), LL_CHAR_OTHER);
	}
	/* Unicode 16: 1,858 Lu and 31 Lt, 2,258 Ll, 2,020 Mn, 468 Mc and 13 Me. */
	assert_int_equal(count[LL_CASE_UPPER], 1858 + 31);
	assert_int_equal(count[LL_CASE_LOWER], 2258);
	assert_int_equal(count[LL_CASE_MARK], 2020 + 468 + 13);
	assert_int_equal(ll_charcase_of(UINT32_MAX), LL_CASE_NONE);
}

static void
by_name(void **state)
{
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_split_by_name("llama-bpe", &err), LL_SPLIT_LLAMA3);
	assert_int_equal(ll_split_by_name("llama-v3", &err), LL_SPLIT_LLAMA3);
	assert_int_equal(ll_split_by_name("smollm", &err), LL_SPLIT_SMOLLM);
	assert_int_equal(ll_split_by_name("gpt-2", &err), LL_SPLIT_GPT2);
	assert_true(ll_split_whole_first("llama-bpe") && ll_split_whole_first("tekken"));
	assert_false(ll_split_whole_first("smaug-bpe") || ll_split_whole_first("gpt-2") || ll_split_whole_first("none"));
	assert_int_equal(ll_split_by_name("deepseek-coder", NULL), LL_SPLIT_DEEPSEEK_CODER);
	assert_int_equal(ll_split_by_name("llama-spm", &err), -LL_EUNSUPPORTED);
	assert_non_null(strstr(err.text, "'llama-spm'"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(llama3),
		cmocka_unit_test(gpt2),
		cmocka_unit_test(smollm),
		cmocka_unit_test(not_utf8),
		cmocka_unit_test(golden),
		cmocka_unit_test(classes),
		cmocka_unit_test(cases),
		cmocka_unit_test(linear),
		cmocka_unit_test(by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
