/*
 * From texts to sequences; see prompts.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sources.h"
#include "tokenize/prompts.h"
#include "tokenize/record.h"

/* The prompt with one of its choices behind. */
struct answered {
	struct ll_ids ids;
	size_t want;
};

struct ll_prompts {
	struct ll_prompts_plan plan;
	struct ll_chat format;
	bool format_open;
	struct ll_json *tools;
	struct ll_ids ids;
	struct ll_stretches answers;	/* in them */
	struct ll_buf meta, asked;
	struct ll_buf examples;
	size_t examples_left;
	struct answered each[LL_CHOICES_MAX];
	uint64_t records, sequences;	/* numbers that are taken; what was given out */
	bool failed;
};

/* The format is needed from here on, if not before. */
static int
open_format(struct ll_prompts *p, struct ll_err *err)
{
	const struct ll_vocab *vocab = ll_tokenizer_vocab(p->plan.tokenizer);
	int status = p->format_open ? 0 : ll_prompt_format(&p->format, p->plan.format, p->plan.date, vocab, err);

	if (status == 0 && p->plan.tools != NULL && p->tools == NULL)
		status = ll_prompt_open_tools(&p->tools, p->plan.tools, err);
	p->format.tools = p->tools;
	p->format_open = status == 0;
	return status;
}

int
ll_prompts_new(struct ll_prompts **out, const struct ll_prompts_plan *plan, struct ll_err *err)
{
	struct ll_prompts *p = ll_alloc(1, sizeof(*p), err);
	int status;

	if (p == NULL)
		return -LL_ENOMEM;
	p->plan = *plan;
	p->examples_left = plan->shots;
	/* What is wrong of these is told before a record, not at the first one with messages. */
	if ((plan->chat || plan->messages || plan->format != NULL || plan->tools != NULL) &&
	    (status = open_format(p, err)) < 0) {
		ll_prompts_free(p);
		return status;
	}
	*out = p;
	return 0;
}

void
ll_prompts_free(struct ll_prompts *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < LL_CHOICES_MAX; i++)
		free(p->each[i].ids.ids);
	free(p->ids.ids);
	free(p->answers.list);
	ll_buf_free(&p->meta);
	ll_buf_free(&p->asked);
	ll_buf_free(&p->examples);
	ll_json_free(p->tools);
	free(p);
}

uint64_t
ll_prompts_count(const struct ll_prompts *p)
{
	return p->sequences;
}

bool
ll_prompts_failed(const struct ll_prompts *p)
{
	return p->failed;
}

static struct ll_prompt_options
prompt_options(struct ll_prompts *p)
{
	return (struct ll_prompt_options){
		.bos = !p->plan.no_bos, .special = p->plan.special,
		.chat = p->plan.chat || p->plan.messages ? &p->format : NULL, .system = p->plan.system,
		.answers = p->plan.answers ? &p->answers : NULL,
	};
}

static int
put_meta(struct ll_prompts *p, uint32_t sample, struct ll_err *err)
{
	return p->plan.meta(p->plan.arg, p->records, sample, &p->meta, err);
}

static int
put_tokens(struct ll_prompts *p, uint32_t sample, const struct ll_ids *ids, size_t want, struct ll_err *err)
{
	p->sequences++;
	return p->plan.tokens(p->plan.arg, p->records, sample, ids->ids, ids->count, want, err);
}

/* A bad record fails alone: it is told, and whoever reads the answers learns it in its place. */
static int
record_failed(struct ll_prompts *p, const struct ll_record *record, const struct ll_err *why, struct ll_err *err)
{
	int status;

	p->plan.complain(why->text);
	p->failed = true;
	p->meta.len = 0;
	status = ll_record_failed(record, why, &p->meta, err);
	return status == 0 ? put_meta(p, 0, err) : status;
}

/* A window has the text's BOS, if it has one, before its part of the tokens. */
static int
put_window(struct ll_prompts *p, bool bos, uint32_t number, const struct ll_window *window, struct ll_err *err)
{
	uint32_t *first = p->ids.ids + bos + window->begin, kept = 0;
	struct ll_ids ids = { .ids = first - bos, .count = window->count + bos };
	int status;

	if (bos) {
		kept = *ids.ids;
		*ids.ids = p->ids.ids[0];
	}
	status = put_tokens(p, number, &ids, window->want, err);
	if (bos)
		*ids.ids = kept;
	return status;
}

