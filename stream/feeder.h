/*
 * Whether anybody feeds a head: what the head's mail says of its peers, how long it may sleep,
 * and the WAIT frames that it writes until a feeder comes. See ll-stream(5), The return path.
 */

#ifndef LL_STREAM_FEEDER_H
#define LL_STREAM_FEEDER_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/inbox.h"
#include "stream/stream.h"

struct ll_err;

/* Zero-initialise. */
struct ll_feeder {
	bool offered;		/* there is a return path */
	bool present;		/* somebody feeds */
	bool left;		/* said goodbye */
	bool declined;
	int64_t declined_at, last_wait;	/* milliseconds */
	const char *program;		/* who waits */
	unsigned waits;			/* WAIT frames so far */
};

/* From now on there is a return path. `program` warns once when nobody has come for a while. */
void ll_feeder_offer(struct ll_feeder *feeder, const char *program);

/* Takes JOINED, LEFT, DECLINED; and DIED, which ends the process as by SIGPIPE. Other mail is nothing to it. */
void ll_feeder_mail(struct ll_feeder *feeder, const struct ll_mail *mail, const struct ll_writer *out);

/*
 * Milliseconds to sleep at most, -1 for ever. `owed`: somebody is owed an answer; then 0 when
 * nobody will give it.
 */
int ll_feeder_timeout(const struct ll_feeder *feeder, bool owed);

/* After a sleep: writes WAIT when it is time. */
int ll_feeder_slept(struct ll_feeder *feeder, struct ll_writer *out, struct ll_err *err);

#endif
