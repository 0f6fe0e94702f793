/*
 * Stop strings against a matcher that looks at the whole text again, on random texts in random
 * pieces; and what becomes of a turn's tokens.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "sample/sequence.h"
#include "sample/settings.h"
#include "sample/strings.h"
#include "sample/stopper.h"

#define TEXT 60
#define PIECES 24

static void
random_text(struct ll_rng *rng, char *out, size_t length)
{
	for (size_t i = 0; i < length; i++)
		out[i] = (char)('a' + ll_rng_next(rng) % 2);
	out[length] = '\0';
}

/* The longest stop string that ends at text[end), or 0. */
static size_t
match_at(const char *text, size_t end, char (*stops)[8], size_t count)
{
	size_t longest = 0;

	for (size_t s = 0; s < count; s++) {
		size_t length = strlen(stops[s]);

		if (length <= end && length > longest && memcmp(text + end - length, stops[s], length) == 0)
			longest = length;
	}
	return longest;
}

/* How many bytes at the end begin some stop string. */
static size_t
undecided(const char *text, size_t end, char (*stops)[8], size_t count)
{
	for (size_t length = end < 8 ? end : 8; length > 0; length--)
		for (size_t s = 0; s < count; s++)
			if (length < strlen(stops[s]) && memcmp(text + end - length, stops[s], length) == 0)
				return length;
	return 0;
}

static struct ll_stops *
make_stops(struct ll_rng *rng, char (*texts)[8], size_t count)
{
	const char *pointers[8];
	struct ll_stops *stops;

	for (size_t s = 0; s < count; s++) {
		random_text(rng, texts[s], 1 + ll_rng_next(rng) % 7);
		pointers[s] = texts[s];
	}
	assert_int_equal(ll_stops_new(&stops, pointers, count, NULL), 0);
	return stops;
}

static void
equals_a_naive_matcher(void **state)
{
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 1, 2);
	for (size_t trial = 0; trial < 20000; trial++) {
		size_t stop_count = 1 + ll_rng_next(&rng) % 4;
		struct ll_stopper stopper = { 0 };
		char texts[4][8], text[TEXT + 1];
		struct ll_stops *stops = make_stops(&rng, texts, stop_count);
		bool found = false;

		random_text(&rng, text, TEXT);
		for (size_t at = 0, next; at < TEXT && !found; at = next) {
			uint64_t decided;

			next = at + ll_rng_next(&rng) % 6;
			next = next < TEXT ? next : TEXT;
			found = ll_stopper_take(&stopper, stops, text + at, next - at, &decided);
			for (size_t end = at + 1; end <= next; end++) {
				size_t length = match_at(text, end, texts, stop_count);

				if (length == 0)
					continue;
				assert_true(found);
				assert_int_equal(decided, end - length);
				break;
			}
			if (!found)
				assert_int_equal(decided, next - undecided(text, next, texts, stop_count));
		}
		if (!found)
			for (size_t end = 1; end <= TEXT; end++)
				assert_int_equal(match_at(text, end, texts, stop_count), 0);
		ll_stops_free(stops);
	}
}

static void
empty_strings_are_refused(void **state)
{
	const char *const texts[] = { "a", "" };
	struct ll_err err = { 0 };
	struct ll_stops *stops = NULL;

	(void)state;
	assert_int_equal(ll_stops_new(&stops, texts, 2, &err), -LL_EUSAGE);
	assert_null(stops);
}

