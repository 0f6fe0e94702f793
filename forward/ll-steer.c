/*
 * ll-steer: makes a direction from the hidden states of contrasting prompts (--make), and adds
 * directions to hidden states on their way from one layer to the next (--add). The files are
 * direction.c's.
 */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/scaled.h"
#include "embed/states.h"
#include "forward/direction.h"
#include "stream/path.h"
#include "stream/rows.h"
#include "stream/stream.h"

#define SIDES 2

static const char *output_path, *paths[SIDES];
static size_t path_count;
static bool make;
static struct ll_scaled_list addends;

static int
add_path(const char *value, struct ll_err *err)
{
	if (path_count == SIDES)
		return ll_fail(err, LL_EUSAGE, "two streams at most: '%.100s' is too many", value);
	paths[path_count++] = value;
	return 0;
}

static int
add_addend(const char *value, struct ll_err *err)
{
	return ll_scaled_add(&addends, "--add", value, err);
}

static const struct ll_opt options[] = {
	LL_OPT_OUTPUT(output_path),
	{ 0, "add", LL_OPT_CALL, NULL, "FILE", "add a direction, FILE:SCALE times SCALE", 0, 0, add_addend },
	{ 0, "make", LL_OPT_FLAG, &make, NULL, "write the direction from one stream's states to another's", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_path },
	{ 0 }
};

/* What reads a model's file cannot make anything of an ERROR frame. */
static void
fail(const char *name, int code, const char *message)
{
	if (!make)
		ll_stream_fail(name, code, message);
}

static const struct ll_program program = {
	.name = "ll-steer",
	.summary = "make directions in hidden states, and add them",
	.usage = "[-hqvV] [-o FILE] --add FILE [STREAM]\n"
	    "       ll-steer [-hqvV] [-o FILE] --make POSITIVE NEGATIVE",
	.options = options,
	.fail = fail,
};

/* Where a stream of hidden states is cut. */
static int
read_place(struct ll_direction_place *place, const struct ll_reader *in, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(in);
	const char *name = ll_reader_name(in);
	uint64_t hidden, boundary;
	char text[24] = "";

	if (header->kind != LL_KIND_HIDDEN)
		return ll_fail(err, LL_EDATA, "%s: stream holds %s, but ll-steer reads hidden states", name,
		    ll_kind_name(header->kind));
	ll_header_get(header, "boundary", text, sizeof(text));
	if (!ll_header_get_number(header, "boundary", &boundary) || boundary < 2 || boundary > UINT32_MAX)
		return ll_fail(err, LL_EDATA, "%s: header: boundary is '%s', not a layer from 2 on", name, text);
	if (!ll_header_get_number(header, "hidden", &hidden) || hidden == 0 || hidden > LL_FRAME_MAX / sizeof(float))
		return ll_fail(err, LL_EDATA, "%s: header: hidden, the hidden size, is missing or out of range", name);
	*place = (struct ll_direction_place){ .layer = boundary - 1, .dim = (size_t)hidden };
	ll_header_get_hex(header, "fingerprint", &place->fingerprint);
	if (!ll_header_get_hex(header, "origin", &place->origin))
		place->origin = place->fingerprint;
	return 0;
}

static int
check_frame(const struct ll_reader *in, const struct ll_frame *frame, size_t dim, struct ll_err *err)
{
	if (frame->type == LL_LOGITS || frame->type == LL_SAMPLE)
		return ll_fail(err, LL_EDATA, "%s: a %s frame in a stream of hidden states", ll_reader_name(in),
		    ll_frame_name(frame->type));
	if (frame->type == LL_HIDDEN && frame->cols != dim)
		return ll_fail(err, LL_EDATA, "%s: hidden size is %" PRIu32 ", but the header's is %zu",
		    ll_reader_name(in), frame->cols, dim);
	return 0;
}

static int
refuse_row(const struct ll_reader *in, const struct ll_frame *frame, uint32_t row, const char *why, struct ll_err *err)
{
	char name[48];

	return ll_fail(err, LL_EDATA, "%s: hidden state of sequence %s, position %" PRIu64 " %s",
	    ll_reader_name(in), ll_sequence_name(frame->sequence, name), frame->position + row, why);
}

/* --make: sums of the rows whose logits are wanted, of both sides. */

