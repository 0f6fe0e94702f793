/*
 * Text taken apart: lines whatever pieces they come in, sources joined and apart, JSON strings
 * and base64, whole files, and how progress reads.
 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cmocka.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/rng.h"
#include "base/sources.h"
#include "serve/progress.h"

/* Each line and a '|'. */
static void
collect(struct ll_lines *lines, bool end, struct ll_buf *out)
{
	const char *line;
	size_t length;

	while (ll_lines_next(lines, end, &line, &length)) {
		assert_int_equal(ll_buf_add(out, line, length, NULL), 0);
		assert_int_equal(ll_buf_puts(out, "|", NULL), 0);
	}
}

static void
in_random_pieces(void **state)
{
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 1, 0);
	for (int round = 0; round < 300; round++) {
		struct ll_lines lines = { .delimiter = '\n' };
		struct ll_buf out = { 0 };
		char text[64], wanted[80] = "";
		size_t length = ll_rng_next(&rng) % 60, done = 0, n = 0;

		for (size_t i = 0; i < length; i++) {
			text[i] = "ab\n"[ll_rng_next(&rng) % 3];
			wanted[n++] = text[i] == '\n' ? '|' : text[i];
		}
		if (length > 0 && text[length - 1] != '\n')
			wanted[n++] = '|';
		while (done < length) {
			size_t piece = 1 + ll_rng_next(&rng) % (length - done);

			assert_int_equal(ll_lines_add(&lines, text + done, piece, NULL), 0);
			done += piece;
			if (ll_rng_next(&rng) % 2)
				collect(&lines, false, &out);
		}
		collect(&lines, true, &out);
		assert_int_equal(out.len, n);
		assert_memory_equal(n > 0 ? out.data : "", wanted, n);
		ll_lines_free(&lines);
		ll_buf_free(&out);
	}
}

/* Of a line that is too long its beginning, once; the lines behind it as they are. */
static void
too_long(void **state)
{
	static const char *const pieces[] = { "ab\nabc", "defg", "h", "ij\nxy", "z\n", "\nklmno\nabcdefg", "h" };
	struct ll_lines lines = { .delimiter = '\n', .most = 4 };
	struct ll_buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		assert_int_equal(ll_lines_add(&lines, pieces[i], strlen(pieces[i]), NULL), 0);
		collect(&lines, false, &out);
		assert_true(lines.text.len - lines.begin <= 4);
	}
	collect(&lines, true, &out);
	/* What comes behind the end begins a line. */
	assert_int_equal(ll_lines_add(&lines, "new", 3, NULL), 0);
	collect(&lines, true, &out);
	assert_string_equal(out.data, "ab|abcdefg|xyz||klmno|abcdefg|new|");
	ll_lines_free(&lines);
	ll_buf_free(&out);
}

static int
note_cut(void *arg, const struct ll_cut *cut, struct ll_err *err)
{
	return ll_buf_printf(arg, err, "%zu:%.*s;", cut->line, (int)cut->length, cut->text);
}

/* Literal texts: joined their lines go on from one into the next, apart they end. */
static void
sources_joined_and_apart(void **state)
{
	static const char *const texts[] = { "a\nb", "c\nd\n", "e" };
	static const char *const wanted[] = { "0:a\nbc\nd\ne;", "1:a;2:bc;3:d;4:e;", "1:a;2:b;1:c;2:d;1:e;" };

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct ll_buf out = { 0 };
		const struct ll_sources_plan plan = {
			.split = kind > 0, .apart = kind == 2, .delimiter = '\n', .out = -1, .take = note_cut, .arg = &out,
		};
		struct ll_sources sources = { 0 };

		for (int i = 0; i < 3; i++)
			assert_int_equal(ll_sources_add(&sources, texts[i], true, NULL), 0);
		assert_int_equal(ll_sources_read(&sources, &plan, NULL), 0);
		assert_string_equal(out.data, wanted[kind]);
		free(sources.list);
		ll_buf_free(&out);
	}
}

/* RFC 4648, section 10 */
static void
base64_vectors(void **state)
{
	static const char *const wanted[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

	(void)state;
	for (size_t length = 0; length <= 6; length++) {
		struct ll_buf out = { 0 };

		assert_int_equal(ll_base64_put(&out, "foobar", length, NULL), 0);
		assert_string_equal(length > 0 ? out.data : "", wanted[length]);
		ll_buf_free(&out);
	}
}

static void
quoted(const char *text, size_t length, const char *wanted, int bad)
{
	struct ll_buf out = { 0 };

	assert_int_equal(ll_json_quote(&out, text, length, NULL), bad);
	assert_string_equal(out.data, wanted);
	ll_buf_free(&out);
}

static void
json_strings(void **state)
{
	(void)state;
	quoted("", 0, "\"\"", 0);
	quoted("a\"b\\c\n\t\r", 8, "\"a\\\"b\\\\c\\n\\t\\u000d\"", 0);
	quoted("\0\x1f\x7f", 3, "\"\\u0000\\u001f\\u007f\"", 0);
	quoted("\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\"", 0);
	quoted("a\xff\xc3", 3, "\"a\xef\xbf\xbd\xef\xbf\xbd\"", 1);
	quoted("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", 1);
}

static void
reads(struct ll_progress progress, int64_t ms, const char *wanted)
{
	char text[200];

	ll_progress_text(&progress, ms, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void
progress_reads(void **state)
{
	(void)state;
	reads((struct ll_progress){ .total = 10 }, 0, "0 of 10 records");
	reads((struct ll_progress){ .records = 1 }, 1000, "1 record, 1/s, 0 tokens/s");
	reads((struct ll_progress){ .records = 20, .tokens = 500, .before = 30, .total = 100 }, 10000,
	    "50 of 100 records, 2/s, 50 tokens/s, 0:25 left");
	reads((struct ll_progress){ .records = 1, .tokens = 1, .total = 4000 }, 2000,
	    "1 of 4000 records, 0.5/s, 0.5 tokens/s, 2:13:18 left");
	reads((struct ll_progress){ .records = 1200, .tokens = 12345 }, 1000, "1200 records, 1200/s, 12345 tokens/s");
	reads((struct ll_progress){ .records = 5, .total = 5 }, 1000, "5 of 5 records, 5/s, 0 tokens/s");
}

/* Memory that is new need not be zeros. */
static void
an_empty_file_is_a_text(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	struct ll_buf text = { 0 };

	(void)state;
#ifdef __GLIBC__
	mallopt(M_PERTURB, ~'x');
#endif
	assert_int_equal(ll_read_all(fd, &text, "null", NULL), 0);
#ifdef __GLIBC__
	mallopt(M_PERTURB, 0);
#endif
	assert_int_equal(text.len, 0);
	assert_string_equal(text.data, "");
	ll_buf_free(&text);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_random_pieces),
		cmocka_unit_test(too_long),
		cmocka_unit_test(sources_joined_and_apart),
		cmocka_unit_test(base64_vectors),
		cmocka_unit_test(json_strings),
		cmocka_unit_test(progress_reads),
		cmocka_unit_test(an_empty_file_is_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
