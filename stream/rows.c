/*
 * The rows of frames; see rows.h.
 */

#include <string.h>

#include "stream/rows.h"
#include "stream/stream.h"

size_t
ll_rows_bytes(const struct ll_frame *frame)
{
	switch (frame->type) {
	case LL_TOKENS:
		return sizeof(uint32_t);
	case LL_LOGITS:
	case LL_HIDDEN:
		return frame->length / frame->rows;
	default:
		return 0;
	}
}

void
ll_rows_slice(struct ll_frame *out, const struct ll_frame *frame, uint32_t first, uint32_t count)
{
	size_t bytes = ll_rows_bytes(frame);
	uint32_t end = first + count;
	uint32_t unwanted = frame->rows - (frame->want < frame->rows ? frame->want : frame->rows);
	uint32_t wanted = unwanted > first ? unwanted : first;

	*out = *frame;
	out->position += first;
	out->rows = count;
	out->want = end > wanted ? end - wanted : 0;
	out->length = count * bytes;
	out->payload = (const char *)frame->payload + first * bytes;
	if (end < frame->rows)
		out->flags &= (uint16_t)~(LL_LAST | LL_MORE);
}

int
ll_rows_write(struct ll_writer *out, const struct ll_frame *frame, struct ll_err *err)
{
	size_t bytes = frame->rows > 0 ? frame->length / frame->rows : 0;
	uint32_t most = bytes > 0 && bytes < LL_FRAME_MAX ? (uint32_t)(LL_FRAME_MAX / bytes) : 1;
	uint32_t done = 0;

	if (frame->rows <= most)
		return ll_writer_frame(out, frame, err);
	while (done < frame->rows) {
		uint32_t count = frame->rows - done < most ? frame->rows - done : most;
		struct ll_frame part;
		int status;

		ll_rows_slice(&part, frame, done, count);
		if ((status = ll_writer_frame(out, &part, err)) < 0)
			return status;
		done += count;
	}
	return 0;
}

void
ll_rows_floats(float *out, const struct ll_frame *frame, uint32_t row)
{
	const char *bytes = (const char *)frame->payload + row * ll_rows_bytes(frame);

	if (frame->dtype == LL_F32)
		memcpy(out, bytes, frame->cols * sizeof(float));
	else
		ll_dequantize(out, (enum ll_dtype)frame->dtype, bytes, frame->cols);
}

struct ll_sparse_row
ll_rows_sparse(const struct ll_frame *frame, uint32_t row)
{
	const char *bytes = (const char *)frame->payload + row * ll_rows_bytes(frame);
	struct ll_sparse_row sparse = {
		.ids = (const void *)(bytes + 8),
		.logits = (const void *)(bytes + 8 + frame->cols * sizeof(uint32_t)),
	};

	memcpy(&sparse.logsumexp, bytes, sizeof(sparse.logsumexp));
	return sparse;
}
