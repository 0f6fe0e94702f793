/*
 * What the head's threads hand to its main loop: frames of the input and events of the
 * return path, in the order in which they came. The main loop alone takes; it sleeps in
 * poll(2), so that it notices at the same time that nobody reads its output any more.
 */

#ifndef LL_STREAM_INBOX_H
#define LL_STREAM_INBOX_H

#include <stdbool.h>

#include "base/err.h"
#include "stream/frame.h"

struct ll_inbox;

enum ll_mail_kind {
	LL_MAIL_INPUT,		/* a frame of the input stream; its END is the last */
	LL_MAIL_FAILED,		/* reading the input failed: `err` */
	LL_MAIL_JOINED,		/* a feeder was accepted */
	LL_MAIL_MESSAGE,	/* NEXT, STOP, FORK or FLUSH from the feeder */
	LL_MAIL_LEFT,		/* the feeder said BYE */
	LL_MAIL_DIED,		/* the feeder closed without BYE */
	LL_MAIL_DECLINED	/* a stage said that it will not feed */
};

struct ll_mail {
	struct ll_mail *next;
	enum ll_mail_kind kind;
	struct ll_frame frame;	/* INPUT, MESSAGE; the payload is the mail's */
	const struct ll_err *err;	/* FAILED; the inbox's */
};

/* `input` is where the frames of the input come from. */
int ll_inbox_new(struct ll_inbox **out, int input, struct ll_err *err);
void ll_inbox_free(struct ll_inbox *inbox);

/*
 * Copies a frame (or NULL) in. Input beyond a bound waits until some was taken: a thousand
 * prompts stay in the pipe, not in memory. Once nobody writes into that pipe any more, what
 * is left in it is taken at once, so that a death is noticed before all of it is evaluated.
 * False when the inbox is closed or, which FAILED tells, memory is out.
 */
bool ll_inbox_put(struct ll_inbox *inbox, enum ll_mail_kind kind, const struct ll_frame *frame);

/* Puts FAILED; the first one stays. This needs no memory. */
void ll_inbox_fail(struct ll_inbox *inbox, const struct ll_err *err);

/* The next one, which the caller frees with ll_mail_free; NULL if there is none. */
struct ll_mail *ll_inbox_take(struct ll_inbox *inbox);
/* The same, but leaves frames of the input where they are. */
struct ll_mail *ll_inbox_take_event(struct ll_inbox *inbox);
void ll_mail_free(struct ll_mail *mail);

/*
 * Sleeps until something is put or `milliseconds` pass (-1: for ever); ends the process as
 * by SIGPIPE when descriptor `out` has lost its reader.
 */
void ll_inbox_sleep(struct ll_inbox *inbox, int out, int milliseconds);

/* For poll(2): readable while there may be something to take. */
int ll_inbox_fd(const struct ll_inbox *inbox);

/* Nothing more is accepted; waiting putters return false. */
void ll_inbox_close(struct ll_inbox *inbox);

#endif
