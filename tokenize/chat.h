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
	LL_CHAT_CHATML		/* <|im_start|>role ... <|im_end|> */
};

struct ll_chat {
	enum ll_chat_format format;
	const char *date;		/* for formats that print one; NULL: default_date */
	char system[512];		/* the system message that the model's template adds when there is none; empty: none */
	char default_date[32];		/* the template's own; empty: "26 Jul 2024", for LL_CHAT_LLAMA32 today */
	int bos;			/* LL_CHAT_CHATML begins with BOS: 1 yes, 0 no, -1 as the vocabulary's add_bos says */

	/* Of one conversation, borrowed; ll_chat_options reads them. */
	const struct ll_json *tools;		/* a list of definitions; NULL: none */
	const struct ll_json *builtin_tools;	/* a list of names; NULL: none, and no ipython */
	bool tools_in_system;			/* the definitions stand in the system message */
};

/*
 * Takes from a JSON object what a conversation's own prompt depends on, as the templates
 * name it: "tools", "builtin_tools", "tools_in_user_message", "date_string". The rest of
 * the object is not looked at; null is as absent. The object is borrowed.
 */
int ll_chat_options(struct ll_chat *chat, const struct ll_json *object, struct ll_err *err);

/* By name ("llama3", "llama3.1", "llama3.2", "meta", "chatml"); -LL_EUSAGE with the list of names. */
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
 * starts after the token that ended the last turn. `answer` appends the assistant's header.
 * Either output may be NULL: `ids` for the model, `text` exactly what the ids spell.
 */
int ll_chat_render(const struct ll_chat *chat, const struct ll_tokenizer *tokenizer,
    const struct ll_message *messages, size_t count, bool begin, bool answer,
    struct ll_ids *ids, struct ll_buf *text, struct ll_err *err);

#endif
