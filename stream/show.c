/*
 * Streams as text for people; see show.h.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "stream/rows.h"
#include "stream/show.h"
#include "stream/text.h"

#define FEW_IDS 16
#define FEW_VALUES 6
#define FEW_LOGITS 5
#define FEW_BYTES 200
#define C1_END 0xa0u		/* code points below it are control codes, or ASCII */

const char *
ll_show_flag(unsigned flags, unsigned index)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ LL_PROMPT, "prompt" }, { LL_CONTEXT, "context" }, { LL_LAST, "last" }, { LL_MORE, "more" },
		{ LL_FINAL, "final" }, { LL_SPARSE, "sparse" }, { LL_NORMED, "normed" },
		{ LL_NO_CRC, "no-crc" }, { LL_CRITICAL, "critical" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].bit && index-- == 0)
			return names[i].name;
	return NULL;
}

const char *
ll_show_kind(enum ll_kind kind)
{
	static const char *const names[] = { "none", "tokens", "hidden", "logits", "samples" };

	return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

const char *
ll_show_dtype(uint32_t dtype)
{
	const char *name = ll_dtype_name(dtype);

	return name != NULL ? name : "unknown";
}

/* Printable characters as they are, `special` ones behind a backslash, others as \n or \xNN. */
static void
add_safe(struct ll_buf *out, const char *bytes, size_t length, const char *special, struct ll_err *err)
{
	size_t size;

	for (size_t i = 0; i < length; i += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)bytes + i, length - i, &size);

		if (code == '\n')
			ll_buf_puts(out, "\\n", err);
		else if (code != 0 && code < 0x80 && strchr(special, (int)code) != NULL)
			ll_buf_printf(out, err, "\\%c", (int)code);
		else if (code != LL_UTF8_BAD && ((code >= 0x20 && code < 0x7f) || code >= C1_END))
			ll_buf_add(out, bytes + i, size, err);
		else
			for (size_t k = 0; k < size; k++)
				ll_buf_printf(out, err, "\\x%02x", (unsigned)(unsigned char)bytes[i + k]);
	}
}

static void
add_bytes(struct ll_buf *out, const struct ll_frame *frame, bool full, struct ll_err *err)
{
	const char *bytes = frame->payload, *quote = frame->type == LL_TEXT ? "\"" : "";
	size_t length = frame->length;
	size_t shown = full || length <= FEW_BYTES ? length : FEW_BYTES;

	/* Not through the middle of a character. */
	shown -= shown < length ? ll_utf8_partial((const unsigned char *)bytes, shown) : 0;
	ll_buf_printf(out, err, " %s", quote);
	/* A backslash of JSON is JSON's. */
	add_safe(out, bytes, shown, *quote != '\0' ? "\\\"" : "", err);
	ll_buf_puts(out, quote, err);
	if (shown < length)
		ll_buf_printf(out, err, " ... (%zu bytes)", length);
}

/* The lines of a block as "  key value" behind each other, separated by `between`. */
static void
add_block(struct ll_buf *out, const char *text, size_t length, const char *between, struct ll_err *err)
{
	struct ll_text_line line;

	while (ll_text_line(&line, &text, &length)) {
		char *value = ll_alloc(line.value_length + 1, 1, err);

		if (value == NULL)
			return;
		ll_buf_puts(out, between, err);
		ll_buf_add(out, line.key, line.key_length, err);
		ll_buf_puts(out, " ", err);
		add_safe(out, value, ll_text_decode(&line, value, line.value_length + 1), "\\", err);
		free(value);
	}
}

static int
finish(struct ll_buf *out, size_t before, struct ll_err *err)
{
	while (out->len > before && out->data[out->len - 1] == ' ')
		out->len--;
	ll_buf_puts(out, "\n", err);
	if (err->code == 0)
		return 0;
	out->len = before;
	return -err->code;
}

