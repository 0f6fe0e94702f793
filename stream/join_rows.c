/*
 * Matching the rows of members; see join_state.h.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "stream/join_state.h"
#include "stream/rows.h"

/* Rows held of a member that nothing else keeps from running ahead. */
#define HELD_MOST 64

struct ll_joined *
ll_join_find(const struct ll_join *join, uint64_t sequence)
{
	struct ll_joined *joined = join->sequences;

	while (joined != NULL && joined->sequence != sequence)
		joined = joined->next;
	return joined;
}

static struct ll_joined *
get(struct ll_join *join, uint64_t sequence, struct ll_err *err)
{
	struct ll_joined *joined = ll_join_find(join, sequence);

	if (joined != NULL || (joined = ll_alloc(1, sizeof(*joined), err)) == NULL)
		return joined;
	joined->sequence = sequence;
	joined->next = join->sequences;
	join->sequences = joined;
	return joined;
}

static const char *
name_of(const struct ll_join *join, size_t member)
{
	return ll_reader_name(join->members[member].in);
}

static void
let_go(struct ll_join *join, size_t member, struct ll_join_slot *slot)
{
	if (slot->row == NULL)
		return;
	join->spare[join->spare_count++] = slot->row;
	join->members[member].held--;
	slot->row = NULL;
}

/* No answer is owed any more. */
void
ll_join_settle(struct ll_join *join, struct ll_joined *joined)
{
	join->written -= joined->owed == LL_JOIN_WRITTEN;
	join->flushed -= joined->owed == LL_JOIN_FLUSHED;
	joined->owed = LL_JOIN_NOTHING;
}

static void
forget(struct ll_join *join, struct ll_joined *joined)
{
	struct ll_joined **link = &join->sequences;

	while (*link != joined)
		link = &(*link)->next;
	*link = joined->next;
	ll_join_settle(join, joined);
	for (size_t m = 0; m < join->count; m++)
		let_go(join, m, &joined->slots[m]);
	free(joined);
}

void
ll_join_forget(struct ll_join *join)
{
	while (join->sequences != NULL)
		forget(join, join->sequences);
	for (size_t i = 0; i < join->spare_count; i++)
		free(join->spare[i]);
	free(join->spare);
	free(join->result);
	join->spare = NULL;
	join->spare_count = join->spare_cap = 0;
	join->result = NULL;
	join->vocab = 0;
}

/* A row that nobody holds; room to give it back is there, too. */
static float *
spare_row(struct ll_join *join, struct ll_err *err)
{
	size_t rows = 1;

	if (join->spare_count > 0)
		return join->spare[--join->spare_count];
	for (size_t m = 0; m < join->count; m++)
		rows += join->members[m].held;
	if (ll_grow(&join->spare, &join->spare_cap, rows, sizeof(*join->spare), err) < 0)
		return NULL;
	return ll_alloc(join->vocab, sizeof(float), err);
}

static int
check_row(const float *row, size_t count, const char *who, uint64_t sequence, uint64_t position,
    struct ll_err *err)
{
	float most = -INFINITY;
	char name[48];

	ll_sequence_name(sequence, name);
	for (size_t i = 0; i < count; i++) {
		if (!(row[i] < INFINITY))
			return ll_fail(err, LL_EDATA, "%s: sequence %s, position %" PRIu64 ": logit of id %zu is %s", who,
			    name, position, i, isnan(row[i]) ? "not a number" : "infinite");
		most = row[i] > most ? row[i] : most;
	}
	if (most == -INFINITY)
		return ll_fail(err, LL_EDATA, "%s: sequence %s, position %" PRIu64 ": every logit is -infinity", who,
		    name, position);
	return 0;
}

/* The first member with a row that `member` lacks; join->count if there is none. */
static size_t
holder(const struct ll_join *join, const struct ll_joined *joined)
{
	size_t m = 0;

	while (m < join->count && joined->slots[m].row == NULL)
		m++;
	return m;
}

static int
ends_early(const struct ll_join *join, const struct ll_joined *joined, size_t member, struct ll_err *err)
{
	size_t other = holder(join, joined);
	char name[48];

	return ll_fail(err, LL_EDATA, "%s: sequence %s ends before position %" PRIu64 " of %s: members end at "
	    "different steps", name_of(join, member), ll_sequence_name(joined->sequence, name),
	    joined->slots[other].position, name_of(join, other));
}

/* Fails when a row is held that a member will not bring the other of. */
static int
check_ends(const struct ll_join *join, const struct ll_joined *joined, struct ll_err *err)
{
	if (holder(join, joined) == join->count)
		return 0;
	for (size_t m = 0; m < join->count; m++)
		if (joined->slots[m].row == NULL &&
		    (joined->slots[m].ended || join->members[m].phase == LL_JOIN_ENDED))
			return ends_early(join, joined, m, err);
	return 0;
}

