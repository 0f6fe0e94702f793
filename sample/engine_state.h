/*
 * What the engine's files share; for these alone.
 */

#ifndef LL_SAMPLE_ENGINE_STATE_H
#define LL_SAMPLE_ENGINE_STATE_H

#include "sample/chain.h"
#include "sample/engine.h"
#include "sample/logits.h"

/* No sequence of a stream has this number. */
#define LL_SEARCH_SCRATCH (UINT64_MAX - 1)

struct ll_engine {
	struct ll_engine_hooks hooks;
	struct ll_chain *chain;
	struct ll_logits row;
	struct ll_turn_rules rules;
	struct ll_sequences *sequences;
	struct ll_group *groups;
	struct ll_search *searches;
	size_t unannounced;	/* forks of which the stream has not told yet */
};

/* Tells the head how a turn goes on behind `position`: with the last token, or not. */
int ll_engine_reply(struct ll_engine *engine, const struct ll_sequence *sequence, uint64_t position,
    enum ll_turn_end end, struct ll_err *err);

/* beam.c: the row that was read, of a beam; the first makes the search. */
int ll_search_logits(struct ll_engine *engine, struct ll_sequence *sequence, const struct ll_engine_row *row,
    struct ll_err *err);
/* A beam has ended, or a turn of it. */
int ll_search_ended(struct ll_engine *engine, struct ll_sequence *sequence, const struct ll_ended *end,
    struct ll_err *err);
/* Whether one has logits of some of its beams, and not yet of the others. */
bool ll_searches_wait(const struct ll_engine *engine);
void ll_searches_free(struct ll_engine *engine);

#endif
