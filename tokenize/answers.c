/*
 * Answers as JSON Lines; see answers.h. Records are a list by rising number, as in
 * transcript.c; a new one is nearly always the last, so it is looked for from the end.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/answers.h"
#include "tokenize/record.h"

struct answer {
	bool known, ended, failed;
	bool begun;		/* its text, for ll_tokenizer_strip */
	struct ll_buf text, logprobs;
	char reason[32];
	uint64_t prompt, generated;
	bool has_counts;
	bool alternatives;	/* the last token of logprobs has some */
	char *error;		/* JSON text of the object, or NULL */
};

struct record {
	struct record *next, *before;
	uint64_t number;
	char *id;		/* JSON text, or NULL */
	bool has_seed, greedy;
	bool logprobs;		/* it asks for them */
	uint64_t seed;
	size_t wanted;		/* samples */
	struct answer *answers;
	size_t count, cap;
};

struct ll_answers {
	struct record *first, *last;
	bool in_order;
	bool has_seed;
	uint64_t seed;
	bool logprobs;
	struct ll_buf lines;
};

int
ll_answers_new(struct ll_answers **out, bool in_order, struct ll_err *err)
{
	struct ll_answers *answers = ll_alloc(1, sizeof(*answers), err);

	if (answers == NULL)
		return -LL_ENOMEM;
	answers->in_order = in_order;
	*out = answers;
	return 0;
}

static void
drop(struct ll_answers *answers, struct record *record)
{
	*(record->before != NULL ? &record->before->next : &answers->first) = record->next;
	*(record->next != NULL ? &record->next->before : &answers->last) = record->before;
	for (size_t i = 0; i < record->count; i++) {
		ll_buf_free(&record->answers[i].text);
		ll_buf_free(&record->answers[i].logprobs);
		free(record->answers[i].error);
	}
	free(record->answers);
	free(record->id);
	free(record);
}

void
ll_answers_free(struct ll_answers *answers)
{
	if (answers == NULL)
		return;
	while (answers->first != NULL)
		drop(answers, answers->first);
	ll_buf_free(&answers->lines);
	free(answers);
}

void
ll_answers_begin(struct ll_answers *answers, const uint64_t *seed, bool logprobs)
{
	answers->logprobs = logprobs;
	answers->has_seed = seed != NULL;
	answers->seed = seed != NULL ? *seed : 0;
}

struct ll_buf *
ll_answers_lines(struct ll_answers *answers)
{
	return &answers->lines;
}

/* The record of this number; made if `make`. NULL if there is none, or no memory for it. */
static struct record *
get_record(struct ll_answers *answers, uint64_t number, bool make, struct ll_err *err)
{
	struct record *before = answers->last, *record;

	while (before != NULL && before->number > number)
		before = before->before;
	if (before != NULL && before->number == number)
		return before;
	if (!make || (record = ll_alloc(1, sizeof(*record), err)) == NULL)
		return NULL;
	record->number = number;
	record->wanted = 1;
	record->before = before;
	record->next = before != NULL ? before->next : answers->first;
	*(before != NULL ? &before->next : &answers->first) = record;
	*(record->next != NULL ? &record->next->before : &answers->last) = record;
	return record;
}

static struct answer *
get(struct ll_answers *answers, uint64_t sequence, bool make, struct record **of, struct ll_err *err)
{
	struct record *record = get_record(answers, sequence >> 32, make, err);
	size_t sample = (uint32_t)sequence;

	if (record == NULL)
		return NULL;
	*of = record;
	if (sample >= record->count) {
		/* Numbers of samples are allotted one by one: a leap is none of ours. */
		if (!make || sample >= record->count + LL_RECORD_SAMPLES_MAX) {
			ll_fail(err, LL_EDATA, "sequence %" PRIu64 ".%zu: a sample's number that leaps",
			    record->number, sample);
			return NULL;
		}
		if (ll_grow(&record->answers, &record->cap, sample + 1, sizeof(*record->answers), err) < 0)
			return NULL;
		memset(record->answers + record->count, 0,
		    (sample + 1 - record->count) * sizeof(*record->answers));
		record->count = sample + 1;
	}
	record->answers[sample].known = true;
	return &record->answers[sample];
}

static int
failure(const struct ll_err *err)
{
	return err != NULL && err->code != 0 ? -err->code : -LL_ENOMEM;
}

/* Writing. */

static int
put_number(struct ll_buf *out, const char *name, uint64_t number, struct ll_err *err)
{
	return ll_buf_printf(out, err, ",\"%s\":%" PRIu64, name, number);
}

/* A string, and behind it "bytes" if it was not UTF-8, so that nothing is lost. */
static int
put_text(struct ll_buf *out, const char *name, const char *bytes, size_t length, struct ll_err *err)
{
	int status = ll_buf_printf(out, err, "\"%s\":", name);

	if (status < 0 || (status = ll_json_quote(out, bytes, length, err)) <= 0)
		return status;
	if ((status = ll_buf_puts(out, ",\"bytes\":\"", err)) < 0 ||
	    (status = ll_base64_put(out, bytes, length, err)) < 0)
		return status;
	return ll_buf_puts(out, "\"", err);
}

