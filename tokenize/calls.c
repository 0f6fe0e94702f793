/*
 * A model's answer taken apart; see calls.h. Bytes wait in `held` from `at` on until it is
 * known what they are; no byte is looked at more than a few times.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/callforms.h"
#include "tokenize/calls.h"
#include "tokenize/tokenizer.h"

#define LONGEST_LEAD 256	/* up to where a candidate shows what it is */

enum state {
	START,		/* at the beginning, or behind a call */
	TEXT,
	FUNCTION,	/* candidates; the last three wait for the end: */
	OBJECT,
	LIST,
	BUILTIN,
	TAGGED,
	LISTED,
	ENDED
};

struct ll_calls {
	enum state state;
	bool certain;		/* the candidate's beginning is right */
	bool begun;		/* for ll_tokenizer_strip */
	struct ll_buf said;
	struct ll_buf held;
	size_t at;		/* held before it is done with */
	size_t lead;		/* white space at the beginning of what is held */
	size_t searched;	/* no closing tag of a function begins before it */
	struct ll_callset set;
	enum ll_calls_stop stop;
};

int
ll_calls_new(struct ll_calls **out, struct ll_err *err)
{
	*out = ll_alloc(1, sizeof(**out), err);
	return *out != NULL ? 0 : -LL_ENOMEM;
}

void
ll_calls_free(struct ll_calls *p)
{
	if (p == NULL)
		return;
	ll_callset_free(&p->set);
	ll_buf_free(&p->said);
	ll_buf_free(&p->held);
	free(p);
}

/* What is held. */
static const char *
rest(const struct ll_calls *p, size_t *length)
{
	*length = p->held.len - p->at;
	return p->held.data != NULL ? p->held.data + p->at : "";
}

/* Whether it may yet begin so: as much of it as there is does. */
static bool
may_begin(const char *text, size_t length, const char *with)
{
	size_t size = strlen(with);

	return memcmp(text, with, length < size ? length : size) == 0;
}

static int
say(struct ll_calls *p, size_t length, struct ll_err *err)
{
	int status = ll_buf_add(&p->said, p->held.data + p->at, length, err);

	p->at += length;
	p->lead = 0;
	return status;
}

/* Deciding: each returns 1 if it moved on and the next state is to be tried, 0 to wait. */

static const char open_tag[] = "<function=", close_tag[] = "</function>";
#define OPEN_LENGTH (sizeof(open_tag) - 1)
#define CLOSE_LENGTH (sizeof(close_tag) - 1)

static int
become(struct ll_calls *p, enum state state)
{
	p->state = state;
	p->certain = false;
	return 1;
}

static int
decide_start(struct ll_calls *p, bool end, struct ll_err *err)
{
	size_t length;
	const char *text;

	text = rest(p, &length);
	p->lead += ll_call_spaces(text + p->lead, length - p->lead);
	text += p->lead;
	length -= p->lead;
	if (length == 0) {
		/* White space behind a call is nobody's. */
		if (end && p->set.count == 0)
			return say(p, p->lead, err);
		if (end)
			p->at = p->held.len;
		return 0;
	}
	if (text[0] == '{')
		return become(p, OBJECT);
	if (text[0] == '[')
		return become(p, LIST);
	if (text[0] == '<')
		return become(p, FUNCTION);
	return become(p, ll_call_word(text[0]) ? BUILTIN : TEXT);
}

/* Passes on what cannot be a tag. */
static int
decide_text(struct ll_calls *p, bool end, struct ll_err *err)
{
	size_t length;
	const char *text = rest(p, &length), *tag = text;
	int status;

	while ((tag = memchr(tag, '<', length - (size_t)(tag - text))) != NULL &&
	    !may_begin(tag, length - (size_t)(tag - text), open_tag))
		tag++;
	if (tag == NULL || (end && length - (size_t)(tag - text) < OPEN_LENGTH))
		return say(p, length, err);
	status = say(p, (size_t)(tag - text), err);
	if (status < 0 || length - (size_t)(tag - text) < OPEN_LENGTH)
		return status;
	return become(p, FUNCTION);
}

