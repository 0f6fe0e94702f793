/*
 * The speed of the tokenizer: one thread, texts from files.
 */

#ifndef LL_BENCH_SPEED_H
#define LL_BENCH_SPEED_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;

/*
 * Measures each of `count` files in a process of its own and prints a line for each: the
 * time to open the vocabulary at `model`, the speed of the first encoding of the text in
 * that process, and the median speed of `rounds` more.
 */
int ll_bench_encode(const char *model, const char *const *files, size_t count, size_t rounds,
    bool as_json, struct ll_err *err);

#endif
