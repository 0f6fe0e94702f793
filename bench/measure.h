/*
 * What every measurement here is made of: the spread over rounds, and JSON.
 */

#ifndef LL_BENCH_MEASURE_H
#define LL_BENCH_MEASURE_H

#include <stddef.h>

struct ll_err;
struct ll_json;

struct ll_spread {
	double min, median, max;
};

/* Of `count` values, at least one; they are sorted. */
struct ll_spread ll_spread_of(double *values, size_t count);

/* object[key] = {"min": ..., "median": ..., "max": ...}, each times `unit`. */
void ll_spread_json(struct ll_json *object, const char *key, struct ll_spread spread, double unit);

/* The same, and beside them "rounds": the values in the order in which they were measured. */
void ll_rounds_json(struct ll_json *object, const char *key, const double *values, size_t count,
    struct ll_err *err);

/* object[key] = text */
void ll_text_json(struct ll_json *object, const char *key, const char *text);

/* Writes it to standard output and frees it. -LL_ENOMEM. */
int ll_measure_print(struct ll_json *object, struct ll_err *err);

#endif
