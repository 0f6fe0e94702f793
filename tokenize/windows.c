/*
 * Windows of a text; see windows.h.
 */

#include "tokenize/windows.h"

bool
ll_window_next(const struct ll_window_plan *plan, size_t total, bool bos, size_t *begin, size_t *counted,
    struct ll_window *out)
{
	size_t stride = plan->stride > 0 ? plan->stride : plan->size - 1;
	size_t context = plan->context > 1 ? plan->context : 1, room = plan->size - bos;

	while (*counted < total && *begin < total) {
		size_t count = total - *begin < room ? total - *begin : room, end = *begin + count;
		/* The first that counts, and its place in the window. */
		size_t first = *counted > *begin ? *counted : *begin, place = first - *begin + bos;

		if (place < context) {
			first += context - place;
			place = context;
		}
		*out = (struct ll_window){ .begin = *begin, .count = count, .want = end > first ? end - first + 1 : 0 };
		*begin += stride;
		*counted = end > *counted ? end : *counted;
		if (out->want > 0)
			return true;
	}
	return false;
}
