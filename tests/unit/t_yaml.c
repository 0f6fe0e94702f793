/*
 * The YAML reader: what it gives, what it refuses and with which line, and that what is
 * written reads back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rng.h"
#include "base/yaml.h"

static struct ll_yaml *
parse(const char *text)
{
	struct ll_err err = { 0 };
	struct ll_yaml *root;

	if (ll_yaml_parse(&root, text, strlen(text), "f", LL_ECONFIG, &err) < 0)
		fail_msg("%s", err.text);
	return root;
}

static void
reads(void **state)
{
	struct ll_yaml *root = parse("a: 1\nb:\n- 'x'\n- |\n  two\n  lines\nc: {d: ~}\n# no more\n");
	const struct ll_yaml *b = ll_yaml_get(root, "b"), *c = ll_yaml_get(root, "c");

	(void)state;
	assert_string_equal(ll_yaml_get(root, "a")->text, "1");
	assert_true(ll_yaml_get(root, "a")->plain);
	assert_int_equal(b->kind, LL_YAML_LIST);
	assert_int_equal(b->first->line, 3);
	assert_false(b->first->plain);
	assert_string_equal(b->first->next->text, "two\nlines\n");
	assert_null(b->first->next->next);
	assert_true(ll_yaml_is_null(ll_yaml_get(c, "d")));
	assert_int_equal(c->line, 7);
	assert_null(ll_yaml_get(root, "d"));
	ll_yaml_free(root);
}

static void
mark(void **state)
{
	struct ll_yaml *root = parse("\xef\xbb\xbf" "a: 1\r\nb:\r\n  c: 2\r\n");

	(void)state;
	assert_string_equal(ll_yaml_get(root, "a")->text, "1");
	assert_string_equal(ll_yaml_get(ll_yaml_get(root, "b"), "c")->text, "2");
	assert_int_equal(ll_yaml_get(root, "b")->line, 2);
	ll_yaml_free(root);
}

static void
empty(void **state)
{
	static const char *const texts[] = { "", "# nothing\n", "---\n", "\n\n", "~", "{}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ll_yaml *root = parse(texts[i]);

		assert_int_equal(root->kind, LL_YAML_MAP);
		assert_null(root->first);
		ll_yaml_free(root);
	}
}

static void
refuses(void **state)
{
	static const struct { const char *text, *told; } cases[] = {
		{ "a: 1\nb: &x 2\n", "f:2: anchors are not supported" },
		{ "a: &x [1]\n", "f:1: anchors are not supported" },
		{ "a: &x {}\n", "f:1: anchors are not supported" },
		{ "a: *x\n", "f:1: aliases are not supported" },
		{ "a: &a [x]\nb: &b [*a, *a]\n", "f:1: anchors are not supported" },
		{ "a:\n  <<: {b: 1}\n", "f:2: merge keys are not supported" },
		{ "a: 1\n\na: 2\n", "f:3: a: this key is there twice, first in line 1" },
		{ "a: !x 1\n", "f:1: tag !x is not supported" },
		{ "a: !!python/object:os.system []\n",
		  "f:1: tag tag:yaml.org,2002:python/object:os.system is not supported" },
		{ "[a]: 1\n", "f:1: a key must be a scalar" },
		{ "a: 1\n---\nb: 1\n", "f:2: a second document" },
		{ "a: 1\n b: 2\n", "f:2: mapping values are not allowed" },
		{ "\"a\\0\": 2\n", "f:1: a key with a zero byte" },
		{ "a: 1\nb: \xff\n", "f:2: invalid leading UTF-8 octet" },
		{ "a: !!binary '?'\n", "f:1: !!binary is not base64" },
		{ "a: !!binary 'AAAAA'\n", "f:1: !!binary is not base64" },
		{ "[[[[[[[[[[[[[[[[[[", "f:1: nested too deeply" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ll_err err = { 0 };
		struct ll_yaml *root;

		assert_int_equal(ll_yaml_parse(&root, cases[i].text, strlen(cases[i].text), "f", LL_ECONFIG, &err),
		    -LL_ECONFIG);
		assert_null(root);
		if (strncmp(err.text, cases[i].told, strlen(cases[i].told)) != 0)
			fail_msg("%s: told '%s'", cases[i].text, err.text);
	}
}

/* What hostile files are made of takes no time: depth and keys are bounded before they grow. */
static void
bounded(void **state)
{
	struct ll_buf text = { 0 };
	struct ll_err err = { 0 };
	struct ll_yaml *root;

	(void)state;
	for (int i = 0; i < 200000; i++)
		ll_buf_puts(&text, "[", NULL);
	assert_int_equal(ll_yaml_parse(&root, text.data, text.len, "f", LL_EDATA, &err), -LL_EDATA);
	text.len = 0;
	for (int i = 0; i < 200000; i++)
		ll_buf_printf(&text, NULL, "k%d: 1\n", i);
	err = (struct ll_err){ 0 };
	assert_int_equal(ll_yaml_parse(&root, text.data, text.len, "f", LL_EDATA, &err), -LL_EDATA);
	assert_string_equal(err.text, "f:1001: too many keys in one mapping");
	ll_buf_free(&text);
}

