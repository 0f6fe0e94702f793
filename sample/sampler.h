/*
 * What every sampler is: a name and a transformation of the candidates. A new one is a file
 * with a descriptor, declared here and placed in order.c's list; its settings are members of
 * struct ll_sampling, and what else it needs to see is a member of struct ll_sampler_view.
 * ll-sample(1) has the formulas and their sources.
 */

#ifndef LL_SAMPLE_SAMPLER_H
#define LL_SAMPLE_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sampling.h"

struct ll_candidates;
struct ll_rng;

/* What samplers remember of a turn. Zeroed where it begins. */
struct ll_sampler_memory {
	bool begun;
	double mu;			/* mirostat: the surprise to be cut at, bits */
	double sum, weight;		/* adaptive-p: of the probabilities drawn, the newest first */
};

/* A token and what is added to its logit. */
struct ll_bias {
	uint32_t token;
	float bias;			/* -infinity: never */
};

struct ll_ids_view {
	const uint32_t *ids;
	size_t count;
};

/* What a sampler may look at. */
struct ll_sampler_view {
	const struct ll_sampling *sampling;
	const struct ll_bias *biases;
	size_t bias_count;
	struct ll_ids_view never[3];		/* tokens that must not come now */
	struct ll_ids_view past;		/* the sequence's tokens so far: prompt and answer */
	size_t unbroken;			/* tokens since the last that ends a DRY repetition */
	const unsigned char *breaks;		/* bit t: token t ends one; NULL: none does */
	size_t break_count;			/* tokens that `breaks` tells of */
	struct ll_rng *rng;
	struct ll_sampler_memory *memory;
};

struct ll_sampler {
	const char *name;
	/* Beginnings of the names of its options, separated by spaces. */
	const char *options;
	/* It only chooses among tokens: greedy sampling and mirostat do without. */
	bool shapes;
	/* False when the settings leave it nothing to do. */
	bool (*wanted)(const struct ll_sampling *sampling);
	void (*apply)(const struct ll_sampler_view *view, struct ll_candidates *candidates);
	/* Or NULL: candidate `chosen` was drawn. */
	void (*accept)(const struct ll_sampler_view *view, struct ll_candidates *candidates, size_t chosen);
};

extern const struct ll_sampler ll_sampler_penalties, ll_sampler_dry, ll_sampler_top_n_sigma,
    ll_sampler_temperature, ll_sampler_top_k, ll_sampler_typical, ll_sampler_top_p, ll_sampler_min_p,
    ll_sampler_xtc, ll_sampler_mirostat, ll_sampler_mirostat2, ll_sampler_adaptive;

#endif
