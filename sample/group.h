/*
 * Answers that wait for each other: of several to one prompt the best are given out, when all
 * have ended. The score of an answer is the mean log-probability of its tokens, the one that
 * ended it among them.
 */

#ifndef LL_SAMPLE_GROUP_H
#define LL_SAMPLE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample/sequence.h"

struct ll_err;

/* The end of a turn (STOP) or a sequence (END), as the head told it. */
struct ll_ended {
	uint64_t sequence, position;
	uint32_t epoch;
	bool turn;		/* of a turn: the sequence goes on */
	bool failed;		/* the text says why, or `failure` does */
	bool recorded;		/* nobody was fed: how the turn ended here is not in the text */
	const char *text;	/* the frame's */
	size_t length;
	/* Where they are not the text's: */
	enum ll_turn_end reason;	/* LL_TURN_GOES_ON: it is */
	uint64_t generated;
	char failure[LL_FAILURE_BYTES];	/* found here, where the head does not know it; or "" */
};

struct ll_member {
	struct ll_pick *picks;
	size_t count, cap;
	double sum;		/* of log-probabilities */
	bool complete;		/* it has ended */
	struct ll_ended end;	/* with a text of its own */
};

struct ll_group {
	struct ll_group *next;
	uint64_t first;		/* the sequence that its first answer is given out as; others follow */
	size_t wanted;		/* answers to give out */
	size_t expected;	/* members that must end first */
	struct ll_member *members;
	size_t count, cap;
};

/* One more member, of which *index is the number. -LL_ENOMEM. */
int ll_group_join(struct ll_group *group, size_t *index, struct ll_err *err);
/* A token of a member's. -LL_ENOMEM. */
int ll_group_add(struct ll_group *group, size_t index, const struct ll_pick *pick, struct ll_err *err);
/* A member has ended; the text is copied. -LL_ENOMEM. */
int ll_group_end(struct ll_group *group, size_t index, const struct ll_ended *end, struct ll_err *err);

/* All have ended. */
bool ll_group_is_complete(const struct ll_group *group);

/* Sorts the members: the best first, those that failed last, of equal ones the first. */
void ll_group_rank(struct ll_group *group);

void ll_group_free(struct ll_group *group);

#endif
