/*
 * Random numbers; see rng.h.
 */

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"

static uint64_t
rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

void
ll_rng_seed(struct ll_rng *rng, uint64_t seed, uint64_t stream)
{
	/* splitmix64 from a start that differs in both; it visits no state twice. */
	uint64_t x = ll_hash_mix(seed + 0x9e3779b97f4a7c15u) ^ ll_hash_mix(stream);

	for (int i = 0; i < 4; i++)
		rng->state[i] = ll_hash_mix(x += 0x9e3779b97f4a7c15u);
}

uint64_t
ll_rng_next(struct ll_rng *rng)
{
	uint64_t *s = rng->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate(s[3], 45);
	return result;
}

double
ll_rng_unit(struct ll_rng *rng)
{
	return (double)(ll_rng_next(rng) >> 11) * 0x1p-53;
}

uint64_t
ll_rng_entropy(void)
{
	struct timespec now;
	uint64_t value;

	if (getrandom(&value, sizeof(value), 0) == (ssize_t)sizeof(value))
		return value;
	clock_gettime(CLOCK_REALTIME, &now);
	return ll_hash_mix((uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 30 ^ (uint64_t)getpid() << 44);
}
