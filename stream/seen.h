/*
 * What a stage behind the head knows of each sequence: its prompt, and which of its positions
 * are to be counted. A stage that needs the token behind a row looks it up here.
 */

#ifndef LL_STREAM_SEEN_H
#define LL_STREAM_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include "stream/frame.h"

struct ll_err;

struct ll_seen_sequence {
	uint64_t sequence;
	uint32_t epoch;
	uint32_t *tokens;
	size_t count, cap;
	size_t asked;		/* logits of so many of the last positions were asked for; 0: of all */
};

/* Zero-initialise; free with ll_seen_free. */
struct ll_seen {
	void *root;
};

/*
 * Takes a TOKENS frame; others leave everything as it is. A higher epoch continues at its
 * position. -LL_EDATA, with `name`, for tokens that are not where those before them end; -LL_ENOMEM.
 */
int ll_seen_take(struct ll_seen *seen, const struct ll_frame *frame, const char *name, struct ll_err *err);

/* NULL for one of which no tokens were seen. */
struct ll_seen_sequence *ll_seen_find(const struct ll_seen *seen, uint64_t sequence);

void ll_seen_remove(struct ll_seen *seen, uint64_t sequence);
void ll_seen_free(struct ll_seen *seen);

#endif
