/*
 * The header of a frame on the wire; see frame.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "stream/frame.h"

#define TEXT_MAX (1u << 20)

static const unsigned char magic[4] = { 'L', 'L', 'F', '1' };

size_t
ll_frame_padded(size_t length)
{
	return (length + LL_FRAME_BYTES - 1) / LL_FRAME_BYTES * LL_FRAME_BYTES;
}

const char *
ll_frame_name(unsigned type)
{
	static const char *const names[] = {
		[LL_TOKENS] = "TOKENS", [LL_HIDDEN] = "HIDDEN", [LL_LOGITS] = "LOGITS",
		[LL_SAMPLE] = "SAMPLE", [LL_TEXT] = "TEXT", [LL_META] = "META", [LL_NEXT] = "NEXT",
		[LL_STOP] = "STOP", [LL_FORK] = "FORK", [LL_FLUSH] = "FLUSH", [LL_WAIT] = "WAIT",
		[LL_HELLO] = "HELLO", [LL_BYE] = "BYE", [LL_END] = "END", [LL_ERROR] = "ERROR",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

const char *
ll_sequence_name(uint64_t sequence, char text[48])
{
	uint32_t record = (uint32_t)(sequence >> 32), sample = (uint32_t)sequence;

	if (sequence == LL_SEQUENCE_STREAM)
		snprintf(text, 48, "stream");
	else if (sequence & LL_SEQUENCE_HELD)
		snprintf(text, 48, "held %" PRIu64, sequence & ~LL_SEQUENCE_HELD);
	else if (sample != 0)
		snprintf(text, 48, "%" PRIu32 ".%" PRIu32, record, sample);
	else
		snprintf(text, 48, "%" PRIu32, record);
	return text;
}

void
ll_frame_put(unsigned char out[LL_FRAME_BYTES], const struct ll_frame *frame)
{
	memset(out, 0, LL_FRAME_BYTES);
	memcpy(out, magic, sizeof(magic));
	ll_store16(out + 4, frame->type);
	ll_store16(out + 6, frame->flags);
	ll_store64(out + 8, frame->sequence);
	ll_store64(out + 16, frame->position);
	ll_store32(out + 24, frame->rows);
	ll_store32(out + 28, frame->cols);
	ll_store32(out + 32, frame->dtype);
	ll_store32(out + 36, frame->want);
	ll_store32(out + 40, frame->epoch);
	ll_store64(out + 48, frame->length);
	if (!(frame->flags & LL_NO_CRC) && frame->length > 0)
		ll_store32(out + 56, ll_crc32(0, frame->payload, frame->length));
	ll_store32(out + 60, ll_crc32(0, out, 60));
}

/* The length of rows of floats, dense or sparse; false if there is none that fits. */
static bool
rows_length(const struct ll_frame *frame, size_t *length)
{
	size_t row;

	if (frame->rows == 0 || frame->cols == 0)
		return false;
	if (frame->type == LL_LOGITS && frame->flags & LL_SPARSE)
		return !ll_mul(frame->cols, 8, &row) && !ll_add(row, 8, &row) && !ll_mul(row, frame->rows, length);
	return !ll_mul(frame->cols, frame->dtype == LL_F32 ? 4 : 2, &row) && !ll_mul(row, frame->rows, length);
}

/* True if the payload's length is one that the other fields allow. */
static bool
length_fits(const struct ll_frame *frame)
{
	size_t expected;

	switch (frame->type) {
	case LL_TOKENS:
	case LL_NEXT:
		return !ll_mul(frame->rows, 4, &expected) && frame->length == expected;
	case LL_FORK:
		return !ll_mul(frame->rows, 4, &expected) && !ll_add(expected, 8, &expected) &&
		    frame->length == expected;
	case LL_HIDDEN:
	case LL_LOGITS:
		return rows_length(frame, &expected) && frame->length == expected;
	case LL_SAMPLE:
		return frame->rows == 1 && frame->length >= sizeof(struct ll_sample) &&
		    (frame->length - sizeof(struct ll_sample)) % sizeof(struct ll_alternative) == 0;
	case LL_FLUSH:
	case LL_WAIT:
	case LL_BYE:
		return frame->length == 0;
	case LL_TEXT:
	case LL_STOP:
	case LL_HELLO:
	case LL_END:
	case LL_ERROR:
		return frame->length <= TEXT_MAX;
	default:
		return true;
	}
}

/* What is wrong with the fields of a header, in `why`; false if nothing is. */
static bool
is_wrong(const struct ll_frame *frame, char *why, size_t size)
{
	const char *type = ll_frame_name(frame->type);
	const char *dtype = ll_dtype_name(frame->dtype);
	bool floats = frame->type == LL_HIDDEN || frame->type == LL_LOGITS;

	if (type == NULL && frame->flags & LL_CRITICAL)
		snprintf(why, size, "unknown critical frame type %u", frame->type);
	else if (floats && frame->dtype != LL_F32 && frame->dtype != LL_F16 && frame->dtype != LL_BF16)
		snprintf(why, size, "%s of data type %s (%" PRIu32 "), but only F32, F16 and BF16 are allowed",
		    type, dtype != NULL ? dtype : "unknown", frame->dtype);
	else if (!length_fits(frame))
		snprintf(why, size, "%s with %" PRIu32 " rows of %" PRIu32 " cannot have %zu bytes of payload",
		    type, frame->rows, frame->cols, frame->length);
	else if ((frame->type == LL_HIDDEN || frame->type == LL_TOKENS) && frame->want > frame->rows)
		snprintf(why, size, "%s wants logits of %" PRIu32 " rows, but has %" PRIu32, type, frame->want,
		    frame->rows);
	else if (type != NULL && frame->position > UINT64_MAX - frame->rows)
		snprintf(why, size, "position %" PRIu64 " is too large", frame->position);
	else
		return false;
	return true;
}

int
ll_frame_get(struct ll_frame *frame, uint32_t *crc, const unsigned char in[LL_FRAME_BYTES],
    const char *name, uint64_t offset, struct ll_err *err)
{
	uint32_t expected = ll_load32(in + 60), found = ll_crc32(0, in, 60);
	uint64_t length = ll_load64(in + 48);
	char why[200];

	if (memcmp(in, magic, sizeof(magic)) != 0)
		return ll_fail(err, LL_EDATA, "%s: at byte %" PRIu64 ": a frame should begin here, but found "
		    "%02x %02x %02x %02x", name, offset, in[0], in[1], in[2], in[3]);
	if (found != expected)
		return ll_fail(err, LL_EDATA, "%s: frame at byte %" PRIu64 ": header is damaged: crc %08" PRIx32
		    ", but it says %08" PRIx32, name, offset, found, expected);
	if (length > LL_FRAME_MAX)
		return ll_fail(err, LL_EDATA, "%s: frame at byte %" PRIu64 ": payload of %" PRIu64
		    " bytes, but %u are the most", name, offset, length, LL_FRAME_MAX);
	*frame = (struct ll_frame){
		.type = ll_load16(in + 4), .flags = ll_load16(in + 6),
		.sequence = ll_load64(in + 8), .position = ll_load64(in + 16),
		.rows = ll_load32(in + 24), .cols = ll_load32(in + 28),
		.dtype = ll_load32(in + 32), .want = ll_load32(in + 36),
		.epoch = ll_load32(in + 40), .length = (size_t)length,
	};
	*crc = ll_load32(in + 56);
	if (is_wrong(frame, why, sizeof(why)))
		return ll_fail(err, LL_EDATA, "%s: frame at byte %" PRIu64 ": %s", name, offset, why);
	return 0;
}
