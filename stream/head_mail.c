/*
 * The head's mail room: what frames of the input and messages of the feeder do to the
 * sequences. See head_state.h and ll-stream(5).
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "stream/ending.h"
#include "stream/head_state.h"

/* Kept prefixes of prompts that have ended. */
#define HELD_MAX 4

static int
write_ending(struct ll_head *head, uint16_t type, const struct ll_turn *turn, const struct ll_ending *ending,
    struct ll_err *err)
{
	const struct ll_frame frame = {
		.type = type, .sequence = turn->sequence, .position = turn->evaluated, .epoch = turn->epoch,
	};

	return ll_ending_write(head->out, &frame, ending, err);
}

int
ll_head_fork(struct ll_head *head, uint64_t child, uint32_t epoch, uint64_t parent, size_t keep,
    const uint32_t *token, struct ll_err *err)
{
	unsigned char payload[12];
	struct ll_frame frame = {
		.type = LL_FORK, .sequence = child, .position = keep, .rows = token != NULL,
		.epoch = epoch, .length = token != NULL ? 12 : 8, .payload = payload,
	};
	int status;

	ll_store64(payload, parent);
	if (token != NULL)
		ll_store32(payload + 8, *token);
	if ((status = ll_writer_frame(head->out, &frame, err)) < 0 || head->stage->fork == NULL)
		return status;
	return head->stage->fork(head->stage->arg, child, parent, keep, err);
}

/* Writes END, completed with the numbers of tokens, and forgets the sequence everywhere. */
static int
end_with(struct ll_head *head, struct ll_turn *turn, struct ll_ending *ending, struct ll_err *err)
{
	int status;

	ending->has_prompt = ending->has_generated = true;
	ending->prompt = turn->prompt;
	ending->generated = turn->generated;
	if (ending->code > head->worst)
		head->worst = ending->code;
	head->sequences += turn->state != LL_TURN_HELD;
	status = write_ending(head, LL_END, turn, ending, err);
	if (head->stage->end != NULL)
		head->stage->end(head->stage->arg, turn->sequence);
	ll_turns_remove(&head->turns, turn);
	return status;
}

static int
end_sequence(struct ll_head *head, struct ll_turn *turn, const char *reason, struct ll_err *err)
{
	struct ll_ending ending = { 0 };

	snprintf(ending.reason, sizeof(ending.reason), "%s", reason);
	return end_with(head, turn, &ending, err);
}

/* Makes room among the kept prefixes: no more than HELD_MAX, no more tokens than one context. */
static int
trim_held(struct ll_head *head, size_t coming, struct ll_err *err)
{
	for (;;) {
		size_t count = 0, tokens = coming;
		struct ll_turn *oldest = NULL;
		int status;

		for (struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next) {
			if (turn->state != LL_TURN_HELD)
				continue;
			if (oldest == NULL)
				oldest = turn;
			count++;
			tokens += turn->count;
		}
		if (oldest == NULL || (count < HELD_MAX && tokens <= head->config->context))
			return 0;
		if ((status = end_sequence(head, oldest, "held", err)) < 0)
			return status;
	}
}

/* Whether one may still be evaluated from its beginning. */
static bool
is_another_to_come(const struct ll_head *head)
{
	for (const struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next)
		if (turn->evaluated == 0)
			return true;
	return !head->input_ended;
}

/*
 * Keeps the prompt of a sequence that is about to end, so that the next ones that begin like
 * it need not be evaluated there again: the last few, under ids of the head's own.
 */
static int
hold_prompt(struct ll_head *head, const struct ll_turn *turn, struct ll_err *err)
{
	size_t length = turn->prompt < turn->evaluated ? turn->prompt : turn->evaluated;
	bool whole = head->config->all || (head->config->score && turn->asked == 0);
	struct ll_turn *held;
	uint64_t id;
	int status;

	/* Where all positions of a prompt want logits, so do those of the next: none can be shared. */
	if (whole || head->config->apart || !is_another_to_come(head) || length < LL_SHARE_LEAST ||
	    length > head->config->context / 2)
		return 0;
	for (held = head->turns.first; held != NULL; held = held->next)
		if (held->state == LL_TURN_HELD && held->count >= length &&
		    memcmp(held->tokens, turn->tokens, length * sizeof(*held->tokens)) == 0)
			return 0;
	if ((status = trim_held(head, length, err)) < 0)
		return status;
	id = LL_SEQUENCE_HELD | head->turns.next_held++;
	if ((status = ll_head_fork(head, id, turn->epoch, turn->sequence, length, NULL, err)) < 0)
		return status;
	if ((held = ll_turns_copy(&head->turns, turn, id, length, err)) == NULL)
		return -LL_ENOMEM;
	held->state = LL_TURN_HELD;
	return 0;
}

