/*
 * What a Llama model answers, taken apart as it comes: text, calls of tools, and how it
 * ended. The other half of the chat formats: what they write, this reads.
 *
 * A call is, where an answer begins with it (white space before it does not matter),
 *
 *	{"name": "f", "parameters": {"a": 1}}		also with "type": "function", with
 *							"arguments", and several of them
 *	[f(a=1, b='x'), g()]				Python's literals
 *	brave_search.call(query="...")
 *
 * anywhere in it
 *
 *	<function=f>{"a": 1}</function>
 *
 * and behind the special token <|python_tag|> any of these, or else code, which becomes the
 * call code_interpreter {"code": "..."}; and behind Mistral's [TOOL_CALLS]
 *
 *	[{"name": "f", "arguments": {"a": 1}, "id": "abcdefghi"}, ...]
 *
 * All else is text, and so is what only looks like a
 * call: nothing is dropped but white space around calls. Source: Llama's prompt_format.md
 * and tool_utils.py; unlike there all calls count, not the first, and arguments may nest.
 *
 * The result does not depend on how the bytes are cut. Time and memory are linear in their
 * number whatever they are; nothing is executed.
 *
 *	state		what is known			the text that comes
 *	start		nothing, or a call just ended	waits
 *	text		it is text			is passed on, but for what may be "<function="
 *	candidate	it may be a call		waits for the end of the call, or the answer
 *	tagged		<|python_tag|> was there	waits for the end
 *	listed		[TOOL_CALLS] was there		waits for the end
 *	ended		ll_calls_end was called		is an error of the caller
 */

#ifndef LL_TOKENIZE_CALLS_H
#define LL_TOKENIZE_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tokenize/messages.h"

struct ll_err;
struct ll_json;
struct ll_tokenizer;
struct ll_calls;

enum ll_calls_stop {
	LL_STOPPED_NOT,		/* no special token ended it (a limit did, or a stop string) */
	LL_STOPPED_TURN,	/* <|eot_id|> or another stop token */
	LL_STOPPED_MESSAGE	/* <|eom_id|>: a tool's answer is awaited */
};

int ll_calls_new(struct ll_calls **out, struct ll_err *err);
void ll_calls_free(struct ll_calls *calls);

/* Takes bytes of text. Special tokens spelt out in them are text. */
int ll_calls_text(struct ll_calls *calls, const char *bytes, size_t length, struct ll_err *err);
/* <|python_tag|>. */
int ll_calls_tag(struct ll_calls *calls, struct ll_err *err);
/* [TOOL_CALLS]. */
int ll_calls_list_tag(struct ll_calls *calls, struct ll_err *err);
/*
 * Takes an id: its text, or its meaning if it is special. At most `show` bytes of its text,
 * UINT32_MAX for all of them; without the space that SentencePiece puts before a text. The
 * end of a turn is noted, not acted on; other special tokens are nothing.
 */
int ll_calls_id(struct ll_calls *calls, const struct ll_tokenizer *tokenizer, uint32_t id,
    uint32_t show, struct ll_err *err);
/* The answer is complete: what waits is decided. Once. */
int ll_calls_end(struct ll_calls *calls, struct ll_err *err);

/* Text that is known to be such; the caller may take it off by setting len to 0. */
struct ll_buf *ll_calls_said(struct ll_calls *calls);

/* The calls so far, the parser's; `*count` of them. Valid until the next bytes. */
const struct ll_call *ll_calls_list(const struct ll_calls *calls, size_t *count);
enum ll_calls_stop ll_calls_stop(const struct ll_calls *calls);

/*
 * The answer as a message that ll_messages_read takes: {"role": "assistant", "content",
 * "tool_calls", "stop_reason"}, of the text that was not taken off. Free with ll_json_free. -LL_ENOMEM.
 */
int ll_calls_message(const struct ll_calls *calls, struct ll_json **out, struct ll_err *err);

#endif
