/*
 * The clock that measures: it only goes forward, from some moment on.
 */

#ifndef LL_BASE_CLOCK_H
#define LL_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
ll_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t
ll_clock_ms(void)
{
	return ll_clock_ns() / 1000000;
}

static inline double
ll_clock_seconds(void)
{
	return (double)ll_clock_ns() * 1e-9;
}

#endif
