/*
 * ll-topk: makes logits sparse: the N largest of each row, or N random draws from it. The
 * selection is tensor/topn.c's, the draws draw.c's; this file moves frames.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/rng.h"
#include "sample/draw.h"
#include "sample/logits.h"
#include "stream/rows.h"
#include "stream/stream.h"
#include "tensor/topn.h"

/* As ll-sample draws seeds: every reader of JSON has them exactly. */
#define SEED_SHIFT 11

#define DRAWS_MOST 1000000

static int64_t top, draws;
static double proposal = 1;
static uint64_t seed;
static const char *output_path, *input_path;

static int
set_input(const char *value, struct ll_err *err)
{
	return ll_stream_operand(&input_path, value, err);
}

static const struct ll_opt options[] = {
	{ 'k', "top", LL_OPT_INT, &top, "N", "keep the N largest logits of each row", 1, 1e9, NULL },
	LL_OPT_OUTPUT(output_path),
	{ 0, "proposal", LL_OPT_DOUBLE, &proposal, "T",
	  "draw at temperature T (default 1) and weigh accordingly", 0.01, 100, NULL },
	{ 0, "sample", LL_OPT_INT, &draws, "N",
	  "draw N tokens of each row, with replacement", 1, DRAWS_MOST, NULL },
	{ 0, "seed", LL_OPT_UINT, &seed, "N",
	  "seed of the random numbers (default: a random one)", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-topk",
	.summary = "make logits sparse: the largest, or a random sample",
	.usage = "[-hqvV] [-k N] [-o FILE] [--proposal T] [--sample N] [--seed N] [STREAM]",
	.options = options,
	.fail = ll_stream_fail,
};

struct run {
	struct ll_reader *in;
	struct ll_writer *out;
	struct ll_logits row;
	struct ll_draw draw;
	uint32_t *ids;		/* of one sparse row */
	float *values;
	unsigned char *payload;
	size_t cap, payload_cap;
};

static int
reserve(struct run *run, size_t n, struct ll_err *err)
{
	size_t cap = run->cap;
	int status = ll_grow(&run->ids, &cap, n, sizeof(*run->ids), err);

	if (status == 0)
		status = ll_grow(&run->values, &run->cap, n, sizeof(*run->values), err);
	if (status == 0)
		status = ll_grow(&run->payload, &run->payload_cap, 8 + 8 * n, 1, err);
	return status;
}

/* Sends `n` ids and values as the sparse form of a row whose place the frame tells. */
static int
write_row(struct run *run, const struct ll_frame *from, size_t n, float log_sum_exp, struct ll_err *err)
{
	struct ll_frame frame = *from;

	memcpy(run->payload, &log_sum_exp, 4);
	memset(run->payload + 4, 0, 4);
	memcpy(run->payload + 8, run->ids, 4 * n);
	memcpy(run->payload + 8 + 4 * n, run->values, 4 * n);
	frame.flags |= LL_SPARSE;
	frame.dtype = LL_F32;
	frame.cols = (uint32_t)n;
	frame.length = 8 + 8 * n;
	frame.payload = run->payload;
	return ll_writer_frame(run->out, &frame, err);
}

static int
keep_top(struct run *run, const struct ll_frame *frame, const char *where, struct ll_err *err)
{
	const struct ll_logits *row = &run->row;
	bool sparse = (frame->flags & LL_SPARSE) != 0;
	size_t n = (size_t)top;
	float log_sum_exp;
	int status;

	if (n > row->count)
		return ll_fail(err, sparse ? LL_EDATA : LL_EUSAGE, sparse ?
		    "%s: --top: %zu, but the row lists %zu" : "%s: --top: %zu, but the vocabulary has %zu",
		    where, n, row->count);
	if ((status = reserve(run, n, err)) < 0)
		return status;
	ll_topn(row->kern, row->logits, row->count, n, run->ids, run->values, &log_sum_exp);
	for (size_t i = 0; i < n && sparse; i++)
		run->ids[i] = row->ids[run->ids[i]];
	return write_row(run, frame, n, sparse ? (float)row->log_sum_exp : log_sum_exp, err);
}

/* Every position has random numbers of its own: in whatever order and company it comes, it draws the same. */
static int
keep_sample(struct run *run, const struct ll_frame *frame, const char *where, struct ll_err *err)
{
	const struct ll_logits *row = &run->row;
	struct ll_rng rng;
	int status;

	if (frame->flags & LL_SPARSE)
		return ll_fail(err, LL_EDATA, "%s: sparse logits list only a part of what is to be drawn from", where);
	ll_rng_seed(&rng, seed, ll_hash_mix(ll_hash_mix(frame->sequence) ^ frame->position));
	if ((status = ll_draw_row(&run->draw, row, proposal, &rng, err)) < 0 ||
	    (status = reserve(run, run->draw.count, err)) < 0)
		return status;
	for (size_t i = 0; i < run->draw.count; i++) {
		run->ids[i] = run->draw.drawn[i].token;
		run->values[i] = (float)(row->log_sum_exp + (double)run->draw.drawn[i].log_weight);
	}
	return write_row(run, frame, run->draw.count, (float)row->log_sum_exp, err);
}

static int
take_logits(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	char name[48], where[400];
	int status = 0;

	for (uint32_t i = 0; i < frame->rows && status == 0; i++) {
		struct ll_frame one;

		ll_rows_slice(&one, frame, i, 1);
		snprintf(where, sizeof(where), "%.200s: sequence %s, position %" PRIu64, ll_reader_name(run->in),
		    ll_sequence_name(one.sequence, name), one.position);
		status = one.flags & LL_SPARSE ? ll_logits_sparse(&run->row, one.payload, one.cols, where, err) :
		    ll_logits_dense(&run->row, one.dtype, one.payload, one.cols, where, err);
		if (status == 0)
			status = top > 0 ? keep_top(run, &one, where, err) : keep_sample(run, &one, where, err);
	}
	return status;
}

static int
begin_stream(struct run *run, struct ll_err *err)
{
	const struct ll_header *from = ll_reader_header(run->in);
	struct ll_header header = { 0 };
	char *command;
	int status;

	if ((status = ll_header_check_logits(from, ll_reader_name(run->in), program.name, err)) < 0)
		return status;
	if ((command = ll_opt_command("", err)) == NULL)
		return -LL_ENOMEM;
	if ((status = ll_header_copy(&header, from, err)) == 0)
		status = ll_header_set(&header, "dtype", "f32", err);
	if (status == 0 && draws > 0)
		status = ll_header_set_number(&header, "seed", seed, err);
	if (status == 0)
		status = ll_header_add(&header, "history", command, err);
	if (status == 0)
		status = ll_writer_pass_on(run->out, &header, err);
	ll_header_free(&header);
	free(command);
	return status;
}

static int
filter(struct run *run, struct ll_err *err)
{
	struct ll_frame frame;
	int got;

	while ((got = ll_reader_next(run->in, &frame, err)) > 0) {
		int status = got == LL_GOT_STREAM ? begin_stream(run, err) :
		    frame.type == LL_LOGITS ? take_logits(run, &frame, err) :
		    ll_writer_frame(run->out, &frame, err);

		if (status == 0 && !ll_reader_ready(run->in))
			status = ll_writer_flush(run->out, err);
		if (status < 0)
			return status;
	}
	return got;
}

static int
settle_options(struct ll_err *err)
{
	if ((top > 0) == (draws > 0))
		return ll_fail(err, LL_EUSAGE, "give one of --top and --sample");
	if (draws == 0) {
		ll_opt_refuse(&proposal, "without --sample");
		ll_opt_refuse(&seed, "without --sample");
		return 0;
	}
	if (ll_opt_given(&seed))
		return 0;
	seed = ll_rng_entropy() >> SEED_SHIFT;
	if (ll_opt_verbose || isatty(STDERR_FILENO))
		ll_warn(program.name, "seed %" PRIu64, seed);
	return 0;
}

static int
set_up(struct run *run, struct ll_err *err)
{
	int status;

	if ((status = settle_options(err)) < 0 || (status = ll_writer_open(&run->out, output_path, err)) < 0 ||
	    (status = ll_logits_init(&run->row, err)) < 0)
		return status;
	if (draws > 0 && (status = ll_draw_init(&run->draw, (size_t)draws, err)) < 0)
		return status;
	return ll_reader_open(&run->in, input_path != NULL ? input_path : "-", ll_writer_fd(run->out), err);
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct run run = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = set_up(&run, &err)) == 0)
		status = filter(&run, &err);
	status = ll_writer_close(run.out, status, &err);
	if (run.in != NULL)
		status = ll_reader_status(run.in, status, &err);
	ll_reader_close(run.in);
	ll_logits_free(&run.row);
	ll_draw_free(&run.draw);
	free(run.ids);
	free(run.values);
	free(run.payload);
	return ll_exit(program.name, status, &err);
}