struct making {
	struct ll_direction_place place;	/* of the first stream */
	double *sums[SIDES];			/* [dim] */
	uint64_t rows[SIDES];
	float *row;				/* [dim] */
};

static int
begin_side(struct making *making, const struct ll_reader *in, struct ll_err *err)
{
	struct ll_direction_place place, *first = &making->place;
	const char *name = ll_reader_name(in);
	int status = read_place(&place, in, err);

	if (status < 0)
		return status;
	ll_path_decline(ll_reader_header(in));
	if (making->row == NULL) {
		*first = place;
		making->row = ll_alloc(place.dim, sizeof(float), err);
		for (int i = 0; i < SIDES; i++)
			making->sums[i] = ll_alloc(place.dim, sizeof(double), err);
		return err->code != 0 ? -err->code : 0;
	}
	if (place.dim != first->dim)
		return ll_fail(err, LL_EDATA, "%s: hidden size is %zu, but that of %s is %zu", name, place.dim,
		    paths[0], first->dim);
	if (place.layer != first->layer)
		return ll_fail(err, LL_EDATA, "%s: stream is cut before layer %" PRIu64 ", but %s before layer %" PRIu64,
		    name, place.layer + 1, paths[0], first->layer + 1);
	if (place.fingerprint != first->fingerprint)
		return ll_fail(err, LL_EDATA, "%s: fingerprint is %016" PRIx64 ", but that of %s is %016" PRIx64, name,
		    place.fingerprint, paths[0], first->fingerprint);
	return 0;
}

static int
take_rows(struct making *making, int side, const struct ll_reader *in, const struct ll_frame *frame, struct ll_err *err)
{
	size_t dim = making->place.dim;
	int status = check_frame(in, frame, dim, err);

	if (status < 0 || frame->type != LL_HIDDEN)
		return status;
	for (uint32_t row = frame->want < frame->rows ? frame->rows - frame->want : 0; row < frame->rows; row++) {
		ll_rows_floats(making->row, frame, row);
		for (size_t i = 0; i < dim; i++) {
			if (!isfinite(making->row[i]))
				return refuse_row(in, frame, row, "is not finite", err);
			making->sums[side][i] += (double)making->row[i];
		}
		making->rows[side]++;
	}
	return 0;
}

static int
read_side(struct making *making, int side, struct ll_err *err)
{
	struct ll_reader *in;
	struct ll_frame frame;
	int got = 0, status = ll_reader_open(&in, paths[side], -1, err);

	if (status < 0)
		return status;
	while (status == 0 && (got = ll_reader_next(in, &frame, err)) > 0)
		status = got == LL_GOT_STREAM ? begin_side(making, in, err) : take_rows(making, side, in, &frame, err);
	status = ll_reader_status(in, status < 0 ? status : got < 0 ? got : 0, err);
	if (status == 0 && making->rows[side] == 0)
		status = ll_fail(err, LL_EDATA, "%s: no hidden state is one whose logits are wanted", paths[side]);
	ll_reader_close(in);
	return status;
}

static int
make_direction(struct ll_err *err)
{
	struct making making = { 0 };
	int status = ll_out_try(output_path, err);

	for (int side = 0; side < SIDES && status == 0; side++)
		status = read_side(&making, side, err);
	for (size_t i = 0; i < making.place.dim && status == 0; i++) {
		double mean = making.sums[0][i] / (double)making.rows[0];

		making.row[i] = (float)(mean - making.sums[1][i] / (double)making.rows[1]);
		if (!isfinite(making.row[i]))
			status = ll_fail(err, LL_EDATA, "element %zu of the direction is not finite", i);
	}
	if (status == 0)
		status = ll_direction_write(output_path, &making.place, making.row, err);
	if (status == 0)
		ll_note(program.name, "direction behind layer %" PRIu64 " of %" PRIu64 " and %" PRIu64 " states",
		    making.place.layer, making.rows[0], making.rows[1]);
	free(making.sums[0]);
	free(making.sums[1]);
	free(making.row);
	return status;
}

/* --add: a stage between two layers. */

struct stage {
	struct ll_reader *in;
	struct ll_writer *out;
	struct ll_direction_place place;
	float *sum;		/* [dim] of all that is added */
	float *row;		/* [dim] */
	unsigned char *wire;
	size_t wire_cap;
};

