/*
 * Streams as JSON Lines; see show.h. Numbers are written here, nine significant digits, so
 * that an f32 survives; strings go through base/json.h.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "stream/rows.h"
#include "stream/show.h"
#include "stream/text.h"

#define MOST_LINES 1000

static void
add_json(struct ll_buf *out, struct ll_json *value, struct ll_err *err)
{
	char *text = ll_json_text(value, false, err);

	if (text != NULL)
		ll_buf_puts(out, text, err);
	free(text);
	ll_json_free(value);
}

static void
add_string(struct ll_buf *out, const char *bytes, size_t length, struct ll_err *err)
{
	add_json(out, ll_json_string(length > 0 ? bytes : "", length), err);
}

/* JSON has no infinities; they become null, as NaN does. */
static void
add_number(struct ll_buf *out, float value, struct ll_err *err)
{
	if (isfinite(value))
		ll_buf_printf(out, err, "%.9g", (double)value);
	else
		ll_buf_puts(out, "null", err);
}

static void
add_floats(struct ll_buf *out, const float *values, size_t count, struct ll_err *err)
{
	for (size_t i = 0; i < count; i++) {
		ll_buf_puts(out, i == 0 ? "[" : ",", err);
		add_number(out, values[i], err);
	}
	ll_buf_puts(out, "]", err);
}

static void
add_ids(struct ll_buf *out, const void *ids, size_t count, struct ll_err *err)
{
	ll_buf_puts(out, "[", err);
	for (size_t i = 0; i < count; i++)
		ll_buf_printf(out, err, "%s%" PRIu32, i == 0 ? "" : ",",
		    ll_load32((const unsigned char *)ids + 4 * i));
	ll_buf_puts(out, "]", err);
}

static bool
is_same_key(const struct ll_text_line *a, const struct ll_text_line *b)
{
	return a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0;
}

static bool
has_key(const char *text, size_t length, const struct ll_text_line *key)
{
	struct ll_text_line line;

	while (ll_text_line(&line, &text, &length))
		if (is_same_key(&line, key))
			return true;
	return false;
}

static void
add_value(struct ll_buf *out, const struct ll_text_line *line, struct ll_err *err)
{
	char *value = ll_alloc(line->value_length + 1, 1, err);

	if (value != NULL)
		add_string(out, value, ll_text_decode(line, value, line->value_length + 1), err);
	free(value);
}

/* All values of a key, from the line of its first on; history is always a list. */
static void
add_member(struct ll_buf *out, const struct ll_text_line *first, const char *rest, size_t length,
    struct ll_err *err)
{
	bool several = ll_text_line_is(first, "history") || has_key(rest, length, first);
	struct ll_text_line line;

	ll_buf_printf(out, err, "\"%.*s\":%s", (int)first->key_length, first->key, several ? "[" : "");
	add_value(out, first, err);
	while (several && ll_text_line(&line, &rest, &length)) {
		if (!is_same_key(&line, first))
			continue;
		ll_buf_puts(out, ",", err);
		add_value(out, &line, err);
	}
	ll_buf_puts(out, several ? "]" : "", err);
}

/* A block as an object; as a string if it has so many lines that finding equal keys takes long. */
static void
add_block(struct ll_buf *out, const char *name, const char *text, size_t length, struct ll_err *err)
{
	const char *all = text;
	struct ll_text_line line;
	const char *between = "";
	size_t lines = 0;

	ll_buf_printf(out, err, ",\"%s\":", name);
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	if (lines > MOST_LINES) {
		add_string(out, text, length, err);
		return;
	}
	ll_buf_puts(out, "{", err);
	while (ll_text_line(&line, &text, &length)) {
		if (has_key(all, (size_t)(line.all - all), &line))
			continue;
		ll_buf_puts(out, between, err);
		add_member(out, &line, text, length, err);
		between = ",";
	}
	ll_buf_puts(out, "}", err);
}

static int
finish(struct ll_buf *out, size_t before, struct ll_err *err)
{
	ll_buf_puts(out, "}\n", err);
	if (err->code == 0)
		return 0;
	out->len = before;
	return -err->code;
}

int
ll_show_json_header(struct ll_buf *out, const struct ll_header *header, struct ll_err *err)
{
	size_t before = out->len;

	ll_buf_printf(out, err, "{\"type\":\"STREAM\",\"kind\":\"%s\"", ll_show_kind(header->kind));
	add_block(out, "header", header->text.data, header->text.len, err);
	return finish(out, before, err);
}

static void
add_front(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	const char *type = ll_frame_name(frame->type), *flag;
	char sequence[48];

	if (type != NULL)
		ll_buf_printf(out, err, "{\"type\":\"%s\"", type);
	else
		ll_buf_printf(out, err, "{\"type\":%u", frame->type);
	ll_buf_puts(out, ",\"flags\":[", err);
	for (unsigned i = 0; (flag = ll_show_flag(frame->flags, i)) != NULL; i++)
		ll_buf_printf(out, err, "%s\"%s\"", i == 0 ? "" : ",", flag);
	ll_buf_printf(out, err, "],\"sequence\":\"%s\"", ll_sequence_name(frame->sequence, sequence));
	if (frame->sequence != LL_SEQUENCE_STREAM)
		ll_buf_printf(out, err, ",\"position\":%" PRIu64 ",\"epoch\":%" PRIu32, frame->position,
		    frame->epoch);
}