int
ll_join_check_end(struct ll_join *join, size_t member, struct ll_err *err)
{
	int status = 0;

	join->members[member].phase = LL_JOIN_ENDED;
	for (const struct ll_joined *joined = join->sequences; joined != NULL && status == 0; joined = joined->next)
		status = check_ends(join, joined, err);
	return status;
}

/* All members are fed or none: a recording cannot follow what is sampled now. */
static int
check_tokens(const struct ll_join *join, const struct ll_joined *joined, struct ll_err *err)
{
	char name[48];

	for (size_t m = 0; m < join->count; m++)
		if (join->fed && join->members[m].path == NULL)
			return ll_fail(err, LL_EDATA, "%s: nobody listens for what is sampled, as for other members: is it a "
			    "recording, or made with --once?", name_of(join, m));
	for (size_t m = 1; m < join->count; m++) {
		if (joined->slots[m].tokens != joined->slots[0].tokens)
			return ll_fail(err, LL_EDATA, "%s: sequence %s was continued with other tokens than %s's",
			    name_of(join, m), ll_sequence_name(joined->sequence, name), name_of(join, 0));
		if (!joined->begun && joined->slots[m].epoch != joined->slots[0].epoch)
			return ll_fail(err, LL_EDATA, "%s: sequence %s begins with epoch %" PRIu32 ", but %" PRIu32
			    " in %s", name_of(join, m), ll_sequence_name(joined->sequence, name),
			    joined->slots[m].epoch, joined->slots[0].epoch, name_of(join, 0));
	}
	return 0;
}

/* A turn that was cancelled in one member is about to be in the others: its rows are void. */
static bool
drop_older(struct ll_join *join, struct ll_joined *joined)
{
	uint32_t newest = 0;
	bool dropped = false;

	for (size_t m = 0; m < join->count; m++)
		newest = joined->slots[m].epoch > newest ? joined->slots[m].epoch : newest;
	for (size_t m = 0; m < join->count && joined->begun; m++) {
		if (joined->slots[m].epoch < newest) {
			let_go(join, m, &joined->slots[m]);
			dropped = true;
		}
	}
	return dropped;
}

static int
write_result(struct ll_join *join, struct ll_joined *joined, struct ll_err *err)
{
	const struct ll_join_slot *lead = &joined->slots[0];
	const float *rows[LL_JOIN_MEMBERS];
	struct ll_frame frame = {
		.type = LL_LOGITS, .sequence = joined->sequence, .position = lead->position, .rows = 1,
		.cols = (uint32_t)join->vocab, .dtype = LL_F32, .want = 1, .epoch = lead->epoch,
		.length = join->vocab * sizeof(float), .payload = join->result,
	};
	int status;

	for (size_t m = 0; m < join->count; m++)
		rows[m] = joined->slots[m].row;
	if ((status = join->stage->combine(join->stage->arg, join->result, rows, join->vocab, err)) < 0 ||
	    (status = check_row(join->result, join->vocab, "mix", joined->sequence, lead->position, err)) < 0)
		return status;
	return ll_writer_frame(join->out, &frame, err);
}

/* All members' rows are there. */
static int
combine(struct ll_join *join, struct ll_joined *joined, struct ll_err *err)
{
	int status;

	if (drop_older(join, joined))
		return 0;
	if ((status = check_tokens(join, joined, err)) < 0 || (status = write_result(join, joined, err)) < 0)
		return status;
	joined->begun = true;
	for (size_t m = 0; m < join->count; m++) {
		struct ll_join_slot *slot = &joined->slots[m];

		let_go(join, m, slot);
		slot->asked_position = slot->position;
		slot->asked_epoch = slot->epoch;
	}
	if (joined->owed == LL_JOIN_NOTHING) {
		joined->owed = LL_JOIN_WRITTEN;
		join->written++;
	}
	return 0;
}

/* How many members lack a row of this sequence. */
static size_t
missing(const struct ll_join *join, const struct ll_joined *joined)
{
	size_t count = 0;

	for (size_t m = 0; m < join->count; m++)
		count += joined->slots[m].row == NULL;
	return count;
}

static int
read_row(const struct ll_join *join, size_t member, float *out, const struct ll_frame *frame, uint32_t row,
    struct ll_err *err)
{
	char name[48], where[400];

	if (!(frame->flags & LL_SPARSE)) {
		ll_rows_floats(out, frame, row);
		return 0;
	}
	snprintf(where, sizeof(where), "%.200s: sequence %s, position %" PRIu64, name_of(join, member),
	    ll_sequence_name(frame->sequence, name), frame->position + row);
	return join->stage->complete(join->stage->arg, out, (const char *)frame->payload + row * ll_rows_bytes(frame),
	    frame->cols, join->vocab, where, err);
}