int
ll_show_header(struct ll_buf *out, const struct ll_header *header, struct ll_err *err)
{
	size_t before = out->len;

	ll_buf_printf(out, err, "stream of %s", ll_show_kind(header->kind));
	add_block(out, header->text.data, header->text.len, "\n    ", err);
	return finish(out, before, err);
}

/* "3.1  12 HIDDEN  normed" */
static void
add_front(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	char sequence[48], position[24] = "", number[24];
	const char *type = ll_frame_name(frame->type), *flag;

	if (frame->sequence != LL_SEQUENCE_STREAM)
		snprintf(position, sizeof(position), "%" PRIu64, frame->position);
	snprintf(number, sizeof(number), "type %u", frame->type);
	ll_buf_printf(out, err, "%-7s %6s %-7s", ll_sequence_name(frame->sequence, sequence), position,
	    type != NULL ? type : number);
	for (unsigned i = 0; (flag = ll_show_flag(frame->flags, i)) != NULL; i++)
		ll_buf_printf(out, err, " %s", flag);
	if (frame->epoch != 0)
		ll_buf_printf(out, err, " epoch %" PRIu32, frame->epoch);
}

static void
add_ids(struct ll_buf *out, const unsigned char *ids, size_t count, bool full, struct ll_err *err)
{
	size_t shown = full || count <= FEW_IDS ? count : FEW_IDS;

	for (size_t i = 0; i < shown; i++)
		ll_buf_printf(out, err, " %" PRIu32, ll_load32(ids + 4 * i));
	if (shown < count)
		ll_buf_printf(out, err, " ... (%zu)", count);
}

static void
add_values(struct ll_buf *out, const float *values, size_t count, bool full, struct ll_err *err)
{
	size_t shown = full || count <= FEW_VALUES ? count : FEW_VALUES;

	for (size_t i = 0; i < shown; i++)
		ll_buf_printf(out, err, " %.6g", (double)values[i]);
	if (shown < count)
		ll_buf_puts(out, " ...", err);
}

static double
norm(const float *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)values[i] * (double)values[i];
	return sqrt(sum);
}

/* What is not a number comes before all that is: nothing can be sampled from such a row. */
static bool
is_larger(float a, float b)
{
	return a > b || (isnan(a) && !isnan(b));
}

/* The largest logits, equal ones by rising id. */
static void
add_largest(struct ll_buf *out, const float *logits, size_t count, struct ll_err *err)
{
	size_t best[FEW_LOGITS], found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = found;

		while (at > 0 && is_larger(logits[i], logits[best[at - 1]]))
			at--;
		if (at == FEW_LOGITS)
			continue;
		if (found < FEW_LOGITS)
			found++;
		memmove(best + at + 1, best + at, (found - at - 1) * sizeof(best[0]));
		best[at] = i;
	}
	for (size_t i = 0; i < found; i++)
		ll_buf_printf(out, err, " %zu:%.6g", best[i], (double)logits[best[i]]);
	if (found < count)
		ll_buf_puts(out, " ...", err);
}

static void
add_sparse(struct ll_buf *out, const struct ll_frame *frame, bool full, struct ll_err *err)
{
	struct ll_sparse_row row = ll_rows_sparse(frame, 0);
	size_t shown = full || frame->cols <= FEW_LOGITS ? frame->cols : FEW_LOGITS;

	ll_buf_printf(out, err, " logsumexp %.6g", (double)row.logsumexp);
	for (size_t i = 0; i < shown; i++)
		ll_buf_printf(out, err, " %" PRIu32 ":%.6g", row.ids[i], (double)row.logits[i]);
	if (shown < frame->cols)
		ll_buf_printf(out, err, " ... (%" PRIu32 ")", frame->cols);
}

