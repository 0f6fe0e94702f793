/*
 * The return path, seen from the peers: a stage that feeds sampled tokens back to the head
 * of its pipe, or declines to. The head's side is head.h. See ll-stream(5).
 */

#ifndef LL_STREAM_PATH_H
#define LL_STREAM_PATH_H

#include <stdbool.h>

#include "stream/ending.h"
#include "stream/frame.h"
#include "stream/header.h"

struct ll_err;
struct ll_path;

/*
 * Connects to the head that the stream's header offers. *out is NULL and the result 0 when
 * there is no offer, or when nobody listens there: a recording, or a head on another host;
 * ll_path_missing tells which when a WAIT frame comes.
 * -LL_EDATA when the head refuses: it has a feeder already.
 */
int ll_path_feed(struct ll_path **out, const struct ll_header *header, struct ll_err *err);

/* Sends one message (NEXT, STOP, FORK). A head that is gone is no error here: the stream will tell. */
int ll_path_send(struct ll_path *path, const struct ll_frame *frame, struct ll_err *err);
/* NEXT: it keeps `position` positions, and goes on with a token whose logits are wanted. */
int ll_path_next(struct ll_path *path, uint64_t sequence, uint32_t epoch, uint64_t position, uint32_t token,
    struct ll_err *err);
int ll_path_stop(struct ll_path *path, uint64_t sequence, uint32_t epoch, uint64_t position,
    const struct ll_ending *ending, struct ll_err *err);
/* FORK: children that keep `position` positions, and go on with a token each. */
int ll_path_fork(struct ll_path *path, uint64_t sequence, uint32_t epoch, uint64_t position, const uint32_t *tokens,
    size_t count, struct ll_err *err);

/*
 * Messages are gathered; this sends them. Call when all that FLUSH said is owed has been answered, or
 * with `go_on`: the head is not to wait for the rest.
 */
int ll_path_flush(struct ll_path *path, bool go_on, struct ll_err *err);

/* BYE, and the end. NULL is fine. */
void ll_path_close(struct ll_path *path);

/* The end without BYE: to the head, this program's death. NULL is fine. */
void ll_path_drop(struct ll_path *path);

/*
 * Tells the head that this stage, where the stream ends, will not feed. Nothing happens when
 * there is no offer or nobody listens.
 */
void ll_path_decline(const struct ll_header *header);

/*
 * For a feeder without a path that meets a WAIT frame: counts it, and when the head is
 * evidently alive and waiting elsewhere fails with -LL_EINPUT naming its host. Other frames
 * reset the count (frame type is looked at).
 */
struct ll_path_watch {
	unsigned waits;
};
int ll_path_missing(struct ll_path_watch *watch, const struct ll_frame *frame,
    const struct ll_header *header, struct ll_err *err);

#endif