int
ll_head_end_turn(struct ll_head *head, struct ll_turn *turn, const char *reason, struct ll_err *err)
{
	int status;

	turn->owed = false;
	if (turn->more && !head->input_ended) {
		turn->state = LL_TURN_IDLE;
		turn->complete = false;
		return 0;
	}
	if ((status = hold_prompt(head, turn, err)) < 0)
		return status;
	return end_sequence(head, turn, reason, err);
}

int
ll_head_overflow(struct ll_head *head, struct ll_turn *turn, size_t need, struct ll_err *err)
{
	struct ll_ending ending = { .reason = "context", .code = LL_EDATA };
	char name[48];

	snprintf(ending.message, sizeof(ending.message), "sequence %s: context is full: %zu tokens, but there is room for %zu",
	    ll_sequence_name(turn->sequence, name), need, head->config->context);
	/* An error of this sequence alone: it is told now, and the others go on. */
	head->stage->report(head->stage->arg, ending.message);
	return end_with(head, turn, &ending, err);
}

int
ll_head_end_all(struct ll_head *head, struct ll_err *err)
{
	int status = 0;

	while (head->turns.first != NULL && status == 0)
		status = end_sequence(head, head->turns.first, "closed", err);
	return status;
}

static int
cut(struct ll_head *head, struct ll_turn *turn, size_t keep, struct ll_err *err)
{
	turn->count = keep;
	if (turn->evaluated <= keep)
		return 0;
	turn->evaluated = keep;
	return head->stage->cut != NULL ? head->stage->cut(head->stage->arg, turn->sequence, keep, err) : 0;
}

static int
check_ids(const struct ll_head *head, const struct ll_frame *frame, const char *name, struct ll_err *err)
{
	const uint32_t *ids = (const uint32_t *)frame->payload;
	char sequence[48];

	for (uint32_t i = 0; i < frame->rows; i++)
		if (ids[i] >= head->config->vocab)
			return ll_fail(err, LL_EDATA, "%s: sequence %s: token id %" PRIu32
			    " at position %" PRIu64 ", but the vocabulary has %" PRIu32, name,
			    ll_sequence_name(frame->sequence, sequence), ids[i], frame->position + i,
			    head->config->vocab);
	return 0;
}

/* Tells later stages that a turn was cancelled: what they hold back is to be let go. */
static int
say_cancelled(struct ll_head *head, const struct ll_turn *turn, struct ll_err *err)
{
	return write_ending(head, LL_STOP, turn, &(struct ll_ending){ .reason = "cancel" }, err);
}

/* TOKENS of a higher epoch: a new turn, or the end of the present one. */
static int
new_turn(struct ll_head *head, struct ll_turn *turn, const struct ll_frame *frame, struct ll_err *err)
{
	bool cancelled = turn->state == LL_TURN_RUNNING || turn->complete;
	char name[48];
	int status;

	if (frame->position > turn->evaluated)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: a turn begins at position %" PRIu64
		    ", but %zu tokens are there", ll_reader_name(head->in),
		    ll_sequence_name(frame->sequence, name), frame->position, turn->evaluated);
	turn->epoch = frame->epoch;
	turn->asked = 0;
	turn->owed = false;
	turn->complete = false;
	if (cancelled && (status = say_cancelled(head, turn, err)) < 0)
		return status;
	turn->state = frame->rows > 0 ? LL_TURN_WAITING : LL_TURN_IDLE;
	if (frame->rows == 0) {
		turn->count = turn->evaluated;
		return 0;
	}
	if ((status = cut(head, turn, frame->position, err)) < 0)
		return status;
	turn->begin = turn->count;
	return 0;
}

static int
known_sequence(struct ll_head *head, struct ll_turn *turn, const struct ll_frame *frame, struct ll_err *err)
{
	const char *input = ll_reader_name(head->in);
	char name[48];

	ll_sequence_name(frame->sequence, name);
	if (frame->epoch > turn->epoch)
		return new_turn(head, turn, frame, err);
	/* Who waits for a long step may have cancelled the turn more than once. */
	if (frame->rows == 0 && frame->epoch == turn->epoch && turn->state == LL_TURN_IDLE)
		return 0;
	if (frame->epoch < turn->epoch || turn->complete || turn->state != LL_TURN_WAITING)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: tokens of epoch %" PRIu32
		    " after its prompt was complete", input, name, frame->epoch);
	if (frame->position != turn->count)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: tokens at position %" PRIu64
		    ", but %zu came before", input, name, frame->position, turn->count);
	return 0;
}

