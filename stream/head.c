/*
 * The head of a pipe; see head.h. This file is its loop: mail in, steps out, until every
 * sequence has ended. What a piece of mail does is head_mail.c's.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "stream/head_state.h"
#include "stream/rows.h"

static void *
read_input(void *arg)
{
	struct ll_head *head = arg;
	struct ll_err err = { 0 };
	struct ll_frame frame;
	int got;

	while ((got = ll_reader_next(head->in, &frame, &err)) == LL_GOT_FRAME) {
		bool end = frame.type == LL_END && frame.flags & LL_STREAM;

		if (!ll_inbox_put(head->inbox, LL_MAIL_INPUT, &frame) || end)
			return NULL;
	}
	if (got >= 0)
		ll_fail(&err, LL_EDATA, "%s: stream ends without END", ll_reader_name(head->in));
	ll_inbox_fail(head->inbox, &err);
	return NULL;
}

/* The thread that reads the input, and the pipe whose end calls it off. */
struct input {
	pthread_t thread;
	int stop[2];
};

static int
start_input(struct ll_head *head, struct input *input, struct ll_err *err)
{
	if (pipe(input->stop) != 0)
		return ll_fail_errno(err, LL_ENOMEM, "cannot make a pipe");
	ll_reader_stop(head->in, input->stop[0]);
	if (ll_thread_start(&input->thread, read_input, head, err) == 0)
		return 0;
	close(input->stop[0]);
	close(input->stop[1]);
	return -LL_ENOMEM;
}

/* After a failure the thread may still wait: for input, or for room in the inbox. */
static void
stop_input(struct ll_head *head, struct input *input)
{
	ll_inbox_close(head->inbox);
	close(input->stop[1]);
	pthread_join(input->thread, NULL);
	ll_reader_stop(head->in, -1);
	close(input->stop[0]);
}

/* Whole prompts that wait for their admission. */
static size_t
count_waiting(const struct ll_head *head)
{
	size_t count = 0;

	for (const struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next)
		count += turn->state == LL_TURN_WAITING && turn->complete;
	return count;
}

static int
take_mail(struct ll_head *head, struct ll_err *err)
{
	int status = 0;

	while (status == 0) {
		/* Prompts beyond the next batch stay where they are. */
		bool full = count_waiting(head) >= head->config->batch;
		struct ll_mail *mail = full ? ll_inbox_take_event(head->inbox) : ll_inbox_take(head->inbox);

		if (mail == NULL)
			break;
		status = ll_head_mail(head, mail, err);
		ll_mail_free(mail);
	}
	return status;
}

/* Passes the prompt of a turn on, so that later stages know it before its logits come. */
static int
pass_prompt(struct ll_head *head, const struct ll_turn *turn, struct ll_err *err)
{
	size_t rows = turn->count - turn->begin;
	struct ll_frame frame = {
		.type = LL_TOKENS, .flags = LL_PROMPT | LL_LAST | (turn->more ? LL_MORE : 0),
		.sequence = turn->sequence, .position = turn->begin, .rows = (uint32_t)rows, .want = turn->asked,
		.epoch = turn->epoch, .length = rows * sizeof(uint32_t),
		.payload = turn->tokens + turn->begin,
	};

	return ll_rows_write(head->out, &frame, err);
}

/* 1 if a prompt was refused: its place is free, and the inbox may hold one for it. */
static int
admit(struct ll_head *head, struct ll_err *err)
{
	size_t running = ll_turns_count(&head->turns, LL_TURN_RUNNING);
	struct ll_turn *next;
	int refused = 0;

	for (struct ll_turn *turn = head->turns.first; turn != NULL; turn = next) {
		int status;

		next = turn->next;
		if (turn->state != LL_TURN_WAITING || !turn->complete)
			continue;
		if (running >= head->config->batch)
			break;
		if ((status = pass_prompt(head, turn, err)) < 0)
			return status;
		if (turn->count > head->config->context) {
			status = ll_head_overflow(head, turn, turn->count, err);
			if (status < 0)
				return status;
			refused = 1;
			continue;
		}
		turn->state = LL_TURN_RUNNING;
		running++;
	}
	return refused;
}

