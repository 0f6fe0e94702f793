/*
 * ll-sample: samples tokens from a stream of logits and feeds them back to the head of the pipe.
 *
 * The samplers are chain.c's, stop strings and turns sequence.c's; this file opens, moves
 * frames and answers on the return path.
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/rng.h"
#include "model/model.h"
#include "sample/chain.h"
#include "sample/logits.h"
#include "sample/sequence.h"
#include "sample/settings.h"
#include "stream/path.h"
#include "stream/stream.h"

#define STOP_STRINGS_MAX 64
#define STOP_IDS_MAX 64

/* Seeds that are drawn have 53 bits: every reader of JSON has them exactly. */
#define SEED_SHIFT 11

static double temperature = 0.6, top_p = 0.9, min_p;
static int64_t top_k, limit, ranked;
static uint64_t seed;
static const char *stop_strings[STOP_STRINGS_MAX];
static size_t stop_string_count;
static const char *model_path, *output_path, *input_path, *preset;

static int
add_stop_string(const char *text, struct ll_err *err)
{
	if (*text == '\0')
		return ll_fail(err, LL_EUSAGE, "--stop: an empty string stops nothing");
	if (stop_string_count == STOP_STRINGS_MAX)
		return ll_fail(err, LL_EUSAGE, "--stop: more than %d strings", STOP_STRINGS_MAX);
	stop_strings[stop_string_count++] = text;
	return 0;
}

