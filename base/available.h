/*
 * What memory there is to be had.
 */

#ifndef LL_BASE_AVAILABLE_H
#define LL_BASE_AVAILABLE_H

#include <stddef.h>

/*
 * Bytes that programs can still get without swapping: MemAvailable of /proc/meminfo, or what the
 * control group (version 2) leaves if that is less. 0 if it cannot be told.
 */
size_t ll_available(void);

#endif