struct fixture {
	struct ll_rng rng;
	struct ll_sequences *sequences;
	struct ll_piece pieces[PIECES];
	char bytes[PIECES][8];
	struct ll_vocab vocab;
	struct ll_settings settings;
	struct ll_turn_rules rules;
	char shown[1000];
	size_t shown_length;
	size_t written;
	bool final;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	ll_rng_seed(&f->rng, 3, 4);
	for (size_t i = 0; i < PIECES; i++) {
		random_text(&f->rng, f->bytes[i], i % 5);
		f->pieces[i] = (struct ll_piece){ f->bytes[i], (uint32_t)(i % 5), LL_TOKEN_NORMAL };
	}
	f->vocab.pieces = f->pieces;
	f->vocab.count = PIECES;
	f->settings = (struct ll_settings){ .limit = UINT64_MAX, .samples = 1, .best_of = 1 };
	f->rules = (struct ll_turn_rules){ .stop_ids = { 20, 23 }, .stop_id_count = 2, .vocab = &f->vocab,
		.defaults = &f->settings };
	assert_int_equal(ll_sequences_new(&f->sequences, 5, NULL), 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	ll_sequences_free(f->sequences);
	free(f);
	return 0;
}

static void
write_ready(struct fixture *f, struct ll_sequence *s)
{
	const struct ll_pick *pick;

	while ((pick = ll_sequence_ready(s)) != NULL) {
		const struct ll_piece *piece = &f->pieces[pick->token];
		size_t length = pick->show == LL_SHOW_ALL ? piece->length : pick->show;

		assert_true(length <= piece->length);
		assert_int_equal(pick->position, f->written++);
		f->final = pick->final;
		memcpy(f->shown + f->shown_length, piece->bytes, length);
		f->shown_length += length;
	}
	f->shown[f->shown_length] = '\0';
}

/* A prompt of as many tokens up to `end` as are missing. */
static void
prompt(struct fixture *f, struct ll_sequence *s, uint32_t epoch, uint64_t end, bool complete)
{
	static const uint32_t ids[40];
	uint64_t begin = s->past_count < end ? s->past_count : end;

	assert_int_equal(ll_sequence_prompt(s, &f->rules, epoch, begin, ids, end - begin, complete, NULL), 0);
}

static int
add(struct fixture *f, struct ll_sequence *s, uint32_t token, uint64_t position)
{
	struct ll_pick pick = { .token = token, .position = position, .epoch = s->epoch };
	int end = ll_sequence_add(s, &f->rules, &pick, NULL);

	write_ready(f, s);
	return end;
}

/* Turns of random tokens until a stop string, a stop id or the limit. */
static void
shows_what_comes_before_a_stop_string(void **state)
{
	struct fixture *f = *state;
	size_t ends[4] = { 0 };

	f->settings.limit = 30;
	for (size_t trial = 0; trial < 5000; trial++) {
		struct ll_sequence *s = ll_sequences_get(f->sequences, 9, NULL);
		size_t stop_count = 1 + ll_rng_next(&f->rng) % 3, length = 0, match = 0;
		char texts[4][8], text[1000];
		struct ll_stops *stops = make_stops(&f->rng, texts, stop_count);
		uint64_t position = 0, ends_at[31], due;
		int end = 0;

		f->settings.stops = stops;
		f->shown_length = f->written = 0;
		prompt(f, s, s->epoch + 1, 0, true);
		while (end == LL_TURN_GOES_ON) {
			uint32_t token = (uint32_t)(ll_rng_next(&f->rng) % (PIECES - 1));
			const struct ll_piece *piece = &f->pieces[token];

			assert_true(ll_sequence_asks(s, s->epoch, position));
			end = add(f, s, token, position++);
			if (end == LL_TURN_EOS)
				break;
			for (size_t i = 0; i < piece->length && match == 0; i++) {
				text[length++] = piece->bytes[i];
				match = match_at(text, length, texts, stop_count);
			}
			assert_int_equal(match > 0, end == LL_TURN_STRING);
			ends_at[position - 1] = length;
			for (due = 0; due < position; due++)
				if (ends_at[due] > length - undecided(text, length, texts, stop_count))
					break;
			if (end == LL_TURN_GOES_ON)
				assert_int_equal(f->written, due);
		}
		ends[end]++;
		assert_int_equal(f->written, position);
		assert_int_equal(f->shown_length, length - match);
		assert_memory_equal(f->shown, text, length - match);
		assert_int_equal(f->final, end == LL_TURN_EOS);
		assert_false(ll_sequence_asks(s, s->epoch, position));
		ll_stops_free(stops);
	}
	assert_true(ends[LL_TURN_EOS] > 50 && ends[LL_TURN_STRING] > 50 && ends[LL_TURN_LENGTH] > 5);
}

/* Tokens that a view forbids. */
static bool
is_forbidden(const struct ll_sampler_view *view, uint32_t token)
{
	for (size_t v = 0; v < sizeof(view->never) / sizeof(view->never[0]); v++)
		for (size_t i = 0; i < view->never[v].count; i++)
			if (view->never[v].ids[i] == token)
				return true;
	return false;
}

/* An answer of random tokens in which banned strings are taken back. */
static int
answer(struct fixture *f, struct ll_sequence *s, uint64_t position, size_t *backs)
{
	int end = 0;

	while (end == LL_TURN_GOES_ON || end == LL_TURN_BACK) {
		uint32_t token = (uint32_t)(ll_rng_next(&f->rng) % (PIECES - 1));
		struct ll_sampler_view view;

		ll_sequence_view(s, &f->rules, position, &view);
		assert_int_equal(view.past.count, position);
		if (is_forbidden(&view, token))
			continue;
		end = add(f, s, token, position++);
		if (end == LL_TURN_BACK) {
			position = s->back;
			ll_sequence_view(s, &f->rules, position, &view);
			assert_true(view.never[2].count > 0);
			(*backs)++;
		}
	}
	return end;
}

static void
banned_strings_are_taken_back(void **state)
{
	struct fixture *f = *state;
	size_t backs = 0, ends[4] = { 0 };

	f->settings.limit = 30;
	for (size_t trial = 0; trial < 3000; trial++) {
		struct ll_sequence *s = ll_sequences_get(f->sequences, 9, NULL);
		size_t count = 1 + ll_rng_next(&f->rng) % 3;
		char texts[4][8];
		const char *words[4];
		struct ll_strings *banned;

		ll_stops_free(make_stops(&f->rng, texts, count));
		for (size_t i = 0; i < count; i++)
			words[i] = texts[i];
		assert_int_equal(ll_strings_new(&banned, words, count, &f->vocab, NULL), 0);
		f->settings.banned = banned;
		f->shown_length = 0;
		f->written = 1;
		prompt(f, s, s->epoch + 1, 1, true);
		s->past_count = 1;
		ends[answer(f, s, 1, &backs)]++;
		for (size_t i = 0; i < count; i++)
			assert_null(strstr(f->shown, texts[i]));
		assert_int_equal(f->written, 1 + s->generated + f->final);
		ll_strings_free(banned);
	}
	assert_true(backs > 1000 && ends[LL_TURN_EOS] > 50 && ends[LL_TURN_LENGTH] > 50);
}

static void
limits_count_what_is_shown(void **state)
{
	struct fixture *f = *state;
	struct ll_sequence *s = ll_sequences_get(f->sequences, 1, NULL);

	f->settings.limit = 2;
	assert_int_equal(add(f, s, 1, 0), LL_TURN_GOES_ON);
	assert_int_equal(add(f, s, 2, 1), LL_TURN_LENGTH);
	assert_int_equal(s->generated, 2);
	prompt(f, s, 1, 2, true);
	assert_int_equal(add(f, s, 1, 2), LL_TURN_GOES_ON);
	assert_int_equal(add(f, s, 23, 3), LL_TURN_EOS);
	assert_int_equal(s->generated, 1);
	assert_true(f->final);
	assert_string_equal(ll_turn_end_name(LL_TURN_EOS), "eos");
}

static void
prompts_and_old_epochs_are_not_answered(void **state)
{
	struct fixture *f = *state;
	struct ll_sequence *s = ll_sequences_get(f->sequences, 1, NULL);

	prompt(f, s, 0, 3, false);
	assert_false(ll_sequence_asks(s, 0, 3));
	prompt(f, s, 0, 7, true);
	assert_false(ll_sequence_asks(s, 0, 6));
	assert_true(ll_sequence_asks(s, 0, 7));
	prompt(f, s, 2, 12, true);
	assert_false(ll_sequence_asks(s, 0, 12));
	assert_false(ll_sequence_asks(s, 1, 12));
	assert_true(ll_sequence_asks(s, 2, 12));
	prompt(f, s, 1, 20, true);
	assert_true(ll_sequence_asks(s, 2, 12));
	ll_sequence_end_turn(s, 3);
	assert_false(ll_sequence_asks(s, 3, 30));
	prompt(f, s, 3, 30, true);
	assert_true(ll_sequence_asks(s, 3, 30));
}

/* A cancelled turn lets go of what it held; a new epoch without an end drops it. */
static void
held_tokens_of_a_turn_that_ends(void **state)
{
	const char *const texts[] = { "abcdef" };
	struct fixture *f = *state;
	struct ll_sequence *s = ll_sequences_get(f->sequences, 1, NULL);
	struct ll_stops *stops;

	memcpy(f->bytes[3], "abc", 3);
	assert_int_equal(ll_stops_new(&stops, texts, 1, NULL), 0);
	f->settings.stops = stops;
	assert_int_equal(add(f, s, 3, 0), LL_TURN_GOES_ON);
	assert_int_equal(f->written, 0);
	ll_sequence_end_turn(s, 1);
	write_ready(f, s);
	assert_string_equal(f->shown, "abc");
	prompt(f, s, 1, 1, true);
	assert_int_equal(add(f, s, 3, 1), LL_TURN_GOES_ON);
	prompt(f, s, 2, 1, true);
	write_ready(f, s);
	assert_string_equal(f->shown, "abc");
	ll_stops_free(stops);
}

static void
tokens_outside_the_vocabulary(void **state)
{
	const char *const texts[] = { "x" };
	struct fixture *f = *state;
	struct ll_sequence *s = ll_sequences_get(f->sequences, 1, NULL);
	struct ll_pick pick = { .token = PIECES };
	struct ll_err err = { 0 };
	struct ll_stops *stops;

	assert_int_equal(ll_stops_new(&stops, texts, 1, NULL), 0);
	f->settings.stops = stops;
	assert_int_equal(ll_sequence_add(s, &f->rules, &pick, &err), -LL_EDATA);
	ll_stops_free(stops);
}

/* A sequence's random numbers depend on the seed and its id, not on its company. */
static void
each_sequence_draws_its_own_numbers(void **state)
{
	struct fixture *f = *state;
	uint64_t solo[1000];

	for (uint64_t id = 0; id < 1000; id++) {
		struct ll_rng rng;

		ll_rng_seed(&rng, 5, 1 + 7 * id);
		solo[id] = ll_rng_next(&rng);
	}
	for (uint64_t id = 0; id < 1000; id++)
		assert_non_null(ll_sequences_get(f->sequences, 1 + 7 * id, NULL));
	for (uint64_t id = 0; id < 1000; id += 3)
		ll_sequences_remove(f->sequences, 1 + 7 * id);
	for (uint64_t id = 1000; id-- > 0;) {
		struct ll_sequence *s = ll_sequences_find(f->sequences, 1 + 7 * id);

		if (id % 3 == 0)
			assert_null(s);
		else
			assert_int_equal(ll_rng_next(&s->rng), solo[id]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_a_naive_matcher),
		cmocka_unit_test(empty_strings_are_refused),
		cmocka_unit_test_setup_teardown(shows_what_comes_before_a_stop_string, set_up, tear_down),
		cmocka_unit_test_setup_teardown(banned_strings_are_taken_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_count_what_is_shown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prompts_and_old_epochs_are_not_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(held_tokens_of_a_turn_that_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tokens_outside_the_vocabulary, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_sequence_draws_its_own_numbers, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
