/*
 * A stage behind the head; see later.h.
 */

#include <stdlib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "stream/later.h"
#include "stream/rows.h"
#include "stream/seen.h"

struct later {
	struct ll_reader *in;
	struct ll_writer *out;
	const struct ll_later_config *config;
	const struct ll_later_stage *stage;
	struct ll_item *items;	/* [config.rows], gathered until FLUSH */
	size_t item_count, row_count;
	struct ll_seen seen;
};

static int
run_gathered(struct later *later, struct ll_err *err)
{
	const struct ll_head_stage *calls = &later->stage->calls;
	int status = later->item_count > 0 ? calls->evaluate(calls->arg, later->items, later->item_count, err) : 0;

	later->item_count = later->row_count = 0;
	return status;
}

/* Whether a frame takes the place of rows that are gathered: they are to be evaluated before. */
static bool
replaces_rows(const struct later *later, const struct ll_frame *frame)
{
	for (const struct ll_item *item = later->items; item < later->items + later->item_count; item++)
		if (item->sequence == frame->sequence && frame->position < item->position + item->rows)
			return true;
	return false;
}

static void
add_item(struct later *later, const struct ll_frame *part)
{
	struct ll_item *item = &later->items[later->item_count++];
	const struct ll_seen_sequence *known = ll_seen_find(&later->seen, part->sequence);

	*item = (struct ll_item){
		.sequence = part->sequence, .position = part->position, .rows = part->rows,
		.want = part->want, .epoch = part->epoch,
	};
	if (known == NULL || part->position > known->count || part->rows > known->count - part->position)
		return;
	item->tokens = known->tokens + part->position;
	item->ahead = known->count - (size_t)part->position - part->rows;
}

static int
gather(struct later *later, const struct ll_frame *frame, struct ll_err *err)
{
	uint32_t done = 0;
	int status;

	if (frame->cols != later->config->cols)
		return ll_fail(err, LL_EDATA, "%s: hidden size is %u, but the model's is %zu",
		    ll_reader_name(later->in), frame->cols, later->config->cols);
	if (replaces_rows(later, frame) && (status = run_gathered(later, err)) < 0)
		return status;
	while (done < frame->rows) {
		size_t space = later->config->rows - later->row_count;
		uint32_t left = frame->rows - done, rows = left < space ? left : (uint32_t)space;
		struct ll_frame part;

		ll_rows_slice(&part, frame, done, rows);
		add_item(later, &part);
		later->stage->states(later->stage->calls.arg, later->row_count, &part);
		later->row_count += rows;
		done += rows;
		if (later->row_count == later->config->rows && (status = run_gathered(later, err)) < 0)
			return status;
	}
	return 0;
}

static int
take_tokens(struct later *later, const struct ll_frame *frame, struct ll_err *err)
{
	int status;

	if (!later->config->tokens || frame->flags & LL_CONTEXT)
		return 0;
	/* The items of the rows that came before point to the tokens as they were. */
	if ((status = run_gathered(later, err)) < 0)
		return status;
	return ll_seen_take(&later->seen, frame, ll_reader_name(later->in), err);
}

/* Everything but TOKENS and META takes effect after the rows that came before it. */
static int
take_control(struct later *later, const struct ll_frame *frame, struct ll_err *err)
{
	const struct ll_head_stage *calls = &later->stage->calls;
	int status = run_gathered(later, err);

	if (status < 0)
		return status;
	if (frame->type == LL_FORK)
		return calls->fork(calls->arg, frame->sequence, ll_load64(frame->payload), frame->position, err);
	if (frame->type == LL_NEXT)
		return calls->cut(calls->arg, frame->sequence, frame->position, err);
	if (frame->type == LL_END && !(frame->flags & LL_STREAM)) {
		calls->end(calls->arg, frame->sequence);
		ll_seen_remove(&later->seen, frame->sequence);
	}
	return 0;
}

static int
take_frame(struct later *later, const struct ll_frame *frame, struct ll_err *err)
{
	int status = 0;

	if (frame->type == LL_HIDDEN)
		return gather(later, frame, err);
	if (frame->type == LL_LOGITS || frame->type == LL_SAMPLE)
		return ll_fail(err, LL_EDATA, "%s: a %s frame in a stream of hidden states",
		    ll_reader_name(later->in), ll_frame_name(frame->type));
	if (frame->type == LL_TOKENS)
		status = take_tokens(later, frame, err);
	else if (frame->type != LL_META)
		status = take_control(later, frame, err);
	if (status < 0 || (status = ll_writer_frame(later->out, frame, err)) < 0)
		return status;
	return ll_reader_ready(later->in) ? 0 : ll_writer_flush(later->out, err);
}

int
ll_later_run(struct ll_reader *in, struct ll_writer *out, const struct ll_header *header,
    const struct ll_later_config *config, const struct ll_later_stage *stage, struct ll_err *err)
{
	struct later later = { .in = in, .out = out, .config = config, .stage = stage };
	struct ll_frame frame = { 0 };
	int status;

	if ((later.items = ll_alloc(config->rows, sizeof(*later.items), err)) == NULL)
		return -LL_ENOMEM;
	if ((status = ll_writer_pass_on(out, header, err)) == 0)
		status = ll_writer_flush(out, err);
	while (status == 0 && !(frame.type == LL_END && frame.flags & LL_STREAM)) {
		if ((status = ll_reader_next(in, &frame, err)) != LL_GOT_FRAME)
			break;
		status = take_frame(&later, &frame, err);
	}
	ll_seen_free(&later.seen);
	free(later.items);
	return status;
}