/* META of a text that has become `count` sequences; `front`: META so far, an object. */
static int
make_parts_meta(struct ll_prompts *p, const char *front, uint32_t count, struct ll_err *err)
{
	size_t members = strlen(front) - 1;
	int status;

	p->meta.len = 0;
	status = ll_buf_add(&p->meta, front, members, err);
	return status < 0 ? status : ll_buf_printf(&p->meta, err, "%s\"windows\":%u}", members > 1 ? "," : "", count);
}

/* Each answer with all that goes before it. */
static int
put_answers(struct ll_prompts *p, const char *front, bool messages, struct ll_err *err)
{
	struct ll_stretch whole = { .begin = 1, .end = p->ids.count };
	const struct ll_stretch *list = messages ? p->answers.list : &whole;
	size_t count = messages ? p->answers.count : 1;
	int status;

	if (count == 0)
		return ll_fail(err, LL_EDATA, "messages: no assistant turn to be scored");
	if (list[0].end <= list[0].begin)
		return ll_fail(err, LL_EDATA, "a text of %zu tokens has none that counts", p->ids.count);
	status = make_parts_meta(p, front, (uint32_t)count, err);
	for (uint32_t i = 0; status == 0 && i < count; i++) {
		struct ll_ids ids = { .ids = p->ids.ids, .count = list[i].end };

		if ((status = put_meta(p, i, err)) == 0)
			status = put_tokens(p, i, &ids, list[i].end - list[i].begin + 1, err);
	}
	return status;
}

static int
put_windows(struct ll_prompts *p, const char *front, struct ll_err *err)
{
	const struct ll_vocab *vocab = ll_tokenizer_vocab(p->plan.tokenizer);
	bool bos = vocab->add_bos && p->ids.count > 0 && p->ids.ids[0] == vocab->bos;
	size_t total = p->ids.count - bos, begin = 0, counted = 0;
	struct ll_window window;
	uint32_t count = 0;
	int status;

	while (ll_window_next(&p->plan.window, total, bos, &begin, &counted, &window))
		count++;
	if (count == 0)
		return ll_fail(err, LL_EDATA, "a text of %zu tokens has none that counts", p->ids.count);
	status = make_parts_meta(p, front, count, err);
	begin = counted = 0;
	for (uint32_t i = 0; status == 0 && ll_window_next(&p->plan.window, total, bos, &begin, &counted, &window); i++)
		if ((status = put_meta(p, i, err)) == 0)
			status = put_window(p, bos, i, &window, err);
	return status;
}

/* A choice behind a prompt; all are made before one is given out, so that a record fails whole. */
static int
put_choices(struct ll_prompts *p, size_t count, struct ll_err *err)
{
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++)
		status = put_tokens(p, i, &p->each[i].ids, p->each[i].want, err);
	return status;
}

/* The ids of the prompt are in p->ids where it is a chat's; else `text` is the prompt. */
static int
add_choice(struct ll_prompts *p, size_t which, const char *text, size_t length, const char *choice,
    size_t choice_length, struct ll_err *err)
{
	const struct ll_prompt_options options = prompt_options(p);
	struct answered *each = &p->each[which];

	each->ids.count = 0;
	if (text == NULL)
		return ll_prompt_answer(p->plan.tokenizer, &p->ids, choice, choice_length, &each->ids, &each->want, err);
	return ll_prompt_encode_pair(p->plan.tokenizer, &options, text, length, choice, choice_length, &each->ids,
	    &each->want, err);
}

/* The prompt once for each label; `text` as above. */
static int
put_labels(struct ll_prompts *p, const char *front, const char *text, size_t length, struct ll_err *err)
{
	size_t count = p->plan.label_count;
	int status = 0;

	for (size_t i = 0; i < count && status == 0; i++)
		status = add_choice(p, i, text, length, p->plan.labels[i], strlen(p->plan.labels[i]), err);
	for (uint32_t i = 0; i < count && status == 0; i++) {
		const char *label = p->plan.labels[i];

		p->meta.len = 0;
		status = ll_choice_meta(&p->meta, front, count, label, strlen(label), -1, 0, err);
		if (status == 0)
			status = put_meta(p, i, err);
	}
	return status == 0 ? put_choices(p, count, err) : status;
}