static int
begin_stream(struct stage *stage, struct ll_err *err)
{
	struct ll_header header = { 0 };
	char *history;
	int status = read_place(&stage->place, stage->in, err);

	if (status < 0)
		return status;
	free(stage->sum);
	free(stage->row);
	stage->sum = ll_alloc(stage->place.dim, sizeof(float), err);
	stage->row = ll_alloc(stage->place.dim, sizeof(float), err);
	if (stage->sum == NULL || stage->row == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < addends.count; i++)
		if ((status = ll_direction_add(stage->sum, &stage->place, addends.list[i].path, addends.list[i].scale,
		    err)) < 0)
			return status;
	history = ll_opt_command("", err);
	status = history != NULL ? ll_header_copy(&header, ll_reader_header(stage->in), err) : -LL_ENOMEM;
	if (status == 0 && (status = ll_header_add(&header, "history", history, err)) == 0)
		status = ll_writer_pass_on(stage->out, &header, err);
	ll_header_free(&header);
	free(history);
	return status;
}

static int
steer(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	size_t dim = stage->place.dim, bytes = ll_rows_bytes(frame);
	struct ll_frame out = *frame;
	struct ll_err why = { 0 };
	int status = ll_grow(&stage->wire, &stage->wire_cap, frame->length, 1, err);

	for (uint32_t row = 0; row < frame->rows && status == 0; row++) {
		ll_rows_floats(stage->row, frame, row);
		for (size_t i = 0; i < dim; i++) {
			stage->row[i] += stage->sum[i];
			if (!isfinite(stage->row[i]))
				return refuse_row(stage->in, frame, row, "is not finite", err);
		}
		if (ll_states_encode(stage->wire + row * bytes, (enum ll_dtype)frame->dtype, stage->row, dim, &why) < 0)
			status = refuse_row(stage->in, frame, row, why.text, err);
	}
	out.payload = stage->wire;
	return status < 0 ? status : ll_writer_frame(stage->out, &out, err);
}

static int
take_frame(struct stage *stage, const struct ll_frame *frame, struct ll_err *err)
{
	int status = check_frame(stage->in, frame, stage->place.dim, err);

	if (status < 0)
		return status;
	return frame->type == LL_HIDDEN ? steer(stage, frame, err) : ll_writer_frame(stage->out, frame, err);
}

static int
add_directions(struct ll_err *err)
{
	struct stage stage = { 0 };
	struct ll_frame frame;
	int got, status = ll_writer_open(&stage.out, output_path, err);

	if (status == 0)
		status = ll_reader_open(&stage.in, path_count > 0 ? paths[0] : "-", ll_writer_fd(stage.out), err);
	while (status == 0 && (got = ll_reader_next(stage.in, &frame, err)) != 0) {
		status = got < 0 ? got : got == LL_GOT_STREAM ? begin_stream(&stage, err) : take_frame(&stage, &frame, err);
		if (status == 0 && !ll_reader_ready(stage.in))
			status = ll_writer_flush(stage.out, err);
	}
	status = ll_writer_close(stage.out, status, err);
	if (stage.in != NULL)
		status = ll_reader_status(stage.in, status, err);
	ll_reader_close(stage.in);
	free(stage.sum);
	free(stage.row);
	free(stage.wire);
	return status;
}

static int
check_options(struct ll_err *err)
{
	if (make == (addends.count > 0))
		return ll_fail(err, LL_EUSAGE, make ? "--make and --add exclude each other" : "--make or --add is missing");
	if (make && path_count < SIDES)
		return ll_fail(err, LL_EUSAGE, "--make: two streams are needed, POSITIVE and NEGATIVE");
	if (make && strcmp(paths[0], "-") == 0 && strcmp(paths[1], "-") == 0)
		return ll_fail(err, LL_EUSAGE, "only one of the streams can be standard input");
	if (make && (output_path == NULL || strcmp(output_path, "-") == 0) && isatty(STDOUT_FILENO))
		return ll_fail(err, LL_EUSAGE, "no -o FILE, and standard output is a terminal");
	if (!make && path_count > 1)
		return ll_fail(err, LL_EUSAGE, "--add: one stream only: '%.100s' is too many", paths[1]);
	return 0;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = check_options(&err)) == 0)
		status = make ? make_direction(&err) : add_directions(&err);
	else if (!make)
		status = ll_writer_close(NULL, status, &err);
	ll_scaled_free(&addends);
	return ll_exit(program.name, status, &err);
}
