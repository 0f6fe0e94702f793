/*
 * Fuzz target: questions of JSON Lines ('q'), and what happens to the records of ll-score ('s'),
 * a line each: m META, o its tokens come, a a token counts, c the sequence ends, f it ends and
 * has failed, each with a digit for the record and one for the sample; e the stream ends.
 * Records come out in order, and those that are whole have all that they say.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sample/report.h"
#include "sample/scores.h"
#include "tokenize/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
one_question(const char *line, size_t length)
{
	struct ll_question q;
	struct ll_buf asked = { 0 };
	struct ll_err err = { 0 };

	if (ll_question_parse(&q, line, length, "fuzz", &err) == 0) {
		check(q.count >= 2 && q.count <= LL_CHOICES_MAX && q.answer >= -1 && q.answer < (int)q.count && q.length > 0);
		for (int letters = 0; letters <= 1; letters++)
			check(ll_question_ask(&q, letters, &asked, &err) == 0);
		for (size_t i = 0; i < q.count; i++) {
			size_t n;

			check(ll_question_choice(&q, i, true, &n) != NULL && n == 1);
			check(ll_question_choice(&q, i, false, &n) != NULL && n > 0);
		}
		check(asked.len > 2 * q.length);
	} else {
		check(err.code != 0);
	}
	ll_buf_free(&asked);
	ll_question_free(&q);
}

struct order {
	bool begun;
	uint64_t last;
};

static int
give(void *arg, struct ll_scored *record, struct ll_err *err)
{
	struct order *order = arg;
	struct ll_buf text = { 0 };

	check(!order->begun || record->record > order->last);
	*order = (struct order){ true, record->record };
	check(record->failed || (record->count == record->expected && record->closed == record->count));
	check(record->failed || record->choices == 0 || record->answer < (int64_t)record->count);
	for (int json = 0; json <= 1; json++) {
		check(ll_report_record(&text, record, json, err) == 0);
		if (record->failed || record->choices > 0)
			check(ll_report_question(&text, record, json, err) == 0 && ll_report_class(&text, record, json, err) == 0);
	}
	ll_buf_free(&text);
	return 0;
}

/* False if the stream is bad. */
static bool
one_event(struct ll_scores *scores, struct order *order, const char *line, size_t length)
{
	uint64_t record = length > 1 ? (uint64_t)((unsigned char)line[1] & 15) : 0;
	uint32_t sample = length > 2 ? (uint32_t)((unsigned char)line[2] & 15) : 0;
	struct ll_err err = { 0 };
	struct ll_part *part;
	int status = 0;

	switch (length > 0 ? line[0] : 0) {
	case 'm':
		if (length > 3)
			status = ll_scores_meta(scores, record, sample, line + 3, length - 3, "fuzz", &err);
		break;
	case 'o':
		status = ll_scores_open(scores, record, sample, "fuzz", &err);
		break;
	case 'a':
		if ((part = ll_scores_part(scores, record, sample)) != NULL)
			ll_tally_add(&part->tally, length > 3 ? -(double)(unsigned char)line[3] / 16 : -INFINITY, length);
		break;
	case 'c':
	case 'f':
		status = ll_scores_close(scores, record, sample, line[0] == 'f', &err);
		break;
	case 'e':
		status = ll_scores_end(scores, &err);
		*order = (struct order){ 0 };
		break;
	}
	check(status == 0 || (status == -LL_EDATA && err.code == LL_EDATA));
	return status == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order order = { 0 };
	struct ll_scores *scores = NULL;
	struct ll_err err = { 0 };
	const char *line = (const char *)data + 1, *end = (const char *)data + size;

	if (size == 0 || ll_scores_new(&scores, give, &order, &err) < 0)
		return 0;
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((newline != NULL ? newline : end) - line);

		if (data[0] == 'q')
			one_question(line, length);
		else if (!one_event(scores, &order, line, length))
			break;
		line += length + 1;
	}
	ll_scores_end(scores, &err);
	ll_scores_free(scores);
	return 0;
}
