/*
 * A conversation over a stream: the ids of all turns, which of them the pipe's caches hold,
 * and the frames that begin and cancel a turn. Generated ids are kept as they came, never
 * tokenized again; only what is new is evaluated.
 */

#ifndef LL_SERVE_CONVERSATION_H
#define LL_SERVE_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"
#include "tokenize/chat.h"

struct ll_err;

struct ll_conversation {
	const struct ll_chat *chat;
	const struct ll_tokenizer *tokenizer;
	const char *system;		/* or NULL */
	struct ll_ids ids;
	size_t held;			/* ids[0..held) are in the caches */
	uint32_t end;			/* the token that ended the last answer, or would have */
	uint32_t epoch;
	bool begun;
	struct ll_decoder decoder;
};

/* Sends the user's next message and asks for an answer; `more`: others may follow. */
int ll_conversation_ask(struct ll_conversation *talk, struct ll_writer *out, const char *message,
    size_t length, bool more, struct ll_err *err);

/* The frame that cancels the present answer, ready to be written from a signal handler. */
void ll_conversation_cancel_frame(const struct ll_conversation *talk, unsigned char frame[LL_FRAME_BYTES]);

/*
 * Takes a frame of the answer: text that can be shown is appended to `text`. 1 when the turn
 * is over, 2 when the sequence is, 0 else.
 */
int ll_conversation_hear(struct ll_conversation *talk, const struct ll_frame *frame,
    struct ll_buf *text, struct ll_err *err);

void ll_conversation_free(struct ll_conversation *talk);

#endif
