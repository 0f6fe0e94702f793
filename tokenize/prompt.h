/*
 * From a user's text to the ids of one prompt: plain, as a chat message, or as ids spelt out.
 */

#ifndef LL_TOKENIZE_PROMPT_H
#define LL_TOKENIZE_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "tokenize/chat.h"
#include "tokenize/tokenizer.h"

struct ll_err;
struct ll_json;
struct ll_record;

struct ll_prompt_options {
	bool bos;			/* the model's BOS, where it wants one */
	bool special;			/* special tokens in plain text count as such */
	const struct ll_chat *chat;	/* NULL: plain text */
	const char *system;		/* of a chat, or NULL */
	/*
	 * NULL, or where in `ids` a conversation has its answers, appended as by ll_chat_render_answers: it is
	 * one that is over, and nothing is asked at its end.
	 */
	struct ll_stretches *answers;
};

/* Each appends to `ids`. A text that spells BOS itself gets no second one. */
int ll_prompt_encode(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, struct ll_ids *ids, struct ll_err *err);

/*
 * A text and, behind it and a space, what may answer it, tokenized as one text; the answer's tokens
 * are those beyond as many as the text alone has without white space at its end, and *want is
 * their number and 1. -LL_EDATA if either has none. As lm-evaluation-harness does.
 */
int ll_prompt_encode_pair(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, const char *answer, size_t answer_length, struct ll_ids *ids, size_t *want,
    struct ll_err *err);

/* The same for a prompt of a chat, whose ids are given: the answer is tokenized apart, and no space comes before it. */
int ll_prompt_answer(const struct ll_tokenizer *tokenizer, const struct ll_ids *prompt, const char *answer,
    size_t answer_length, struct ll_ids *ids, size_t *want, struct ll_err *err);

/* ll_prompt_encode for messages of a chat, to which options->system adds nothing. */
int ll_prompt_encode_messages(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const struct ll_message *messages, size_t count, struct ll_ids *ids, struct ll_err *err);

/*
 * The same for a conversation in JSON: a list of messages (messages.h), or an object with
 * them as "messages" and with what ll_chat_options takes. Every message begins with
 * `name`, and its line unless that is 0.
 */
int ll_prompt_encode_json(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, struct ll_ids *ids, const char *name, size_t line, struct ll_err *err);

/* Reads a file that holds a list of tool definitions, or one. Free with ll_json_free. */
int ll_prompt_open_tools(struct ll_json **out, const char *path, struct ll_err *err);

/* The chat format of this name, or (NULL) the vocabulary's own; `date` may be NULL. As ll_chat_by_name, ll_chat_recognise. */
int ll_prompt_format(struct ll_chat *chat, const char *name, const char *date, const struct ll_vocab *vocab,
    struct ll_err *err);

/* The prompt or the messages of a record; `where` begins every message. -LL_EDATA also for an empty prompt. */
int ll_prompt_encode_record(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const struct ll_record *record, struct ll_ids *ids, const char *where, struct ll_err *err);

/* Decimal numbers and white space. -LL_EDATA for anything else, or an id that is not in the vocabulary. */
int ll_prompt_parse_ids(const struct ll_tokenizer *tokenizer, const char *text, size_t length,
    struct ll_ids *ids, struct ll_err *err);

/* The ids as decimal numbers, a space between them. */
int ll_prompt_list(const struct ll_ids *ids, struct ll_buf *text, struct ll_err *err);

/* The bytes that ids stand for; special tokens by their names, or left out. */
int ll_prompt_spell(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids, bool special,
    struct ll_buf *text, struct ll_err *err);

#endif