static int
set_input(const char *value, struct ll_err *err)
{
	return ll_stream_operand(&input_path, value, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	{ 'n', "limit", LL_OPT_INT, &limit, "N", "end a turn after N tokens", 1, INT32_MAX, NULL },
	LL_OPT_OUTPUT(output_path),
	{ 't', "temperature", LL_OPT_DOUBLE, &temperature, "T",
	  "divide logits by T (default 0.6); 0: always the likeliest token", 0, 100, NULL },
	{ 0, "logprobs", LL_OPT_INT, &ranked, "N",
	  "add the N likeliest tokens and their log-probabilities", 0, LL_RANKED_MAX, NULL },
	{ 0, "min-p", LL_OPT_DOUBLE, &min_p, "P",
	  "keep tokens at least P times as probable as the likeliest", 0, 1, NULL },
	LL_OPT_PRESET(preset),
	{ 0, "seed", LL_OPT_UINT, &seed, "N",
	  "seed of the random numbers (default: a random one)", 0, 0, NULL },
	{ 0, "stop", LL_OPT_CALL, stop_strings, "STRING",
	  "end a turn before STRING; may be repeated", 0, 0, add_stop_string },
	{ 0, "top-k", LL_OPT_INT, &top_k, "N",
	  "keep the N likeliest tokens (default 0: all)", 0, UINT32_MAX, NULL },
	{ 0, "top-p", LL_OPT_DOUBLE, &top_p, "P",
	  "keep the likeliest tokens that have probability P together (default 0.9)", 0, 1, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-sample",
	.summary = "sample tokens from logits and feed them back",
	.usage = "[-hqvV] [-m FILE] [-n N] [-o FILE] [-t T] [--logprobs N] [--min-p P]\n"
	    "                 [--preset NAME] [--seed N] [--stop STRING] [--top-k N] [--top-p P] [STREAM]",
	.options = options,
	.fail = ll_stream_fail,
};

struct run {
	struct ll_reader *in;
	struct ll_writer *out;
	struct ll_path *path;			/* NULL: nobody is fed */
	struct ll_path_watch watch;
	struct ll_chain *chain;
	struct ll_logits row;
	struct ll_stops *stops;
	struct ll_vocab *vocab;
	uint32_t stop_ids[STOP_IDS_MAX];
	struct ll_turn_rules rules;
	struct ll_sequences *sequences;
	struct ll_sampling sampling;		/* the command line's */
	bool told_idle;
};

static int
write_sample(struct ll_writer *out, uint64_t sequence, const struct ll_pick *pick,
    struct ll_err *err)
{
	struct {
		struct ll_sample head;
		struct ll_alternative list[LL_RANKED_MAX];
	} payload = {
		.head = {
			.token = pick->token, .logprob = pick->logprob, .show = pick->show,
			.alternatives = (uint32_t)pick->ranked_count,
		},
	};
	struct ll_frame frame = {
		.type = LL_SAMPLE, .flags = pick->final ? LL_FINAL : 0, .sequence = sequence,
		.position = pick->position, .rows = 1, .epoch = pick->epoch, .payload = &payload,
		.length = sizeof(payload.head) + pick->ranked_count * sizeof(payload.list[0]),
	};

	for (size_t i = 0; i < pick->ranked_count; i++) {
		payload.list[i].token = pick->ranked[i].token;
		payload.list[i].logprob = pick->ranked[i].logprob;
	}
	return ll_writer_frame(out, &frame, err);
}

/* Those tokens that wait no longer. */
static int
write_ready(struct run *run, struct ll_sequence *sequence, struct ll_err *err)
{
	const struct ll_pick *pick;

	while ((pick = ll_sequence_ready(sequence)) != NULL) {
		int status = write_sample(run->out, sequence->id, pick, err);

		if (status < 0)
			return status;
	}
	return 0;
}

/* Tells the head how the turn goes on. */
static int
answer(struct run *run, const struct ll_sequence *sequence, const struct ll_pick *pick,
    enum ll_turn_end end, struct ll_err *err)
{
	struct ll_frame frame = {
		.sequence = sequence->id, .position = pick->position, .epoch = pick->epoch,
	};
	char text[64];

	if (run->path == NULL)
		return 0;
	if (end == LL_TURN_GOES_ON) {
		frame.type = LL_NEXT;
		frame.rows = frame.want = 1;
		frame.payload = &pick->token;
		frame.length = sizeof(pick->token);
	} else {
		frame.type = LL_STOP;
		frame.payload = text;
		frame.length = (size_t)snprintf(text, sizeof(text), "reason %s\ngenerated %" PRIu64
		    "\n", ll_turn_end_name(end), sequence->generated);
	}
	return ll_path_send(run->path, &frame, err);
}

static int
read_row(struct run *run, const struct ll_frame *frame, const char *where, struct ll_err *err)
{
	const char *last = frame->payload;

	if (frame->rows > 1)
		last += frame->length / frame->rows * (frame->rows - 1);
	if (frame->flags & LL_SPARSE)
		return ll_logits_sparse(&run->row, last, frame->cols, where, err);
	return ll_logits_dense(&run->row, frame->dtype, last, frame->cols, where, err);
}

/* What ends a turn of this sequence: what its META says, else the command line. */
static struct ll_turn_rules
rules_of(const struct run *run, const struct ll_sequence *sequence)
{
	struct ll_turn_rules rules = run->rules;

	if (sequence->settings == NULL)
		return rules;
	rules.limit = sequence->settings->limit;
	if (sequence->settings->own_stops)
		rules.stops = sequence->settings->stops;
	return rules;
}

/* Samples the last row of a frame, unless it lies inside a prompt or its turn is over. */
static int
take_logits(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_sequence *sequence = ll_sequences_get(run->sequences, frame->sequence, err);
	struct ll_pick pick = { .epoch = frame->epoch, .position = frame->position + frame->rows };
	struct ll_turn_rules rules;
	char name[48], where[400];
	int status;

	if (sequence == NULL)
		return -LL_ENOMEM;
	if (frame->rows == 0 || !ll_sequence_asks(sequence, frame->epoch, pick.position))
		return 0;
	snprintf(where, sizeof(where), "%.200s: sequence %s, position %" PRIu64,
	    ll_reader_name(run->in), ll_sequence_name(frame->sequence, name), pick.position - 1);
	ll_chain_set(run->chain, sequence->settings != NULL ? &sequence->settings->sampling : &run->sampling);
	if ((status = read_row(run, frame, where, err)) < 0 ||
	    (status = ll_chain_sample(run->chain, &run->row, sequence->id, pick.position,
	    &sequence->rng, &pick.token, err)) < 0)
		return status;
	pick.logprob = ll_logits_logprob(&run->row, pick.token);
	pick.ranked_count = ll_logits_top(&run->row, pick.ranked, ll_settings_ranked(sequence->settings, (size_t)ranked));
	rules = rules_of(run, sequence);
	if ((status = ll_sequence_add(sequence, &rules, &pick, err)) < 0)
		return status;
	if ((status = answer(run, sequence, &pick, (enum ll_turn_end)status, err)) < 0)
		return status;
	return write_ready(run, sequence, err);
}

static int
take_tokens(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_sequence *sequence;
	struct ll_frame context = *frame;

	if (!(frame->flags & LL_CONTEXT)) {
		if ((sequence = ll_sequences_get(run->sequences, frame->sequence, err)) == NULL)
			return -LL_ENOMEM;
		ll_sequence_prompt(sequence, frame->epoch, frame->position + frame->rows,
		    (frame->flags & LL_LAST) != 0);
	}
	context.flags |= LL_CONTEXT;
	return ll_writer_frame(run->out, &context, err);
}

/* A turn or a sequence is over: what waited comes first. */
static int
take_end(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_sequence *sequence = ll_sequences_find(run->sequences, frame->sequence);
	int status;

	if (sequence != NULL) {
		ll_sequence_end_turn(sequence, frame->epoch);
		if ((status = write_ready(run, sequence, err)) < 0)
			return status;
	}
	if (frame->type == LL_END)
		ll_sequences_remove(run->sequences, frame->sequence);
	/* Prefixes that the head keeps for itself are nothing to those behind. */
	if (frame->sequence & LL_SEQUENCE_HELD)
		return 0;
	return ll_writer_frame(run->out, frame, err);
}

/* Stop strings need the bytes of tokens: the vocabulary of the model that made the stream. */
static int
read_vocabulary(struct run *run, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(run->in);
	const char *name = ll_reader_name(run->in), *path;
	char named[4096] = "";
	int status;

	if (run->vocab != NULL)
		return 0;
	if (!ll_header_get(header, "model", named, sizeof(named)))
		ll_header_get(header, "vocab_file", named, sizeof(named));
	if ((status = ll_model_choose(&path, model_path, named, err)) < 0 ||
	    (status = ll_vocab_open(&run->vocab, path, err)) < 0 ||
	    (status = ll_header_check_model(header, name, 0, run->vocab->fingerprint, err)) < 0)
		return status;
	run->rules.vocab = run->vocab;
	return 0;
}

/* A record that is to be sampled where the command line is not has no seed but one drawn for it: told behind. */
static int
write_seeded(struct run *run, const struct ll_frame *meta, const struct ll_settings *settings, struct ll_err *err)
{
	struct ll_frame frame = *meta;
	struct ll_buf text = { 0 };
	const char *payload = meta->payload;
	size_t length = meta->length;
	int status;

	while (length > 0 && payload[length - 1] != '}')
		length--;
	status = ll_buf_add(&text, payload, length - 1, err);
	if (status == 0)
		status = ll_buf_printf(&text, err, ",\"seed\":%" PRIu64 "}", settings->seed);
	frame.payload = text.data;
	frame.length = text.len;
	if (status == 0)
		status = ll_writer_frame(run->out, &frame, err);
	ll_buf_free(&text);
	return status;
}

/* How a sequence is to be sampled. It comes before the sequence's first logits. */
static int
take_meta(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_settings *settings;
	struct ll_sequence *sequence;
	char name[48], where[400];
	bool seedless;
	int status;

	snprintf(where, sizeof(where), "%.200s: sequence %s: META", ll_reader_name(run->in),
	    ll_sequence_name(frame->sequence, name));
	status = ll_settings_read(&settings, &run->sampling, run->rules.limit, frame->payload, frame->length,
	    where, err);
	if (status < 0)
		return status;
	if (settings == NULL)
		return ll_writer_frame(run->out, frame, err);
	if ((sequence = ll_sequences_get(run->sequences, frame->sequence, err)) == NULL ||
	    (settings->stops != NULL && read_vocabulary(run, err) < 0)) {
		ll_settings_free(settings);
		return -err->code;
	}
	ll_settings_free(sequence->settings);
	sequence->settings = settings;
	if (settings->idle && !run->told_idle) {
		run->told_idle = true;
		ll_warn(program.name, "%s: with temperature 0 its other options have no effect; "
		    "of others that is not told", where);
	}
	seedless = temperature <= 0 && settings->sampling.temperature > 0 && !settings->own_seed;
	if (seedless)
		settings->seed = ll_rng_entropy() >> SEED_SHIFT;
	if (seedless || settings->own_seed)
		ll_rng_seed(&sequence->rng, settings->seed, (uint32_t)frame->sequence);
	return seedless ? write_seeded(run, frame, settings, err) : ll_writer_frame(run->out, frame, err);
}

static void
end_stream(struct run *run)
{
	ll_sequences_free(run->sequences);
	ll_stops_free(run->stops);
	ll_vocab_free(run->vocab);
	run->sequences = NULL;
	run->stops = NULL;
	run->vocab = NULL;
}

/* The stream ended in order: only now may the path be closed, or the head takes it for a death. */
static int
take_stream_end(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	int status = ll_writer_frame(run->out, frame, err);

	if (status == 0)
		status = ll_writer_flush(run->out, err);
	if (status < 0)
		return status;
	ll_path_close(run->path);
	run->path = NULL;
	end_stream(run);
	return 0;
}

static int
take_frame(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	int status = 0;

	if (run->path == NULL)
		status = ll_path_missing(&run->watch, frame, ll_reader_header(run->in), err);
	if (status < 0)
		return status;
	switch (frame->type) {
	case LL_LOGITS:
		return take_logits(run, frame, err);
	case LL_TOKENS:
		return take_tokens(run, frame, err);
	case LL_META:
		return take_meta(run, frame, err);
	case LL_STOP:
		return take_end(run, frame, err);
	case LL_END:
		if (frame->flags & LL_STREAM)
			return take_stream_end(run, frame, err);
		return take_end(run, frame, err);
	case LL_FLUSH:
		return run->path != NULL ? ll_path_flush(run->path, err) : 0;
	case LL_NEXT:
	case LL_FORK:
		return 0;
	default:
		return ll_writer_frame(run->out, frame, err);
	}
}

static int
check_kind(const struct ll_header *header, const char *name, struct ll_err *err)
{
	static const char *const hints[] = {
		[LL_KIND_TOKENS] = "is ll-forward missing before ll-sample?",
		[LL_KIND_HIDDEN] = "is the ll-forward of the last layers missing before ll-sample?",
		[LL_KIND_SAMPLES] = "is ll-sample there twice?",
	};
	const char *hint = NULL;

	if (header->kind == LL_KIND_LOGITS)
		return 0;
	if ((size_t)header->kind < sizeof(hints) / sizeof(hints[0]))
		hint = hints[header->kind];
	return ll_fail(err, LL_EDATA, "%s: stream holds %s, not logits%s%s", name,
	    ll_kind_name(header->kind), hint != NULL ? ": " : "", hint != NULL ? hint : "");
}

static int
read_stop_ids(struct run *run, const struct ll_header *header, struct ll_err *err)
{
	char text[1000] = "";
	char *p = text;

	run->rules = (struct ll_turn_rules){
		.stop_ids = run->stop_ids, .limit = limit > 0 ? (uint64_t)limit : UINT64_MAX,
	};
	ll_header_get(header, "stop", text, sizeof(text));
	while (*(p += strspn(p, " ")) != '\0') {
		char *end;
		unsigned long id;

		errno = 0;
		id = strtoul(p, &end, 10);
		if (!isdigit((unsigned char)*p) || (*end != ' ' && *end != '\0') || errno != 0 ||
		    id >= UINT32_MAX || run->rules.stop_id_count == STOP_IDS_MAX)
			return ll_fail(err, LL_EDATA,
			    "%s: header: stop is '%.100s', not up to %d token ids",
			    ll_reader_name(run->in), text, STOP_IDS_MAX);
		run->stop_ids[run->rules.stop_id_count++] = (uint32_t)id;
		p = end;
	}
	return 0;
}

static int
read_stop_strings(struct run *run, struct ll_err *err)
{
	int status;

	if (stop_string_count == 0)
		return 0;
	if ((status = read_vocabulary(run, err)) == 0 &&
	    (status = ll_stops_new(&run->stops, stop_strings, stop_string_count, err)) == 0)
		run->rules.stops = run->stops;
	return status;
}

static int
write_header(struct run *run, const struct ll_header *from, struct ll_err *err)
{
	struct ll_header header = { 0 };
	char *command = ll_opt_command("p", err);
	int status = command != NULL ? ll_header_copy(&header, from, err) : -LL_ENOMEM;

	header.kind = LL_KIND_SAMPLES;
	if (status == 0)
		status = ll_header_set(&header, "return", NULL, err);
	if (status == 0 && temperature > 0)
		status = ll_header_set_number(&header, "seed", seed, err);
	if (status == 0)
		status = ll_header_add(&header, "history", command, err);
	if (status == 0)
		status = ll_writer_stream(run->out, &header, err);
	ll_header_free(&header);
	free(command);
	return status;
}

/* Not before the first stream: a level that the stages before this one have not got either is told once. */
static int
make_samplers(struct run *run, struct ll_err *err)
{
	int status;

	run->sampling = (struct ll_sampling){ temperature, (uint64_t)top_k, top_p, min_p };
	if ((status = ll_chain_new(&run->chain, &run->sampling, err)) < 0 ||
	    (status = ll_logits_init(&run->row, err)) < 0)
		return status;
	ll_note(program.name, "samplers: %s", ll_chain_text(run->chain));
	return 0;
}

/* Everything that can fail comes before the path: a feeder that is gone takes the pipe down. */
static int
begin_stream(struct run *run, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(run->in);
	int status;

	/* A stream that failed before it began holds nothing but its ERROR. */
	if (header->kind == LL_KIND_NONE)
		return 0;
	run->watch = (struct ll_path_watch){ 0 };
	if (run->chain == NULL && (status = make_samplers(run, err)) < 0)
		return status;
	if ((status = check_kind(header, ll_reader_name(run->in), err)) < 0 ||
	    (status = read_stop_ids(run, header, err)) < 0 ||
	    (status = read_stop_strings(run, err)) < 0 ||
	    (status = ll_sequences_new(&run->sequences, seed, err)) < 0 ||
	    (status = write_header(run, header, err)) < 0)
		return status;
	return ll_path_feed(&run->path, header, err);
}

static int
sample_streams(struct run *run, struct ll_err *err)
{
	struct ll_frame frame;
	int got;

	while ((got = ll_reader_next(run->in, &frame, err)) > 0) {
		int status = got == LL_GOT_STREAM ? begin_stream(run, err) :
		    take_frame(run, &frame, err);

		/* Nothing lies here while this stage waits: not a token, not the end of a turn. */
		if (status == 0 && !ll_reader_ready(run->in))
			status = ll_writer_flush(run->out, err);
		if (status < 0)
			return status;
	}
	return got;
}

static void
settle_options(void)
{
	if (temperature <= 0) {
		ll_opt_refuse(&top_k, "with temperature 0");
		ll_opt_refuse(&top_p, "with temperature 0");
		ll_opt_refuse(&min_p, "with temperature 0");
		ll_opt_refuse(&seed, "with temperature 0");
	}
	if (stop_string_count == 0)
		ll_opt_refuse(&model_path, "without --stop");
	if (temperature <= 0 || ll_opt_given(&seed))
		return;
	seed = ll_rng_entropy() >> SEED_SHIFT;
	if (ll_opt_verbose || isatty(STDERR_FILENO))
		ll_warn(program.name, "seed %" PRIu64, seed);
}

static int
open_all(struct run *run, struct ll_err *err)
{
	int status = ll_writer_open(&run->out, output_path, err);

	if (status < 0)
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
	settle_options();
	if ((status = open_all(&run, &err)) == 0)
		status = sample_streams(&run, &err);
	status = ll_writer_close(run.out, status, &err);
	if (run.in != NULL)
		status = ll_reader_status(run.in, status, &err);
	/* After a failure the path closes without BYE, which is how the head learns of it. */
	ll_path_drop(run.path);
	end_stream(&run);
	ll_chain_free(run.chain);
	ll_logits_free(&run.row);
	ll_reader_close(run.in);
	return ll_exit(program.name, status, &err);
}