/* Logits are wanted of so many of the last positions of a turn's prompt. */
static size_t
wanted(const struct ll_head *head, const struct ll_turn *turn)
{
	if (head->config->all || (head->config->score && turn->asked == 0))
		return turn->count - turn->begin;
	return turn->asked > 0 ? turn->asked : 1;
}

static int
take_tokens(struct ll_head *head, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_turn *turn = ll_turns_find(&head->turns, frame->sequence);
	const char *input = ll_reader_name(head->in);
	char name[48];
	int status;

	if (frame->flags & LL_CONTEXT)
		return ll_writer_frame(head->out, frame, err);
	if ((status = check_ids(head, frame, input, err)) < 0)
		return status;
	if (turn != NULL) {
		if ((status = known_sequence(head, turn, frame, err)) < 0)
			return status;
		if (frame->rows == 0)
			return 0;
	} else if (frame->rows == 0 && frame->sequence < head->turns.highest) {
		/* It ended while it was being cancelled. */
		return 0;
	} else {
		if (frame->sequence & LL_SEQUENCE_HELD || frame->sequence < head->turns.highest ||
		    frame->position != 0)
			return ll_fail(err, LL_EDATA, "%s: sequence %s begins at position %" PRIu64
			    "; ids must rise and positions begin at 0", input,
			    ll_sequence_name(frame->sequence, name), frame->position);
		head->turns.highest = frame->sequence + 1;
		if ((turn = ll_turns_add(&head->turns, frame->sequence, err)) == NULL)
			return -LL_ENOMEM;
		turn->epoch = frame->epoch;
		turn->newest = frame->sequence;
	}
	if ((status = ll_turn_append(turn, frame->payload, frame->rows, err)) < 0)
		return status;
	turn->prompt += frame->rows;
	turn->asked += frame->want;
	if (!(frame->flags & LL_LAST))
		return 0;
	if (turn->count == turn->begin)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: the prompt is empty", input,
		    ll_sequence_name(frame->sequence, name));
	turn->complete = true;
	turn->prompting = true;
	turn->more = (frame->flags & LL_MORE) != 0;
	turn->want = wanted(head, turn);
	return 0;
}

static int
take_input(struct ll_head *head, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_ending ending;

	switch (frame->type) {
	case LL_TOKENS:
		return take_tokens(head, frame, err);
	case LL_END:
		if (!(frame->flags & LL_STREAM))
			return 0;
		head->input_ended = true;
		/* Records may have failed before they became sequences. */
		ll_ending_read(&ending, frame);
		if (ending.code > head->worst)
			head->worst = ending.code;
		for (struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next) {
			char name[48];

			if (turn->state == LL_TURN_WAITING && !turn->complete)
				return ll_fail(err, LL_EDATA, "%s: sequence %s: its prompt is not complete",
				    ll_reader_name(head->in), ll_sequence_name(turn->sequence, name));
		}
		return 0;
	case LL_HIDDEN:
	case LL_LOGITS:
	case LL_SAMPLE:
	case LL_NEXT:		/* control frames are the head's to write */
	case LL_STOP:
	case LL_FORK:
	case LL_FLUSH:
		return ll_fail(err, LL_EDATA, "%s: a %s frame in a stream of tokens", ll_reader_name(head->in),
		    ll_frame_name(frame->type));
	default:
		return ll_writer_frame(head->out, frame, err);
	}
}

/* A message's answer to what is owed; NULL if the message is stale: of another epoch, or of a sequence gone. */
static struct ll_turn *
answered(struct ll_head *head, const struct ll_frame *frame)
{
	struct ll_turn *turn = ll_turns_find(&head->turns, frame->sequence);

	return turn != NULL && turn->state == LL_TURN_RUNNING && turn->owed &&
	    turn->epoch == frame->epoch ? turn : NULL;
}

static int
bad_message(const struct ll_frame *frame, const char *what, struct ll_err *err)
{
	char name[48];

	return ll_fail(err, LL_EDATA, "return path: sequence %s: %s", ll_sequence_name(frame->sequence, name),
	    what);
}

/* How many tokens are generated with `rows` more from a position on; what was there is taken back. */
static uint64_t
generated_with(const struct ll_turn *turn, uint64_t position, uint64_t rows)
{
	uint64_t all = turn->generated + rows, back = turn->evaluated - position;

	return all > back ? all - back : 0;
}

