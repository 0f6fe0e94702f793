/*
 * What ll-sample does with the logits of many sequences: samples a token for each that asks,
 * answers the head, makes the several answers to one prompt, and gives tokens out when it is
 * known that they stay. Knows nothing of frames: hooks carry what it says.
 */

#ifndef LL_SAMPLE_ENGINE_H
#define LL_SAMPLE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample/group.h"
#include "sample/sequence.h"

struct ll_engine;
struct ll_err;
struct ll_settings;

enum ll_reply_kind { LL_REPLY_NEXT, LL_REPLY_STOP, LL_REPLY_FORK };

/* An answer to the head: ll-stream(5), The return path. */
struct ll_reply {
	enum ll_reply_kind kind;
	uint64_t sequence;
	uint64_t position;		/* what is kept */
	uint32_t epoch;
	const uint32_t *tokens;		/* NEXT: they follow; FORK: each begins a child */
	size_t count;
	enum ll_turn_end reason;	/* STOP */
	uint64_t generated;		/* STOP */
	const char *failure;		/* STOP: why the sequence failed, or "" */
};

/* Each returns 0 or a negative status, which goes back to the caller. */
struct ll_engine_hooks {
	void *arg;
	int (*reply)(void *arg, const struct ll_reply *reply, struct ll_err *err);
	/* A token that stays. */
	int (*token)(void *arg, uint64_t sequence, const struct ll_pick *pick, struct ll_err *err);
	/* An end that is to be passed on. */
	int (*end)(void *arg, const struct ll_ended *end, struct ll_err *err);
	/* A sequence failed, the others go on: tells the user. */
	void (*complain)(void *arg, const char *message);
};

/* The last row of a LOGITS frame. */
struct ll_engine_row {
	uint64_t sequence;
	uint64_t position;		/* of the token that it predicts */
	uint32_t epoch;
	bool sparse;
	uint32_t dtype;
	const void *data;
	size_t cols;
	const char *where;		/* begins messages */
	const char *place;		/* those of the sequence alone, which name no stream */
};

/* -LL_ENOMEM, -LL_ECONFIG. `settings` are the command line's, borrowed; they may be completed later. */
int ll_engine_new(struct ll_engine **out, const struct ll_settings *settings, const struct ll_engine_hooks *hooks,
    struct ll_err *err);
void ll_engine_free(struct ll_engine *engine);

/* The samplers of the command line, for a report. */
const char *ll_engine_text(const struct ll_engine *engine);

/* A stream begins. `rules` are copied. */
int ll_engine_begin(struct ll_engine *engine, uint64_t seed, const struct ll_turn_rules *rules, struct ll_err *err);
/* From now on there is a vocabulary. */
void ll_engine_vocab(struct ll_engine *engine, const struct ll_vocab *vocab);
/* It ended: -LL_EDATA when answers are missing that were begun here. Forgets all sequences, also when it fails. */
int ll_engine_end_stream(struct ll_engine *engine, const char *where, struct ll_err *err);

/* The sequence, made if there is none; NULL: out of memory. */
struct ll_sequence *ll_engine_sequence(struct ll_engine *engine, uint64_t id, struct ll_err *err);

/*
 * A sequence cannot be sampled: when its logits come, the head is told, and it ends, with as many answers as
 * were asked for; 0: as the command line says.
 */
void ll_engine_refuse(struct ll_engine *engine, struct ll_sequence *sequence, size_t answers, const char *why);

int ll_engine_prompt(struct ll_engine *engine, struct ll_sequence *sequence, uint32_t epoch, uint64_t position,
    const uint32_t *ids, size_t count, bool complete, struct ll_err *err);
/* A sequence that cannot go on fails alone. -LL_EDATA for logits that are none: the stream is damaged. */
int ll_engine_logits(struct ll_engine *engine, const struct ll_engine_row *row, struct ll_err *err);
/* The head made this child of a sequence. */
int ll_engine_forked(struct ll_engine *engine, uint64_t child, struct ll_err *err);
/* Whether what a step brought is not all answered: of a search some beams come in another step. */
bool ll_engine_waits(const struct ll_engine *engine);
int ll_engine_ended(struct ll_engine *engine, const struct ll_ended *end, struct ll_err *err);

#endif