/* True when the turn must wait for another's prefix; else it may now have one. */
static int
share_prefix(struct ll_head *head, struct ll_turn *turn, struct ll_err *err)
{
	const struct ll_turn *source;
	size_t keep;
	int status;

	if (turn->evaluated > 0 || head->config->apart)
		return 0;
	if ((source = ll_turns_share(&head->turns, turn, LL_SHARE_LEAST, &keep)) == NULL)
		return 0;
	if (keep == 0)
		return 1;
	status = ll_head_fork(head, turn->sequence, turn->epoch, source->sequence, keep, NULL, err);
	if (status < 0)
		return status;
	turn->evaluated = keep;
	return 0;
}

/* Takes up to `rows` pending rows of a turn into the step. */
static void
add_item(struct ll_head *head, struct ll_turn *turn, size_t rows)
{
	size_t end = turn->evaluated + rows;
	size_t wanted = turn->count - (turn->want < turn->count ? turn->want : turn->count);
	size_t want = end > wanted ? end - wanted : 0;

	head->items[head->item_count++] = (struct ll_item){
		.sequence = turn->sequence, .position = turn->evaluated, .epoch = turn->epoch,
		.tokens = turn->tokens + turn->evaluated, .rows = (uint32_t)rows, .ahead = turn->count - end,
		.want = (uint32_t)(want < rows ? want : rows),
	};
	head->item_turns[head->item_count - 1] = turn;
}

/*
 * The next step: one row of every sequence that is being answered, then prompt rows, first
 * come first served, up to a chunk. Answers never wait for a prompt longer than that. Forks may
 * make more sequences than a batch: a step has room for a batch and a chunk of rows, no more.
 */
static int
plan_step(struct ll_head *head, struct ll_err *err)
{
	size_t budget = head->config->chunk, room = head->item_cap;

	head->item_count = 0;
	for (int prompting = 0; prompting <= 1; prompting++) {
		for (struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next) {
			size_t pending = turn->count - turn->evaluated;
			size_t rows;
			int wait;

			if (turn->state != LL_TURN_RUNNING || pending == 0 || turn->prompting != prompting ||
			    room == 0)
				continue;
			if ((wait = share_prefix(head, turn, err)) < 0)
				return wait;
			if (wait)
				continue;
			pending = turn->count - turn->evaluated;
			rows = budget + !prompting < pending ? budget + !prompting : pending;
			rows = rows < room ? rows : room;
			if (rows == 0)
				continue;
			budget -= rows - !prompting;
			room -= rows;
			add_item(head, turn, rows);
		}
	}
	return 0;
}

static int
run_step(struct ll_head *head, struct ll_err *err)
{
	struct ll_frame flush = { .type = LL_FLUSH, .sequence = LL_SEQUENCE_STREAM };
	int status = head->stage->evaluate(head->stage->arg, head->items, head->item_count, err);

	if (status < 0)
		return status;
	for (size_t i = 0; i < head->item_count; i++) {
		struct ll_turn *turn = head->item_turns[i];

		turn->evaluated += head->items[i].rows;
		if (turn->evaluated == turn->count) {
			turn->owed = true;
			flush.rows++;
		}
	}
	if ((status = ll_writer_frame(head->out, &flush, err)) < 0)
		return status;
	if (!head->feeder.offered)
		for (size_t i = 0; i < head->item_count && status == 0; i++)
			if (head->item_turns[i]->owed)
				status = ll_head_end_turn(head, head->item_turns[i], "complete", err);
	return status;
}

static size_t
count_owed(const struct ll_head *head)
{
	size_t owed = 0;

	for (const struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next)
		owed += turn->owed;
	return owed;
}

