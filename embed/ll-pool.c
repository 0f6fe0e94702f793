/*
 * ll-pool: one vector for each sequence of hidden states. The sums are pooled.c's; this file follows
 * the sequences and writes their vectors: in a stream as each ends, as text or an array in the
 * order in which they began.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/opt.h"
#include "embed/pooled.h"
#include "stream/npy.h"
#include "stream/path.h"
#include "stream/rows.h"
#include "stream/stream.h"

static const char *output_path, *input_path, *pooling_name = "mean";
static bool json, npy, raw;

static int
set_input(const char *value, struct ll_err *err)
{
	return ll_stream_operand(&input_path, value, err);
}

static const struct ll_opt options[] = {
	{ 0, "pooling", LL_OPT_STRING, &pooling_name, "P", "mean (default) of all positions, or the last", 0, 0, NULL },
	{ 0, "raw", LL_OPT_FLAG, &raw, NULL, "vectors as they are, not of length 1", 0, 0, NULL },
	{ 0, "json", LL_OPT_FLAG, &json, NULL, "write JSON Lines: an object for each sequence", 0, 0, NULL },
	{ 0, "npy", LL_OPT_FLAG, &npy, NULL, "write a NumPy array: a row for each sequence", 0, 0, NULL },
	LL_OPT_OUTPUT(output_path),
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

/* Who reads text or an array can make nothing of an ERROR frame. */
static void
fail(const char *name, int code, const char *message)
{
	if (!json && !npy)
		ll_stream_fail(name, code, message);
}

static const struct ll_program program = {
	.name = "ll-pool",
	.summary = "make hidden states into one vector for each text",
	.usage = "[-hqvV] [-o FILE] [--json | --npy] [--pooling P] [--raw] [STREAM]",
	.options = options,
	.fail = fail,
};

/* A sequence that has begun and whose vector is not yet written. */
struct member {
	uint64_t sequence, next;	/* position */
	struct ll_pooled pooled;
	struct ll_json *id;
	bool ended;
	int code;			/* it failed */
	char message[256];
};

struct stage {
	struct ll_reader *in;
	struct ll_writer *writer;	/* of the stream; else NULL, and: */
	struct ll_out out;
	struct ll_buf text;
	struct ll_npy array;
	enum ll_pooling pooling;
	struct member *members;		/* by sequence */
	size_t count, cap;
	uint64_t next;			/* record, behind the last one that is written */
	uint64_t begun;			/* the highest record that had tokens: none before it will still come */
	float *row, *vector;
	uint32_t dim;
};

static int
bad(const struct stage *stage, const struct member *member, const char *what, struct ll_err *err)
{
	char text[48];

	return ll_fail(err, LL_EDATA, "%s: sequence %s: %s", ll_reader_name(stage->in),
	    ll_sequence_name(member->sequence, text), what);
}

/* The sequence's, in its place among the others, made where there is none. */
static struct member *
member_of(struct stage *stage, uint64_t sequence, struct ll_err *err)
{
	size_t at = stage->count;

	while (at > 0 && stage->members[at - 1].sequence >= sequence)
		at--;
	if (at < stage->count && stage->members[at].sequence == sequence)
		return &stage->members[at];
	if (ll_grow(&stage->members, &stage->cap, stage->count + 1, sizeof(*stage->members), err) < 0)
		return NULL;
	memmove(stage->members + at + 1, stage->members + at, (stage->count - at) * sizeof(*stage->members));
	stage->count++;
	stage->members[at] = (struct member){ .sequence = sequence };
	return &stage->members[at];
}

static void
drop(struct stage *stage, size_t at)
{
	ll_pooled_free(&stage->members[at].pooled);
	ll_json_free(stage->members[at].id);
	stage->count--;
	memmove(stage->members + at, stage->members + at + 1, (stage->count - at) * sizeof(*stage->members));
}

