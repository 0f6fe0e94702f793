/*
 * Frames of logits; see logit_rows.h.
 */

#include "stream/logit_rows.h"

#include "stream/stream.h"

static struct ll_frame
frame_at(const struct ll_logit_place *place, size_t cols)
{
	return (struct ll_frame){
		.type = LL_LOGITS, .sequence = place->sequence, .position = place->position, .epoch = place->epoch,
		.rows = 1, .want = 1, .cols = (uint32_t)cols, .dtype = LL_F32,
	};
}

int
ll_logit_rows_dense(struct ll_writer *out, const struct ll_logit_place *place, const float *logits, size_t vocab,
    struct ll_err *err)
{
	struct ll_frame frame = frame_at(place, vocab);

	frame.length = vocab * sizeof(float);
	frame.payload = logits;
	return ll_writer_frame(out, &frame, err);
}

/* Rows that stand one behind the other in a sequence. */
static int
write_sparse(struct ll_writer *out, const struct ll_logit_place *first, const void *payload, size_t rows, size_t top,
    struct ll_err *err)
{
	struct ll_frame frame = frame_at(first, top);

	frame.flags = LL_SPARSE;
	frame.rows = frame.want = (uint32_t)rows;
	frame.length = rows * (8 + 8 * top);
	frame.payload = payload;
	return ll_writer_frame(out, &frame, err);
}

int
ll_logit_rows_sparse(struct ll_writer *out, const struct ll_logit_place *place, const void *row, size_t top,
    struct ll_err *err)
{
	return write_sparse(out, place, row, 1, top, err);
}

int
ll_logit_rows_ones(struct ll_writer *out, const struct ll_logit_place *places, const void *rows, size_t count,
    struct ll_err *err)
{
	const unsigned char *row = rows;

	for (size_t i = 0, n; i < count; i += n) {
		const struct ll_logit_place *first = &places[i];
		int status;

		for (n = 1; i + n < count && first[n].sequence == first->sequence && first[n].epoch == first->epoch &&
		    first[n].position == first->position + n; n++)
			;
		if ((status = write_sparse(out, first, row + i * LL_LOGIT_ROW_ONE, n, 1, err)) < 0)
			return status;
	}
	return 0;
}