/* Seeds above what a JSON reader has as an integer are told as a string. */
static int
put_seed(struct ll_buf *out, uint64_t seed, struct ll_err *err)
{
	return ll_buf_printf(out, err, seed <= INT64_MAX ? ",\"seed\":%" PRIu64 : ",\"seed\":\"%" PRIu64 "\"", seed);
}

static int
put_answer(struct ll_buf *out, const struct answer *answer, struct ll_err *err)
{
	int status = 0;

	if (!answer->failed || answer->text.len > 0)
		status = ll_buf_puts(out, ",", err) < 0 ? -LL_ENOMEM :
		    put_text(out, "text", answer->text.data != NULL ? answer->text.data : "", answer->text.len, err);
	if (status == 0 && answer->reason[0] != '\0' && (status = ll_buf_puts(out, ",\"finish\":", err)) == 0)
		status = ll_json_quote(out, answer->reason, strlen(answer->reason), err) < 0 ? -LL_ENOMEM : 0;
	if (status == 0 && answer->has_counts)
		status = put_number(out, "prompt_tokens", answer->prompt, err);
	if (status == 0 && answer->reason[0] != '\0')
		status = put_number(out, "generated_tokens", answer->generated, err);
	if (status == 0 && answer->logprobs.len > 0)
		status = ll_buf_printf(out, err, ",\"logprobs\":[%s%s", answer->logprobs.data,
		    answer->alternatives ? "]}]" : "}]");
	if (status == 0 && answer->error != NULL)
		status = ll_buf_printf(out, err, ",\"error\":%s", answer->error);
	return status;
}

static int
put_line(struct ll_answers *answers, const struct record *record, size_t sample, struct ll_err *err)
{
	const struct answer *answer = &record->answers[sample];
	struct ll_buf *out = &answers->lines;
	int status = ll_buf_printf(out, err, "{\"id\":%s", record->id != NULL ? record->id : "null");

	if (status == 0)
		status = put_number(out, "line", record->number + 1, err);
	if (status == 0 && (record->wanted > 1 || record->count > 1) &&
	    (status = put_number(out, "sample", sample, err)) == 0)
		status = put_number(out, "n", record->wanted > record->count ? record->wanted : record->count, err);
	if (status == 0)
		status = put_answer(out, answer, err);
	if (status == 0 && answer->reason[0] != '\0' && !record->greedy && (record->has_seed || answers->has_seed))
		status = put_seed(out, record->has_seed ? record->seed : answers->seed, err);
	return status == 0 ? ll_buf_puts(out, "}\n", err) : status;
}

static bool
is_complete(const struct record *record)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->answers[i].failed && record->answers[i].reason[0] == '\0')
			return true;	/* it failed before it was a sequence */
	if (record->count < record->wanted)
		return false;
	for (size_t i = 0; i < record->count; i++)
		if (!record->answers[i].ended)
			return false;
	return true;
}

/* All lines of a record at once. */
static int
give_out(struct ll_answers *answers, struct record *record, struct ll_err *err)
{
	size_t before = answers->lines.len;
	int status = 0;

	for (size_t i = 0; i < record->count && status == 0; i++)
		if (record->answers[i].known)
			status = put_line(answers, record, i, err);
	if (status < 0) {
		answers->lines.len = before;
		return status;
	}
	drop(answers, record);
	return 0;
}

/* Gives out what may be, now that `record` is complete. */
static int
advance(struct ll_answers *answers, struct record *record, struct ll_err *err)
{
	int status = 0;

	if (!is_complete(record))
		return 0;
	if (!answers->in_order)
		return give_out(answers, record, err);
	while (status == 0 && answers->first != NULL && is_complete(answers->first))
		status = give_out(answers, answers->first, err);
	return status;
}

/* What is told of a sequence. */

static int
keep_json(char **out, const struct ll_json *value, struct ll_err *err)
{
	if (value == NULL)
		return 0;
	free(*out);
	*out = ll_json_text(value, false, err);
	return *out != NULL ? 0 : -LL_ENOMEM;
}

int
ll_answers_meta(struct ll_answers *answers, uint64_t sequence, const char *text, size_t length,
    const char *where, struct ll_err *err)
{
	struct ll_record meta;
	struct record *record;
	struct answer *answer = NULL;
	int status = ll_record_read_meta(&meta, text, length, where, err);

	if (status == 0 && (answer = get(answers, sequence, true, &record, err)) == NULL)
		status = failure(err);
	if (status == 0 && (status = keep_json(&record->id, meta.id, err)) == 0)
		status = keep_json(&answer->error, meta.error, err);
	if (status == 0) {
		record->wanted = (size_t)meta.samples;
		record->has_seed = (meta.given & LL_GAVE_SEED) != 0;
		record->seed = (uint64_t)meta.seed;
		record->logprobs = (meta.given & LL_GAVE_LOGPROBS) != 0;
		record->greedy = ll_record_is_greedy(&meta) || meta.given & LL_GAVE_BEAMS;
		answer->failed = answer->ended = meta.error != NULL;
		status = advance(answers, record, err);
	}
	ll_record_free(&meta);
	return status;
}