static void
add_dense(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	float *values = ll_alloc(frame->cols, sizeof(*values), err);

	ll_buf_printf(out, err, ",\"rows\":%" PRIu32 ",\"cols\":%" PRIu32 ",\"dtype\":\"%s\",\"want\":%" PRIu32
	    ",\"values\":[", frame->rows, frame->cols, ll_show_dtype(frame->dtype), frame->want);
	for (uint32_t i = 0; values != NULL && i < frame->rows; i++) {
		ll_rows_floats(values, frame, i);
		ll_buf_puts(out, i == 0 ? "" : ",", err);
		add_floats(out, values, frame->cols, err);
	}
	ll_buf_puts(out, "]", err);
	free(values);
}

static void
add_sparse(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	ll_buf_printf(out, err, ",\"rows\":%" PRIu32 ",\"cols\":%" PRIu32 ",\"values\":[", frame->rows,
	    frame->cols);
	for (uint32_t i = 0; i < frame->rows; i++) {
		struct ll_sparse_row row = ll_rows_sparse(frame, i);

		ll_buf_printf(out, err, "%s{\"logsumexp\":", i == 0 ? "" : ",");
		add_number(out, row.logsumexp, err);
		ll_buf_puts(out, ",\"ids\":", err);
		add_ids(out, row.ids, frame->cols, err);
		ll_buf_puts(out, ",\"logits\":", err);
		add_floats(out, row.logits, frame->cols, err);
		ll_buf_puts(out, "}", err);
	}
	ll_buf_puts(out, "]", err);
}

static void
add_sample(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	const struct ll_sample *sample = frame->payload;
	const struct ll_alternative *others = (const void *)(sample + 1);

	ll_buf_printf(out, err, ",\"id\":%" PRIu32 ",\"logprob\":", sample->token);
	add_number(out, sample->logprob, err);
	if (sample->show != UINT32_MAX)
		ll_buf_printf(out, err, ",\"show\":%" PRIu32, sample->show);
	ll_buf_puts(out, ",\"alternatives\":[", err);
	for (size_t i = 0; i < sample->alternatives; i++) {
		ll_buf_printf(out, err, "%s[%" PRIu32 ",", i == 0 ? "" : ",", others[i].token);
		add_number(out, others[i].logprob, err);
		ll_buf_puts(out, "]", err);
	}
	ll_buf_puts(out, "]", err);
}

/* The JSON object that META carries; as a string if it is none. */
static void
add_meta(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_json *value;

	ll_buf_puts(out, ",\"meta\":", err);
	if (ll_json_parse_text(&value, frame->payload, frame->length, "META", NULL) == 0)
		add_json(out, value, err);
	else
		add_string(out, frame->payload, frame->length, err);
}

static void
add_bytes(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	const unsigned char *bytes = frame->payload;

	ll_buf_printf(out, err, ",\"rows\":%" PRIu32 ",\"cols\":%" PRIu32 ",\"bytes\":\"", frame->rows,
	    frame->cols);
	for (size_t i = 0; i < frame->length; i++)
		ll_buf_printf(out, err, "%02x", bytes[i]);
	ll_buf_puts(out, "\"", err);
}

static void
add_fork(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	const unsigned char *payload = frame->payload;
	char parent[48];

	ll_buf_printf(out, err, ",\"parent\":\"%s\",\"ids\":", ll_sequence_name(ll_load64(payload), parent));
	add_ids(out, payload + 8, frame->rows, err);
}

int
ll_show_json_frame(struct ll_buf *out, const struct ll_frame *frame, struct ll_err *err)
{
	size_t before = out->len;

	add_front(out, frame, err);
	switch (frame->type) {
	case LL_NEXT:
	case LL_TOKENS:
		if (frame->type == LL_NEXT || frame->want > 0)
			ll_buf_printf(out, err, ",\"want\":%" PRIu32, frame->want);
		ll_buf_puts(out, ",\"ids\":", err);
		add_ids(out, frame->payload, frame->rows, err);
		break;
	case LL_HIDDEN:
		add_dense(out, frame, err);
		break;
	case LL_LOGITS:
		if (frame->flags & LL_SPARSE)
			add_sparse(out, frame, err);
		else
			add_dense(out, frame, err);
		break;
	case LL_SAMPLE:
		add_sample(out, frame, err);
		break;
	case LL_TEXT:
		ll_buf_puts(out, ",\"text\":", err);
		add_string(out, frame->payload, frame->length, err);
		break;
	case LL_META:
		add_meta(out, frame, err);
		break;
	case LL_FORK:
		add_fork(out, frame, err);
		break;
	case LL_FLUSH:
		ll_buf_printf(out, err, ",\"owed\":%" PRIu32, frame->rows);
		break;
	case LL_STOP:
	case LL_HELLO:
	case LL_END:
	case LL_ERROR:
		add_block(out, "text", frame->payload, frame->length, err);
		break;
	case LL_WAIT:
	case LL_BYE:
		break;
	default:
		add_bytes(out, frame, err);
	}
	return finish(out, before, err);
}
