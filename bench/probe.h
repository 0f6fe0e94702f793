/*
 * What the hardware can do at most: bytes read a second, operations a second. A probe has
 * threads and buffers of its own and is asked again and again, between what is measured.
 */

#ifndef LL_BENCH_PROBE_H
#define LL_BENCH_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/limits_isa.h"

struct ll_err;
struct ll_probe;

/* Memory in pages of one size. */
struct ll_region {
	unsigned char *data;	/* begins on a huge page */
	size_t bytes;
	void *map;
	size_t map_bytes;
	double huge;		/* the share that did come in huge pages */
};

/* Every page is touched. -LL_ENOMEM. */
int ll_region_new(struct ll_region *region, size_t bytes, bool huge, struct ll_err *err);
void ll_region_free(struct ll_region *region);

/* Bytes that do not stay in any cache when `threads` read them, within a quarter of what memory there is. */
size_t ll_probe_memory(size_t threads);
/* Bytes that stay in level 2 (of each thread) or 3; what the system does not tell is guessed low. */
size_t ll_probe_cache(int level);

/* -LL_ENOMEM, -LL_ECONFIG (LL_CPU). */
int ll_probe_new(struct ll_probe **out, size_t threads, struct ll_err *err);
void ll_probe_free(struct ll_probe *probe);

/*
 * Bytes a second of reading the first `bytes` of a region, shared out among the threads, in
 * 1, 4 or 8 streams each; little is read several times.
 */
double ll_probe_read(struct ll_probe *probe, const struct ll_region *region, size_t bytes, size_t streams);

/* Operations a second, a multiply-add being two. */
double ll_probe_peak(struct ll_probe *probe, enum ll_peak peak);

/* The loop behind a peak, or NULL where another one stands for it (limits_isa.h). */
const struct ll_peak_loop *ll_probe_loop(const struct ll_probe *probe, enum ll_peak peak);

/* "int8 with scales", ... */
const char *ll_peak_name(enum ll_peak peak);

#endif