static int
show_row(struct ll_buf *out, const struct ll_frame *row, float *values, bool full, struct ll_err *err)
{
	size_t before = out->len;

	add_front(out, row, err);
	if (row->flags & LL_SPARSE && row->type == LL_LOGITS) {
		add_sparse(out, row, full, err);
		return finish(out, before, err);
	}
	if (row->want > 0)
		ll_buf_puts(out, " wanted", err);
	if (row->dtype != LL_F32)
		ll_buf_printf(out, err, " %s", ll_show_dtype(row->dtype));
	ll_rows_floats(values, row, 0);
	if (row->type == LL_HIDDEN)
		ll_buf_printf(out, err, " %" PRIu32 " norm %.6g:", row->cols, norm(values, row->cols));
	else
		ll_buf_printf(out, err, " %" PRIu32 ":", row->cols);
	if (row->type == LL_LOGITS && !full)
		add_largest(out, values, row->cols, err);
	else
		add_values(out, values, row->cols, full, err);
	return finish(out, before, err);
}

static int
show_rows(struct ll_buf *out, const struct ll_frame *frame, bool full, struct ll_err *err)
{
	float *values = ll_alloc(frame->cols, sizeof(*values), err);
	int status = values != NULL ? 0 : -LL_ENOMEM;

	for (uint32_t i = 0; i < frame->rows && status == 0; i++) {
		struct ll_frame row;

		ll_rows_slice(&row, frame, i, 1);
		status = show_row(out, &row, values, full, err);
	}
	free(values);
	return status;
}

static void
add_sample(struct ll_buf *out, const struct ll_frame *frame, bool full, struct ll_err *err)
{
	const struct ll_sample *sample = frame->payload;
	const struct ll_alternative *others = (const void *)(sample + 1);
	size_t shown = full || sample->alternatives <= FEW_LOGITS ? sample->alternatives : FEW_LOGITS;

	ll_buf_printf(out, err, " %" PRIu32 " logprob %.6g", sample->token, (double)sample->logprob);
	if (sample->show != UINT32_MAX)
		ll_buf_printf(out, err, " show %" PRIu32, sample->show);
	for (size_t i = 0; i < shown; i++)
		ll_buf_printf(out, err, "%s %" PRIu32 ":%.6g", i == 0 ? " of" : "", others[i].token,
		    (double)others[i].logprob);
	if (shown < sample->alternatives)
		ll_buf_printf(out, err, " ... (%" PRIu32 ")", sample->alternatives);
}

static void
add_fork(struct ll_buf *out, const struct ll_frame *frame, bool full, struct ll_err *err)
{
	const unsigned char *payload = frame->payload;
	char parent[48];

	ll_buf_printf(out, err, " from %s", ll_sequence_name(ll_load64(payload), parent));
	add_ids(out, payload + 8, frame->rows, full, err);
}

int
ll_show_frame(struct ll_buf *out, const struct ll_frame *frame, bool full, struct ll_err *err)
{
	size_t before = out->len;

	if (frame->type == LL_HIDDEN || frame->type == LL_LOGITS)
		return show_rows(out, frame, full, err);
	add_front(out, frame, err);
	switch (frame->type) {
	case LL_TOKENS:
	case LL_NEXT:
		if (frame->want > 0)
			ll_buf_printf(out, err, " want %" PRIu32 ":", frame->want);
		add_ids(out, frame->payload, frame->rows, full, err);
		break;
	case LL_FORK:
		add_fork(out, frame, full, err);
		break;
	case LL_SAMPLE:
		add_sample(out, frame, full, err);
		break;
	case LL_FLUSH:
		ll_buf_printf(out, err, " %" PRIu32 " owed", frame->rows);
		break;
	case LL_STOP:
	case LL_HELLO:
	case LL_END:
	case LL_ERROR:
		add_block(out, frame->payload, frame->length, " ", err);
		break;
	case LL_WAIT:
	case LL_BYE:
		break;
	case LL_TEXT:
	case LL_META:
		add_bytes(out, frame, full, err);
		break;
	default:
		ll_buf_printf(out, err, " %zu bytes", frame->length);
	}
	return finish(out, before, err);
}
