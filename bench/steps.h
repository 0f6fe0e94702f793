/*
 * How many tokens a second the forward pass takes in and gives out, in one process.
 */

#ifndef LL_BENCH_STEPS_H
#define LL_BENCH_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "forward/forward.h"

struct ll_err;

#define LL_STEPS_BATCHES 16

struct ll_steps_config {
	const char *model;
	size_t threads, rounds;
	size_t prompt;		/* tokens of a prefill; 0: none */
	size_t tokens;		/* of each sequence that are decoded; 0: none */
	size_t batches[LL_STEPS_BATCHES], batch_count;	/* sequences decoded at once, each in turn */
	size_t depth;		/* positions that are there before */
	size_t chunk;		/* rows of a prefill in one call */
	enum ll_pack pack;
	enum ll_kv_type kv_type[2];	/* of keys, of values */
	bool as_json;
};

/*
 * Prints for each work the tokens a second over the rounds, and its share of what the limits
 * measured between the rounds allow. The ids of the tokens are random. -LL_EUSAGE when there
 * is nothing to do or the model's context is too short.
 */
int ll_bench_steps(const struct ll_steps_config *config, struct ll_err *err);

#endif
