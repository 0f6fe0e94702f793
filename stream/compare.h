/*
 * Comparing two streams in canonical form.
 */

#ifndef LL_STREAM_COMPARE_H
#define LL_STREAM_COMPARE_H

#include <stdbool.h>

#include "base/buf.h"
#include "stream/canonical.h"

struct ll_err;

struct ll_compare {
	const char *names[2];
	double tolerance;	/* of floats; 0: the bytes must be equal. Else dtypes may differ, too */
	struct ll_buf *report;	/* lines about what differs */
	double largest;		/* difference of two floats, of all that are in both */
};

/*
 * True if the streams are equal. Otherwise reports the keys of the header that differ and
 * the first frame that does.
 */
bool ll_compare(struct ll_compare *compare, const struct ll_canonical *a, const struct ll_canonical *b,
    struct ll_err *err);

#endif
