/*
 * Tools in the formats of Mistral's third tokenizers; see inst_tools.h.
 */

#include "tokenize/inst_tools.h"

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "tokenize/pyjson.h"
#include "tokenize/render.h"

#define ID_LENGTH 9	/* characters of a call's id */

static bool
is_call_or_result(const struct ll_message *message)
{
	return ll_message_is_tool(message) || message->call_count > 0;
}

/* An object may hold what a tool answered as "content". */
static const struct ll_json *
result_of(const struct ll_message *message)
{
	const struct ll_json *inner = ll_json_get(message->value, "content");

	return inner != NULL ? inner : message->value;
}

static void
check_content(struct ll_render *r, const struct ll_message *message)
{
	enum ll_json_kind kind = ll_json_kind(result_of(message));

	if (ll_message_is_tool(message)) {
		/* Python's spelling of the others is nothing that models were trained on. */
		if (message->content == NULL && (kind == LL_JSON_NONE || kind == LL_JSON_ARRAY || kind == LL_JSON_OBJECT))
			ll_render_refuse(r, message, LL_EUNSUPPORTED, "content: only a text, a number, true, false and null can "
			    "be taken");
	} else if (message->content == NULL && message->call_count == 0) {
		ll_render_refuse(r, message, LL_EUNSUPPORTED, "content: only a text can be taken");
	}
}

size_t
ll_inst_tools_check(struct ll_render *r)
{
	size_t first = r->count > 0 && ll_message_is(&r->messages[0], "system"), turn = 0;

	if (r->status == 0 && r->chat->builtin_tools != NULL)
		r->status = ll_fail(r->err, LL_EUNSUPPORTED, "the chat format %s has no built-in tools",
		    ll_chat_name(r->chat->format));
	for (size_t i = 0; i < r->count; i++) {
		const struct ll_message *message = &r->messages[i];
		const char *wanted = turn % 2 == 0 ? "user" : "assistant";

		check_content(r, message);
		if (i < first || is_call_or_result(message))
			continue;
		turn++;
		if (!ll_message_is(message, wanted))
			ll_render_refuse(r, message, LL_EDATA, wanted[0] == 'u' ?
			    "role: must be user, as users and assistant take turns" :
			    "role: must be assistant, as users and assistant take turns");
	}
	return first;
}

static void
open_tag(struct ll_render *r, const char *name, bool space)
{
	bool token = ll_render_tag(r, name);

	/* A segment begins with the space where the tag is a token. */
	if (space && token)
		ll_render_lead(r);
	else if (space)
		ll_render_say(r, " ");
}

/* Texts go in as they are, without escapes: so the models were trained. */
static void
say_tool(struct ll_render *r, const struct ll_json *tool)
{
	const struct ll_json *function = ll_json_get(tool, "function"), *value;
	void *place = NULL;
	const char *key;
	bool more = false;

	if (r->status == 0 && ll_json_kind(function) != LL_JSON_OBJECT)
		r->status = ll_fail(r->err, LL_EDATA, "tools: one has no function, which the chat format %s prints",
		    ll_chat_name(r->chat->format));
	ll_render_say(r, "{\"type\": \"function\", \"function\": {");
	while (r->status == 0 && ll_json_next(function, &place, &key, &value)) {
		size_t length;
		const char *text = ll_json_text_of(value, &length);

		if (strcmp(key, "return") == 0)
			continue;
		ll_render_say(r, more ? ", \"" : "\"");
		ll_render_say(r, key);
		ll_render_say(r, text != NULL ? "\": \"" : "\": ");
		if (text != NULL) {
			ll_render_bytes(r, text, length);
			ll_render_say(r, "\"");
		} else {
			ll_render_json(r, value, 0, false);
		}
		more = true;
	}
	ll_render_say(r, "}}");
}

/* The last user's message, and one before it that says the same, as the template compares them. */
static bool
is_last_user(const struct ll_render *r, const struct ll_message *user)
{
	const struct ll_message *last = NULL;

	for (size_t i = 0; i < r->count; i++)
		if (ll_message_is(&r->messages[i], "user"))
			last = &r->messages[i];
	return last != NULL && last->length == user->length &&
	    (user->length == 0 || memcmp(last->content, user->content, user->length) == 0);
}

void
ll_inst_tools_list(struct ll_render *r, const struct ll_message *user, bool space)
{
	size_t count = ll_json_count(r->chat->tools);

	if (r->chat->tools == NULL || !is_last_user(r, user))
		return;
	open_tag(r, "[AVAILABLE_TOOLS]", space);
	ll_render_say(r, "[");
	for (size_t i = 0; i < count && r->status == 0; i++) {
		say_tool(r, ll_json_at(r->chat->tools, i));
		ll_render_say(r, i + 1 < count ? ", " : "]");
	}
	ll_render_tag(r, "[/AVAILABLE_TOOLS]");
}

static void
say_id(struct ll_render *r, const struct ll_message *message, const char *id, const char *why)
{
	size_t length = id != NULL ? strlen(id) : 0, count = 0, size;

	for (size_t i = 0; i < length; i += size, count++)
		ll_utf8_next((const unsigned char *)id + i, length - i, &size);
	if (count != ID_LENGTH)
		ll_render_refuse(r, message, LL_EDATA, why);
	ll_render_say(r, id != NULL ? id : "");
}

void
ll_inst_tools_calls(struct ll_render *r, const struct ll_message *answer, bool space)
{
	ll_render_begin_answer(r, answer->role);
	open_tag(r, "[TOOL_CALLS]", space);
	ll_render_say(r, "[");
	for (size_t i = 0; i < answer->call_count && r->status == 0; i++) {
		const struct ll_call *call = &answer->calls[i];

		ll_render_say(r, "{\"name\": ");
		if (r->status == 0)
			r->status = ll_pyjson_string(&r->segment, call->name, strlen(call->name), false, r->err);
		ll_render_say(r, ", \"arguments\": ");
		ll_render_json(r, call->arguments, 0, false);
		ll_render_say(r, ", \"id\": \"");
		say_id(r, answer, call->id, "tool_calls: id: must have 9 characters");
		ll_render_say(r, i + 1 < answer->call_count ? "\"}, " : "\"}]");
	}
	ll_render_eos(r);
	ll_render_end_answer(r);
}

void
ll_inst_tools_result(struct ll_render *r, const struct ll_message *result, bool space)
{
	const struct ll_json *value = result_of(result);
	size_t length = result->length;
	const char *text = result->content != NULL ? result->content : ll_json_text_of(value, &length);

	open_tag(r, "[TOOL_RESULTS]", space);
	ll_render_say(r, "{\"content\": ");
	if (text != NULL)
		ll_render_bytes(r, text, length);
	else if (r->status == 0)
		r->status = ll_pyjson_str(&r->segment, value, r->err);
	ll_render_say(r, ", \"call_id\": \"");
	say_id(r, result, result->call_id, "tool_call_id: must have 9 characters");
	ll_render_say(r, "\"}");
	ll_render_tag(r, "[/TOOL_RESULTS]");
}