static int
vector_of(struct stage *stage, const struct member *member, struct ll_err *err)
{
	if (member->pooled.rows == 0)
		return bad(stage, member, "it has no hidden states", err);
	if (!ll_pooled_vector(stage->vector, &member->pooled, stage->pooling, stage->dim, !raw))
		return bad(stage, member, "its hidden states are not finite, or all 0", err);
	return 0;
}

/* A HIDDEN frame of one row, at the sequence's last position. */
static struct ll_frame
frame_of(const struct stage *stage, const struct member *member)
{
	return (struct ll_frame){
		.type = LL_HIDDEN, .sequence = member->sequence, .position = member->next - 1, .rows = 1,
		.cols = stage->dim, .dtype = LL_F32, .want = 1, .length = stage->dim * sizeof(float),
		.payload = stage->vector,
	};
}

static int
put_json(struct stage *stage, const struct member *member, struct ll_err *err)
{
	struct ll_json *object = ll_json_object(), *part;
	char sequence[48];
	int status = 0;
	char *text;

	if (member->id != NULL)
		ll_json_set(object, "id", ll_json_keep(member->id));
	else if ((uint32_t)member->sequence == 0)
		ll_json_set(object, "id", ll_json_int((int64_t)(member->sequence >> 32)));
	else
		ll_json_set(object, "id", ll_json_string(sequence, strlen(ll_sequence_name(member->sequence, sequence))));
	if (member->code != 0) {
		part = ll_json_object();
		ll_json_set(part, "code", ll_json_int(member->code));
		ll_json_set(part, "message", ll_json_string(member->message, strlen(member->message)));
		ll_json_set(object, "error", part);
	} else if ((status = vector_of(stage, member, err)) == 0) {
		ll_json_set(object, "tokens", ll_json_int((int64_t)member->next));
		part = ll_json_array();
		for (uint32_t i = 0; i < stage->dim; i++)
			ll_json_add(part, ll_json_real((double)stage->vector[i]));
		ll_json_set(object, "embedding", part);
	}
	text = status == 0 ? ll_json_text(object, false, err) : NULL;
	ll_json_free(object);
	if (text == NULL)
		return status < 0 ? status : -LL_ENOMEM;
	status = ll_buf_printf(&stage->text, err, "%s\n", text);
	free(text);
	return status;
}

static int
put_row(struct stage *stage, const struct member *member, struct ll_err *err)
{
	struct ll_frame frame = frame_of(stage, member);
	int status;

	/* A row that is missing would shift the others. */
	if (member->code != 0)
		return bad(stage, member, member->message, err);
	if ((status = vector_of(stage, member, err)) < 0)
		return status;
	return ll_npy_add(&stage->array, &frame, ll_reader_name(stage->in), err);
}

/* Those that have ended and that nothing unfinished stands before, nor can come before. */
static int
put_ended(struct stage *stage, bool all, struct ll_err *err)
{
	int status = 0;

	while (stage->count > 0 && stage->members[0].ended && status == 0) {
		uint64_t record = stage->members[0].sequence >> 32;

		if (!all && record > stage->next && record > stage->begun)
			break;
		stage->next = record + 1;
		status = json ? put_json(stage, &stage->members[0], err) : put_row(stage, &stage->members[0], err);
		drop(stage, 0);
	}
	return status;
}

static int
take_rows(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	struct member *member = member_of(stage, frame->sequence, err);
	int status = 0;

	if (member == NULL)
		return -LL_ENOMEM;
	if (frame->cols != stage->dim)
		return ll_fail(err, LL_EDATA, "%s: HIDDEN of %" PRIu32 " numbers, the header says %" PRIu32,
		    ll_reader_name(stage->in), frame->cols, stage->dim);
	if (stage->pooling == LL_POOLING_MEAN && frame->position != member->next)
		return bad(stage, member, "positions are missing: a mean is of all (ll-forward --hidden, or --all with -L)", err);
	for (uint32_t i = 0; i < frame->rows && status == 0; i++) {
		ll_rows_floats(stage->row, frame, i);
		status = ll_pooled_add(&member->pooled, stage->pooling, stage->row, stage->dim, err);
	}
	member->next = frame->position + frame->rows;
	return status;
}

