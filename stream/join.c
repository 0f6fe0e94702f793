/*
 * Joining streams; see join.h. This file is the loop: it reads whichever member has something,
 * begins and ends streams, and sleeps. One thread does all of it; a frame that has begun to
 * come is waited for, since its writer waits for nothing but room in the pipe.
 */

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "stream/join_state.h"
#include "stream/text.h"

static const char *
name_of(const struct ll_join_member *member)
{
	return ll_reader_name(member->in);
}

/* A key that all members agree on, where they have it. */
static int
check_same(const struct ll_join *join, const char *key, struct ll_err *err)
{
	char first[64] = "", value[64];
	size_t from = 0;

	for (size_t m = 0; m < join->count; m++) {
		if (!ll_header_get(ll_reader_header(join->members[m].in), key, value, sizeof(value)))
			continue;
		if (first[0] == '\0') {
			memcpy(first, value, sizeof(first));
			from = m;
		}
		if (strcmp(first, value) != 0)
			return ll_fail(err, LL_EDATA, "%s: header: %s is %s, but %s in %s: members of one vocabulary "
			    "are wanted", name_of(&join->members[m]), key, value, first,
			    name_of(&join->members[from]));
	}
	return 0;
}

static int
check_headers(const struct ll_join *join, struct ll_err *err)
{
	int status;

	for (size_t m = 0; m < join->count; m++) {
		status = ll_header_check_logits(ll_reader_header(join->members[m].in), name_of(&join->members[m]),
		    join->stage->program, err);
		if (status < 0)
			return status;
	}
	if ((status = check_same(join, "vocab", err)) < 0)
		return status;
	return check_same(join, "vocab_size", err);
}

/* The first's, without what is only its own; the others' history behind its own. */
static int
make_header(const struct ll_join *join, struct ll_header *header, struct ll_err *err)
{
	static const char *const of_one[] = { "fingerprint", "origin", "adapters", NULL };
	int status = ll_header_copy(header, ll_reader_header(join->members[0].in), err);

	if (status == 0)
		status = ll_header_set(header, "return", NULL, err);
	for (const char *const *key = of_one; *key != NULL && status == 0 && join->count > 1; key++)
		status = ll_header_set(header, *key, NULL, err);
	if (status == 0)
		status = ll_header_set(header, "dtype", "f32", err);
	for (size_t m = 1; m < join->count; m++) {
		const struct ll_header *other = ll_reader_header(join->members[m].in);
		const char *text = other->text.data;
		size_t length = other->text.len;
		struct ll_text_line line;

		while (status == 0 && ll_text_line(&line, &text, &length))
			if (ll_text_line_is(&line, "history"))
				status = ll_buf_add(&header->text, line.all, line.all_length, err);
	}
	return status == 0 ? ll_header_add(header, "history", join->command, err) : status;
}

/* A head that nobody finds may have ended already; whether all are fed is asked when there is a row. */
static int
connect_members(struct ll_join *join, struct ll_err *err)
{
	int status = 0;

	for (size_t m = 0; m < join->count && status == 0; m++) {
		struct ll_join_member *member = &join->members[m];

		status = ll_path_feed(&member->path, ll_reader_header(member->in), err);
		join->fed |= member->path != NULL;
	}
	return status;
}

/* Everything that can fail comes before the paths: a feeder that is gone takes its pipe down. */
static int
begin(struct ll_join *join, struct ll_err *err)
{
	struct ll_header header = { 0 };
	int status;

	if ((status = check_headers(join, err)) < 0 || (status = ll_inbox_new(&join->inbox, -1, err)) < 0)
		return status;
	if ((status = make_header(join, &header, err)) == 0 && (status = connect_members(join, err)) == 0 &&
	    join->fed && !ll_writer_is_file(join->out) &&
	    (status = ll_offer_new(&join->offer, join->inbox, &header, err)) == 0)
		ll_feeder_offer(&join->feeder, join->stage->program);
	if (status == 0)
		status = ll_writer_stream(join->out, &header, err);
	if (status == 0)
		status = ll_writer_flush(join->out, err);
	ll_header_free(&header);
	for (size_t m = 0; m < join->count; m++)
		join->members[m].phase = LL_JOIN_OPEN;
	return status;
}