/* A name without white space or brackets, and a brace: 1; it may come: 0; it will not: -1. */
static int
function_begins(const char *text, size_t length)
{
	size_t i = OPEN_LENGTH;

	if (!may_begin(text, length, open_tag))
		return -1;
	if (length < OPEN_LENGTH)
		return 0;
	while (i < length && i < OPEN_LENGTH + LL_CALL_LONGEST_NAME && !ll_call_space(text[i]) &&
	    strchr("<>{}", text[i]) == NULL)
		i++;
	if (i == length)
		return 0;
	if (text[i] != '>' || i == OPEN_LENGTH)
		return -1;
	i++;
	while (i < length && i < LONGEST_LEAD && ll_call_space(text[i]))
		i++;
	return i == LONGEST_LEAD ? -1 : i == length ? 0 : text[i] == '{' ? 1 : -1;
}

/* Not a tag after all: its first byte is text, and the rest may hold another. */
static int
not_a_function(struct ll_calls *p, struct ll_err *err)
{
	int status = say(p, p->lead + 1, err);

	return status < 0 ? status : become(p, TEXT);
}

static int
decide_function(struct ll_calls *p, bool end, struct ll_err *err)
{
	size_t length, begin = p->at + p->lead, close;
	const char *text = rest(p, &length) + p->lead, *found;
	int got = p->certain ? 1 : function_begins(text, length - p->lead);

	if (got < 0 || (got == 0 && end))
		return not_a_function(p, err);
	if (got == 0)
		return 0;
	p->certain = true;
	if (p->searched < begin)
		p->searched = begin;
	found = memmem(p->held.data + p->searched, p->held.len - p->searched, close_tag, CLOSE_LENGTH);
	if (found == NULL && !end) {
		if (p->held.len - p->searched >= CLOSE_LENGTH)
			p->searched = p->held.len - CLOSE_LENGTH + 1;
		return 0;
	}
	close = found != NULL ? (size_t)(found - p->held.data) : p->held.len;
	p->searched = close;
	got = ll_callform_function(&p->set, text + OPEN_LENGTH, close - begin - OPEN_LENGTH, err);
	if (got < 0)
		return got;
	if (got == 0)
		return not_a_function(p, err);
	p->at = close + (found != NULL ? CLOSE_LENGTH : 0);
	p->lead = 0;
	return become(p, START);
}

/* As function_begins: {"name" or another key of a call. */
static int
object_begins(const char *text, size_t length)
{
	static const char *const keys[] = {
		"\"name\"", "\"type\"", "\"function\"", "\"parameters\"", "\"arguments\"", "\"id\""
	};
	size_t i = 1 + ll_call_spaces(text + 1, length - 1);
	int best = -1;

	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]) && i < LONGEST_LEAD; k++) {
		if (ll_call_begins(text + i, length - i, keys[k]))
			return 1;
		if (may_begin(text + i, length - i, keys[k]))
			best = 0;
	}
	return best;
}

/* [name( */
static int
list_begins(const char *text, size_t length)
{
	size_t i = 1 + ll_call_spaces(text + 1, length - 1), name = i;

	while (i < length && i < LONGEST_LEAD &&
	    (ll_call_word(text[i]) || text[i] == '.' || (unsigned char)text[i] >= 0x80))
		i++;
	if (i >= LONGEST_LEAD)
		return -1;
	if (i < length && i > name)
		i += ll_call_spaces(text + i, length - i);
	return i >= LONGEST_LEAD ? -1 : i == length ? 0 : text[i] == '(' && i > name ? 1 : -1;
}

/* name.call( */
static int
builtin_begins(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && i <= LL_CALL_LONGEST_NAME && ll_call_word(text[i]))
		i++;
	if (i == 0 || i > LL_CALL_LONGEST_NAME)
		return -1;
	if (ll_call_begins(text + i, length - i, ".call("))
		return 1;
	return may_begin(text + i, length - i, ".call(") ? 0 : -1;
}

