/*
 * The head's sequences; see turns.h. Tens of them at once: a list serves.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "stream/turns.h"

struct ll_turn *
ll_turns_find(const struct ll_turns *turns, uint64_t sequence)
{
	struct ll_turn *turn = turns->first;

	while (turn != NULL && turn->sequence != sequence)
		turn = turn->next;
	return turn;
}

struct ll_turn *
ll_turns_add(struct ll_turns *turns, uint64_t sequence, struct ll_err *err)
{
	struct ll_turn *turn = ll_alloc(1, sizeof(*turn), err);
	struct ll_turn **link = &turns->first;

	if (turn == NULL)
		return NULL;
	turn->sequence = sequence;
	while (*link != NULL)
		link = &(*link)->next;
	*link = turn;
	return turn;
}

void
ll_turns_remove(struct ll_turns *turns, struct ll_turn *turn)
{
	struct ll_turn **link = &turns->first;

	while (*link != turn)
		link = &(*link)->next;
	*link = turn->next;
	free(turn->tokens);
	free(turn);
}

void
ll_turns_free(struct ll_turns *turns)
{
	while (turns->first != NULL)
		ll_turns_remove(turns, turns->first);
}

size_t
ll_turns_count(const struct ll_turns *turns, enum ll_turn_state state)
{
	size_t count = 0;

	for (const struct ll_turn *turn = turns->first; turn != NULL; turn = turn->next)
		count += turn->state == state;
	return count;
}

int
ll_turn_append(struct ll_turn *turn, const uint32_t *ids, size_t count, struct ll_err *err)
{
	int status = ll_grow(&turn->tokens, &turn->cap, turn->count + count, sizeof(*ids), err);

	if (status < 0)
		return status;
	if (count > 0)
		memcpy(turn->tokens + turn->count, ids, count * sizeof(*ids));
	turn->count += count;
	return 0;
}

struct ll_turn *
ll_turns_copy(struct ll_turns *turns, const struct ll_turn *from, uint64_t sequence, size_t keep,
    struct ll_err *err)
{
	struct ll_turn *turn = ll_turns_add(turns, sequence, err);

	if (turn == NULL || ll_turn_append(turn, from->tokens, keep, err) < 0)
		return NULL;
	turn->evaluated = keep;
	return turn;
}

static size_t
common(const struct ll_turn *a, const struct ll_turn *b)
{
	size_t length = 0;

	while (length < a->count && length < b->count && a->tokens[length] == b->tokens[length])
		length++;
	return length;
}

const struct ll_turn *
ll_turns_share(const struct ll_turns *turns, const struct ll_turn *turn, size_t least, size_t *keep)
{
	const struct ll_turn *best = NULL;
	size_t longest = 0;
	bool later = false;

	for (const struct ll_turn *other = turns->first; other != NULL; other = other->next) {
		size_t length;

		/* Of two that begin together the later waits for the earlier, never the other way. */
		later = later || other == turn;
		if (other == turn || other->state == LL_TURN_WAITING || (later && other->evaluated == 0))
			continue;
		length = common(turn, other);
		if (length > turn->count - turn->want)
			length = turn->count - turn->want;
		if (length >= least && length > longest) {
			longest = length;
			best = other;
		}
	}
	if (best != NULL)
		*keep = best->evaluated >= longest ? longest : 0;
	return best;
}
