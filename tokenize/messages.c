/*
 * Messages from JSON; see messages.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "tokenize/messages.h"

/* What the messages point to beyond the caller's JSON. */
struct kept {
	struct kept *next;
	void *block;
	struct ll_json *value;
};

struct reading {
	struct ll_messages *all;
	char where[96];		/* "messages[2]" */
	struct ll_err *err;
};

static int
keep(struct reading *r, void *block, struct ll_json *value)
{
	struct kept *kept = ll_alloc(1, sizeof(*kept), r->err);

	if (kept == NULL) {
		free(block);
		ll_json_free(value);
		return -LL_ENOMEM;
	}
	*kept = (struct kept){ r->all->memory, block, value };
	r->all->memory = kept;
	return 0;
}

static int
wrong(const struct reading *r, const char *field, const char *what)
{
	return ll_fail(r->err, LL_EDATA, "%s%s%s: %s", r->where, field[0] != '\0' ? "." : "", field, what);
}

/* A text, or NULL where it is absent or null. */
static int
take_text(const struct reading *r, const struct ll_json *object, const char *field, const char **text,
    size_t *length)
{
	const struct ll_json *value = ll_json_get(object, field);

	*text = NULL;
	if (value == NULL || ll_json_kind(value) == LL_JSON_NULL)
		return 0;
	*text = ll_json_text_of(value, length);
	return *text != NULL ? 0 : wrong(r, field, "is not a string");
}

/* As take_text, of what is used up to a zero byte: none may be in it. */
static int
take_word(const struct reading *r, const struct ll_json *object, const char *field, const char **word)
{
	size_t length = 0;
	int status = take_text(r, object, field, word, &length);

	if (status == 0 && *word != NULL && strlen(*word) != length)
		status = wrong(r, field, "has a zero byte");
	return status;
}

/* The texts of a list of parts, joined. */
static int
join_parts(struct reading *r, struct ll_message *message, const struct ll_json *parts)
{
	static const char *const known[] = { "type", "text" };
	struct ll_buf text = { 0 };
	size_t used = strlen(r->where);
	int status = ll_buf_puts(&text, "", r->err);

	for (size_t i = 0; i < ll_json_count(parts) && status == 0; i++) {
		const struct ll_json *part = ll_json_at(parts, i);
		const char *type = ll_json_text_of(ll_json_get(part, "type"), NULL), *piece;
		size_t length;

		snprintf(r->where + used, sizeof(r->where) - used, ".content[%zu]", i);
		piece = ll_json_text_of(ll_json_get(part, "text"), &length);
		if (ll_json_kind(part) != LL_JSON_OBJECT || type == NULL)
			status = wrong(r, "", "is not a part with a type");
		else if (strcmp(type, "text") != 0 || piece == NULL)
			status = ll_fail(r->err, LL_EDATA, "%s: '%.100s': only parts of the type "
			    "text, with a text, can be taken", r->where, type);
		else if ((status = ll_json_only(part, known, sizeof(known) / sizeof(known[0]), r->where, r->err)) == 0)
			status = ll_buf_add(&text, piece, length, r->err);
	}
	r->where[used] = '\0';
	message->content = text.data;
	message->length = text.len;
	if (status == 0)
		return keep(r, text.data, NULL);
	ll_buf_free(&text);
	return status;
}

static bool
is_tool(const struct ll_message *message)
{
	return strcmp(message->role, "tool") == 0 || strcmp(message->role, "ipython") == 0;
}

static bool
is_part(const struct ll_json *value)
{
	const char *type = ll_json_text_of(ll_json_get(value, "type"), NULL);

	return type != NULL && strcmp(type, "text") == 0 && ll_json_text_of(ll_json_get(value, "text"), NULL) != NULL &&
	    ll_json_count(value) == 2;
}

/* A list of parts, where a tool may have answered with a list of any objects. */
static bool
is_texts(const struct ll_json *value)
{
	size_t count = ll_json_kind(value) == LL_JSON_ARRAY ? ll_json_count(value) : 0, i = 0;

	while (i < count && is_part(ll_json_at(value, i)))
		i++;
	return count > 0 && i == count;
}