static void
same(const char *bytes, size_t length)
{
	struct ll_buf text = { 0 };
	struct ll_err err = { 0 };
	struct ll_yaml *root;

	for (int block = 0; block < 2; block++) {
		const struct ll_yaml *got;

		text.len = 0;
		ll_buf_puts(&text, "- a: ", &err);
		if (block)
			ll_yaml_put_block(&text, bytes, length, 2, &err);
		else
			ll_yaml_put(&text, bytes, length, &err);
		ll_buf_puts(&text, block ? "  b: end\n" : "\n  b: end\n", &err);
		if (ll_yaml_parse(&root, text.data, text.len, "f", LL_EDATA, &err) < 0)
			fail_msg("%s\n%s", err.text, text.data);
		got = ll_yaml_get(root->first, "a");
		assert_int_equal(got->length, length);
		assert_memory_equal(got->text, bytes, length);
		assert_string_equal(ll_yaml_get(root->first, "b")->text, "end");
		ll_yaml_free(root);
	}
	ll_buf_free(&text);
}

static void
there_and_back(void **state)
{
	static const char *const texts[] = {
		"", "a", "true", "~", "null", "-", "- a", "a: b", "# c", " lead", "trail ", "1.5", "-3", "%x", "@",
		"one\ntwo", "one\n", "one\n\n\n", "\n", "\none", "  one\ntwo", "one\n\n  two\n", "tab\there\nx", "a\rb\nc",
		"\xc3\xa4\n\xe2\x82\xac", "\xe2\x80\xa8 x\ny", "\xef\xbb\xbf", "\x1b[0m", "\xff\xfe", "caf\xc3", "\x7f",
		"'\"\\", "<|eot_id|>", "...", "---\nx", "a\n---\nb", "a #b\nc", "\xf0\x9f\xa6\x99\n\xf0\x9f\xa6\x99", "\xc2\x85\nx",
	};
	struct ll_rng rng;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		same(texts[i], strlen(texts[i]));
	same("a\0b", 3);
	ll_rng_seed(&rng, 1, 0);
	for (int i = 0; i < 3000; i++) {
		static const char letters[] = "ab \n\t:-#'\"\\|>{}[],&*!%@`\xc3\xa4\r\x01\xff?~";
		char bytes[24];
		size_t length = (size_t)(ll_rng_next(&rng) % sizeof(bytes));

		for (size_t j = 0; j < length; j++)
			bytes[j] = letters[ll_rng_next(&rng) % (sizeof(letters) - 1)];
		same(bytes, length);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(mark),
		cmocka_unit_test(empty),
		cmocka_unit_test(refuses),
		cmocka_unit_test(bounded),
		cmocka_unit_test(there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
