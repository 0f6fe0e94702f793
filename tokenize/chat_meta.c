/*
 * Llama 3's prompts as Meta's own code makes them (llama-models, models/llama3/
 * chat_format.py and tool_utils.py): contents as they are, nothing added, and a header's
 * line ends, the content and each call tokenized apart.
 */

#include <string.h>

#include "base/err.h"
#include "tokenize/pyjson.h"
#include "tokenize/render.h"

static void
header(struct ll_render *r, const char *role)
{
	ll_render_special(r, "<|start_header_id|>");
	ll_render_say(r, role);
	ll_render_special(r, "<|end_header_id|>");
	ll_render_say(r, "\n\n");
	ll_render_cut(r);
}

static bool
is_code(const struct ll_call *call)
{
	return strcmp(call->name, "code_interpreter") == 0;
}

static bool
is_search(const struct ll_call *call)
{
	return strcmp(call->name, "brave_search") == 0 || strcmp(call->name, "wolfram_alpha") == 0 ||
	    strcmp(call->name, "photogen") == 0;
}

/* As the reference prints them: no escapes, members of a dictionary with "=". */
static void
python_value(struct ll_render *r, const struct ll_json *value)
{
	enum ll_json_kind kind = ll_json_kind(value);
	const struct ll_json *member;
	void *place = NULL;
	const char *key;

	switch (kind) {
	case LL_JSON_STRING:
		ll_render_say(r, "\"");
		ll_render_say(r, ll_json_text_of(value, NULL));
		ll_render_say(r, "\"");
		break;
	case LL_JSON_ARRAY:
		ll_render_say(r, "[");
		for (size_t i = 0; i < ll_json_count(value); i++) {
			ll_render_say(r, i > 0 ? ", " : "");
			python_value(r, ll_json_at(value, i));
		}
		ll_render_say(r, "]");
		break;
	case LL_JSON_OBJECT:
		ll_render_say(r, "{");
		for (bool first = true; ll_json_next(value, &place, &key, &member); first = false) {
			ll_render_say(r, first ? "" : ", ");
			ll_render_say(r, key);
			ll_render_say(r, "=");
			python_value(r, member);
		}
		ll_render_say(r, "}");
		break;
	default:
		if (r->status == 0)
			r->status = ll_pyjson_str(&r->segment, value, r->err);
	}
}

static void
python_call(struct ll_render *r, const struct ll_call *call)
{
	const struct ll_json *value;
	void *place = NULL;
	const char *key;

	ll_render_say(r, "[");
	ll_render_say(r, call->name);
	ll_render_say(r, "(");
	for (bool first = true; ll_json_next(call->arguments, &place, &key, &value); first = false) {
		ll_render_say(r, first ? "" : ", ");
		ll_render_say(r, key);
		ll_render_say(r, "=");
		python_value(r, value);
	}
	ll_render_say(r, ")]");
}

static void
json_call(struct ll_render *r, const struct ll_call *call)
{
	ll_render_say(r, "{\"type\": \"function\", \"name\": ");
	if (r->status == 0)
		r->status = ll_pyjson_string(&r->segment, call->name, strlen(call->name), true, r->err);
	ll_render_say(r, ", \"parameters\": ");
	ll_render_json(r, call->arguments, 0, true);
	ll_render_say(r, "}");
}

static void
function_call(struct ll_render *r, const struct ll_call *call)
{
	ll_render_say(r, "<function=");
	ll_render_say(r, call->name);
	ll_render_say(r, ">");
	ll_render_json(r, call->arguments, 0, true);
	ll_render_say(r, "</function>");
}

static void
say_call(struct ll_render *r, const struct ll_message *message, const struct ll_call *call)
{
	const struct ll_json *arguments = call->arguments;

	if (is_code(call)) {
		ll_render_say(r, ll_render_text_of(r, message, ll_json_get(arguments, "code"), "code"));
	} else if (is_search(call)) {
		ll_render_say(r, call->name);
		ll_render_say(r, ".call(query=\"");
		ll_render_say(r, ll_render_text_of(r, message, ll_json_get(arguments, "query"), "query"));
		ll_render_say(r, "\")");
	} else if (r->chat->calls == LL_CALLS_PYTHON) {
		python_call(r, call);
	} else if (r->chat->calls == LL_CALLS_FUNCTION) {
		function_call(r, call);
	} else {
		json_call(r, call);
	}
	ll_render_cut(r);
}

static void
say_message(struct ll_render *r, const struct ll_message *message)
{
	header(r, ll_message_is_tool(message) ? "ipython" : message->role);
	ll_render_begin_answer(r, message->role);
	if (message->call_count > 0 && is_code(&message->calls[0]))
		ll_render_special(r, "<|python_tag|>");
	if (message->content == NULL && message->value != NULL)
		ll_render_refuse(r, message, LL_EUNSUPPORTED, "content: only a text can be taken");
	ll_render_bytes(r, message->content, message->length);
	ll_render_cut(r);
	if (message->context != NULL) {
		ll_render_say(r, "\n\n");
		ll_render_cut(r);
		ll_render_bytes(r, message->context, message->context_length);
		ll_render_cut(r);
	}
	for (size_t i = 0; i < message->call_count; i++)
		say_call(r, message, &message->calls[i]);
	ll_render_special(r, message->eom ? "<|eom_id|>" : "<|eot_id|>");
	ll_render_end_answer(r);
}

void
ll_chat_meta(struct ll_render *r)
{
	if (r->status == 0 && (r->chat->tools != NULL || r->chat->builtin_tools != NULL))
		r->status = ll_fail(r->err, LL_EUNSUPPORTED, "the chat format meta adds nothing of its own: "
		    "tools are described in a message, not given");
	if (r->begin)
		ll_render_special(r, "<|begin_of_text|>");
	for (size_t i = 0; i < r->count && r->status == 0; i++)
		say_message(r, &r->messages[i]);
	if (r->ask)
		header(r, "assistant");
}
