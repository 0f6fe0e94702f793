/*
 * The sequences whose logits are being sampled: each one's random numbers, how far its turn
 * has come, when the turn ends, and the tokens that wait until it is known whether they are
 * the beginning of a stop string. Knows nothing of frames.
 */

#ifndef LL_SAMPLE_SEQUENCE_H
#define LL_SAMPLE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/vocab.h"
#include "sample/logits.h"
#include "sample/stopper.h"

struct ll_err;
struct ll_settings;

#define LL_RANKED_MAX 20
#define LL_SHOW_ALL UINT32_MAX

/* One sampled token. */
struct ll_pick {
	uint32_t token;
	uint32_t epoch;
	uint64_t position;
	float logprob;
	uint32_t show;		/* bytes of its text that belong to the answer, or LL_SHOW_ALL */
	bool final;		/* it ended the turn and is no part of the answer */
	size_t ranked_count;
	struct ll_ranked ranked[LL_RANKED_MAX];
};

/* What ends a turn. */
struct ll_turn_rules {
	const uint32_t *stop_ids;
	size_t stop_id_count;
	const struct ll_stops *stops;	/* or NULL; then vocab is not used */
	const struct ll_vocab *vocab;
	uint64_t limit;			/* tokens of a turn; UINT64_MAX: none */
};

enum ll_turn_end {
	LL_TURN_GOES_ON = 0,
	LL_TURN_EOS,
	LL_TURN_STRING,
	LL_TURN_LENGTH
};

/* "eos", "string", "length": the reason as the stream names it. */
const char *ll_turn_end_name(enum ll_turn_end end);

struct ll_sequence {
	struct ll_sequence *next;
	uint64_t id;
	struct ll_rng rng;
	uint32_t epoch;
	bool open;		/* a turn is under way and its prompt complete */
	uint64_t begin;		/* where its answer begins */
	uint64_t generated;	/* tokens of this turn, the stop token not counted */
	struct ll_settings *settings;	/* its own, or NULL; freed with it */
	struct ll_stopper stopper;
	struct ll_held *held;	/* picks: [first, ready) may be written, [ready, count) wait */
	size_t first, ready, count, cap;
};

struct ll_sequences;

/* Sequence `id` draws the random numbers of stream `id` of `seed`. The caller frees. */
int ll_sequences_new(struct ll_sequences **out, uint64_t seed, struct ll_err *err);
void ll_sequences_free(struct ll_sequences *sequences);

/* NULL if there is none. */
struct ll_sequence *ll_sequences_find(const struct ll_sequences *sequences, uint64_t id);
/* The one of this id, made if there is none: its turn is open then. NULL: out of memory. */
struct ll_sequence *ll_sequences_get(struct ll_sequences *sequences, uint64_t id,
    struct ll_err *err);
void ll_sequences_remove(struct ll_sequences *sequences, uint64_t id);

/* Prompt tokens came that end before `end`; `complete` if they are the last of the turn's. */
void ll_sequence_prompt(struct ll_sequence *sequence, uint32_t epoch, uint64_t end, bool complete);

/* Whether a token at `position` is to be sampled: not inside a prompt or when the turn is over. */
bool ll_sequence_asks(struct ll_sequence *sequence, uint32_t epoch, uint64_t position);

/*
 * Takes a sampled token (show and final are set here) and says whether it ends the turn:
 * enum ll_turn_end, -LL_ENOMEM, or -LL_EDATA for a token that is not in the vocabulary.
 */
int ll_sequence_add(struct ll_sequence *sequence, const struct ll_turn_rules *rules,
    const struct ll_pick *pick, struct ll_err *err);

/* The turn is over, whoever ended it: nothing waits any longer. */
void ll_sequence_end_turn(struct ll_sequence *sequence, uint32_t epoch);

/* The next token that may be written, valid until the next call; NULL if there is none. */
const struct ll_pick *ll_sequence_ready(struct ll_sequence *sequence);

#endif
