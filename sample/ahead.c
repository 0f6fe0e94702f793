/*
 * Rows that came before others; see ahead.h. A list: the row that is looked for is among the first.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/ahead.h"

static size_t
size_of(size_t count)
{
	return sizeof(struct ll_ahead_row) + count * sizeof(float);
}

int
ll_ahead_keep(struct ll_ahead *ahead, struct ll_ahead_place place, uint32_t target, const float *logits,
    size_t count, struct ll_err *err)
{
	struct ll_ahead_row *row = ll_alloc(1, size_of(count), err);

	if (row == NULL)
		return -LL_ENOMEM;
	row->place = place;
	row->target = target;
	row->count = count;
	memcpy(row->logits, logits, count * sizeof(*logits));
	*(ahead->first == NULL ? &ahead->first : ahead->last) = row;
	ahead->last = &row->next;
	ahead->count++;
	ahead->bytes += size_of(count);
	return 0;
}

struct ll_ahead_row *
ll_ahead_find(const struct ll_ahead *ahead, struct ll_ahead_place place)
{
	struct ll_ahead_row *row = ahead->first;

	while (row != NULL && (row->place.stream != place.stream || row->place.sequence != place.sequence ||
	    row->place.position != place.position))
		row = row->next;
	return row;
}

void
ll_ahead_drop(struct ll_ahead *ahead, struct ll_ahead_row *row)
{
	struct ll_ahead_row **link = &ahead->first;

	while (*link != row)
		link = &(*link)->next;
	if ((*link = row->next) == NULL)
		ahead->last = link;
	ahead->count--;
	ahead->bytes -= size_of(row->count);
	free(row);
}

/* Where a sequence is among those that are forgotten; else their number. */
static size_t
find_forgotten(const struct ll_ahead *ahead, uint64_t stream, uint64_t sequence)
{
	size_t i = 0;

	while (i < ahead->forgotten_count &&
	    (ahead->forgotten[i].stream != stream || ahead->forgotten[i].sequence != sequence))
		i++;
	return i;
}

int
ll_ahead_end(struct ll_ahead *own, struct ll_ahead *other, uint64_t stream, uint64_t sequence, bool failed,
    struct ll_err *err)
{
	size_t at = find_forgotten(own, stream, sequence);
	struct ll_ahead_row *row, *next;

	if (at < own->forgotten_count) {
		own->forgotten[at] = own->forgotten[--own->forgotten_count];
		return 0;
	}
	if (!failed)
		return 0;
	if (ll_grow(&other->forgotten, &other->forgotten_cap, other->forgotten_count + 1, sizeof(*other->forgotten), err) < 0)
		return -LL_ENOMEM;
	other->forgotten[other->forgotten_count++] = (struct ll_ahead_place){ stream, sequence, 0 };
	for (row = other->first; row != NULL; row = next) {
		next = row->next;
		if (row->place.stream == stream && row->place.sequence == sequence)
			ll_ahead_drop(other, row);
	}
	return 0;
}

bool
ll_ahead_forgotten(const struct ll_ahead *ahead, struct ll_ahead_place place)
{
	return find_forgotten(ahead, place.stream, place.sequence) < ahead->forgotten_count;
}

void
ll_ahead_free(struct ll_ahead *ahead)
{
	while (ahead->first != NULL)
		ll_ahead_drop(ahead, ahead->first);
	free(ahead->forgotten);
	*ahead = (struct ll_ahead){ 0 };
}