/* The candidates that only the end of the answer decides. */
static int
decide_whole(struct ll_calls *p, bool end, struct ll_err *err)
{
	static const struct {
		int (*begins)(const char *text, size_t length);
		int (*read)(struct ll_callset *set, const char *text, size_t length, struct ll_err *err);
	} kinds[] = {
		[OBJECT] = { object_begins, ll_callform_objects },
		[LIST] = { list_begins, ll_callform_list },
		[BUILTIN] = { builtin_begins, ll_callform_builtin },
	};
	size_t length;
	const char *text = rest(p, &length) + p->lead;
	int got;

	length -= p->lead;
	got = p->certain ? 1 : kinds[p->state].begins(text, length);
	p->certain = got > 0;
	if (got < 0)
		return become(p, TEXT);
	if (!end)
		return 0;
	got = got > 0 ? kinds[p->state].read(&p->set, text, length, err) : 0;
	if (got < 0)
		return got;
	if (got == 0)
		return become(p, TEXT);
	p->at = p->held.len;
	p->lead = 0;
	return become(p, START);
}

/* Behind the tag: a call in any form, or else code. */
static int
decide_tagged(struct ll_calls *p, struct ll_err *err)
{
	size_t length, lead;
	const char *text = rest(p, &length);
	struct ll_json *code;
	int got;

	lead = ll_call_spaces(text, length);
	text += lead;
	length -= lead;
	got = ll_call_begins(text, length, "{") ? ll_callform_objects(&p->set, text, length, err) :
	    ll_call_begins(text, length, "[") ? ll_callform_list(&p->set, text, length, err) :
	    ll_callform_builtin(&p->set, text, length, err);
	if (got == 0 && ll_call_begins(text, length, open_tag)) {
		size_t close = length;

		while (close > 0 && ll_call_space(text[close - 1]))
			close--;
		if (close >= CLOSE_LENGTH && memcmp(text + close - CLOSE_LENGTH, close_tag, CLOSE_LENGTH) == 0)
			close -= CLOSE_LENGTH;
		if (close > OPEN_LENGTH)
			got = ll_callform_function(&p->set, text + OPEN_LENGTH, close - OPEN_LENGTH, err);
	}
	if (got == 0) {
		text = rest(p, &length);
		code = ll_json_object();
		ll_json_set(code, "code", ll_json_string(text, length));
		got = ll_callset_add(&p->set, "code_interpreter", strlen("code_interpreter"), code, err);
	}
	p->at = p->held.len;
	return got < 0 ? got : 0;
}

/* Behind Mistral's tag: a list, or else text. */
static int
decide_listed(struct ll_calls *p, struct ll_err *err)
{
	size_t length;
	const char *text = rest(p, &length);
	int got = length > 0 ? ll_callform_array(&p->set, text, length, err) : 0;

	if (got == 0 && length > 0)
		return say(p, length, err);
	p->at = p->held.len;
	return got < 0 ? got : 0;
}

static int
decide(struct ll_calls *p, bool end, struct ll_err *err)
{
	int got = 1;

	while (got > 0 && p->at < p->held.len) {
		switch (p->state) {
		case START:
			got = decide_start(p, end, err);
			break;
		case TEXT:
			got = decide_text(p, end, err);
			break;
		case FUNCTION:
			got = decide_function(p, end, err);
			break;
		case TAGGED:
		case LISTED:
		case ENDED:
			got = 0;
			break;
		default:
			got = decide_whole(p, end, err);
		}
	}
	if (p->at == p->held.len)
		p->at = p->lead = p->searched = p->held.len = 0;
	return got < 0 ? got : 0;
}

int
ll_calls_text(struct ll_calls *p, const char *bytes, size_t length, struct ll_err *err)
{
	int status;

	if (p->state == ENDED)
		return ll_fail(err, LL_EBUG, "calls: text behind the end");
	/* What is done with makes room, when it is most of it. */
	if (p->at > 0 && p->at >= p->held.len - p->at) {
		memmove(p->held.data, p->held.data + p->at, p->held.len - p->at);
		p->held.len -= p->at;
		p->searched = p->searched > p->at ? p->searched - p->at : 0;
		p->at = 0;
	}
	if ((status = ll_buf_add(&p->held, bytes, length, err)) < 0)
		return status;
	return decide(p, false, err);
}

static int
take_tag(struct ll_calls *p, enum state state, struct ll_err *err)
{
	int status;

	if (p->state == ENDED)
		return ll_fail(err, LL_EBUG, "calls: a tag behind the end");
	if (p->state == TAGGED || p->state == LISTED)
		return 0;
	/* What stood before it is complete; white space alone is nothing. */
	if (p->state == START)
		p->at = p->held.len;
	status = decide(p, true, err);
	become(p, state);
	return status;
}