static int
take_row(struct ll_join *join, size_t member, const struct ll_frame *frame, uint32_t row, struct ll_err *err)
{
	struct ll_join_member *from = &join->members[member];
	struct ll_joined *joined = get(join, frame->sequence, err);
	struct ll_join_slot *slot;
	int status;

	if (joined == NULL)
		return -LL_ENOMEM;
	slot = &joined->slots[member];
	if (from->path == NULL && from->held >= HELD_MOST && missing(join, joined) > 1 && joined->failure.code == 0)
		return 1;
	slot->position = slot->asked_position = frame->position + row;
	slot->epoch = slot->asked_epoch = frame->epoch;
	if (joined->failure.code != 0)
		return ll_join_stop(join, joined, member, joined->failure.reason, err);
	if ((slot->row = spare_row(join, err)) == NULL)
		return -LL_ENOMEM;
	from->held++;
	if ((status = read_row(join, member, slot->row, frame, row, err)) < 0 ||
	    (status = check_row(slot->row, join->vocab, name_of(join, member), frame->sequence, slot->position,
	    err)) < 0 || (status = check_ends(join, joined, err)) < 0)
		return status;
	return missing(join, joined) == 0 ? combine(join, joined, err) : 0;
}

/* A row that waits for its others stands in the way of what comes behind it, unless its turn was cancelled. */
static bool
waits(struct ll_join *join, size_t member, const struct ll_frame *frame)
{
	struct ll_joined *joined = ll_join_find(join, frame->sequence);
	struct ll_join_slot *slot;

	if (joined == NULL)
		return false;
	slot = &joined->slots[member];
	if (slot->row != NULL && frame->epoch > slot->epoch)
		let_go(join, member, slot);
	if (member == 0 && joined->owed != LL_JOIN_NOTHING && frame->epoch > slot->epoch)
		ll_join_settle(join, joined);
	return slot->row != NULL;
}

/* How many logits a row of the result has: as the first that comes, if it is dense. */
static int
set_vocab(struct ll_join *join, size_t member, const struct ll_frame *frame, struct ll_err *err)
{
	uint64_t vocab = frame->flags & LL_SPARSE ? 0 : frame->cols;

	for (size_t m = 0; m < join->count && vocab == 0; m++)
		ll_header_get_number(ll_reader_header(join->members[m].in), "vocab_size", &vocab);
	if (vocab == 0 || vocab > LL_FRAME_MAX / sizeof(float))
		return ll_fail(err, LL_EDATA, "%s: header: vocab_size: %" PRIu64 ", but sparse logits want the number of all",
		    name_of(join, member), vocab);
	join->vocab = (size_t)vocab;
	return (join->result = ll_alloc(join->vocab, sizeof(float), err)) == NULL ? -LL_ENOMEM : 0;
}

static int
check_logits(struct ll_join *join, size_t member, const struct ll_frame *frame, struct ll_err *err)
{
	char name[48];
	uint64_t seed;
	int status;

	if (frame->flags & LL_SPARSE && ll_header_get_number(ll_reader_header(join->members[member].in), "seed", &seed))
		return ll_fail(err, LL_EDATA, "%s: sequence %s: a random sample of the logits: of those that were not drawn "
		    "it says nothing; ll-topk --top keeps what can be mixed", name_of(join, member),
		    ll_sequence_name(frame->sequence, name));
	if (join->vocab == 0 && (status = set_vocab(join, member, frame, err)) < 0)
		return status;
	if (frame->cols != join->vocab && !(frame->flags & LL_SPARSE))
		return ll_fail(err, LL_EDATA, "%s: sequence %s: rows of %" PRIu32 " logits, but %zu came before",
		    name_of(join, member), ll_sequence_name(frame->sequence, name), frame->cols, join->vocab);
	return 0;
}

static int
take_logits(struct ll_join *join, size_t member, const struct ll_frame *frame, struct ll_err *err)
{
	uint32_t *next = &join->members[member].next_row;
	int status = check_logits(join, member, frame, err);

	while (status == 0 && *next < frame->rows) {
		if (waits(join, member, frame))
			return 1;
		if ((status = take_row(join, member, frame, *next, err)) == 0)
			++*next;
	}
	if (status == 0)
		*next = 0;
	return status;
}

