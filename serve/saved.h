/*
 * Conversations as YAML files; see ll-chat(1), Saved conversations.
 */

#ifndef LL_SERVE_SAVED_H
#define LL_SERVE_SAVED_H

#include "serve/conversation.h"

struct ll_err;

/* The conversation as text; `model` is its path, for whoever reads it. */
int ll_saved_write(const struct ll_conversation *talk, const char *model, struct ll_buf *out, struct ll_err *err);

/* Whether a file's text begins as ours do. */
bool ll_saved_is(const char *text, size_t length);

struct ll_saved_notes {
	size_t exchanges;
	size_t tokenized;	/* answers whose ids were not there or not of this text: tokenized */
	bool other;		/* the vocabulary is another one */
};

/*
 * Replaces the conversation in `talk` by that of a text; `name` is for messages. -LL_EDATA for
 * a text that is not one, and then `talk` is as it was.
 */
int ll_saved_read(struct ll_conversation *talk, const char *text, size_t length, const char *name,
    struct ll_saved_notes *notes, struct ll_err *err);

#endif
