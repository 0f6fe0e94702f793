/*
 * A conversation over a stream: its exchanges, the ids of all of them, which of those the
 * pipe's caches hold, and the frames that begin and cancel a turn. Generated ids are kept as
 * they came, never tokenized again, but for one that a stop string cut; whatever is taken back
 * or changed, only what the caches lack is evaluated.
 */

#ifndef LL_SERVE_CONVERSATION_H
#define LL_SERVE_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"
#include "tokenize/chat.h"

struct ll_err;

/* A message and its answer. */
struct ll_exchange {
	char *message;			/* owned, a NUL behind it */
	size_t length;
	struct ll_buf answer;		/* its text */
	struct ll_ids ids;		/* what was generated, or spells what was shown of it */
	uint32_t end;			/* the token that ended it, or would have */
};

struct ll_conversation {
	const struct ll_chat *chat;
	const struct ll_tokenizer *tokenizer;
	char *system;			/* owned, or NULL */
	struct ll_exchange *exchanges;
	size_t count, cap;
	struct ll_ids ids;		/* of all of it */
	bool filling;			/* many messages are added: ids are made by ll_conversation_filled */
	size_t held;			/* ids[0..held) are in the caches */
	size_t cut;			/* ids[cut..) are not those that the present answer was generated as */
	size_t sent;			/* rows of the present turn's prompt */
	uint64_t sequence;
	uint32_t epoch;
	struct ll_decoder decoder;
};

/* Sets the system message (NULL or empty: none) of the whole conversation. On failure it is as before. */
int ll_conversation_system(struct ll_conversation *talk, const char *text, struct ll_err *err);

/*
 * Adds a message that has no answer yet, or one with its answer: then `ids` is what it was
 * generated as, or NULL to tokenize it. Nothing is sent. On failure it is not there.
 */
int ll_conversation_add(struct ll_conversation *talk, const char *message, size_t length, struct ll_err *err);
int ll_conversation_answer(struct ll_conversation *talk, const char *answer, size_t length,
    const struct ll_ids *ids, uint32_t end, struct ll_err *err);

/* Makes the ids of all that was added while `filling` was set, and clears it. */
int ll_conversation_filled(struct ll_conversation *talk, struct ll_err *err);

/* Takes back the last exchange, its answer only, or all. */
int ll_conversation_drop(struct ll_conversation *talk, struct ll_err *err);
int ll_conversation_forget(struct ll_conversation *talk, struct ll_err *err);
int ll_conversation_reset(struct ll_conversation *talk, struct ll_err *err);

/* Sends what the caches lack up to the last message, and asks for its answer; `more`: others may follow. */
int ll_conversation_send(struct ll_conversation *talk, struct ll_writer *out, bool more, struct ll_err *err);

/* The frame that cancels the present answer, ready to be written from a signal handler. */
void ll_conversation_cancel_frame(const struct ll_conversation *talk, unsigned char frame[LL_FRAME_BYTES]);

/*
 * Takes a frame of the answer: text that can be shown is appended to `text`. 1 when the turn
 * is over, 2 when the sequence is since the context is full, 3 when it is for another reason (then
 * the next turn is one of a new sequence), 0 else.
 */
int ll_conversation_hear(struct ll_conversation *talk, const struct ll_frame *frame,
    struct ll_buf *text, struct ll_err *err);

void ll_conversation_free(struct ll_conversation *talk);

#endif