static int
take_end(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	struct member *member = member_of(stage, frame->sequence, err);
	struct ll_ending ending;
	int status;

	if (member == NULL)
		return -LL_ENOMEM;
	ll_ending_read(&ending, frame);
	snprintf(member->message, sizeof(member->message), "%s", ending.message);
	member->code = ending.code;
	member->ended = true;
	if (stage->writer == NULL)
		return put_ended(stage, false, err);
	if (member->code == 0) {
		struct ll_frame row = frame_of(stage, member);

		if ((status = vector_of(stage, member, err)) < 0 ||
		    (status = ll_writer_frame(stage->writer, &row, err)) < 0)
			return status;
	}
	drop(stage, (size_t)(member - stage->members));
	return 0;
}

/* The record's id, and whether it failed before it had tokens: then nothing follows. */
static int
take_meta(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	struct member *member = member_of(stage, frame->sequence, err);
	const struct ll_json *error;
	struct ll_json *meta;
	const char *message;
	char text[48], what[400];
	int64_t code;
	int status;

	if (member == NULL)
		return -LL_ENOMEM;
	snprintf(what, sizeof(what), "%.300s: sequence %s: META", ll_reader_name(stage->in),
	    ll_sequence_name(frame->sequence, text));
	if ((status = ll_json_parse_text(&meta, frame->payload, frame->length, what, err)) < 0)
		return status;
	ll_json_free(member->id);
	member->id = ll_json_keep(ll_json_get(meta, "id"));
	if ((error = ll_json_get(meta, "error")) != NULL) {
		message = ll_json_text_of(ll_json_get(error, "message"), NULL);
		snprintf(member->message, sizeof(member->message), "%s", message != NULL ? message : "it failed");
		member->code = ll_json_integer(ll_json_get(error, "code"), &code) && code > 0 && code < 256 ?
		    (int)code : LL_EDATA;
		member->ended = true;
		status = put_ended(stage, false, err);
	}
	ll_json_free(meta);
	return status;
}

static int
take_tokens(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	if (stage->begun < frame->sequence >> 32)
		stage->begun = frame->sequence >> 32;
	return member_of(stage, frame->sequence, err) != NULL ? 0 : -LL_ENOMEM;
}

static int
take_frame(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	bool whole = frame->sequence == LL_SEQUENCE_STREAM || (frame->sequence & LL_SEQUENCE_HELD) != 0;
	int status = 0;

	if (frame->type == LL_HIDDEN && !whole)
		return take_rows(stage, frame, err);
	if (frame->type == LL_HIDDEN)
		return 0;
	if (frame->type == LL_END && !whole)
		status = take_end(stage, frame, err);
	else if (frame->type == LL_META && stage->writer == NULL)
		status = take_meta(stage, frame, err);
	else if (frame->type == LL_TOKENS && !whole)
		status = take_tokens(stage, frame, err);
	else if (frame->type == LL_END && frame->flags & LL_STREAM && stage->writer == NULL)
		status = put_ended(stage, true, err);
	return status == 0 && stage->writer != NULL ? ll_writer_frame(stage->writer, frame, err) : status;
}

static int
write_header(struct stage *stage, const struct ll_header *header, struct ll_err *err)
{
	struct ll_header out = { 0 };
	char *history = ll_opt_command("", err);
	int status = history == NULL ? -LL_ENOMEM : ll_header_copy(&out, header, err);

	if (status == 0 && (status = ll_header_add(&out, "history", history, err)) == 0 &&
	    (status = ll_header_set(&out, "pooling", pooling_name, err)) == 0 &&
	    (status = ll_header_set(&out, "dtype", "f32", err)) == 0)
		status = ll_writer_stream(stage->writer, &out, err);
	ll_header_free(&out);
	free(history);
	return status;
}