/* What a sequence was continued with is to be the same in all members. */
static int
note_tokens(struct ll_join *join, size_t member, const struct ll_frame *frame, struct ll_err *err)
{
	const unsigned char *payload = frame->payload;
	const struct ll_joined *parent = NULL;
	struct ll_joined *joined;
	uint64_t *tokens;

	if (frame->type == LL_TOKENS && frame->flags & LL_CONTEXT)
		return 0;
	if ((joined = get(join, frame->sequence, err)) == NULL)
		return -LL_ENOMEM;
	tokens = &joined->slots[member].tokens;
	if (frame->type == LL_NEXT) {
		*tokens = ll_hash(*tokens, payload, frame->length);
		return 0;
	}
	*tokens = 0;
	if (frame->type == LL_FORK && frame->rows > 0) {
		parent = ll_join_find(join, ll_load64(payload));
		*tokens = ll_hash(parent != NULL ? parent->slots[member].tokens : 0, payload + 8, frame->length - 8);
	}
	return 0;
}

/* A sequence that failed in one member ends in all, as soon as they have rows to be answered. */
static int
fail_joined(struct ll_join *join, struct ll_joined *joined, const struct ll_ending *ending, struct ll_err *err)
{
	int status = 0;

	joined->failure = *ending;
	if (ending->reason[0] == '\0')
		snprintf(joined->failure.reason, sizeof(joined->failure.reason), "failed");
	for (size_t m = 0; m < join->count && status == 0; m++) {
		struct ll_join_slot *slot = &joined->slots[m];

		if (slot->row == NULL)
			continue;
		let_go(join, m, slot);
		slot->asked_position = slot->position;
		slot->asked_epoch = slot->epoch;
		status = ll_join_stop(join, joined, m, joined->failure.reason, err);
	}
	return status;
}

/* The lead's END, with the failure of the member where it came from. */
static int
write_end(struct ll_join *join, const struct ll_joined *joined, const struct ll_frame *frame,
    const struct ll_ending *lead, struct ll_err *err)
{
	struct ll_ending ending = joined->failure;

	if (joined->failure.code == 0 || lead->code != 0)
		return ll_writer_frame(join->out, frame, err);
	ending.has_prompt = lead->has_prompt;
	ending.prompt = lead->prompt;
	ending.has_generated = lead->has_generated;
	ending.generated = lead->generated;
	return ll_ending_write(join->out, frame, &ending, err);
}

static int
take_end(struct ll_join *join, size_t member, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_joined *joined = get(join, frame->sequence, err);
	struct ll_ending ending;
	bool over = true;
	int status = 0;

	if (joined == NULL)
		return -LL_ENOMEM;
	joined->slots[member].ended = true;
	ll_ending_read(&ending, frame);
	if (ending.code != 0 && joined->failure.code == 0)
		status = fail_joined(join, joined, &ending, err);
	if (status == 0 && member == 0)
		status = write_end(join, joined, frame, &ending, err);
	if (status == 0)
		status = check_ends(join, joined, err);
	for (size_t m = 0; m < join->count; m++)
		over = over && joined->slots[m].ended;
	if (status == 0 && over)
		forget(join, joined);
	return status;
}

/* What was written since the last is to be answered now: whichever member's step ends, it brought the last rows. */
static int
take_flush(struct ll_join *join, struct ll_err *err)
{
	struct ll_frame flush = { .type = LL_FLUSH, .sequence = LL_SEQUENCE_STREAM, .rows = (uint32_t)join->written };
	int status;

	if (join->written == 0)
		return 0;
	if ((status = ll_writer_frame(join->out, &flush, err)) < 0)
		return status;
	join->flushed += join->written;
	join->written = 0;
	for (struct ll_joined *joined = join->sequences; joined != NULL; joined = joined->next)
		if (joined->owed == LL_JOIN_WRITTEN)
			joined->owed = LL_JOIN_FLUSHED;
	if (join->offer == NULL)
		return ll_join_stop_all(join, "complete", err);
	return 0;
}

int
ll_join_take(struct ll_join *join, size_t member, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_join_member *from = &join->members[member];
	bool held = (frame->sequence & LL_SEQUENCE_HELD) != 0;
	int status = 0;

	if (from->path == NULL)
		status = ll_path_missing(&from->watch, frame, ll_reader_header(from->in), err);
	if (status < 0)
		return status;
	if (frame->type == LL_LOGITS)
		return take_logits(join, member, frame, err);
	if (frame->type == LL_FLUSH)
		return take_flush(join, err);
	if (frame->type == LL_WAIT)
		return 0;
	if (!held && waits(join, member, frame))
		return 1;
	if (!held && frame->type == LL_END)
		return take_end(join, member, frame, err);
	if (!held && (frame->type == LL_TOKENS || frame->type == LL_NEXT || frame->type == LL_FORK))
		status = note_tokens(join, member, frame, err);
	return status == 0 && member == 0 ? ll_writer_frame(join->out, frame, err) : status;
}
