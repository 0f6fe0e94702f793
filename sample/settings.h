/*
 * How one sequence is sampled where its META frame says so: what a record gives counts, for
 * the rest the command line's options. ll-sample(1) describes it.
 */

#ifndef LL_SAMPLE_SETTINGS_H
#define LL_SAMPLE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample/sampler.h"

struct ll_err;
struct ll_stops;

struct ll_settings {
	struct ll_sampling sampling;
	uint64_t limit;			/* tokens of a turn; UINT64_MAX: none */
	bool own_stops;
	struct ll_stops *stops;		/* if they are its own: NULL for none */
	bool own_ranked;
	size_t ranked;			/* alternatives to tell, if the number is its own */
	bool own_seed;
	uint64_t seed;			/* if it has its own */
	bool idle;			/* greedy by the command line, and options that then have no effect */
};

/*
 * Reads a META payload. *out is NULL when it says nothing about sampling. -LL_EDATA, naming
 * `where`, the field and its value.
 */
int ll_settings_read(struct ll_settings **out, const struct ll_sampling *defaults, uint64_t limit,
    const char *text, size_t length, const char *where, struct ll_err *err);
/* The alternatives to tell: its own number, or the command line's. `settings` may be NULL. */
size_t ll_settings_ranked(const struct ll_settings *settings, size_t otherwise);
void ll_settings_free(struct ll_settings *settings);

#endif
