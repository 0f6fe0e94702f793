/*
 * What is shown of a stream; see shown.h.
 */

#include <string.h>

#include "base/err.h"
#include "tokenize/shown.h"
#include "tokenize/spoken.h"
#include "tokenize/transcript.h"

void
ll_shown_free(struct ll_shown *shown)
{
	ll_transcript_free(shown->transcript);
	ll_answers_free(shown->answers);
	ll_spoken_free(shown->spoken);
	shown->spoken = NULL;
	shown->transcript = NULL;
	shown->answers = NULL;
}

struct ll_buf *
ll_shown_text(struct ll_shown *shown)
{
	return shown->answers != NULL ? ll_answers_lines(shown->answers) : ll_transcript_text(shown->transcript);
}

/* Whether a sequence's text has begun; NULL: *err says why. */
static bool *
begun_of(struct ll_shown *shown, uint64_t sequence, struct ll_err *err)
{
	return shown->answers != NULL ? ll_answers_begun(shown->answers, sequence, err) :
	    ll_transcript_begun(shown->transcript, sequence, err);
}

static int
failure(const struct ll_err *err)
{
	return err != NULL && err->code != 0 ? -err->code : -LL_ENOMEM;
}

/* One id's text, `show` bytes of it at most; a hidden one only begins the text. */
static int
show_id(struct ll_shown *shown, uint64_t sequence, uint32_t id, uint32_t show, bool hidden, struct ll_err *err)
{
	bool *begun = begun_of(shown, sequence, err);
	const char *bytes;
	size_t length;
	bool is_special;
	int status;

	if (begun == NULL)
		return failure(err);
	if (hidden && *begun)
		return 0;
	if (shown->spoken != NULL && !hidden)
		return ll_spoken_id(shown->spoken, shown->tokenizer, sequence, id, show, false, err);
	if ((status = ll_tokenizer_piece(shown->tokenizer, id, &bytes, &length, &is_special, err)) < 0)
		return status;
	length = show < length ? show : length;
	ll_tokenizer_strip(shown->tokenizer, id, begun, &bytes, &length);
	if (hidden || (is_special && !shown->special))
		return 0;
	return shown->answers != NULL ? ll_answers_text(shown->answers, sequence, bytes, length, err) :
	    ll_transcript_add(shown->transcript, sequence, bytes, length, err);
}

/* A sequence whose beginning went by, or another turn of one: not only BOS is before it. */
static int
note_position(struct ll_shown *shown, uint64_t sequence, uint64_t position, struct ll_err *err)
{
	bool *begun = begun_of(shown, sequence, err);

	if (begun == NULL)
		return failure(err);
	*begun |= position > 1;
	return 0;
}

int
ll_shown_prompt(struct ll_shown *shown, uint64_t sequence, uint64_t position, const uint32_t *ids,
    size_t count, bool context, bool complete, struct ll_err *err)
{
	int status = shown->answers != NULL ? ll_answers_prompt(shown->answers, sequence, count, err) :
	    ll_transcript_begin(shown->transcript, sequence, err);

	if (status == 0)
		status = note_position(shown, sequence, position, err);
	for (size_t i = 0; i < count && status == 0; i++)
		status = show_id(shown, sequence, ids[i], UINT32_MAX, context && !shown->echo, err);
	return status == 0 && complete && !context ? ll_shown_end(shown, sequence, NULL, err) : status;
}

static int
name_token(const struct ll_shown *shown, struct ll_answer_token *token, struct ll_err *err)
{
	bool is_special;

	return ll_tokenizer_piece(shown->tokenizer, token->id, &token->bytes, &token->length, &is_special, err);
}

/* What else the model might have said; only where it was asked for. */
static int
show_logprobs(struct ll_shown *shown, uint64_t sequence, const struct ll_shown_sample *sample,
    struct ll_err *err)
{
	struct ll_answer_token token = { .id = sample->token, .logprob = sample->logprob };
	const char *list = sample->alternatives;
	int status = name_token(shown, &token, err);

	if (status == 0)
		status = ll_answers_logprob(shown->answers, sequence, &token, err);
	for (size_t i = 0; i < sample->count && status == 0; i++) {
		memcpy(&token.id, list + 8 * i, 4);
		memcpy(&token.logprob, list + 8 * i + 4, 4);
		if ((status = name_token(shown, &token, err)) == 0)
			status = ll_answers_alternative(shown->answers, sequence, &token, err);
	}
	return status;
}

int
ll_shown_sample(struct ll_shown *shown, uint64_t sequence, uint64_t position,
    const struct ll_shown_sample *sample, struct ll_err *err)
{
	int status = note_position(shown, sequence, position, err);

	if (status == 0 && shown->answers != NULL && !sample->final &&
	    (sample->count > 0 || ll_answers_asks_logprobs(shown->answers, sequence)))
		status = show_logprobs(shown, sequence, sample, err);
	if (shown->spoken != NULL && sample->final)
		return ll_spoken_id(shown->spoken, shown->tokenizer, sequence, sample->token, 0, true, err);
	if (status < 0 || (sample->final && !shown->special))
		return status;
	return show_id(shown, sequence, sample->token, sample->show, false, err);
}

static int
end_spoken(struct ll_shown *shown, uint64_t sequence, struct ll_err *err)
{
	struct ll_buf line = { 0 };
	int status = ll_spoken_end(shown->spoken, sequence, &line, err);

	if (status == 0)
		status = ll_transcript_add(shown->transcript, sequence, line.data, line.len, err);
	ll_buf_free(&line);
	return status;
}

int
ll_shown_end(struct ll_shown *shown, uint64_t sequence, const struct ll_answer_end *end, struct ll_err *err)
{
	int status = shown->spoken != NULL ? end_spoken(shown, sequence, err) : 0;

	return status < 0 ? status : shown->answers != NULL ? ll_answers_end(shown->answers, sequence, end, err) :
	    ll_transcript_end(shown->transcript, sequence, err);
}

int
ll_shown_end_all(struct ll_shown *shown, bool in_order, struct ll_err *err)
{
	uint64_t sequence;
	int status = 0;

	while (status == 0 && shown->spoken != NULL && ll_spoken_any(shown->spoken, &sequence))
		status = end_spoken(shown, sequence, err);
	if (status < 0)
		return status;
	if (shown->answers == NULL)
		return ll_transcript_end_all(shown->transcript, err);
	return in_order ? ll_answers_end_all(shown->answers, err) : ll_answers_give_up(shown->answers, err);
}
