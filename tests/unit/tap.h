/*
 * TAP by hand, for tests that are also built for processors for which there is only a libc.
 */

#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdbool.h>
#include <stdio.h>

struct tap {
	int count;
	int failed;
};

static inline void
tap_ok(struct tap *tap, bool good, const char *what, const char *of)
{
	printf("%sok %d - %s: %s\n", good ? "" : "not ", ++tap->count, what, of);
	tap->failed += !good;
}

static inline int
tap_done(const struct tap *tap)
{
	printf("1..%d\n", tap->count);
	return tap->failed != 0;
}

#endif
