/*
 * The table of a machine's limits.
 */

#ifndef LL_BENCH_LIMITS_H
#define LL_BENCH_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;

/*
 * Prints what 1, 2, 4 ... `threads` threads read a second from memory, in small and huge pages
 * and in several streams, and from caches; and what they multiply and add. Rounds go through
 * all lines in turn. `brief`: of `threads` threads the reading of huge pages and the peaks
 * alone, which is what bench/compare asks between its rounds.
 */
int ll_bench_limits(size_t threads, size_t rounds, bool brief, bool as_json, struct ll_err *err);

#endif
