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

void
ll_ahead_free(struct ll_ahead *ahead)
{
	while (ahead->first != NULL)
		ll_ahead_drop(ahead, ahead->first);
}
