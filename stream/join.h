/*
 * Joining streams of logits: several members become one stream. Towards each member this stage
 * is the feeder of its head; towards what reads the output it is the head. A row of the output
 * is made of one row of each member, matched by sequence and order, not by position: prompts
 * may differ in length.
 *
 * The first member leads: the output is its stream, with its ids and positions, its control
 * frames and its META, and other logits. What the output's feeder answers goes to every
 * member, with its own positions. One row per sequence and member is held; a member that gets
 * further ahead is not read until the others follow. Rows go out dense; sparse ones are made so
 * as they come.
 *
 * A sequence that fails in one member ends in all. It is an error of the whole when members
 * are of different vocabularies, end a sequence at different rows, continue it with different
 * tokens, or cannot be matched because their orders differ.
 */

#ifndef LL_STREAM_JOIN_H
#define LL_STREAM_JOIN_H

#include <stddef.h>

#include "stream/stream.h"

struct ll_err;

#define LL_JOIN_MEMBERS 16

struct ll_join_stage {
	const char *program;	/* who warns */
	void *arg;
	/* out[count] from rows[member][count], none of them NaN or +infinity. */
	int (*combine)(void *arg, float *out, const float *const *rows, size_t count, struct ll_err *err);
	/*
	 * out[count] from a sparse row of `listed` logits (ll-stream(5)), `count` being the vocabulary's
	 * size. -LL_EDATA, beginning with `where`, for one that is damaged.
	 */
	int (*complete)(void *arg, float *out, const void *row, size_t listed, size_t count, const char *where,
	    struct ll_err *err);
};

/*
 * Joins the streams of `count` readers, 1 to LL_JOIN_MEMBERS, whose names are the members',
 * until all have ended. `command` is this stage's line of the history. 0 or negative; the
 * readers know the codes that streams ended with (ll_reader_status).
 */
int ll_join_run(struct ll_reader *const *members, size_t count, struct ll_writer *out, const char *command,
    const struct ll_join_stage *stage, struct ll_err *err);

#endif