static int
take_content(struct reading *r, struct ll_message *message, const struct ll_json *object)
{
	const struct ll_json *value = ll_json_get(object, "content");

	switch (ll_json_kind(value)) {
	case LL_JSON_NULL:
		if (is_tool(message)) {
			message->value = value;
			return 0;
		}
		/* fallthrough */
	case LL_JSON_NONE:
		return message->call_count > 0 ? 0 : wrong(r, "content", "is missing");
	case LL_JSON_STRING:
		message->content = ll_json_text_of(value, &message->length);
		return 0;
	default:
		message->value = value;
		if (is_tool(message) && !is_texts(value))
			return 0;
		return ll_json_kind(value) == LL_JSON_ARRAY ? join_parts(r, message, value) :
		    wrong(r, "content", "is neither a text nor a list of parts");
	}
}

/* Arguments are an object, or its text. */
static int
take_arguments(struct reading *r, struct ll_call *call, const struct ll_json *object)
{
	const struct ll_json *value = ll_json_get(object, "arguments");
	struct ll_json *parsed = NULL;
	const char *text;
	size_t length;
	char what[128];
	int status;

	if (value != NULL && ll_json_kind(ll_json_get(object, "parameters")) > LL_JSON_NULL)
		return wrong(r, "parameters", "beside arguments");
	if (value == NULL)
		value = ll_json_get(object, "parameters");
	if ((text = ll_json_text_of(value, &length)) != NULL) {
		snprintf(what, sizeof(what), "%s.arguments", r->where);
		if ((status = ll_json_parse_text(&parsed, text, length, what, r->err)) < 0 ||
		    (status = keep(r, NULL, parsed)) < 0)
			return status;
		value = parsed;
	}
	call->arguments = value;
	return ll_json_kind(value) == LL_JSON_OBJECT ? 0 : wrong(r, "arguments", "is not an object");
}

static int
take_call(struct reading *r, struct ll_call *call, const struct ll_json *object)
{
	/* Those from "name" on stand in the function, if the call has one. */
	static const char *const known[] = {
		"type", "id", "call_id", "function", "name", "tool_name", "arguments", "parameters"
	};
	const struct ll_json *function = ll_json_get(object, "function");
	bool inside = ll_json_kind(function) > LL_JSON_NULL;
	int status;

	if (!inside)
		function = object;
	if (ll_json_kind(object) != LL_JSON_OBJECT || ll_json_kind(function) != LL_JSON_OBJECT)
		return wrong(r, "", "is not an object");
	if ((status = ll_json_only(object, known, inside ? 4 : 8, r->where, r->err)) < 0 ||
	    (inside && (status = ll_json_only(function, known + 4, 4, r->where, r->err)) < 0))
		return status;
	if ((status = take_word(r, object, "id", &call->id)) == 0 && call->id == NULL)
		status = take_word(r, object, "call_id", &call->id);
	if (status < 0)
		return status;
	if ((status = take_word(r, function, "name", &call->name)) == 0 && call->name == NULL)
		status = take_word(r, function, "tool_name", &call->name);
	if (status == 0 && (call->name == NULL || call->name[0] == '\0'))
		status = wrong(r, "name", "is missing");
	return status < 0 ? status : take_arguments(r, call, function);
}

static int
take_calls(struct reading *r, struct ll_message *message, const struct ll_json *object)
{
	const struct ll_json *list = ll_json_get(object, "tool_calls");
	size_t count = ll_json_count(list), used = strlen(r->where);
	struct ll_call *calls;
	int status = 0;

	if (list == NULL || ll_json_kind(list) == LL_JSON_NULL || count == 0)
		return list == NULL || ll_json_kind(list) == LL_JSON_NULL ||
		    ll_json_kind(list) == LL_JSON_ARRAY ? 0 : wrong(r, "tool_calls", "is not a list");
	if (ll_json_kind(list) != LL_JSON_ARRAY)
		return wrong(r, "tool_calls", "is not a list");
	if (strcmp(message->role, "assistant") != 0)
		return wrong(r, "tool_calls", "only the assistant calls tools");
	if ((calls = ll_alloc(count, sizeof(*calls), r->err)) == NULL)
		return -LL_ENOMEM;
	message->calls = calls;
	message->call_count = count;
	status = keep(r, calls, NULL);
	for (size_t i = 0; i < count && status == 0; i++) {
		snprintf(r->where + used, sizeof(r->where) - used, ".tool_calls[%zu]", i);
		status = take_call(r, &calls[i], ll_json_at(list, i));
	}
	r->where[used] = '\0';
	return status;
}

