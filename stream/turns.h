/*
 * The head's sequences: their tokens, how far they are evaluated, and whose beginning they
 * share. No input or output happens here.
 *
 * A sequence is WAITING until the head admits it, RUNNING while a turn is evaluated or
 * answered, IDLE between turns, and HELD when it is a finished prompt kept for its prefix.
 */

#ifndef LL_STREAM_TURNS_H
#define LL_STREAM_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/frame.h"

struct ll_err;

enum ll_turn_state { LL_TURN_WAITING, LL_TURN_RUNNING, LL_TURN_IDLE, LL_TURN_HELD };

struct ll_turn {
	struct ll_turn *next;
	uint64_t sequence;
	uint32_t epoch;
	enum ll_turn_state state;
	uint32_t *tokens;	/* all of the sequence, evaluated or not */
	size_t count, cap;
	size_t evaluated;	/* tokens[0..evaluated) are in the KV caches */
	size_t begin;		/* where this turn's prompt begins */
	size_t want;		/* logits owed for the last `want` of tokens[0..count) */
	uint32_t asked;		/* that the prompt's TOKENS asked for, or 0 */
	bool complete;		/* the prompt's LAST was seen */
	bool more;		/* another turn may follow */
	bool prompting;		/* what is pending is prompt, not an answer's token */
	bool owed;		/* the feeder owes an answer */
	uint64_t newest;	/* the highest id that a FORK gave to this record */
	uint64_t prompt, generated;	/* tokens, for END */
};

struct ll_turns {
	struct ll_turn *first;		/* in the order in which they came */
	uint64_t highest;		/* the last new sequence, and 1 */
	uint64_t next_held;
};

/* NULL if there is none. */
struct ll_turn *ll_turns_find(const struct ll_turns *turns, uint64_t sequence);

/* A new one at the end of the list; NULL when out of memory. */
struct ll_turn *ll_turns_add(struct ll_turns *turns, uint64_t sequence, struct ll_err *err);
void ll_turns_remove(struct ll_turns *turns, struct ll_turn *turn);
void ll_turns_free(struct ll_turns *turns);

size_t ll_turns_count(const struct ll_turns *turns, enum ll_turn_state state);

/* Appends ids; -LL_ENOMEM. */
int ll_turn_append(struct ll_turn *turn, const uint32_t *ids, size_t count, struct ll_err *err);

/* A copy under another id with the first `keep` tokens, evaluated; placed at the end. */
struct ll_turn *ll_turns_copy(struct ll_turns *turns, const struct ll_turn *from, uint64_t sequence,
    size_t keep, struct ll_err *err);

/*
 * The best source of a shared beginning for a turn nothing of which is evaluated yet:
 * *keep positions (at least `least`, leaving those that are owed logits to evaluate). A source
 * that has not got that far yet, but will, is returned with *keep = 0: wait for it.
 * NULL when nobody shares enough.
 */
const struct ll_turn *ll_turns_share(const struct ll_turns *turns, const struct ll_turn *turn,
    size_t least, size_t *keep);

#endif
