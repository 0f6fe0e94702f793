/*
 * The canonical form of a stream; see canonical.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "stream/canonical.h"
#include "stream/rows.h"

struct ll_canonical_block {
	struct ll_canonical_block *next;
	_Alignas(LL_FRAME_BYTES) unsigned char bytes[];
};

const char *const ll_canonical_keys[] = {
	"fingerprint", "origin", "vocab", "stop", "hidden", "vocab_size", "layers", "boundary", "dtype", "context",
	"seed", NULL
};

static int
copy_header(struct ll_header *out, const struct ll_header *from, struct ll_err *err)
{
	struct ll_buf value = { 0 };
	int status = ll_buf_room(&value, from->text.len + 1, err);

	out->kind = from->kind;
	for (size_t i = 0; ll_canonical_keys[i] != NULL && status == 0; i++)
		if (ll_header_get(from, ll_canonical_keys[i], value.data, value.cap))
			status = ll_header_add(out, ll_canonical_keys[i], value.data, err);
	ll_buf_free(&value);
	return status;
}

static bool
is_held(const struct ll_frame *frame)
{
	return frame->sequence != LL_SEQUENCE_STREAM && frame->sequence & LL_SEQUENCE_HELD;
}

static int
add_item(struct ll_canonical *canonical, const struct ll_frame *frame, struct ll_err *err)
{
	int status = ll_grow(&canonical->items, &canonical->cap, canonical->count + 1,
	    sizeof(*canonical->items), err);

	if (status < 0)
		return status;
	canonical->items[canonical->count] = (struct ll_canonical_item){
		.frame = *frame, .arrival = canonical->count,
	};
	canonical->count++;
	return 0;
}

/* Adds a frame with a copy of its payload, row by row where it has rows. */
static int
add_frame(struct ll_canonical *canonical, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_frame whole = *frame, row;
	struct ll_canonical_block *block;
	size_t size;
	int status = 0;

	if (ll_add(sizeof(*block), ll_frame_padded(frame->length), &size) ||
	    (block = aligned_alloc(LL_FRAME_BYTES, size)) == NULL)
		return ll_fail(err, LL_ENOMEM, "out of memory: canonical form keeps a stream in memory");
	if (frame->length > 0)
		memcpy(block->bytes, frame->payload, frame->length);
	block->next = canonical->blocks;
	canonical->blocks = block;
	whole.payload = block->bytes;
	whole.flags &= (uint16_t)~LL_NO_CRC;
	whole.want = 0;
	if (ll_rows_bytes(frame) == 0 || frame->rows == 0)
		return add_item(canonical, &whole, err);
	for (uint32_t i = 0; i < frame->rows && status == 0; i++) {
		ll_rows_slice(&row, &whole, i, 1);
		status = add_item(canonical, &row, err);
	}
	return status;
}

/* The child's states below the fork are its parent's; what it had before is forgotten. */
static int
fork_rows(struct ll_canonical *canonical, const struct ll_frame *fork, struct ll_err *err)
{
	uint64_t parent = ll_load64(fork->payload);
	size_t before = canonical->count, kept = 0;

	if (parent == fork->sequence)
		return 0;
	for (size_t i = 0; i < before; i++) {
		struct ll_frame row = canonical->items[i].frame;
		int status;

		if (row.type != LL_HIDDEN || row.sequence != parent || row.position >= fork->position)
			continue;
		row.sequence = fork->sequence;
		row.epoch = fork->epoch;
		if ((status = add_item(canonical, &row, err)) < 0)
			return status;
	}
	for (size_t i = 0; i < canonical->count; i++) {
		const struct ll_frame *row = &canonical->items[i].frame;

		if (i < before && row->type == LL_HIDDEN && row->sequence == fork->sequence)
			continue;
		canonical->items[kept] = canonical->items[i];
		canonical->items[kept].arrival = kept;
		kept++;
	}
	canonical->count = kept;
	return 0;
}

/* Rows first, then the ends of sequences, then the end of the stream. */
static int
rank(const struct ll_frame *frame)
{
	return frame->type != LL_END ? 0 : frame->flags & LL_STREAM ? 2 : 1;
}

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int
ll_canonical_order(const struct ll_frame *a, const struct ll_frame *b)
{
	int order;

	if ((order = rank(a) - rank(b)) != 0 || (order = compare(a->sequence, b->sequence)) != 0 ||
	    (order = compare(a->position, b->position)) != 0)
		return order;
	return compare(a->type, b->type);
}

static int
compare_places(const struct ll_frame *a, const struct ll_frame *b)
{
	int order = ll_canonical_order(a, b);

	return order != 0 ? order : compare(a->epoch, b->epoch);
}

static int
compare_items(const void *left, const void *right)
{
	const struct ll_canonical_item *a = left, *b = right;
	int order = compare_places(&a->frame, &b->frame);

	return order != 0 ? order : compare(a->arrival, b->arrival);
}

/* Drops what was evaluated again, what belongs to kept prefixes, and what nobody selected. */
static void
prune(struct ll_canonical *canonical, const struct ll_selection *selection)
{
	struct ll_canonical_item *items = canonical->items;
	size_t kept = 0;

	for (size_t i = 0; i < canonical->count; i++) {
		struct ll_frame *frame = &items[i].frame;
		bool again = i + 1 < canonical->count && frame->rows > 0 && ll_rows_bytes(frame) > 0 &&
		    items[i + 1].frame.rows > 0 && compare_places(frame, &items[i + 1].frame) == 0;

		if (rank(frame) < 2 && (again || is_held(frame) || !ll_select(selection, frame)))
			continue;
		items[kept++] = items[i];
	}
	canonical->count = kept;
}

static int
take(struct ll_canonical *canonical, const struct ll_frame *frame, struct ll_err *err)
{
	switch (frame->type) {
	case LL_FORK:
		return fork_rows(canonical, frame, err);
	case LL_WAIT:
	case LL_FLUSH:
	case LL_NEXT:
	case LL_STOP:
		return 0;
	default:
		return add_frame(canonical, frame, err);
	}
}

int
ll_canonical_read(struct ll_canonical *out, struct ll_reader *in,
    const struct ll_selection *selection, struct ll_err *err)
{
	struct ll_frame frame = { 0 };
	int status = copy_header(&out->header, ll_reader_header(in), err);

	while (status == 0 && !(frame.type == LL_END && frame.flags & LL_STREAM)) {
		if ((status = ll_reader_next(in, &frame, err)) < 0)
			return status;
		status = take(out, &frame, err);
	}
	if (status < 0)
		return status;
	qsort(out->items, out->count, sizeof(*out->items), compare_items);
	prune(out, selection);
	return 0;
}

void
ll_canonical_free(struct ll_canonical *canonical)
{
	struct ll_canonical_block *next;

	for (struct ll_canonical_block *block = canonical->blocks; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free(canonical->items);
	ll_header_free(&canonical->header);
	*canonical = (struct ll_canonical){ 0 };
}
