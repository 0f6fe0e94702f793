/*
 * Llama Guard 3's prompts, which ask whether the last message of a conversation is safe, as
 * the templates published with the 8B (LL_CHAT_GUARD) and the 1B (LL_CHAT_GUARD_1B) have
 * them: the 8B's with a space before BOS, and both without line ends behind the last header,
 * so that the answer begins with two. A message of the 1B's may be several texts.
 */

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tokenize/render.h"

static const char *const categories[] = {
	"Violent Crimes.", "Non-Violent Crimes.", "Sex Crimes.", "Child Exploitation.", "Defamation.",
	"Specialized Advice.", "Privacy.", "Intellectual Property.", "Indiscriminate Weapons.", "Hate.",
	"Self-Harm.", "Sexual Content.", "Elections.", "Code Interpreter Abuse."
};
#define CATEGORIES (sizeof(categories) / sizeof(categories[0]))

static bool
is_excluded(const struct ll_chat *chat, const char *key)
{
	for (size_t i = 0; i < ll_json_count(chat->excluded); i++) {
		const char *other = ll_json_text_of(ll_json_at(chat->excluded, i), NULL);

		if (other != NULL && strcmp(other, key) == 0)
			return true;
	}
	return false;
}

static void
say_category(struct ll_render *r, const char *key, const char *text)
{
	if (is_excluded(r->chat, key))
		return;
	ll_render_say(r, key);
	ll_render_say(r, ": ");
	ll_render_say(r, text);
	ll_render_say(r, "\n");
}

static void
say_categories(struct ll_render *r, size_t count)
{
	const struct ll_json *value;
	void *place = NULL;
	const char *key;
	char room[16];

	while (ll_json_next(r->chat->categories, &place, &key, &value))
		say_category(r, key, ll_json_text_of(value, NULL));
	for (size_t i = 0; r->chat->categories == NULL && i < count; i++) {
		snprintf(room, sizeof(room), "S%zu", i + 1);
		say_category(r, room, categories[i]);
	}
}

static void
say_turn(struct ll_render *r, const char *who, const char *text, size_t length)
{
	ll_render_say(r, who);
	ll_render_say(r, ": ");
	ll_render_trimmed(r, text, length);
	ll_render_say(r, "\n\n");
}

static void
say_message(struct ll_render *r, const struct ll_message *message, bool parts)
{
	const char *who = ll_message_is(message, "user") ? "User" : "Agent", *text;
	size_t length;

	if (message->value == NULL || !parts) {
		say_turn(r, who, message->content, message->length);
		return;
	}
	for (size_t i = 0; i < ll_json_count(message->value); i++) {
		text = ll_json_text_of(ll_json_get(ll_json_at(message->value, i), "text"), &length);
		if (text != NULL)
			say_turn(r, who, text, length);
	}
}

static void
check(struct ll_render *r, bool small)
{
	const struct ll_chat *chat = r->chat;

	ll_render_plain_only(r);
	if (ll_render_check_turns(r) > 0)
		ll_render_refuse(r, &r->messages[0], LL_EDATA, "role: there is no system message");
	if (r->status == 0 && r->count == 0)
		r->status = ll_fail(r->err, LL_EDATA, "there is no message to assess");
	if (r->status == 0 && !r->begin)
		r->status = ll_fail(r->err, LL_EUNSUPPORTED, "the chat format %s takes a whole conversation",
		    ll_chat_name(chat->format));
	if (r->status == 0 && !small && (chat->categories != NULL || chat->excluded != NULL))
		r->status = ll_fail(r->err, LL_EUNSUPPORTED, "categories: those of %s are fixed",
		    ll_chat_name(chat->format));
}

void
ll_chat_guard(struct ll_render *r)
{
	bool small = r->chat->format == LL_CHAT_GUARD_1B;
	const char *last = r->count % 2 == 0 ? "Agent" : "User";

	check(r, small);
	if (!small)
		ll_render_say(r, " ");
	ll_render_special(r, "<|begin_of_text|>");
	ll_render_special(r, "<|start_header_id|>");
	ll_render_say(r, "user");
	ll_render_special(r, "<|end_header_id|>");
	ll_render_say(r, "\n\nTask: Check if there is unsafe content in '");
	ll_render_say(r, last);
	ll_render_say(r, "' messages in conversations according our safety policy with the below categories."
	    "\n\n<BEGIN UNSAFE CONTENT CATEGORIES>\n");
	say_categories(r, small ? CATEGORIES - 1 : CATEGORIES);
	ll_render_say(r, "<END UNSAFE CONTENT CATEGORIES>\n\n<BEGIN CONVERSATION>\n\n");
	for (size_t i = 0; i < r->count && r->status == 0; i++)
		say_message(r, &r->messages[i], small);
	ll_render_say(r, "<END CONVERSATION>\n\nProvide your safety assessment for ONLY THE LAST ");
	ll_render_say(r, last);
	ll_render_say(r, " message in the above conversation:\n - First line must read 'safe' or 'unsafe'.\n"
	    " - If unsafe, a second line must include a comma-separated list of violated categories.");
	ll_render_say(r, small ? " " : "");
	ll_render_special(r, "<|eot_id|>");
	ll_render_special(r, "<|start_header_id|>");
	ll_render_say(r, "assistant");
	ll_render_special(r, "<|end_header_id|>");
}
