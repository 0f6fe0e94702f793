/*
 * Formats in which a tag opens a message and another closes it: ChatML, and Zephyr's, whose
 * tags are plain text and whose end is the model's EOS.
 */

#include <string.h>

#include "base/err.h"
#include "tokenize/render.h"

/* What a template or a vocabulary says of BOS. */
static void
maybe_bos(struct ll_render *r)
{
	int bos = r->chat->bos;

	if (bos < 0 ? ll_tokenizer_vocab(r->tokenizer)->add_bos : bos > 0)
		ll_render_bos(r);
}

static void
chatml_message(struct ll_render *r, const char *role, const char *content, size_t length)
{
	ll_render_special(r, "<|im_start|>");
	ll_render_say(r, role);
	ll_render_say(r, "\n");
	ll_render_begin_answer(r, role);
	ll_render_bytes(r, content, length);
	ll_render_special(r, "<|im_end|>");
	ll_render_end_answer(r);
	ll_render_say(r, "\n");
}

void
ll_chat_chatml(struct ll_render *r)
{
	const char *system = r->chat->system;

	ll_render_plain_only(r);
	if (r->begin)
		maybe_bos(r);
	else
		ll_render_say(r, "\n");
	if (r->begin && system[0] != '\0' && (r->count == 0 || !ll_message_is(&r->messages[0], "system")))
		chatml_message(r, "system", system, strlen(system));
	for (size_t i = 0; i < r->count; i++)
		chatml_message(r, ll_message_is_tool(&r->messages[i]) ? "tool" : r->messages[i].role,
		    r->messages[i].content, r->messages[i].length);
	if (r->ask) {
		ll_render_special(r, "<|im_start|>");
		ll_render_say(r, "assistant\n");
	}
}

void
ll_chat_zephyr(struct ll_render *r)
{
	ll_render_plain_only(r);
	if (r->begin)
		maybe_bos(r);
	else
		ll_render_say(r, "\n");
	for (size_t i = 0; i < r->count; i++) {
		const struct ll_message *message = &r->messages[i];

		if (ll_message_is_tool(message))
			ll_render_refuse(r, message, LL_EUNSUPPORTED, "role: there is none for tools");
		ll_render_say(r, "<|");
		ll_render_say(r, message->role);
		ll_render_say(r, "|>\n");
		ll_render_begin_answer(r, message->role);
		ll_render_bytes(r, message->content, message->length);
		ll_render_eos(r);
		ll_render_end_answer(r);
		ll_render_say(r, "\n");
	}
	if (r->ask)
		ll_render_say(r, "<|assistant|>\n");
}
