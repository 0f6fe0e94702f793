/*
 * Formats with [INST] and [/INST]: Llama 2's, as Meta's code has it (llama, llama/
 * generation.py), and Mistral's, whose versions differ in spaces and in where the system
 * message goes. Users and assistant take turns. What the third version has of tools is
 * inst_tools.c's.
 */

#include <string.h>

#include "base/err.h"
#include "tokenize/inst_tools.h"
#include "tokenize/render.h"

enum system_place {
	SYSTEM_NONE,
	SYSTEM_FIRST,		/* before the first text of a user */
	SYSTEM_LAST,		/* before the last message, where that is a user's */
	SYSTEM_TAGS		/* a message of its own, between [SYSTEM_PROMPT] tags */
};

/* Where the texts have spaces, as the templates published with the models print them. */
struct style {
	enum ll_chat_format format;
	enum system_place system;
	bool before_open;	/* " [INST]" */
	bool after_open;	/* "[INST] text" */
	bool before_close;	/* "text [/INST]" */
	bool before_answer;	/* "[/INST] answer" */
	bool after_end;		/* "</s> " */
};

static const struct style styles[] = {
	{ LL_CHAT_MISTRAL_V01, SYSTEM_NONE, false, true, true, false, true },
	{ LL_CHAT_MISTRAL_V02, SYSTEM_NONE, false, true, true, false, false },
	{ LL_CHAT_MISTRAL, SYSTEM_FIRST, true, true, true, true, false },
	{ LL_CHAT_MISTRAL_V3, SYSTEM_LAST, false, true, false, true, false },
	{ LL_CHAT_MISTRAL_V3_TEKKEN, SYSTEM_LAST, false, false, false, false, false },
	{ LL_CHAT_MISTRAL_V7, SYSTEM_TAGS, false, true, false, true, false },
	{ LL_CHAT_MISTRAL_V7_TEKKEN, SYSTEM_TAGS, false, false, false, false, false },
};

static const struct style *
style_of(const struct ll_chat *chat)
{
	size_t i = 0;

	while (styles[i].format != chat->format)
		i++;
	return &styles[i];
}

/* The space behind a tag: a segment begins with it where the tag is a token, or a word ends. */
static void
space_behind(struct ll_render *r, bool token)
{
	if (token)
		ll_render_lead(r);
	else
		ll_render_say(r, " ");
}

static void
say_user(struct ll_render *r, const struct style *style, const struct ll_message *system,
    const struct ll_message *user)
{
	bool token;

	if (style->before_open)
		ll_render_lead(r);
	token = ll_render_tag(r, "[INST]");
	if (style->after_open)
		space_behind(r, token);
	if (system != NULL) {
		ll_render_bytes(r, system->content, system->length);
		ll_render_say(r, "\n\n");
	}
	ll_render_bytes(r, user->content, user->length);
	if (style->before_close)
		ll_render_say(r, " ");
	ll_render_tag(r, "[/INST]");
}

static void
say_answer(struct ll_render *r, const struct style *style, const struct ll_message *answer)
{
	/* The reference tokenizes question and answer apart. */
	if (style->before_answer)
		ll_render_cut(r);
	ll_render_begin_answer(r, answer->role);
	if (style->before_answer)
		ll_render_lead(r);
	if (r->chat->trim_answers)
		ll_render_trimmed(r, answer->content, answer->length);
	else
		ll_render_bytes(r, answer->content, answer->length);
	ll_render_eos(r);
	ll_render_end_answer(r);
	if (style->after_end)
		ll_render_say(r, " ");
}

static void
say_system(struct ll_render *r, const struct style *style, const struct ll_message *system)
{
	bool token = ll_render_tag(r, "[SYSTEM_PROMPT]");

	if (style->after_open)
		space_behind(r, token);
	ll_render_bytes(r, system->content, system->length);
	ll_render_tag(r, "[/SYSTEM_PROMPT]");
}

static bool
has_tools(enum ll_chat_format format)
{
	return format == LL_CHAT_MISTRAL_V3 || format == LL_CHAT_MISTRAL_V3_TEKKEN;
}

