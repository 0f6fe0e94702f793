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

struct ll_prompt_options {
	bool bos;			/* the model's BOS, where it wants one */
	bool special;			/* special tokens in plain text count as such */
	const struct ll_chat *chat;	/* NULL: plain text */
	const char *system;		/* of a chat, or NULL */
};

/* Each appends to `ids`. A text that spells BOS itself gets no second one. */
int ll_prompt_encode(const struct ll_tokenizer *tokenizer, const struct ll_prompt_options *options,
    const char *text, size_t length, struct ll_ids *ids, struct ll_err *err);

/* Decimal numbers and white space. -LL_EDATA for anything else, or an id that is not in the vocabulary. */
int ll_prompt_parse_ids(const struct ll_tokenizer *tokenizer, const char *text, size_t length,
    struct ll_ids *ids, struct ll_err *err);

/* The bytes that ids stand for; special tokens by their names, or left out. */
int ll_prompt_spell(const struct ll_tokenizer *tokenizer, const struct ll_ids *ids, bool special,
    struct ll_buf *text, struct ll_err *err);

#endif
