/*
 * The messages of a conversation, and reading them from JSON as chat programs and the
 * model's own templates have them:
 *
 *	[{"role": "user", "content": "..."}, ...]
 *
 * with the roles system, user, assistant, and tool or ipython for what a tool answered.
 * A content is a text, a list of {"type": "text", "text": "..."}, or of a tool's answer any
 * JSON value. An assistant's message may have "tool_calls", in one of the forms
 *
 *	{"type": "function", "function": {"name": N, "arguments": {...}}}
 *	{"name": N, "arguments": {...}}		{"tool_name": N, "arguments": {...}}
 *
 * where the arguments may also be a text that holds the object, and "stop_reason":
 * "end_of_message" where the tool's answer was awaited; a user's may have "context", text
 * to be put behind it.
 */

#ifndef LL_TOKENIZE_MESSAGES_H
#define LL_TOKENIZE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;
struct ll_json;

struct ll_call {
	const char *name;
	const struct ll_json *arguments;	/* an object */
	const char *id;				/* or NULL */
};

/* Later members may be left zero: a message of a role and a text needs no more. */
struct ll_message {
	const char *role;
	const char *content;		/* texts of a list are joined; NULL if there is none */
	size_t length;
	const struct ll_json *value;	/* the content where it is not a text; NULL else */
	const struct ll_call *calls;
	size_t call_count;
	const char *context;		/* a user's; NULL if there is none */
	size_t context_length;
	const char *call_id;		/* of the call that a tool answers, or NULL */
	bool eom;			/* an assistant's message that awaits a tool's answer */
	size_t number;			/* in the list that was read, from 1; 0 of one that stands in none */
};

struct ll_messages {
	struct ll_message *messages;
	size_t count;
	void *memory;
};

/*
 * Reads a list of messages. `list` is borrowed and must outlive the result, whose strings
 * and values point into it. -LL_EDATA names the field, as in "messages[2].content"; `what`
 * is the name of the list there ("messages").
 */
int ll_messages_read(struct ll_messages **out, const struct ll_json *list, const char *what,
    struct ll_err *err);
void ll_messages_free(struct ll_messages *messages);

/* How an error names a message: "messages[2]", or "system message" where it stands in no list. */
const char *ll_message_name(const struct ll_message *message, char *text, size_t size);

#endif
