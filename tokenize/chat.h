/*
 * Chat formats: messages to the model's own prompt. A model's Jinja template is compared
 * with the ones known here, never executed. Text of messages never becomes a special token.
 */

#ifndef LL_TOKENIZE_CHAT_H
#define LL_TOKENIZE_CHAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "tokenize/messages.h"
#include "tokenize/tokenizer.h"

struct ll_err;
struct ll_json;

enum ll_chat_format {
	LL_CHAT_NONE,
	LL_CHAT_LLAMA3,		/* Llama 3.0: no automatic system message, no tools */
	LL_CHAT_LLAMA31,	/* Llama 3.1 and 3.3 as the Hugging Face template has it (the default for them) */
	LL_CHAT_LLAMA32,	/* Llama 3.2 text */
	LL_CHAT_META,		/* Meta's ChatFormat: contents as they are, no automatic system message */
	LL_CHAT_LLAMA2,		/* [INST] with <<SYS>>, as Meta's code has it */
	LL_CHAT_CHATML,		/* <|im_start|>role ... <|im_end|> */
	LL_CHAT_ZEPHYR,		/* <|role|>, ended by EOS: Zephyr, TinyLlama */
	LL_CHAT_MISTRAL,	/* version 1 of its tokenizers: " [INST] text [/INST] answer" EOS */
	LL_CHAT_MISTRAL_V01,	/* the first template of that: "[INST] text [/INST]answer" EOS " " */
	LL_CHAT_MISTRAL_V02,	/* the second: no space behind EOS */
	LL_CHAT_MISTRAL_V3,	/* "[INST] text[/INST] answer" EOS; [INST] is a token */
	LL_CHAT_MISTRAL_V3_TEKKEN,	/* without the spaces */
	LL_CHAT_MISTRAL_V7,	/* as v3; the system message stands between [SYSTEM_PROMPT] tags */
	LL_CHAT_MISTRAL_V7_TEKKEN,
	LL_CHAT_GUARD,		/* Llama Guard 3 8B */
	LL_CHAT_GUARD_1B	/* Llama Guard 3 1B */
};

/* How LL_CHAT_META writes the calls of tools that are not built in. */
enum ll_call_style {
	LL_CALLS_JSON,		/* {"type": "function", "name": "f", "parameters": {"a": 1}} */
	LL_CALLS_FUNCTION,	/* <function=f>{"a": 1}</function> */
	LL_CALLS_PYTHON		/* [f(a=1)] */
};

struct ll_chat {
	enum ll_chat_format format;
	const char *date;		/* for formats that print one; NULL: default_date */
	char system[512];		/* the system message that the model's template adds when there is none; empty: none */
	char default_date[32];		/* the template's own; empty: "26 Jul 2024", for LL_CHAT_LLAMA32 today */
	int bos;			/* LL_CHAT_CHATML and LL_CHAT_ZEPHYR begin with BOS: 1 yes, 0 no, -1 as the vocabulary's add_bos says */
	bool trim_answers;		/* of LL_CHAT_MISTRAL_V3, whose templates differ in this */

	/* Of one conversation, borrowed; ll_chat_options reads them. */
	const struct ll_json *tools;		/* a list of definitions; NULL: none */
	const struct ll_json *builtin_tools;	/* a list of names; NULL: none, and no ipython */
	bool tools_in_system;			/* the definitions stand in the system message */
	enum ll_call_style calls;
	const struct ll_json *categories;	/* of LL_CHAT_GUARD_1B: an object, key to name; NULL: S1 to S13 */
	const struct ll_json *excluded;		/* a list of keys that are left out */
};

/*
 * Takes from a JSON object what a conversation's own prompt depends on, as the templates
 * name it: "tools", "builtin_tools", "tools_in_user_message", "date_string". The rest of
 * the object is not looked at; null is as absent. The object is borrowed.
 */
int ll_chat_options(struct ll_chat *chat, const struct ll_json *object, struct ll_err *err);

/*
 * By name: llama3, llama3.1, llama3.2, meta, llama2, chatml, zephyr, mistral, mistral-v0.1,
 * mistral-v0.2, mistral-v3, mistral-v3-tekken, mistral-v7, mistral-v7-tekken, llama-guard3,
 * llama-guard3-1b. -LL_EUSAGE with that list for another.
 */
int ll_chat_by_name(struct ll_chat *chat, const char *name, struct ll_err *err);
const char *ll_chat_name(enum ll_chat_format format);
/* Sets the date that prompts name, borrowed; -LL_EUSAGE for a format whose prompts name none. */
int ll_chat_set_date(struct ll_chat *chat, const char *date, struct ll_err *err);

/*
 * Recognises the template of a vocabulary. -LL_EUNSUPPORTED when there is none or it is
 * unknown; the message names --chat-format.
 */
int ll_chat_recognise(struct ll_chat *chat, const struct ll_vocab *vocab, struct ll_err *err);

/*
 * Renders messages[0..count). `begin`: the conversation starts here (BOS, default system
 * message); false continues one whose earlier turns are already in the model: then the text
 * starts after the token that ended the last turn. `answer` appends the assistant's header,
 * in formats that have one.
 * Either output may be NULL: `ids` for the model, `text` what the ids spell, but for the
 * spaces that SentencePiece puts before a text by itself. -LL_EUNSUPPORTED for what the
 * format has no place for (tools, mostly), -LL_EDATA for messages that it refuses.
 */
int ll_chat_render(const struct ll_chat *chat, const struct ll_tokenizer *tokenizer,
    const struct ll_message *messages, size_t count, bool begin, bool answer,
    struct ll_ids *ids, struct ll_buf *text, struct ll_err *err);

/* Places begin .. end - 1 of an array of ids. */
struct ll_stretch {
	size_t begin, end;
};

/* Zero-initialise; free list with free(). */
struct ll_stretches {
	struct ll_stretch *list;
	size_t count, cap;
};

/*
 * Renders a whole conversation, as ll_chat_render does with `begin` and without `answer`, and
 * appends to `answers` where in `ids` the assistant's turns are: from what a model writes
 * when it is asked (behind the header, or what closes the user's turn) to the token that ends
 * the turn, inclusive. A token that holds the end of one and the beginning of the other is
 * the answer's. Errors as there, and -LL_EUNSUPPORTED for a format without such turns.
 */
int ll_chat_render_answers(const struct ll_chat *chat, const struct ll_tokenizer *tokenizer,
    const struct ll_message *messages, size_t count, struct ll_ids *ids, struct ll_stretches *answers,
    struct ll_err *err);

/* False for LL_CHAT_NONE, and for Llama Guard's, where a conversation is what is asked about. */
bool ll_chat_has_answers(enum ll_chat_format format);

#endif