static int
take_stream(struct stage *stage, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(stage->in);
	const char *name = ll_reader_name(stage->in);
	uint64_t dim = 0;
	char text[32];

	if (header->kind != LL_KIND_HIDDEN)
		return ll_fail(err, LL_EDATA, "%s: stream holds %s, but ll-pool reads hidden states", name,
		    ll_kind_name(header->kind));
	if (ll_header_get(header, "pooling", text, sizeof(text)))
		return ll_fail(err, LL_EDATA, "%s: pooling: the stream is pooled already: %s", name, text);
	if (!ll_header_get_number(header, "hidden", &dim) || dim == 0 || dim > UINT32_MAX)
		return ll_fail(err, LL_EDATA, "%s: hidden: missing from the header, or no size", name);
	ll_path_decline(header);
	while (stage->count > 0)
		drop(stage, 0);
	stage->next = stage->begun = 0;
	free(stage->row);
	free(stage->vector);
	stage->dim = (uint32_t)dim;
	stage->vector = NULL;
	if ((stage->row = ll_alloc(dim, sizeof(float), err)) == NULL ||
	    (stage->vector = ll_alloc(dim, sizeof(float), err)) == NULL)
		return -LL_ENOMEM;
	return stage->writer != NULL ? write_header(stage, header, err) : 0;
}

static int
write_bytes(struct stage *stage, struct ll_buf *bytes, struct ll_err *err)
{
	int status = ll_write(stage->out.fd, bytes->data, bytes->len,
	    stage->out.path != NULL ? stage->out.path : "standard output", err);

	bytes->len = 0;
	return status;
}

/* What is there is written before anything more is waited for. */
static int
flush(struct stage *stage, struct ll_err *err)
{
	if (ll_reader_ready(stage->in))
		return 0;
	return stage->writer != NULL ? ll_writer_flush(stage->writer, err) : write_bytes(stage, &stage->text, err);
}

static int
open_output(struct stage *stage, struct ll_err *err)
{
	int status;

	if (json && npy)
		return ll_fail(err, LL_EUSAGE, "--json and --npy exclude each other");
	if ((status = ll_pooling_type(pooling_name, err)) < 0)
		return status;
	stage->pooling = (enum ll_pooling)status;
	if (!json && !npy)
		return ll_writer_open(&stage->writer, output_path, err);
	if ((status = ll_out_open(&stage->out, output_path, err)) < 0)
		return status;
	if (npy && isatty(stage->out.fd))
		return ll_fail(err, LL_EUSAGE, "refusing to write an array to a terminal; use -o FILE");
	return 0;
}

static int
conclude(struct stage *stage, struct ll_err *err)
{
	int status = npy ? ll_npy_header(&stage->text, &stage->array, err) : 0;

	if (status == 0 && stage->writer == NULL)
		status = write_bytes(stage, &stage->text, err);
	return status == 0 && npy ? write_bytes(stage, &stage->array.values, err) : status;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct stage stage = { 0 };
	struct ll_frame frame;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = open_output(&stage, &err)) < 0 ||
	    (status = ll_reader_open(&stage.in, input_path != NULL ? input_path : "-",
	    stage.writer != NULL ? ll_writer_fd(stage.writer) : stage.out.fd, &err)) < 0)
		goto done;
	while ((status = ll_reader_next(stage.in, &frame, &err)) > 0)
		if ((status = status == LL_GOT_STREAM ? take_stream(&stage, &err) :
		    take_frame(&stage, &frame, &err)) < 0 || (status = flush(&stage, &err)) < 0)
			break;
	if (status == 0)
		status = conclude(&stage, &err);
	else if (json)
		write_bytes(&stage, &stage.text, &(struct ll_err){ 0 });	/* what came before the failure */
done:
	status = json || npy ? ll_out_close(&stage.out, status, &err) : ll_writer_close(stage.writer, status, &err);
	status = stage.in != NULL ? ll_reader_status(stage.in, status, &err) : status;
	ll_reader_close(stage.in);
	while (stage.count > 0)
		drop(&stage, 0);
	free(stage.members);
	free(stage.row);
	free(stage.vector);
	ll_buf_free(&stage.text);
	ll_buf_free(&stage.array.values);
	return ll_exit(program.name, status, &err);
}