/* Every sample is a sequence; what they share is evaluated once, which is the head's affair. */
static int
put_samples(struct ll_prompts *p, const struct ll_record *record, struct ll_err *err)
{
	int64_t samples = p->plan.text ? 1 : ll_record_sequences(record);
	int status;

	p->meta.len = 0;
	status = ll_record_meta(record, &p->meta, err);
	for (uint32_t i = 0; i < samples && status == 0; i++)
		if ((status = put_meta(p, i, err)) == 0)
			status = put_tokens(p, i, &p->ids, 0, err);
	return status;
}

/* A bad prompt of many fails alone, as a bad record does; `placed`: what is told begins with its place. */
static int
prompt_failed(struct ll_prompts *p, const struct ll_cut *cut, bool placed, const struct ll_err *why, struct ll_err *err)
{
	struct ll_err own = { 0 };

	if (cut->line == 0)
		return ll_fail(err, why->code, "%s", why->text);
	if (!placed)
		ll_fail(&own, LL_EDATA, "%s %zu: %s", p->plan.nul ? "text" : "line", cut->line, why->text);
	return record_failed(p, &(struct ll_record){ 0 }, placed ? why : &own, err);
}

/* One prompt, whole: to ids, and out. */
static int
one_prompt(struct ll_prompts *p, const struct ll_cut *cut, struct ll_err *err)
{
	const struct ll_prompt_options prompt = prompt_options(p);
	const struct ll_tokenizer *tokenizer = p->plan.tokenizer;
	bool plain = !p->plan.from_ids && prompt.chat == NULL;
	struct ll_err own = { 0 };
	bool placed;
	int status;

	p->ids.count = p->answers.count = 0;
	status = p->plan.from_ids ? ll_prompt_parse_ids(tokenizer, cut->text, cut->length, &p->ids, &own) :
	    p->plan.messages ? ll_prompt_encode_json(tokenizer, &prompt, cut->text, cut->length, &p->ids, cut->name, cut->line, &own) :
	    ll_prompt_encode(tokenizer, &prompt, cut->text, cut->length, &p->ids, &own);
	placed = status < 0 && p->plan.messages;
	if (status < 0)
		;
	else if (p->ids.count == 0 && !p->plan.text)
		status = ll_fail(&own, LL_EDATA, "prompt is empty");
	else if (p->plan.label_count > 0)
		status = put_labels(p, "{}", plain ? cut->text : NULL, cut->length, &own);
	else if (p->plan.window.size > 0)
		status = put_windows(p, "{}", &own);
	else if (p->plan.answers)
		status = put_answers(p, "{}", true, &own);
	else
		status = put_tokens(p, 0, &p->ids, 0, &own);
	if (status == -LL_EDATA)
		status = prompt_failed(p, cut, placed, &own, err);
	else if (status < 0)
		*err = own;
	p->records++;
	return status;
}

static int
put_record(struct ll_prompts *p, const struct ll_record *record, bool chat, struct ll_err *err)
{
	struct ll_buf front = { 0 };
	int status;

	if (p->plan.label_count == 0 && p->plan.window.size == 0 && !p->plan.answers)
		return put_samples(p, record, err);
	if (record->samples > 1)
		return ll_fail(err, LL_EDATA, "n: a prompt that is scored has no samples");
	if ((status = ll_record_meta(record, &front, err)) < 0)
		;
	else if (p->plan.label_count > 0)
		status = put_labels(p, front.data, chat ? NULL : record->prompt, record->prompt_length, err);
	else if (p->plan.answers)
		status = put_answers(p, front.data, record->messages != NULL, err);
	else
		status = put_windows(p, front.data, err);
	ll_buf_free(&front);
	return status;
}

static int
one_record(struct ll_prompts *p, const struct ll_cut *cut, const char *where, struct ll_err *err)
{
	struct ll_prompt_options prompt = prompt_options(p);
	struct ll_err own = { 0 }, told = { 0 };
	struct ll_record record;
	int status = ll_record_parse(&record, cut->text, cut->length, where, &own);

	p->ids.count = p->answers.count = 0;
	if (status == 0 && record.messages != NULL) {
		prompt.chat = &p->format;
		status = open_format(p, &own);
	}
	if (status == 0)
		status = ll_prompt_encode_record(p->plan.tokenizer, &prompt, &record, &p->ids, where, &own);
	if (status == 0 && (status = put_record(p, &record, prompt.chat != NULL, &told)) < 0) {
		if (status == -LL_EDATA)
			ll_fail(&own, LL_EDATA, "%s: %s", where, told.text);
		else
			own = told;
	}
	if (status == -LL_EDATA)
		status = record_failed(p, &record, &own, err);
	else if (status < 0)
		*err = own;
	ll_record_free(&record);
	return status;
}