static int
take_stop_reason(struct reading *r, struct ll_message *message, const struct ll_json *object)
{
	static const char *const reasons[] = { "end_of_turn", "end_of_message", "out_of_tokens" };
	const char *reason;
	int status = take_word(r, object, "stop_reason", &reason);

	if (status < 0 || reason == NULL)
		return status;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reason, reasons[i]) == 0) {
			message->eom = i == 1;
			return 0;
		}
	return wrong(r, "stop_reason", "is not one of end_of_turn, end_of_message, out_of_tokens");
}

static int
take_message(struct reading *r, struct ll_message *message, const struct ll_json *object)
{
	/* A name is not in any prompt. */
	static const char *const known[] = {
		"role", "content", "tool_calls", "tool_call_id", "call_id", "name", "tool_name",
		"stop_reason", "context", "id"
	};
	int status;

	if (ll_json_kind(object) != LL_JSON_OBJECT)
		return wrong(r, "", "is not an object");
	if ((status = ll_json_only(object, known, sizeof(known) / sizeof(known[0]), r->where, r->err)) < 0 ||
	    (status = take_word(r, object, "role", &message->role)) < 0)
		return status;
	if (message->role == NULL)
		return wrong(r, "role", "is missing");
	if ((status = take_calls(r, message, object)) < 0 ||
	    (status = take_content(r, message, object)) < 0 ||
	    (status = take_stop_reason(r, message, object)) < 0 ||
	    (status = take_word(r, object, "tool_call_id", &message->call_id)) < 0)
		return status;
	if (message->call_id == NULL &&
	    (status = take_word(r, object, "call_id", &message->call_id)) < 0)
		return status;
	status = take_text(r, object, "context", &message->context, &message->context_length);
	if (status == 0 && message->context != NULL && strcmp(message->role, "user") != 0)
		return wrong(r, "context", "only a user's message has one");
	return status;
}

int
ll_messages_read(struct ll_messages **out, const struct ll_json *list, const char *what, struct ll_err *err)
{
	struct reading r = { .err = err };
	size_t count = ll_json_count(list);
	int status = 0;

	if (ll_json_kind(list) != LL_JSON_ARRAY)
		return ll_fail(err, LL_EDATA, "%s: is not a list of messages", what);
	if ((r.all = ll_alloc(1, sizeof(*r.all), err)) == NULL)
		return -LL_ENOMEM;
	if ((r.all->messages = ll_alloc(count, sizeof(*r.all->messages), err)) == NULL)
		status = -LL_ENOMEM;
	for (size_t i = 0; i < count && status == 0; i++) {
		snprintf(r.where, sizeof(r.where), "%.40s[%zu]", what, i);
		status = take_message(&r, &r.all->messages[i], ll_json_at(list, i));
		r.all->messages[i].number = i + 1;
		r.all->count++;
	}
	if (status < 0) {
		ll_messages_free(r.all);
		return status;
	}
	*out = r.all;
	return 0;
}

void
ll_messages_free(struct ll_messages *messages)
{
	struct kept *kept = messages != NULL ? messages->memory : NULL;

	while (kept != NULL) {
		struct kept *next = kept->next;

		free(kept->block);
		ll_json_free(kept->value);
		free(kept);
		kept = next;
	}
	if (messages != NULL)
		free(messages->messages);
	free(messages);
}

const char *
ll_message_name(const struct ll_message *message, char *text, size_t size)
{
	if (message->number > 0)
		snprintf(text, size, "messages[%zu]", message->number - 1);
	else
		snprintf(text, size, "%.20s message", message->role);
	return text;
}
