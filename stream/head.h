/*
 * The head of a pipe: the stage that turns tokens into hidden states. It owns the return
 * path, admits sequences, cuts prompts into chunks, shares prefixes, and asks its stage to
 * evaluate one step after another. It knows tokens, not tensors: the stage does the rest.
 *
 * One step is written in band as: control frames (FORK, NEXT, STOP, END), prompt TOKENS of
 * newly admitted sequences, what the stage writes for its items, FLUSH.
 */

#ifndef LL_STREAM_HEAD_H
#define LL_STREAM_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/stream.h"

struct ll_err;

/* Rows of one sequence to evaluate. */
struct ll_item {
	uint64_t sequence;
	uint64_t position;	/* of the first token: what the sequence's cache must hold already */
	const uint32_t *tokens;	/* [rows + ahead] */
	size_t ahead;		/* tokens that are known to follow the rows */
	uint32_t rows;
	uint32_t want;		/* logits of the last `want` rows are owed */
	uint32_t epoch;
};

struct ll_head_stage {
	void *arg;
	/*
	 * Evaluates items, of no more rows together than a batch and a chunk, and writes HIDDEN or
	 * LOGITS frames for each (LOGITS only where wanted).
	 */
	int (*evaluate)(void *arg, const struct ll_item *items, size_t count, struct ll_err *err);
	/* The child begins with the parent's first `keep` positions. May be NULL. */
	int (*fork)(void *arg, uint64_t child, uint64_t parent, uint64_t keep, struct ll_err *err);
	/* The sequence is cut to `keep` positions. May be NULL. */
	int (*cut)(void *arg, uint64_t sequence, uint64_t keep, struct ll_err *err);
	/* The sequence is gone. May be NULL. */
	void (*end)(void *arg, uint64_t sequence);
	/* One sequence failed, the others go on: tells the user. */
	void (*report)(void *arg, const char *message);
};

struct ll_head_config {
	const char *program;	/* who warns */
	size_t batch;		/* sequences at once */
	size_t chunk;		/* prompt rows in a step */
	size_t context;		/* positions a sequence may have */
	uint32_t vocab;		/* ids at or above are bad data */
	bool once;		/* offer no return path: sequences end after their prompt */
	bool all;		/* logits (or hidden states) are wanted at every position; implies once */
	bool score;		/* the same where TOKENS do not ask for fewer; implies once */
	bool apart;		/* no position is evaluated for two sequences at once */
	bool loop;		/* ignore declines */
};

/*
 * Serves the stream whose header `in` has just delivered, until its END: writes `header`
 * (completed with the return path), the frames, and the END of the stream.
 * 0, or negative: from the input, from the stage, or from writing. ll_reader_status knows the
 * worst code that a sequence ended with.
 */
int ll_head_run(struct ll_reader *in, struct ll_writer *out, struct ll_header *header,
    const struct ll_head_config *config, const struct ll_head_stage *stage, struct ll_err *err);

#endif
