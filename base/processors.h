/*
 * How many threads are of use.
 */

#ifndef LL_BASE_PROCESSORS_H
#define LL_BASE_PROCESSORS_H

#include <stddef.h>

/*
 * One thread for each core of which this process may use a processor (sched_getaffinity(2)): the
 * processors of one core share the units that products are made with, and memory is no faster for
 * a second one. Not more than the time that the control group grants (cpu.max, Linux's
 * cgroup-v2.rst), rounded up. At least 1.
 */
size_t ll_processors(void);

/* The processors that this process may run on, siblings and all. */
size_t ll_processors_allowed(void);

/* ll_processors() of the processors whose byte in `allowed` is not 0, with the files of /sys under `root`. */
size_t ll_processors_at(const char *root, const unsigned char *allowed, size_t count);

#endif
