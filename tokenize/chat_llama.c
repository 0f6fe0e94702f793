/*
 * Llama 3's prompts as the templates on Hugging Face have them: LL_CHAT_LLAMA3,
 * LL_CHAT_LLAMA31 (3.3's is the same) and LL_CHAT_LLAMA32. As there, a message that calls a
 * tool is the call alone, whatever text stands beside it.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "tokenize/pyjson.h"
#include "tokenize/render.h"

/* The format's default where no date is given; dates in English whatever the locale is. */
static const char *
date_of(const struct ll_chat *chat, char *room, size_t size)
{
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
	    "Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm today;

	if (chat->date != NULL)
		return chat->date;
	if (chat->default_date[0] != '\0')
		return chat->default_date;
	if (chat->format != LL_CHAT_LLAMA32 || localtime_r(&now, &today) == NULL)
		return "26 Jul 2024";
	snprintf(room, size, "%02d %s %d", today.tm_mday, months[today.tm_mon], today.tm_year + 1900);
	return room;
}

static void
header(struct ll_render *r, const char *role)
{
	ll_render_special(r, "<|start_header_id|>");
	ll_render_say(r, role);
	ll_render_special(r, "<|end_header_id|>");
	ll_render_say(r, "\n\n");
}

static void
definitions(struct ll_render *r)
{
	ll_render_say(r, "Respond in the format {\"name\": function name, \"parameters\": dictionary of "
	    "argument name and its value}.Do not use variables.\n\n");
	for (size_t i = 0; i < ll_json_count(r->chat->tools); i++) {
		ll_render_json(r, ll_json_at(r->chat->tools, i), 4, false);
		ll_render_say(r, "\n\n");
	}
}

/* The interpreter is the environment and has no name there. */
static void
builtin_names(struct ll_render *r)
{
	const struct ll_json *names = r->chat->builtin_tools;
	bool first = true;

	ll_render_say(r, "Tools: ");
	for (size_t i = 0; i < ll_json_count(names); i++) {
		const char *name = ll_json_text_of(ll_json_at(names, i), NULL);

		if (name == NULL || strcmp(name, "code_interpreter") == 0)
			continue;
		ll_render_say(r, first ? "" : ", ");
		ll_render_say(r, name);
		first = false;
	}
	ll_render_say(r, "\n\n");
}

/* The first block of Llama 3.1's prompts, there with or without a system message. */
static void
system_block(struct ll_render *r, const struct ll_message *system)
{
	const struct ll_chat *chat = r->chat;
	char room[48];

	header(r, "system");
	if (chat->builtin_tools != NULL || chat->tools != NULL)
		ll_render_say(r, "Environment: ipython\n");
	if (chat->builtin_tools != NULL)
		builtin_names(r);
	ll_render_say(r, "Cutting Knowledge Date: December 2023\nToday Date: ");
	ll_render_say(r, date_of(chat, room, sizeof(room)));
	ll_render_say(r, "\n\n");
	if (chat->tools != NULL && chat->tools_in_system) {
		ll_render_say(r, "You have access to the following functions. To call a function, please "
		    "respond with JSON for a function call.");
		definitions(r);
	}
	if (system != NULL)
		ll_render_trimmed(r, system->content, system->length);
	ll_render_special(r, "<|eot_id|>");
}

/* The first message of the user, behind the definitions of tools. */
static void
tools_block(struct ll_render *r, const struct ll_message *user)
{
	header(r, "user");
	ll_render_say(r, "Given the following functions, please respond with a JSON for a function call "
	    "with its proper arguments that best answers the given prompt.\n\n");
	definitions(r);
	ll_render_trimmed(r, user->content, user->length);
	ll_render_special(r, "<|eot_id|>");
}