/* An example before the questions: asked and answered. */
static int
add_example(struct ll_prompts *p, const struct ll_question *q, const char *where, struct ll_err *err)
{
	const char *answer;
	size_t length;
	int status;

	if (q->answer < 0)
		return ll_fail(err, LL_EDATA, "%s: answer: is missing, but this is one of %zu examples", where, p->plan.shots);
	answer = ll_question_choice(q, (size_t)q->answer, p->plan.letters, &length);
	if ((status = ll_question_ask(q, p->plan.letters, &p->examples, err)) < 0 ||
	    (status = ll_buf_puts(&p->examples, " ", err)) < 0 ||
	    (status = ll_buf_add(&p->examples, answer, length, err)) < 0)
		return status;
	p->examples_left--;
	return ll_buf_puts(&p->examples, "\n\n", err);
}

static int
ask(struct ll_prompts *p, const struct ll_question *q, const char *front, struct ll_err *err)
{
	const struct ll_prompt_options prompt = prompt_options(p);
	const char *choice;
	size_t length;
	int status;

	p->asked.len = p->ids.count = 0;
	if ((status = ll_buf_add(&p->asked, p->examples.data, p->examples.len, err)) == 0)
		status = ll_question_ask(q, p->plan.letters, &p->asked, err);
	if (status == 0 && prompt.chat != NULL)
		status = ll_prompt_encode(p->plan.tokenizer, &prompt, p->asked.data, p->asked.len, &p->ids, err);
	for (size_t i = 0; i < q->count && status == 0; i++) {
		choice = ll_question_choice(q, i, p->plan.letters, &length);
		status = add_choice(p, i, prompt.chat != NULL ? NULL : p->asked.data, p->asked.len, choice, length, err);
	}
	for (uint32_t i = 0; i < q->count && status == 0; i++) {
		choice = ll_question_choice(q, i, p->plan.letters, &length);
		p->meta.len = 0;
		status = ll_choice_meta(&p->meta, front, q->count, choice, length, q->answer, p->plan.letters ? 0 : length, err);
		if (status == 0)
			status = put_meta(p, i, err);
	}
	return status == 0 ? put_choices(p, q->count, err) : status;
}

static int
one_question(struct ll_prompts *p, const struct ll_cut *cut, const char *where, struct ll_err *err)
{
	struct ll_buf front = { 0 };
	struct ll_err own = { 0 }, told = { 0 };
	struct ll_question q;
	int status = ll_question_parse(&q, cut->text, cut->length, where, &own);

	/* Without its examples no question is what was meant. */
	if (p->examples_left > 0) {
		if (status < 0 || (status = add_example(p, &q, where, &own)) < 0)
			*err = own;
		ll_question_free(&q);
		return status;
	}
	if (status == 0 && (status = ll_record_meta(&(struct ll_record){ .id = q.id }, &front, &own)) == 0 &&
	    (status = ask(p, &q, front.data, &told)) < 0) {
		if (status == -LL_EDATA)
			ll_fail(&own, LL_EDATA, "%s: %s", where, told.text);
		else
			own = told;
	}
	if (status == -LL_EDATA)
		status = record_failed(p, &(struct ll_record){ .id = q.id }, &own, err);
	else if (status < 0)
		*err = own;
	ll_buf_free(&front);
	ll_question_free(&q);
	return status;
}

int
ll_prompts_take(struct ll_prompts *p, const struct ll_cut *cut, struct ll_err *err)
{
	char where[300];
	int status = 0;

	if (!p->plan.jsonl && !p->plan.questions)
		return one_prompt(p, cut, err);
	snprintf(where, sizeof(where), "%.250s:%zu", cut->name, cut->line);
	if (!ll_record_blank(cut->text, cut->length))
		status = p->plan.questions ? one_question(p, cut, where, err) : one_record(p, cut, where, err);
	p->records++;
	return status;
}