/* Nobody will answer: what waits for an answer ends. */
static int
give_up(struct ll_head *head, struct ll_err *err)
{
	struct ll_turn *turn = head->turns.first;
	int status = 0;

	while (turn != NULL && status == 0) {
		if (!turn->owed) {
			turn = turn->next;
			continue;
		}
		status = ll_head_end_turn(head, turn, "declined", err);
		/* Its prompt may have taken the place of a kept one, which was the next. */
		turn = head->turns.first;
	}
	return status;
}

/* Sleeps until there is mail; says each second that the head is alive while nobody feeds. */
static int
rest(struct ll_head *head, struct ll_err *err)
{
	int timeout = ll_feeder_timeout(&head->feeder, !head->config->loop && count_owed(head) > 0);
	int status = ll_writer_flush(head->out, err);

	if (status < 0)
		return status;
	if (timeout == 0)
		return give_up(head, err);
	ll_inbox_sleep(head->inbox, ll_writer_fd(head->out), timeout);
	return ll_feeder_slept(&head->feeder, head->out, err);
}

static bool
is_done(const struct ll_head *head)
{
	return head->input_ended && ll_turns_count(&head->turns, LL_TURN_WAITING) == 0 &&
	    ll_turns_count(&head->turns, LL_TURN_RUNNING) == 0;
}

static int
loop(struct ll_head *head, struct ll_err *err)
{
	int status = 0;

	while (status == 0) {
		if ((status = take_mail(head, err)) < 0)
			break;
		while ((status = admit(head, err)) > 0 && (status = take_mail(head, err)) == 0)
			continue;
		if (status < 0)
			break;
		if (is_done(head))
			return ll_head_end_all(head, err);
		head->item_count = 0;
		/* The feeder answers a whole step in one go, or says that it cannot; then comes the next. */
		if ((head->go_on || count_owed(head) == 0) && (status = plan_step(head, err)) < 0)
			break;
		head->go_on = false;
		status = head->item_count > 0 ? run_step(head, err) : rest(head, err);
	}
	return status;
}

static int
set_up(struct ll_head *head, struct ll_header *header, struct ll_err *err)
{
	int status;

	head->item_cap = head->config->batch + head->config->chunk;
	head->items = ll_alloc(head->item_cap, sizeof(*head->items), err);
	head->item_turns = ll_alloc(head->item_cap, sizeof(struct ll_turn *), err);
	if (head->items == NULL || head->item_turns == NULL)
		return -LL_ENOMEM;
	if ((status = ll_inbox_new(&head->inbox, ll_reader_fd(head->in), err)) < 0)
		return status;
	/* Nobody can answer from a file. */
	if (!head->config->once && !head->config->all && !head->config->score && !ll_writer_is_file(head->out)) {
		if ((status = ll_offer_new(&head->offer, head->inbox, header, err)) < 0)
			return status;
		ll_feeder_offer(&head->feeder, head->config->program);
	}
	if ((status = ll_writer_stream(head->out, header, err)) < 0)
		return status;
	return ll_writer_flush(head->out, err);
}

int
ll_head_run(struct ll_reader *in, struct ll_writer *out, struct ll_header *header,
    const struct ll_head_config *config, const struct ll_head_stage *stage, struct ll_err *err)
{
	struct ll_head head = { .in = in, .out = out, .config = config, .stage = stage };
	struct input input;
	int status;

	if ((status = set_up(&head, header, err)) == 0 && (status = start_input(&head, &input, err)) == 0) {
		status = loop(&head, err);
		stop_input(&head, &input);
		if (status == 0)
			status = ll_writer_end(out, head.worst, head.sequences, err);
		if (status == 0)
			status = ll_writer_flush(out, err);
		ll_reader_note_code(in, head.worst);
	}
	ll_offer_free(head.offer);
	ll_inbox_free(head.inbox);
	ll_turns_free(&head.turns);
	free(head.items);
	free(head.item_turns);
	return status;
}
