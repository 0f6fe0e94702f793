/*
 * The least time that a piece of work can take: its bytes at the rate of memory or its
 * operations at the processor's, whichever is longer (Williams, Waterman and Patterson 2009).
 */

#ifndef LL_BENCH_ROOFLINE_H
#define LL_BENCH_ROOFLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/limits_isa.h"
#include "tensor/tensor.h"

struct ll_json;
struct ll_probe;
struct ll_region;

/* The highest rates seen, bytes and operations a second; 0: not measured. */
struct ll_ceiling {
	double read;
	double peak[LL_PEAKS];
};

/* A multiply-add is two operations. */
struct ll_work {
	double bytes;			/* that must come from memory */
	double ops[LL_PEAKS];		/* of each kind */
};

/* Adds one reading of a matrix, and its product with `rows` rows of activations. */
void ll_work_matrix(struct ll_work *work, const struct ll_tensor *w, double rows);

/*
 * Seconds at least. `own`: as the formats' blocks allow (LL_PEAK_SCALE, LL_PEAK_MIN); otherwise
 * all products of integers at the raw peak. *what is "bytes" or the kind with the most time;
 * `what` may be NULL.
 */
double ll_work_seconds(const struct ll_work *work, const struct ll_ceiling *ceiling, bool own,
    const char **what);

/*
 * Raises the ceiling: measures reading in one and in four streams, and the peaks of which the
 * work has any. Returns the better rate of reading, bytes a second, of this time.
 */
double ll_ceiling_raise(struct ll_ceiling *ceiling, struct ll_probe *probe, const struct ll_region *region,
    size_t bytes, const struct ll_work *work);

/* "limits": {"read_gb_s": ..., "int8_gop_s": ...} */
void ll_ceiling_json(struct ll_json *object, const struct ll_ceiling *ceiling);
void ll_ceiling_print(const struct ll_ceiling *ceiling);

/* "bytes": ..., "ops": {"int8": ...} */
void ll_work_json(struct ll_json *object, const struct ll_work *work, double unit);

#endif
