/*
 * What every sampler is: a name and a transformation of the candidates. A new one is a file
 * with a descriptor, declared here and placed in chain.c's order; its settings are members of
 * struct ll_sampling, and what else it needs to see is a member of struct ll_sampler_view.
 */

#ifndef LL_SAMPLE_SAMPLER_H
#define LL_SAMPLE_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

struct ll_candidates;

/* How to sample. The values that switch a sampler off are named. */
struct ll_sampling {
	double temperature;	/* 0: greedy, and no other sampler has a say; 1: off */
	uint64_t top_k;		/* 0: off */
	double top_p;		/* 1: off */
	double min_p;		/* 0: off */
};

/* What a sampler may look at. */
struct ll_sampler_view {
	const struct ll_sampling *sampling;
	uint64_t sequence;
	uint64_t position;	/* of the token to be sampled */
};

struct ll_sampler {
	const char *name;
	/* False when the settings leave it nothing to do. */
	bool (*wanted)(const struct ll_sampling *sampling);
	void (*apply)(const struct ll_sampler_view *view, struct ll_candidates *candidates);
};

extern const struct ll_sampler ll_sampler_temperature;
extern const struct ll_sampler ll_sampler_top_k;
extern const struct ll_sampler ll_sampler_top_p;
extern const struct ll_sampler ll_sampler_min_p;

#endif