int
ll_answers_prompt(struct ll_answers *answers, uint64_t sequence, uint64_t tokens, struct ll_err *err)
{
	struct record *record;
	struct answer *answer = get(answers, sequence, true, &record, err);

	if (answer == NULL)
		return failure(err);
	answer->prompt += tokens;
	answer->has_counts = true;
	return 0;
}

bool *
ll_answers_begun(struct ll_answers *answers, uint64_t sequence, struct ll_err *err)
{
	struct record *record;
	struct answer *answer = get(answers, sequence, true, &record, err);

	return answer != NULL ? &answer->begun : NULL;
}

int
ll_answers_text(struct ll_answers *answers, uint64_t sequence, const char *bytes, size_t length,
    struct ll_err *err)
{
	struct record *record;
	struct answer *answer = get(answers, sequence, true, &record, err);

	return answer == NULL ? failure(err) : ll_buf_add(&answer->text, bytes, length, err);
}

static int
put_token(struct ll_buf *out, const struct ll_answer_token *token, struct ll_err *err)
{
	int status;

	if ((status = ll_buf_printf(out, err, "{\"token\":%" PRIu32 ",", token->id)) < 0 ||
	    (status = put_text(out, "text", token->bytes, token->length, err)) < 0)
		return status;
	if (!isfinite(token->logprob))
		return ll_buf_puts(out, ",\"logprob\":null", err);
	return ll_buf_printf(out, err, ",\"logprob\":%.9g", (double)token->logprob);
}

bool
ll_answers_asks_logprobs(struct ll_answers *answers, uint64_t sequence)
{
	const struct record *record = get_record(answers, sequence >> 32, false, NULL);

	return answers->logprobs || (record != NULL && record->logprobs);
}

int
ll_answers_logprob(struct ll_answers *answers, uint64_t sequence, const struct ll_answer_token *token,
    struct ll_err *err)
{
	struct record *record;
	struct answer *answer = get(answers, sequence, true, &record, err);
	int status;

	if (answer == NULL)
		return failure(err);
	status = answer->logprobs.len == 0 ? 0 :
	    ll_buf_puts(&answer->logprobs, answer->alternatives ? "]}," : "},", err);
	answer->alternatives = false;
	return status < 0 ? status : put_token(&answer->logprobs, token, err);
}

int
ll_answers_alternative(struct ll_answers *answers, uint64_t sequence,
    const struct ll_answer_token *token, struct ll_err *err)
{
	struct record *record;
	struct answer *answer = get(answers, sequence, true, &record, err);
	int status;

	if (answer == NULL)
		return failure(err);
	status = ll_buf_puts(&answer->logprobs, answer->alternatives ? "," : ",\"top\":[", err);
	answer->alternatives = true;
	if (status == 0 && (status = put_token(&answer->logprobs, token, err)) == 0)
		status = ll_buf_puts(&answer->logprobs, "}", err);
	return status;
}

static int
keep_error(struct answer *answer, const struct ll_answer_end *end, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = ll_buf_printf(&text, err, "{\"code\":%d,\"message\":", end->code);

	if (status == 0)
		status = ll_json_quote(&text, end->message, strlen(end->message), err);
	if (status >= 0)
		status = ll_buf_puts(&text, "}", err);
	if (status < 0) {
		ll_buf_free(&text);
		return status;
	}
	free(answer->error);
	answer->error = text.data;
	answer->failed = true;
	return 0;
}

int
ll_answers_end(struct ll_answers *answers, uint64_t sequence, const struct ll_answer_end *end,
    struct ll_err *err)
{
	struct record *record = get_record(answers, sequence >> 32, false, err);
	struct answer *answer;
	int status;

	/* What was given out already, or never was anything, ends without a word; a sample that is wanted may have failed. */
	if (record == NULL || ((uint32_t)sequence >= record->count && (uint32_t)sequence >= record->wanted))
		return 0;
	if ((answer = get(answers, sequence, true, &record, err)) == NULL)
		return failure(err);
	if (answer->ended)
		return 0;
	if (end != NULL) {
		snprintf(answer->reason, sizeof(answer->reason), "%s", end->reason);
		answer->prompt = end->prompt;
		answer->generated = end->generated;
		answer->has_counts = true;
		if (end->code != 0 && (status = keep_error(answer, end, err)) < 0)
			return status;
	}
	answer->ended = true;
	return advance(answers, record, err);
}

int
ll_answers_end_all(struct ll_answers *answers, struct ll_err *err)
{
	int status = 0;

	while (answers->first != NULL && status == 0)
		status = give_out(answers, answers->first, err);
	return status;
}

int
ll_answers_give_up(struct ll_answers *answers, struct ll_err *err)
{
	struct record *next;
	int status = 0;

	for (struct record *record = answers->first; record != NULL && status == 0; record = next) {
		next = record->next;
		if (is_complete(record))
			status = give_out(answers, record, err);
		else
			drop(answers, record);
	}
	return status;
}
