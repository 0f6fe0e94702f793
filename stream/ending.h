/*
 * How a turn or a sequence ended: the text of STOP and END frames. See ll-stream(5).
 */

#ifndef LL_STREAM_ENDING_H
#define LL_STREAM_ENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "stream/frame.h"

struct ll_err;
struct ll_writer;

struct ll_ending {
	char reason[32];		/* eos, string, ...; "" if it is not told */
	bool has_prompt, has_generated;
	uint64_t prompt, generated;	/* numbers of tokens, 0 where they are not told */
	int code;			/* 0, or the exit status with which it failed, and */
	char message[256];		/* why, or "" */
};

/* What the text does not tell is 0 or "", what is too long is cut; a code above 255 becomes LL_EDATA. */
void ll_ending_read(struct ll_ending *ending, const struct ll_frame *frame);

/* The text, behind what is there. -LL_ENOMEM. */
int ll_ending_put(struct ll_buf *text, const struct ll_ending *ending, struct ll_err *err);

/* Writes the frame with the ending as its text instead of its own. */
int ll_ending_write(struct ll_writer *writer, const struct ll_frame *frame, const struct ll_ending *ending,
    struct ll_err *err);

/* Passes on the END of a stream, with `code` where that is higher than its own, and with the number of `sequences`. */
int ll_ending_write_stream(struct ll_writer *writer, const struct ll_frame *end, int code, uint64_t sequences,
    struct ll_err *err);

#endif