int
ll_calls_tag(struct ll_calls *p, struct ll_err *err)
{
	return take_tag(p, TAGGED, err);
}

int
ll_calls_list_tag(struct ll_calls *p, struct ll_err *err)
{
	return take_tag(p, LISTED, err);
}

static bool
is_stop(const struct ll_vocab *vocab, uint32_t id)
{
	size_t i = 0;

	while (i < vocab->stop_count && vocab->stops[i] != id)
		i++;
	return i < vocab->stop_count || id == vocab->eos || id == vocab->eot;
}

int
ll_calls_id(struct ll_calls *p, const struct ll_tokenizer *tokenizer, uint32_t id, uint32_t show,
    struct ll_err *err)
{
	const char *bytes;
	size_t length;
	bool special;
	int status = ll_tokenizer_piece(tokenizer, id, &bytes, &length, &special, err);

	if (status < 0)
		return status;
	length = special || show > length ? length : show;
	ll_tokenizer_strip(tokenizer, id, &p->begun, &bytes, &length);
	if (!special)
		return ll_calls_text(p, bytes, length, err);
	if (length == strlen("<|python_tag|>") && memcmp(bytes, "<|python_tag|>", length) == 0)
		return ll_calls_tag(p, err);
	if (length == strlen("[TOOL_CALLS]") && memcmp(bytes, "[TOOL_CALLS]", length) == 0)
		return ll_calls_list_tag(p, err);
	if (length == strlen("<|eom_id|>") && memcmp(bytes, "<|eom_id|>", length) == 0)
		p->stop = LL_STOPPED_MESSAGE;
	else if (is_stop(ll_tokenizer_vocab(tokenizer), id))
		p->stop = LL_STOPPED_TURN;
	return 0;
}

int
ll_calls_end(struct ll_calls *p, struct ll_err *err)
{
	int status;

	if (p->state == ENDED)
		return ll_fail(err, LL_EBUG, "calls: ended twice");
	status = p->state == TAGGED ? decide_tagged(p, err) : p->state == LISTED ? decide_listed(p, err) :
	    decide(p, true, err);
	p->state = ENDED;
	return status;
}

struct ll_buf *
ll_calls_said(struct ll_calls *p)
{
	return &p->said;
}

const struct ll_call *
ll_calls_list(const struct ll_calls *p, size_t *count)
{
	*count = p->set.count;
	return p->set.list;
}

enum ll_calls_stop
ll_calls_stop(const struct ll_calls *p)
{
	return p->stop;
}

int
ll_calls_message(const struct ll_calls *p, struct ll_json **out, struct ll_err *err)
{
	struct ll_json *message = ll_json_object(), *list = ll_json_array();
	int status;

	ll_json_set(message, "role", ll_json_string("assistant", 9));
	ll_json_set(message, "content", ll_json_string(p->said.data != NULL ? p->said.data : "", p->said.len));
	for (size_t i = 0; i < p->set.count; i++) {
		struct ll_json *call = ll_json_object(), *function = ll_json_object();

		ll_json_set(function, "name", ll_json_string(p->set.list[i].name, strlen(p->set.list[i].name)));
		ll_json_set(function, "arguments", ll_json_keep(p->set.list[i].arguments));
		ll_json_set(call, "type", ll_json_string("function", 8));
		if (p->set.list[i].id != NULL)
			ll_json_set(call, "id", ll_json_string(p->set.list[i].id, strlen(p->set.list[i].id)));
		ll_json_set(call, "function", function);
		ll_json_add(list, call);
	}
	if (p->set.count > 0)
		ll_json_set(message, "tool_calls", list);
	else
		ll_json_free(list);
	if (p->stop != LL_STOPPED_NOT)
		ll_json_set(message, "stop_reason", p->stop == LL_STOPPED_MESSAGE ?
		    ll_json_string("end_of_message", 14) : ll_json_string("end_of_turn", 11));
	status = ll_json_complete(err);
	if (status < 0)
		ll_json_free(message);
	else
		*out = message;
	return status;
}
