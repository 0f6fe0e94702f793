/*
 * What the renderers of chat formats (chat_*.c) are written with. The text between two
 * special tokens is one segment, tokenized as a whole, as when a template's rendering is
 * tokenized, and never becomes a special token itself.
 */

#ifndef LL_TOKENIZE_RENDER_H
#define LL_TOKENIZE_RENDER_H

#include "base/buf.h"
#include "base/json.h"
#include "tokenize/chat.h"

struct ll_render {
	const struct ll_chat *chat;
	const struct ll_tokenizer *tokenizer;
	const struct ll_message *messages;
	size_t count;
	bool begin, ask;		/* begin and answer of ll_chat_render */
	struct ll_buf segment;		/* text since the last special token */
	bool lead;			/* a space before it is shown, and not encoded */
	struct ll_ids *ids;
	struct ll_buf *text;
	struct ll_stretches *answers;	/* NULL: nobody asks */
	size_t answer;			/* of `answers`: where in the segment one begins */
	bool answering;			/* it does */
	struct ll_err *err;
	int status;			/* the first failure; after it nothing is done */
};

void ll_render_say(struct ll_render *r, const char *text);
void ll_render_bytes(struct ll_render *r, const char *bytes, size_t length);
/* Without white space at either end, as Python's str.strip() does it. */
void ll_render_trimmed(struct ll_render *r, const char *bytes, size_t length);
/* As json.dumps(ensure_ascii=ascii, indent=indent). */
void ll_render_json(struct ll_render *r, const struct ll_json *value, size_t indent, bool ascii);
/* A value's member that is to be a text, or an error about the message and this field. */
const char *ll_render_text_of(struct ll_render *r, const struct ll_message *message,
    const struct ll_json *value, const char *field);

/* Ends the segment here although no special token follows. */
void ll_render_cut(struct ll_render *r);
/*
 * A space with which a segment begins: where the vocabulary puts one before every text by
 * itself, it is shown and not encoded.
 */
void ll_render_lead(struct ll_render *r);

void ll_render_special(struct ll_render *r, const char *name);	/* -LL_EUNSUPPORTED if there is none */
/* The special token of this name if the vocabulary has one, plain text else; whether it did. */
bool ll_render_tag(struct ll_render *r, const char *name);
void ll_render_bos(struct ll_render *r);	/* nothing where the vocabulary has none */
void ll_render_eos(struct ll_render *r);	/* -LL_EUNSUPPORTED where it has none */

/*
 * Around what the model itself writes of a message, its end-of-turn token included: does
 * nothing where the role is not the assistant's, nor where none was begun.
 */
void ll_render_begin_answer(struct ll_render *r, const char *role);
void ll_render_end_answer(struct ll_render *r);

/* Fails with "message N: " and the text. */
void ll_render_refuse(struct ll_render *r, const struct ll_message *message, int code, const char *why);
/* Refuses tools, calls and values: for formats that have none. */
void ll_render_plain_only(struct ll_render *r);

/* System first if at all, then user and assistant in turn; what is behind the system message. */
size_t ll_render_check_turns(struct ll_render *r);

bool ll_message_is(const struct ll_message *message, const char *role);
bool ll_message_is_tool(const struct ll_message *message);	/* "tool" or "ipython" */

/* chat_llama.c, chat_meta.c, chat_inst.c, chat_tags.c, chat_guard.c */
void ll_chat_llama(struct ll_render *r);
void ll_chat_meta(struct ll_render *r);
void ll_chat_inst(struct ll_render *r);
void ll_chat_chatml(struct ll_render *r);
void ll_chat_zephyr(struct ll_render *r);
void ll_chat_guard(struct ll_render *r);

#endif
