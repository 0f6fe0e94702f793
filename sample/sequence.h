/*
 * The sequences whose logits are being sampled: each one's tokens and random numbers, how far
 * its turn has come, when the turn ends, and the tokens that wait until it is known whether
 * they are the beginning of a stop string, or of a banned one and are taken back. Knows nothing
 * of frames.
 */

#ifndef LL_SAMPLE_SEQUENCE_H
#define LL_SAMPLE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/vocab.h"
#include "sample/logits.h"
#include "sample/sampler.h"
#include "sample/stopper.h"

struct ll_err;
struct ll_group;
struct ll_search;
struct ll_settings;

#define LL_STOP_IDS_MAX 64
#define LL_RANKED_MAX 20
#define LL_SHOW_ALL UINT32_MAX
#define LL_FAILURE_BYTES 256

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

/* What holds for all sequences of a stream. */
struct ll_turn_rules {
	uint32_t stop_ids[LL_STOP_IDS_MAX];
	size_t stop_id_count;
	const struct ll_vocab *vocab;		/* or NULL, where no settings have strings */
	const struct ll_settings *defaults;	/* of sequences without settings of their own */
};

/* Ids in decimal, separated by spaces. -LL_EDATA, beginning with `where`. */
int ll_turn_rules_parse(struct ll_turn_rules *rules, const char *text, const char *where, struct ll_err *err);

enum ll_turn_end {
	LL_TURN_GOES_ON = 0,
	LL_TURN_EOS,
	LL_TURN_STRING,
	LL_TURN_LENGTH,
	LL_TURN_BACK,		/* it goes on, but earlier: a banned string was there */
	LL_TURN_FAILED		/* no token can be sampled */
};

/* "eos", "string", "length", "failed": the reason as the stream names it. */
const char *ll_turn_end_name(enum ll_turn_end end);

struct ll_sequence {
	struct ll_sequence *next;
	uint64_t id;
	struct ll_rng rng;
	uint32_t epoch;
	bool open;		/* a turn is under way and its prompt complete */
	enum ll_turn_end end;	/* of the turn, if it ended here */
	char failure[LL_FAILURE_BYTES];	/* why it cannot be sampled, or "" */
	size_t answers;		/* that it was to have, if it was refused; 0: as its settings say */
	uint64_t begin;		/* where its answer begins */
	uint64_t generated;	/* tokens of this turn, the stop token not counted */
	struct ll_settings *settings;	/* its own, or NULL; freed with it */
	uint32_t *past;			/* its tokens, prompt and answer */
	size_t past_count, past_cap;
	struct ll_sampler_memory memory;
	struct ll_stopper stopper, banned, breaker;
	size_t unbroken;		/* tokens since the last that ends a DRY repetition */
	struct ll_held *held;	/* picks: [first, ready) may be written, [ready, count) wait */
	size_t first, ready, count, cap;
	uint64_t *ban_positions;	/* tokens taken back, by rising position */
	uint32_t *ban_tokens;
	size_t ban_count, position_cap, token_cap;
	uint64_t farthest;		/* tokens of the answer at most so far, and how often */
	unsigned setbacks;		/* some were taken back since */
	uint64_t back;			/* the position of the last that was */
	bool unannounced;		/* a fork of which the stream has not told yet */
	bool told;			/* that it has several answers, if so */
	struct ll_group *group;		/* of answers that wait for each other, or NULL */
	size_t member;			/* its number there */
	struct ll_search *search;	/* that it is a beam of, or NULL */
	bool begun;			/* its first token was sampled, and its forks made */
	enum ll_turn_end owed;		/* a fork whose first token ended its turn: to be told */
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

/* Takes over settings of its own, and draws from their seed if they have one. */
void ll_sequence_configure(struct ll_sequence *sequence, struct ll_settings *settings);

/* How it is sampled. */
const struct ll_settings *ll_sequence_settings(const struct ll_sequence *sequence, const struct ll_turn_rules *rules);

/*
 * A child that has its parent's tokens, and how far its turn has come, but random numbers of
 * its own; it shares the settings. What waits in the parent is not the child's. NULL: out of memory.
 */
struct ll_sequence *ll_sequences_fork(struct ll_sequences *sequences, const struct ll_sequence *parent, uint64_t id,
    struct ll_err *err);

/* Prompt tokens came, from `position`; `complete` if they are the last of the turn's. -LL_ENOMEM. */
int ll_sequence_prompt(struct ll_sequence *sequence, const struct ll_turn_rules *rules, uint32_t epoch,
    uint64_t position, const uint32_t *ids, size_t count, bool complete, struct ll_err *err);

/* Whether a token at `position` is to be sampled: not inside a prompt or when the turn is over. */
bool ll_sequence_asks(struct ll_sequence *sequence, uint32_t epoch, uint64_t position);

/* What samplers may look at for a token at `position`; valid until the sequence changes. */
void ll_sequence_view(struct ll_sequence *sequence, const struct ll_turn_rules *rules, uint64_t position,
    struct ll_sampler_view *view);

/* Whether this token would be taken back: a banned string would end in it, and no stop string before that. */
bool ll_sequence_bans(const struct ll_sequence *sequence, const struct ll_turn_rules *rules, uint32_t token);
/* How the turn would go on with a token that is not banned, but for the limit. */
enum ll_turn_end ll_sequence_end_with(const struct ll_sequence *sequence, const struct ll_turn_rules *rules,
    uint32_t token);

/*
 * Takes a sampled token (show and final are set here) and says how the turn goes on: enum
 * ll_turn_end, -LL_ENOMEM, or -LL_EDATA, which is this sequence's failure alone, for a token that
 * is not in the vocabulary, and where banned strings lead nowhere. After LL_TURN_BACK the past is cut, and logits for its last
 * token, which was evaluated before, are wanted anew.
 */
int ll_sequence_add(struct ll_sequence *sequence, const struct ll_turn_rules *rules,
    const struct ll_pick *pick, struct ll_err *err);

/* The turn is over, whoever ended it: nothing waits any longer. */
void ll_sequence_end_turn(struct ll_sequence *sequence, uint32_t epoch);

/* The next token that may be written, valid until the next call; NULL if there is none. */
const struct ll_pick *ll_sequence_ready(struct ll_sequence *sequence);

#endif
