/*
 * Stop strings in text that comes in pieces: which bytes may be shown, and where a stop
 * string begins. All strings are matched at once by an automaton (Aho and Corasick 1975): each
 * byte is looked at once, whatever the tokens' borders.
 *
 * The first stop string to be complete counts; of several that end at the same byte, the
 * longest.
 */

#ifndef LL_SAMPLE_STOPPER_H
#define LL_SAMPLE_STOPPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_stops;

/* Builds the automaton of `count` strings, none empty; not kept. -LL_ENOMEM, -LL_EUSAGE. */
int ll_stops_new(struct ll_stops **out, const char *const *texts, size_t count, struct ll_err *err);
void ll_stops_free(struct ll_stops *stops);

/* Where one text is. Zero-initialise; reset by zeroing. */
struct ll_stopper {
	uint32_t node;
	uint64_t bytes;		/* taken so far */
};

/*
 * Takes bytes. True when a stop string ends in them: *decided is the offset in the whole text
 * where it begins, and the rest of the bytes is not looked at. Otherwise *decided is the
 * offset before which no stop string can begin any more.
 */
bool ll_stopper_take(struct ll_stopper *stopper, const struct ll_stops *stops, const char *bytes,
    size_t length, uint64_t *decided);

#endif