static int
take_next(struct ll_head *head, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_turn *turn = answered(head, frame);
	struct ll_frame repeat = *frame;
	int status;

	if (turn == NULL)
		return 0;
	if (frame->position > turn->evaluated || frame->rows == 0 ||
	    frame->want > frame->rows)
		return bad_message(frame, "NEXT keeps or wants more than there is", err);
	if ((status = check_ids(head, frame, "return path", err)) < 0)
		return status;
	turn->owed = false;
	turn->generated = generated_with(turn, frame->position, frame->rows);
	if (frame->position + frame->rows > head->config->context)
		return ll_head_overflow(head, turn, frame->position + frame->rows, err);
	repeat.flags = 0;
	if ((status = ll_writer_frame(head->out, &repeat, err)) < 0 ||
	    (status = cut(head, turn, frame->position, err)) < 0)
		return status;
	turn->prompting = false;
	turn->want = frame->want;
	return ll_turn_append(turn, frame->payload, frame->rows, err);
}

static int
take_stop(struct ll_head *head, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_turn *turn = answered(head, frame);
	struct ll_frame repeat = *frame;
	struct ll_ending ending;
	int status;

	if (turn == NULL)
		return 0;
	ll_ending_read(&ending, frame);
	if (ending.has_generated)
		turn->generated = ending.generated;
	/* The feeder cannot go on with it, and has told the user: it ends, and the others go on. */
	if (ending.code != 0)
		return (status = hold_prompt(head, turn, err)) < 0 ? status : end_with(head, turn, &ending, err);
	repeat.flags = 0;
	repeat.position = turn->evaluated;
	if ((status = ll_writer_frame(head->out, &repeat, err)) < 0)
		return status;
	return ll_head_end_turn(head, turn, ending.reason[0] != '\0' ? ending.reason : "stop", err);
}

/* The next sample number of a record; every live relative remembers it, so none is used twice. */
static uint64_t
next_child(struct ll_head *head, uint64_t parent)
{
	uint64_t highest = parent;

	for (const struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next)
		if (turn->sequence >> 32 == parent >> 32 && turn->newest > highest)
			highest = turn->newest;
	highest++;
	for (struct ll_turn *turn = head->turns.first; turn != NULL; turn = turn->next)
		if (turn->sequence >> 32 == parent >> 32)
			turn->newest = highest;
	return highest;
}

static int
take_fork(struct ll_head *head, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_turn *parent = answered(head, frame);
	const unsigned char *payload = frame->payload;

	if (parent == NULL)
		return 0;
	if (frame->position > parent->evaluated || frame->position == 0)
		return bad_message(frame, "FORK keeps more than there is", err);
	for (uint32_t i = 0; i < frame->rows; i++) {
		uint64_t id = next_child(head, parent->sequence);
		struct ll_turn *child;
		uint32_t token;
		int status;

		memcpy(&token, payload + 8 + 4 * (size_t)i, sizeof(token));
		if (token >= head->config->vocab)
			return bad_message(frame, "FORK has a token that is not in the vocabulary", err);
		status = ll_head_fork(head, id, parent->epoch, parent->sequence, frame->position, &token, err);
		if (status < 0)
			return status;
		child = ll_turns_copy(&head->turns, parent, id, frame->position, err);
		if (child == NULL || ll_turn_append(child, &token, 1, err) < 0)
			return -LL_ENOMEM;
		child->newest = id;
		if (id >= head->turns.highest)
			head->turns.highest = id + 1;
		child->epoch = parent->epoch;
		child->state = LL_TURN_RUNNING;
		child->complete = true;
		child->prompt = parent->prompt;
		child->generated = generated_with(parent, frame->position, 1);
		child->want = 1;
		if (child->count > head->config->context &&
		    (status = ll_head_overflow(head, child, child->count, err)) < 0)
			return status;
	}
	return 0;
}

static int
take_message(struct ll_head *head, const struct ll_frame *frame, struct ll_err *err)
{
	switch (frame->type) {
	case LL_NEXT:
		return take_next(head, frame, err);
	case LL_STOP:
		return take_stop(head, frame, err);
	case LL_FORK:
		return take_fork(head, frame, err);
	case LL_FLUSH:
		head->go_on = true;
		return 0;
	default:
		return 0;
	}
}

int
ll_head_mail(struct ll_head *head, const struct ll_mail *mail, struct ll_err *err)
{
	switch (mail->kind) {
	case LL_MAIL_INPUT:
		return take_input(head, &mail->frame, err);
	case LL_MAIL_FAILED:
		*err = *mail->err;
		return -err->code;
	case LL_MAIL_MESSAGE:
		return take_message(head, &mail->frame, err);
	default:
		ll_feeder_mail(&head->feeder, mail, head->out);
		return 0;
	}
}
