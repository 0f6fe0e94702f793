/*
 * What ll-chat.c, which runs the pipe, and commands.c, which does what begins with a slash,
 * share.
 */

#ifndef LL_SERVE_SESSION_H
#define LL_SERVE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/children.h"
#include "serve/conversation.h"
#include "serve/line.h"
#include "serve/relay.h"

struct ll_err;

/* Tokens and seconds, of the last turn and of all. */
struct ll_speed {
	size_t prompt, generated;
	double prompt_s, generated_s;
};

struct ll_session {
	const char *model;	/* its path */
	struct ll_vocab *vocab;
	struct ll_tokenizer *tokenizer;
	struct ll_chat format;
	struct ll_conversation talk;
	struct ll_children children;
	struct ll_writer *to;
	struct ll_reader *from;
	struct ll_line *line;	/* NULL: one message, not a conversation */
	size_t context;		/* positions that the pipe has; 0: not known */
	struct ll_speed last, all;
	struct ll_relay relay;	/* of what the stages say */
	bool careful;		/* stdout is a terminal */
	bool broken;		/* reading from the pipe failed */
	bool ended;		/* a sequence ended in a turn, and why was said */
};

/* Writes a line, or several, where the user types. */
void ll_session_say(const struct ll_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * How much room is kept so that an answer is stopped before the context overflows: the pipe
 * runs some tokens ahead of what is shown.
 */
size_t ll_session_reserve(const struct ll_session *session);

/* Tells what can be done about a context that is nearly full, or full. */
void ll_session_choices(const struct ll_session *session);

enum { LL_COMMAND_DONE = 0, LL_COMMAND_ASK = 1 };

/*
 * Does what a line that begins with '/' says. LL_COMMAND_ASK: the last message is to be sent
 * again. Negative when memory or the terminal failed; what the user got wrong is only said.
 */
int ll_command(struct ll_session *session, const char *line, struct ll_err *err);

#endif
