/*
 * What the joints of the pipe cost: a token in one process, and through ll-forward | ll-sample.
 */

#ifndef LL_BENCH_JOINTS_H
#define LL_BENCH_JOINTS_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;

/*
 * Prints the milliseconds of a token over `rounds` rounds of `tokens` tokens, at least 2, each
 * way. The stages are found in $PATH and are told everything: configuration is sealed before.
 */
int ll_bench_joints(const char *model, size_t threads, size_t tokens, size_t rounds, bool as_json,
    struct ll_err *err);

#endif
