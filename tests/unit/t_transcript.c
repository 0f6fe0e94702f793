/*
 * Transcripts: texts come out whole and in the order of their ids, whatever order they come in.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tokenize/transcript.h"

static void
expect(struct ll_transcript *transcript, const char *text)
{
	struct ll_buf *shown = ll_transcript_text(transcript);

	assert_int_equal(shown->len, strlen(text));
	if (shown->len > 0)
		assert_memory_equal(shown->data, text, shown->len);
	shown->len = 0;
}

static void
test_the_first_is_shown_as_it_grows(void **state)
{
	struct ll_transcript *transcript;

	(void)state;
	assert_int_equal(ll_transcript_new(&transcript, "\n", 1, NULL), 0);
	assert_int_equal(ll_transcript_begin(transcript, 5, NULL), 0);
	assert_int_equal(ll_transcript_add(transcript, 7, "seven", 5, NULL), 0);
	assert_int_equal(ll_transcript_add(transcript, 5, "fi", 2, NULL), 0);
	expect(transcript, "fi");
	assert_int_equal(ll_transcript_end(transcript, 7, NULL), 0);
	expect(transcript, "");
	assert_int_equal(ll_transcript_add(transcript, 5, "ve", 2, NULL), 0);
	assert_int_equal(ll_transcript_end(transcript, 5, NULL), 0);
	expect(transcript, "ve\nseven\n");
	ll_transcript_free(transcript);
}

/* Half a character is held back, and shown when its sequence has ended. */
static void
test_half_a_character(void **state)
{
	struct ll_transcript *transcript;

	(void)state;
	assert_int_equal(ll_transcript_new(&transcript, "", 0, NULL), 0);
	assert_int_equal(ll_transcript_add(transcript, 1, "a\xc3", 2, NULL), 0);
	expect(transcript, "a");
	assert_int_equal(ll_transcript_add(transcript, 2, "b", 1, NULL), 0);
	assert_int_equal(ll_transcript_end_all(transcript, NULL), 0);
	expect(transcript, "\xc3" "b");
	ll_transcript_free(transcript);
}

/* Many that come in a scattered order, some while others have been shown. */
static void
test_any_order(void **state)
{
	enum { COUNT = 1000 };
	struct ll_transcript *transcript;
	struct ll_buf all = { 0 };
	char text[16];

	(void)state;
	assert_int_equal(ll_transcript_new(&transcript, ";", 1, NULL), 0);
	for (uint64_t i = 0; i < COUNT; i++)
		assert_int_equal(ll_transcript_begin(transcript, i, NULL), 0);
	for (uint64_t i = 0; i < COUNT; i++) {
		uint64_t id = i * 387 % COUNT;
		int length = snprintf(text, sizeof(text), "%d", (int)id);

		assert_int_equal(ll_transcript_add(transcript, id, text, (size_t)length, NULL), 0);
		assert_int_equal(ll_transcript_end(transcript, id, NULL), 0);
		assert_int_equal(ll_buf_add(&all, ll_transcript_text(transcript)->data,
		    ll_transcript_text(transcript)->len, NULL), 0);
		ll_transcript_text(transcript)->len = 0;
		/* New ones behind keep the array moving. */
		assert_int_equal(ll_transcript_add(transcript, COUNT + id, "", 0, NULL), 0);
	}
	for (size_t at = 0, i = 0; i < COUNT; i++) {
		int length = snprintf(text, sizeof(text), "%d;", (int)i);

		assert_true(at + (size_t)length <= all.len);
		assert_memory_equal(all.data + at, text, (size_t)length);
		at += (size_t)length;
		assert_true(i + 1 < COUNT || at == all.len);
	}
	ll_buf_free(&all);
	ll_transcript_free(transcript);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_is_shown_as_it_grows),
		cmocka_unit_test(test_half_a_character),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
