/*
 * What the loop of a join (join.c), its matching of rows (join_rows.c) and its dealings with
 * the output's feeder (join_mail.c) share. Nobody else needs it.
 */

#ifndef LL_STREAM_JOIN_STATE_H
#define LL_STREAM_JOIN_STATE_H

#include "stream/feeder.h"
#include "stream/inbox.h"
#include "stream/join.h"
#include "stream/offer.h"
#include "stream/path.h"

/* A sequence in one member. */
struct ll_join_slot {
	float *row;		/* the one that is held; NULL: none */
	uint64_t position;	/* of that */
	uint32_t epoch;
	uint64_t asked_position;	/* of the row that was combined last */
	uint32_t asked_epoch;
	uint64_t tokens;	/* hash of what the sequence was continued with in this turn */
	bool ended;
};

/* Whether the output's feeder owes an answer. */
enum ll_join_owed { LL_JOIN_NOTHING, LL_JOIN_WRITTEN, LL_JOIN_FLUSHED };

struct ll_joined {
	struct ll_joined *next;
	uint64_t sequence;
	bool begun;		/* a row was combined */
	enum ll_join_owed owed;
	struct ll_ending failure;	/* of the member that it failed in; code 0: of none */
	struct ll_join_slot slots[LL_JOIN_MEMBERS];
};

enum ll_join_phase { LL_JOIN_BEFORE, LL_JOIN_HEADER, LL_JOIN_OPEN, LL_JOIN_ENDED, LL_JOIN_DONE };

struct ll_join_member {
	struct ll_reader *in;
	struct ll_path *path;		/* NULL: nobody is fed */
	struct ll_path_watch watch;
	enum ll_join_phase phase;
	struct ll_frame frame;		/* valid while `blocked`: it has to wait for other members */
	bool blocked;
	uint32_t next_row;		/* of that frame */
	bool answered;			/* messages lie in the path */
	size_t held;			/* rows */
};

struct ll_join {
	struct ll_join_member members[LL_JOIN_MEMBERS];
	size_t count;
	struct ll_writer *out;
	const struct ll_join_stage *stage;
	const char *command;
	struct ll_joined *sequences;
	size_t vocab;			/* 0: not known yet */
	float **spare;			/* rows that nobody holds */
	size_t spare_count, spare_cap;
	float *result;
	size_t written, flushed;	/* sequences that an answer is owed for */
	uint64_t lead_sequences;	/* as the lead's END told */
	int worst;			/* code that a member's stream ended with */
	struct ll_inbox *inbox;
	struct ll_offer *offer;
	struct ll_feeder feeder;
	bool fed;			/* a member has a path */
	bool go_on;			/* the feeder has answered what it can for now */
};

/* A frame of a member: 1 when it has to wait, and is to be given again. */
int ll_join_take(struct ll_join *join, size_t member, const struct ll_frame *frame, struct ll_err *err);
/* Rows that can no longer find their others: -LL_EDATA. For a member whose stream has ended. */
int ll_join_check_end(struct ll_join *join, size_t member, struct ll_err *err);
/* Forgets all sequences and rows of a stream. */
void ll_join_forget(struct ll_join *join);

struct ll_joined *ll_join_find(const struct ll_join *join, uint64_t sequence);
void ll_join_settle(struct ll_join *join, struct ll_joined *joined);

/* Does what a piece of mail says. */
int ll_join_mail(struct ll_join *join, const struct ll_mail *mail, struct ll_err *err);
/* Tells one member that its row is answered by the end of the turn. */
int ll_join_stop(struct ll_join *join, const struct ll_joined *joined, size_t member, const char *reason,
    struct ll_err *err);
/* Ends the turn of every sequence that is owed an answer. */
int ll_join_stop_all(struct ll_join *join, const char *reason, struct ll_err *err);
/* Sends what was gathered, once all that was asked is answered. */
int ll_join_send(struct ll_join *join, struct ll_err *err);

#endif
