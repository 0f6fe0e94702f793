/*
 * Groups of answers; see group.h.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/group.h"

int
ll_group_join(struct ll_group *group, size_t *index, struct ll_err *err)
{
	int status = ll_grow(&group->members, &group->cap, group->count + 1, sizeof(*group->members), err);

	if (status < 0)
		return status;
	*index = group->count;
	group->members[group->count++] = (struct ll_member){ .count = 0 };
	return 0;
}

int
ll_group_add(struct ll_group *group, size_t index, const struct ll_pick *pick, struct ll_err *err)
{
	struct ll_member *member = &group->members[index];
	int status = ll_grow(&member->picks, &member->cap, member->count + 1, sizeof(*member->picks), err);

	if (status < 0)
		return status;
	member->picks[member->count++] = *pick;
	member->sum += (double)pick->logprob;
	return 0;
}

int
ll_group_end(struct ll_group *group, size_t index, const struct ll_ended *end, struct ll_err *err)
{
	struct ll_member *member = &group->members[index];

	member->end = *end;
	member->complete = true;
	member->end.text = ll_copy(end->length > 0 ? end->text : "", end->length, err);
	return member->end.text != NULL ? 0 : -LL_ENOMEM;
}

bool
ll_group_is_complete(const struct ll_group *group)
{
	size_t complete = 0;

	for (size_t i = 0; i < group->count; i++)
		complete += group->members[i].complete;
	return complete >= group->expected;
}

static bool
is_better(const struct ll_member *a, const struct ll_member *b)
{
	if (a->end.failed != b->end.failed)
		return b->end.failed;
	if (a->count == 0 || b->count == 0)
		return a->count > b->count;
	return a->sum / (double)a->count > b->sum / (double)b->count;
}

void
ll_group_rank(struct ll_group *group)
{
	/* By insertion: stable, and they are few. */
	for (size_t i = 1; i < group->count; i++) {
		struct ll_member member = group->members[i];
		size_t at = i;

		for (; at > 0 && is_better(&member, &group->members[at - 1]); at--)
			group->members[at] = group->members[at - 1];
		group->members[at] = member;
	}
}

void
ll_group_free(struct ll_group *group)
{
	if (group == NULL)
		return;
	for (size_t i = 0; i < group->count; i++) {
		free(group->members[i].picks);
		free((void *)(uintptr_t)group->members[i].end.text);
	}
	free(group->members);
	free(group);
}