static void
mistral(struct ll_render *r)
{
	const struct style *style = style_of(r->chat);
	bool tags = style->system == SYSTEM_TAGS;
	bool tools = has_tools(r->chat->format);
	size_t first = tools ? ll_inst_tools_check(r) : tags ? 0 : ll_render_check_turns(r);
	const struct ll_message *system = first > 0 ? &r->messages[0] : NULL;

	if (system != NULL && style->system == SYSTEM_NONE)
		ll_render_refuse(r, system, LL_EDATA, "role: there is no system message");
	if (r->begin)
		ll_render_bos(r);
	else if (style->after_end)
		ll_render_say(r, " ");
	for (size_t i = first; i < r->count && r->status == 0; i++) {
		const struct ll_message *message = &r->messages[i];
		bool here = style->system == SYSTEM_FIRST ? i == first : i == r->count - 1;

		if (ll_message_is(message, "user") && tools)
			ll_inst_tools_list(r, message, style->after_open);
		if (message->call_count > 0)
			ll_inst_tools_calls(r, message, style->after_open);
		else if (tools && ll_message_is_tool(message))
			ll_inst_tools_result(r, message, style->after_open);
		else if (ll_message_is(message, "user"))
			say_user(r, style, here ? system : NULL, message);
		else if (ll_message_is(message, "assistant"))
			say_answer(r, style, message);
		else if (ll_message_is(message, "system"))
			say_system(r, style, message);
		else
			ll_render_refuse(r, message, LL_EUNSUPPORTED, "role: there is none for tools");
	}
}

/* Meta's code answers such prompts with an error: they could forge a turn. */
static void
check_tags(struct ll_render *r)
{
	static const char *const tags[] = { "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>" };

	for (size_t i = 0; i < r->count; i++)
		for (size_t j = 0; j < sizeof(tags) / sizeof(tags[0]) && r->messages[i].content != NULL; j++)
			if (memmem(r->messages[i].content, r->messages[i].length, tags[j], strlen(tags[j])) != NULL)
				ll_render_refuse(r, &r->messages[i], LL_EDATA,
				    "content: has a tag of the format, [INST] or <<SYS>>");
}

/* White space goes from the ends of the user's text after the system's was put before it. */
static void
llama2_user(struct ll_render *r, const struct ll_message *system, const struct ll_message *user)
{
	struct ll_buf text = { 0 };

	if (r->status == 0 && system != NULL && (
	    (r->status = ll_buf_puts(&text, "<<SYS>>\n", r->err)) < 0 ||
	    (r->status = ll_buf_add(&text, system->content, system->length, r->err)) < 0 ||
	    (r->status = ll_buf_puts(&text, "\n<</SYS>>\n\n", r->err)) < 0))
		goto out;
	if (r->status == 0)
		r->status = ll_buf_add(&text, user->content, user->length, r->err);
	ll_render_bos(r);
	ll_render_say(r, "[INST] ");
	ll_render_trimmed(r, text.data != NULL ? text.data : "", text.len);
	ll_render_say(r, " [/INST]");
out:
	ll_buf_free(&text);
}

static void
llama2(struct ll_render *r)
{
	size_t first = ll_render_check_turns(r);

	check_tags(r);
	if (r->status == 0 && first > 0 && r->count == 1)
		ll_render_refuse(r, &r->messages[0], LL_EDATA, "a system message needs a user's behind it");
	for (size_t i = first; i < r->count && r->status == 0; i++) {
		if ((i - first) % 2 == 0) {
			llama2_user(r, first > 0 && i == first ? &r->messages[0] : NULL, &r->messages[i]);
			continue;
		}
		ll_render_begin_answer(r, r->messages[i].role);
		ll_render_say(r, " ");
		ll_render_trimmed(r, r->messages[i].content, r->messages[i].length);
		ll_render_say(r, " ");
		ll_render_eos(r);
		ll_render_end_answer(r);
	}
}

void
ll_chat_inst(struct ll_render *r)
{
	if (!has_tools(r->chat->format))
		ll_render_plain_only(r);
	if (r->chat->format == LL_CHAT_LLAMA2)
		llama2(r);
	else
		mistral(r);
}
