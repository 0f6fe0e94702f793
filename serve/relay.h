/*
 * What the stages of a pipe say on standard error, passed on where the terminal shows an
 * answer at the same time: a message begins on a line of its own.
 */

#ifndef LL_SERVE_RELAY_H
#define LL_SERVE_RELAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct ll_err;

/* Zero-initialise but for `from`, which is -1. */
struct ll_relay {
	int from;			/* what is passed on; -1: nothing */
	atomic_bool inside;		/* standard output stands inside a line; set by who writes there */
	pthread_mutex_t passing;	/* held while some is */
	pthread_t thread;
};

/* *to is the standard error to give to the stages, and to be closed then. -LL_ENOMEM. */
int ll_relay_start(struct ll_relay *relay, int *to, struct ll_err *err);

/* Ends the line that standard output stands in. */
void ll_relay_end_line(struct ll_relay *relay);

/* Waits until all that the stages have said so far is there. */
void ll_relay_settle(struct ll_relay *relay);

/* When the stages have ended: waits for the last of what they said. */
void ll_relay_finish(struct ll_relay *relay);

#endif