static bool
is_builtin(const struct ll_chat *chat, const char *name)
{
	for (size_t i = 0; i < ll_json_count(chat->builtin_tools); i++) {
		const char *other = ll_json_text_of(ll_json_at(chat->builtin_tools, i), NULL);

		if (other != NULL && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

static void
builtin_call(struct ll_render *r, const struct ll_message *message, const struct ll_call *call)
{
	const struct ll_json *value;
	void *place = NULL;
	const char *key;
	bool first = true;

	ll_render_special(r, "<|python_tag|>");
	ll_render_say(r, call->name);
	ll_render_say(r, ".call(");
	while (ll_json_next(call->arguments, &place, &key, &value)) {
		ll_render_say(r, first ? "" : ", ");
		ll_render_say(r, key);
		ll_render_say(r, "=\"");
		ll_render_say(r, ll_render_text_of(r, message, value, key));
		ll_render_say(r, "\"");
		first = false;
	}
	ll_render_say(r, ")");
}

static void
call_message(struct ll_render *r, const struct ll_message *message)
{
	const struct ll_call *call = message->calls;

	if (message->call_count > 1)
		ll_render_refuse(r, message, LL_EDATA, "tool_calls: a message has one call, not more");
	header(r, "assistant");
	ll_render_begin_answer(r, "assistant");
	if (is_builtin(r->chat, call->name)) {
		builtin_call(r, message, call);
	} else {
		ll_render_say(r, "{\"name\": \"");
		ll_render_say(r, call->name);
		ll_render_say(r, "\", \"parameters\": ");
		ll_render_json(r, call->arguments, 0, false);
		ll_render_say(r, "}");
	}
	/* With built-in tools the model is in an interpreter, and waits for its output. */
	ll_render_special(r, r->chat->builtin_tools != NULL ? "<|eom_id|>" : "<|eot_id|>");
	ll_render_end_answer(r);
}

/* A tool's answer is JSON, a text as well; only what cannot be iterated is as it prints. */
static void
tool_message(struct ll_render *r, const struct ll_message *message)
{
	enum ll_json_kind kind = ll_json_kind(message->value);

	header(r, "ipython");
	if (r->status == 0 && message->value == NULL)
		r->status = ll_pyjson_string(&r->segment, message->content, message->length, false, r->err);
	else if (kind == LL_JSON_OBJECT || kind == LL_JSON_ARRAY)
		ll_render_json(r, message->value, 0, false);
	else if (r->status == 0)
		r->status = ll_pyjson_str(&r->segment, message->value, r->err);
	ll_render_special(r, "<|eot_id|>");
}

static void
plain_message(struct ll_render *r, const struct ll_message *message)
{
	header(r, ll_message_is_tool(message) ? "ipython" : message->role);
	ll_render_begin_answer(r, message->role);
	ll_render_trimmed(r, message->content, message->length);
	ll_render_special(r, "<|eot_id|>");
	ll_render_end_answer(r);
}

/* The block that opens Llama 3.1's prompts; how many messages are in it. */
static size_t
opening(struct ll_render *r)
{
	size_t next = r->count > 0 && ll_message_is(&r->messages[0], "system");

	system_block(r, next > 0 ? &r->messages[0] : NULL);
	if (r->chat->tools == NULL || r->chat->tools_in_system)
		return next;
	if (next < r->count && ll_message_is(&r->messages[next], "user")) {
		tools_block(r, &r->messages[next]);
		return next + 1;
	}
	if (r->status == 0)
		r->status = ll_fail(r->err, LL_EDATA, "tools: there is no first message of a user to put "
		    "them into (chat format %s)", ll_chat_name(r->chat->format));
	return next;
}

void
ll_chat_llama(struct ll_render *r)
{
	bool simple = r->chat->format == LL_CHAT_LLAMA3;
	size_t i = 0;

	if (simple)
		ll_render_plain_only(r);
	if (r->status == 0 && r->chat->format == LL_CHAT_LLAMA32 && r->chat->builtin_tools != NULL)
		r->status = ll_fail(r->err, LL_EUNSUPPORTED, "builtin_tools: the chat format llama3.2 has none");
	if (r->begin)
		ll_render_special(r, "<|begin_of_text|>");
	if (r->begin && !simple)
		i = opening(r);
	for (; i < r->count && r->status == 0; i++) {
		const struct ll_message *message = &r->messages[i];

		if (message->call_count > 0)
			call_message(r, message);
		else if (ll_message_is_tool(message) && !simple)
			tool_message(r, message);
		else
			plain_message(r, message);
	}
	if (r->ask)
		header(r, "assistant");
}