static void
close_stream(struct ll_join *join)
{
	ll_offer_free(join->offer);
	ll_inbox_free(join->inbox);
	ll_join_forget(join);
	join->offer = NULL;
	join->inbox = NULL;
	join->feeder = (struct ll_feeder){ 0 };
	join->worst = 0;
	join->fed = false;
}

/* All members' streams have ended in order: only now may their paths be closed, or heads take it for a death. */
static int
finish(struct ll_join *join, struct ll_err *err)
{
	int status = ll_writer_end(join->out, join->worst, join->lead_sequences, err);

	if (status == 0)
		status = ll_writer_flush(join->out, err);
	for (size_t m = 0; m < join->count && status == 0; m++) {
		ll_path_close(join->members[m].path);
		join->members[m].path = NULL;
		join->members[m].phase = LL_JOIN_BEFORE;
	}
	close_stream(join);
	return status;
}

static int
take_stream_end(struct ll_join *join, size_t m, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_ending ending;

	ll_ending_read(&ending, frame);
	if (ending.code > join->worst)
		join->worst = ending.code;
	if (m == 0)
		ll_text_get_number(frame->payload, frame->length, "sequences", &join->lead_sequences);
	return ll_join_check_end(join, m, err);
}

static bool
is_readable(const struct ll_join_member *member)
{
	struct pollfd set = { .fd = ll_reader_fd(member->in), .events = POLLIN };

	return ll_reader_ready(member->in) || poll(&set, 1, 0) > 0;
}

static bool
is_wanted(const struct ll_join_member *member)
{
	return (member->phase == LL_JOIN_BEFORE || member->phase == LL_JOIN_OPEN) && !member->blocked;
}

/* Takes what a member has; 1 if there was anything. */
static int
advance(struct ll_join *join, size_t m, struct ll_err *err)
{
	struct ll_join_member *member = &join->members[m];
	int moved = 0;

	for (;;) {
		uint32_t row = member->next_row;
		int got;

		if (!member->blocked) {
			if (!is_wanted(member) || !is_readable(member))
				return moved;
			if ((got = ll_reader_next(member->in, &member->frame, err)) < 0)
				return got;
			moved = 1;
			if (got != LL_GOT_FRAME) {
				member->phase = got == LL_GOT_STREAM ? LL_JOIN_HEADER : LL_JOIN_DONE;
				return moved;
			}
		}
		if (member->frame.type == LL_END && member->frame.flags & LL_STREAM)
			got = take_stream_end(join, m, &member->frame, err);
		else
			got = ll_join_take(join, m, &member->frame, err);
		if (got < 0)
			return got;
		moved |= member->blocked && (got == 0 || member->next_row != row);
		member->blocked = got > 0;
		if (member->blocked)
			return moved;
	}
}

static size_t
count_in(const struct ll_join *join, enum ll_join_phase phase)
{
	size_t count = 0;

	for (size_t m = 0; m < join->count; m++)
		count += join->members[m].phase == phase;
	return count;
}

/* One member has no more streams, another has. */
static int
check_streams(const struct ll_join *join, struct ll_err *err)
{
	size_t done = 0, more = 0;

	if (count_in(join, LL_JOIN_DONE) == 0 || count_in(join, LL_JOIN_HEADER) == 0)
		return 0;
	for (size_t m = 0; m < join->count; m++) {
		if (join->members[m].phase == LL_JOIN_DONE)
			done = m;
		if (join->members[m].phase == LL_JOIN_HEADER)
			more = m;
	}
	return ll_fail(err, LL_EDATA, "%s: no more streams, but %s has one", name_of(&join->members[done]),
	    name_of(&join->members[more]));
}

