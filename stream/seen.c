/*
 * Prompts of sequences; see seen.h. A tree, so that no stream makes looking them up slow.
 */

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "stream/seen.h"

static int
order(const void *left, const void *right)
{
	uint64_t a = ((const struct ll_seen_sequence *)left)->sequence;
	uint64_t b = ((const struct ll_seen_sequence *)right)->sequence;

	return (a > b) - (a < b);
}

struct ll_seen_sequence *
ll_seen_find(const struct ll_seen *seen, uint64_t sequence)
{
	struct ll_seen_sequence key = { .sequence = sequence };
	void *node = tfind(&key, &seen->root, order);

	return node != NULL ? *(struct ll_seen_sequence **)node : NULL;
}

static struct ll_seen_sequence *
add(struct ll_seen *seen, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_seen_sequence *new = ll_alloc(1, sizeof(*new), err);

	if (new == NULL)
		return NULL;
	new->sequence = frame->sequence;
	new->epoch = frame->epoch;
	if (tsearch(new, &seen->root, order) != NULL)
		return new;
	free(new);
	ll_fail(err, LL_ENOMEM, "out of memory: a sequence");
	return NULL;
}

int
ll_seen_take(struct ll_seen *seen, const struct ll_frame *frame, const char *name, struct ll_err *err)
{
	struct ll_seen_sequence *known;
	size_t end;
	char text[48];

	if (frame->type != LL_TOKENS)
		return 0;
	known = ll_seen_find(seen, frame->sequence);
	if (known == NULL && (known = add(seen, frame, err)) == NULL)
		return -LL_ENOMEM;
	if (frame->epoch > known->epoch && frame->position <= known->count) {
		known->epoch = frame->epoch;
		known->count = (size_t)frame->position;
		known->asked = 0;
	}
	if (frame->epoch != known->epoch || frame->position != known->count)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: tokens at position %" PRIu64 " of epoch %" PRIu32
		    ", but %zu of epoch %" PRIu32 " came before", name, ll_sequence_name(frame->sequence, text),
		    frame->position, frame->epoch, known->count, known->epoch);
	if (ll_add(known->count, frame->rows, &end))
		return ll_fail(err, LL_ENOMEM, "out of memory: a sequence");
	if (ll_grow(&known->tokens, &known->cap, end, sizeof(*known->tokens), err) < 0)
		return -LL_ENOMEM;
	if (frame->rows > 0)
		memcpy(known->tokens + known->count, frame->payload, frame->rows * sizeof(*known->tokens));
	known->count = end;
	known->asked += frame->want;
	return 0;
}

void
ll_seen_remove(struct ll_seen *seen, uint64_t sequence)
{
	struct ll_seen_sequence *known = ll_seen_find(seen, sequence);

	if (known == NULL)
		return;
	tdelete(known, &seen->root, order);
	free(known->tokens);
	free(known);
}

void
ll_seen_free(struct ll_seen *seen)
{
	while (seen->root != NULL)
		ll_seen_remove(seen, (*(struct ll_seen_sequence **)seen->root)->sequence);
}
