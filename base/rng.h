/*
 * Random numbers: xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64.
 * Equal (seed, stream) give equal numbers on every machine, whoever else draws.
 */

#ifndef LL_BASE_RNG_H
#define LL_BASE_RNG_H

#include <stdint.h>

struct ll_rng {
	uint64_t state[4];
};

/* Stream `stream` of `seed`: one per sequence, so that a batch gives each its solo result. */
void ll_rng_seed(struct ll_rng *rng, uint64_t seed, uint64_t stream);

uint64_t ll_rng_next(struct ll_rng *rng);

/* Uniform in [0, 1), 53 bits. */
double ll_rng_unit(struct ll_rng *rng);

/* From the kernel's entropy, for a seed or a nonce that was not given. */
uint64_t ll_rng_entropy(void);

#endif