/* Nobody can go on: every member waits for another. */
static int
check_order(const struct ll_join *join, struct ll_err *err)
{
	const struct ll_join_member *stuck[2] = { NULL, NULL };
	char name[2][48];
	size_t count = 0;

	if (join->inbox == NULL || join->flushed > 0)
		return 0;
	for (size_t m = 0; m < join->count; m++) {
		if (is_wanted(&join->members[m]))
			return 0;
		if (join->members[m].blocked && count < 2)
			stuck[count++] = &join->members[m];
	}
	if (count < 2)
		return 0;
	return ll_fail(err, LL_EDATA, "%s and %s cannot be matched: one is at position %" PRIu64 " of sequence %s, "
	    "the other at position %" PRIu64 " of sequence %s", name_of(stuck[0]), name_of(stuck[1]),
	    stuck[0]->frame.position, ll_sequence_name(stuck[0]->frame.sequence, name[0]),
	    stuck[1]->frame.position, ll_sequence_name(stuck[1]->frame.sequence, name[1]));
}

static int
take_mail(struct ll_join *join, struct ll_err *err)
{
	struct ll_mail *mail;
	int status = 0;

	while (status == 0 && join->inbox != NULL && (mail = ll_inbox_take(join->inbox)) != NULL) {
		status = ll_join_mail(join, mail, err);
		ll_mail_free(mail);
	}
	return status == 0 ? ll_join_send(join, err) : status;
}

/* Sleeps until a member or the output's feeder has something to say. */
static int
rest(struct ll_join *join, struct ll_err *err)
{
	int timeout = ll_feeder_timeout(&join->feeder, join->flushed > 0);
	struct pollfd set[LL_JOIN_MEMBERS + 2];
	nfds_t count = 2;
	int status = check_order(join, err);

	if (status < 0 || (status = ll_writer_flush(join->out, err)) < 0)
		return status;
	if (timeout == 0)
		return ll_join_stop_all(join, "declined", err);
	set[0] = (struct pollfd){ .fd = ll_writer_fd(join->out) };
	set[1] = (struct pollfd){ .fd = join->inbox != NULL ? ll_inbox_fd(join->inbox) : -1, .events = POLLIN };
	for (size_t m = 0; m < join->count; m++)
		if (is_wanted(&join->members[m]))
			set[count++] = (struct pollfd){ .fd = ll_reader_fd(join->members[m].in), .events = POLLIN };
	if (poll(set, count, timeout) > 0 && set[0].revents & POLLERR)
		ll_die_of_sigpipe();
	return ll_feeder_slept(&join->feeder, join->out, err);
}

static int
loop(struct ll_join *join, struct ll_err *err)
{
	while (count_in(join, LL_JOIN_DONE) < join->count) {
		int moved = 0, status = take_mail(join, err);

		for (size_t m = 0; m < join->count && status >= 0; m++)
			if ((status = advance(join, m, err)) > 0)
				moved = 1;
		if (status >= 0)
			status = check_streams(join, err);
		if (status == 0 && count_in(join, LL_JOIN_HEADER) == join->count)
			status = begin(join, err);
		else if (status == 0 && count_in(join, LL_JOIN_ENDED) == join->count)
			status = finish(join, err);
		else if (status == 0 && !moved)
			status = rest(join, err);
		if (status < 0)
			return status;
	}
	return 0;
}

int
ll_join_run(struct ll_reader *const *members, size_t count, struct ll_writer *out, const char *command,
    const struct ll_join_stage *stage, struct ll_err *err)
{
	struct ll_join join = { .count = count, .out = out, .command = command, .stage = stage };
	int status;

	for (size_t m = 0; m < count; m++)
		join.members[m].in = members[m];
	status = loop(&join, err);
	close_stream(&join);
	/* After a failure paths close without BYE, which is how heads learn of it. */
	for (size_t m = 0; m < count; m++)
		ll_path_drop(join.members[m].path);
	return status;
}
