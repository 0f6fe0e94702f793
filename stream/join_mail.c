/*
 * What the feeder of a join's output says, passed on to every member; see join_state.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "stream/join_state.h"

int
ll_join_stop(struct ll_join *join, const struct ll_joined *joined, size_t member, const char *reason,
    struct ll_err *err)
{
	const struct ll_join_slot *slot = &joined->slots[member];
	struct ll_ending ending = { 0 };

	if (join->members[member].path == NULL)
		return 0;
	snprintf(ending.reason, sizeof(ending.reason), "%s", reason);
	join->members[member].answered = true;
	return ll_path_stop(join->members[member].path, joined->sequence, slot->asked_epoch, slot->asked_position + 1,
	    &ending, err);
}

int
ll_join_stop_all(struct ll_join *join, const char *reason, struct ll_err *err)
{
	int status = 0;

	for (struct ll_joined *joined = join->sequences; joined != NULL; joined = joined->next) {
		if (joined->owed != LL_JOIN_FLUSHED)
			continue;
		ll_join_settle(join, joined);
		for (size_t m = 0; m < join->count && status == 0; m++)
			status = ll_join_stop(join, joined, m, reason, err);
	}
	return status;
}

/* The same message in the member's own positions. */
static int
repeat(struct ll_join *join, const struct ll_joined *joined, size_t member, const struct ll_frame *frame,
    struct ll_err *err)
{
	const struct ll_join_slot *slot = &joined->slots[member];
	uint64_t lead = joined->slots[0].asked_position, behind;
	struct ll_frame own = *frame;
	char name[48];

	if (frame->type != LL_STOP) {
		if (frame->position > lead + 1 || (behind = lead + 1 - frame->position) > slot->asked_position)
			return ll_fail(err, LL_EDATA, "return path: sequence %s: %s keeps %" PRIu64
			    " positions, which %s has not got", ll_sequence_name(joined->sequence, name),
			    ll_frame_name(frame->type), frame->position, ll_reader_name(join->members[member].in));
		own.position = slot->asked_position + 1 - behind;
	}
	own.epoch = slot->asked_epoch;
	join->members[member].answered = true;
	return ll_path_send(join->members[member].path, &own, err);
}

static int
take_message(struct ll_join *join, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_joined *joined = ll_join_find(join, frame->sequence);
	int status = 0;

	if (frame->type == LL_FLUSH) {
		join->go_on = true;
		return 0;
	}
	/* Stale: the sequence is gone, or its turn was cancelled. */
	if (joined == NULL || joined->owed != LL_JOIN_FLUSHED || joined->slots[0].asked_epoch != frame->epoch)
		return 0;
	for (size_t m = 0; m < join->count && status == 0; m++)
		status = repeat(join, joined, m, frame, err);
	if (frame->type != LL_FORK)
		ll_join_settle(join, joined);
	return status;
}

int
ll_join_send(struct ll_join *join, struct ll_err *err)
{
	int status = 0;

	if (join->flushed > 0 && !join->go_on)
		return 0;
	join->go_on = false;
	/* What a member waits for besides may be what another one has not sent yet. */
	for (size_t m = 0; m < join->count && status == 0; m++) {
		struct ll_join_member *member = &join->members[m];

		if (!member->answered)
			continue;
		member->answered = false;
		status = ll_path_flush(member->path, true, err);
	}
	return status;
}

int
ll_join_mail(struct ll_join *join, const struct ll_mail *mail, struct ll_err *err)
{
	if (mail->kind == LL_MAIL_MESSAGE)
		return take_message(join, &mail->frame, err);
	if (mail->kind == LL_MAIL_FAILED) {
		*err = *mail->err;
		return -err->code;
	}
	ll_feeder_mail(&join->feeder, mail, join->out);
	return 0;
}
