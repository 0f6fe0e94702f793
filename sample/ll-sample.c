/*
 * ll-sample: samples tokens from a stream of logits and feeds them back to the head of the pipe.
 *
 * What is sampled and answered is engine.c's, how settings.c's; this file opens, and moves
 * frames, from the stream and to the return path.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/sampling.h"
#include "model/model.h"
#include "sample/engine.h"
#include "sample/settings.h"
#include "stream/ending.h"
#include "stream/path.h"
#include "stream/stream.h"
#include "tokenize/record.h"

static struct ll_sampling sampling = LL_SAMPLING_DEFAULTS;
static int64_t limit, ranked, samples = 1, best_of, beams;
static uint64_t seed;
static const char *model_path, *output_path, *input_path, *preset;

static int
set_input(const char *value, struct ll_err *err)
{
	return ll_stream_operand(&input_path, value, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	{ 'N', "samples", LL_OPT_INT, &samples, "N", "sample N answers to each prompt", 1, LL_RECORD_SAMPLES_MAX, NULL },
	{ 'n', "limit", LL_OPT_INT, &limit, "N", "end a turn after N tokens", 1, INT32_MAX, NULL },
	LL_OPT_OUTPUT(output_path),
	LL_OPTS_SAMPLING(sampling),
	LL_OPTS_SAMPLING_LISTS,
	{ 0, "beams", LL_OPT_INT, &beams, "N", "search for the likeliest answer with N beams", 1,
	  LL_RECORD_BEAMS_MAX, NULL },
	{ 0, "best-of", LL_OPT_INT, &best_of, "N", "sample N answers to a prompt and keep the best", 1,
	  LL_RECORD_SAMPLES_MAX, NULL },
	{ 0, "logprobs", LL_OPT_INT, &ranked, "N",
	  "add the N likeliest tokens and their log-probabilities", 0, LL_RANKED_MAX, NULL },
	LL_OPT_PRESET(preset),
	{ 0, "seed", LL_OPT_UINT, &seed, "N",
	  "seed of the random numbers (default: a random one)", 0, 0, NULL },
	LL_OPT_STOP,
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-sample",
	.summary = "sample tokens from logits and feed them back",
	.usage = "[-hqvV] [-m FILE] [-N N] [-n N] [-o FILE] [-t T] [--beams N] [--best-of N]\n"
	    "                 [--logprobs N] [--preset NAME] [--seed N] [--stop STRING] [SAMPLING ...] [STREAM]",
	.options = options,
	.fail = ll_stream_fail,
};

struct run {
	struct ll_reader *in;
	struct ll_writer *out;
	struct ll_path *path;			/* NULL: nobody is fed */
	int worst;				/* the worst code of a sequence that failed without the head knowing */
	uint64_t ended;				/* sequences: the head has others where the best of several are given */
	struct ll_path_watch watch;
	struct ll_engine *engine;
	struct ll_vocab *vocab;
	struct ll_settings settings;		/* the command line's */
	bool told_idle;
};

static int
write_token(void *arg, uint64_t sequence, const struct ll_pick *pick, struct ll_err *err)
{
	struct run *run = arg;
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
	return ll_writer_frame(run->out, &frame, err);
}

static void
ending_of(struct ll_ending *ending, enum ll_turn_end reason, uint64_t generated, const char *failure)
{
	*ending = (struct ll_ending){ .has_generated = true, .generated = generated };
	snprintf(ending->reason, sizeof(ending->reason), "%s", ll_turn_end_name(reason));
	snprintf(ending->message, sizeof(ending->message), "%s", failure);
	ending->code = failure[0] != '\0' ? LL_EDATA : 0;
}

/* Tells the head how a sequence goes on. */
static int
send_reply(void *arg, const struct ll_reply *reply, struct ll_err *err)
{
	const struct run *run = arg;
	struct ll_ending ending;

	if (run->path == NULL)
		return 0;
	switch (reply->kind) {
	case LL_REPLY_NEXT:
		return ll_path_next(run->path, reply->sequence, reply->epoch, reply->position, reply->tokens[0], err);
	case LL_REPLY_FORK:
		return ll_path_fork(run->path, reply->sequence, reply->epoch, reply->position, reply->tokens, reply->count, err);
	default:
		ending_of(&ending, reply->reason, reply->generated, reply->failure);
		return ll_path_stop(run->path, reply->sequence, reply->epoch, reply->position, &ending, err);
	}
}

/* How it ended here, behind what the head says of its prompt. */
static int
write_end(void *arg, const struct ll_ended *end, struct ll_err *err)
{
	struct run *run = arg;
	struct ll_frame frame = {
		.type = end->turn ? LL_STOP : LL_END, .sequence = end->sequence, .position = end->position,
		.epoch = end->epoch, .payload = end->text, .length = end->length,
	};
	struct ll_ending heads, ending;

	run->ended += !end->turn;
	if (end->reason == LL_TURN_GOES_ON && !end->recorded && end->failure[0] == '\0')
		return ll_writer_frame(run->out, &frame, err);
	ll_ending_read(&heads, &frame);
	ending_of(&ending, end->failure[0] != '\0' ? LL_TURN_FAILED : end->reason, end->generated, end->failure);
	if (ending.reason[0] == '\0')
		memcpy(ending.reason, heads.reason, sizeof(ending.reason));
	ending.has_prompt = heads.has_prompt;
	ending.prompt = heads.prompt;
	if (ending.code != 0)
		run->worst = ending.code;
	return ll_ending_write(run->out, &frame, &ending, err);
}

static void
complain(void *arg, const char *message)
{
	(void)arg;
	ll_complain(program.name, message);
}

static int
take_logits(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	char name[48], where[400];
	struct ll_engine_row row = {
		.sequence = frame->sequence, .position = frame->position + frame->rows, .epoch = frame->epoch,
		.sparse = (frame->flags & LL_SPARSE) != 0, .dtype = frame->dtype, .cols = frame->cols, .where = where,
	};

	if (frame->rows == 0)
		return 0;
	row.data = (const char *)frame->payload + frame->length / frame->rows * (frame->rows - 1);
	row.place = where + snprintf(where, sizeof(where), "%.200s: ", ll_reader_name(run->in));
	snprintf(where + strlen(where), sizeof(where) - strlen(where), "sequence %s, position %" PRIu64,
	    ll_sequence_name(frame->sequence, name), row.position - 1);
	return ll_engine_logits(run->engine, &row, err);
}

/* META of a sequence, and what is only known here: members with a comma before each, or "". */
static int
write_meta(struct run *run, const struct ll_frame *meta, const char *more, struct ll_err *err)
{
	struct ll_frame frame = *meta;
	struct ll_buf text = { 0 };
	int status = ll_record_extend(meta->payload, meta->length, more, &text, err);

	frame.payload = text.data;
	frame.length = text.len;
	if (status == 0)
		status = ll_writer_frame(run->out, &frame, err);
	ll_buf_free(&text);
	return status;
}

/* How many answers there will be, where no record said it. */
static int
tell_samples(struct run *run, const struct ll_frame *tokens, struct ll_err *err)
{
	struct ll_frame meta = {
		.type = LL_META, .sequence = tokens->sequence, .epoch = tokens->epoch, .payload = "{}", .length = 2,
	};
	char more[40];

	snprintf(more, sizeof(more), ",\"n\":%zu", run->settings.samples);
	return write_meta(run, &meta, more, err);
}

static int
begin_turn(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_sequence *sequence = ll_engine_sequence(run->engine, frame->sequence, err);
	const struct ll_settings *settings;
	char name[48];
	int status = 0;

	if (sequence == NULL)
		return -LL_ENOMEM;
	settings = sequence->settings != NULL ? sequence->settings : &run->settings;
	if (frame->flags & LL_MORE && settings->best_of + settings->beams > 1)
		return ll_fail(err, LL_EDATA, "%s: sequence %s: a conversation that goes on has one answer, sampled "
		    "at once", ll_reader_name(run->in), ll_sequence_name(frame->sequence, name));
	if (!sequence->told && sequence->settings == NULL && settings->samples > 1)
		status = tell_samples(run, frame, err);
	sequence->told = true;
	if (status < 0)
		return status;
	return ll_engine_prompt(run->engine, sequence, frame->epoch, frame->position, frame->payload, frame->rows,
	    (frame->flags & LL_LAST) != 0, err);
}

static int
take_tokens(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_frame context = *frame;
	int status = frame->flags & LL_CONTEXT ? 0 : begin_turn(run, frame, err);

	context.flags |= LL_CONTEXT;
	return status < 0 ? status : ll_writer_frame(run->out, &context, err);
}

/* A turn or a sequence is over. */
static int
take_end(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_ended end = {
		.sequence = frame->sequence, .position = frame->position, .epoch = frame->epoch,
		.turn = frame->type == LL_STOP, .text = frame->payload, .length = frame->length,
	};
	struct ll_ending ending;

	/* Prefixes that the head keeps for itself are nothing to those behind. */
	if (frame->sequence & LL_SEQUENCE_HELD)
		return 0;
	ll_ending_read(&ending, frame);
	end.failed = ending.code != 0;
	end.recorded = run->path == NULL && !end.failed;
	return ll_engine_ended(run->engine, &end, err);
}

/* Strings need the bytes of tokens: the vocabulary of the model that made the stream. */
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
	    (status = ll_header_check_model(header, name, 0, ll_vocab_fingerprint(run->vocab), err)) < 0)
		return status;
	ll_engine_vocab(run->engine, run->vocab);
	return 0;
}

static struct ll_settings_place
place_of(const struct run *run, const char *where)
{
	const struct ll_header *header = ll_reader_header(run->in);
	struct ll_settings_place place = { .vocab = run->vocab, .where = where };
	char text[1000];

	place.answered = ll_header_get(header, "return", text, sizeof(text));
	ll_header_get_number(header, "vocab_size", &place.vocab_size);
	return place;
}

/* *why: they do not fit what is here, and the sequence fails alone, with *answers if the record says how many. */
static int
make_settings(struct run *run, struct ll_settings **out, const struct ll_frame *frame, const char *where,
    size_t *answers, struct ll_err *why, struct ll_err *err)
{
	struct ll_settings_place place;
	struct ll_record meta;
	char full[400];
	int status;

	snprintf(full, sizeof(full), "%.200s: %s", ll_reader_name(run->in), where);
	status = ll_record_read_meta(&meta, frame->payload, frame->length, full, err);
	*answers = ll_settings_record_answers(&meta);
	if (status == 0 && ll_settings_record_needs_vocab(&meta, &run->settings))
		status = read_vocabulary(run, err);
	if (status == 0) {
		place = place_of(run, where);
		status = ll_settings_make(out, &run->settings, &meta, &place, why);
		if (status == -LL_EDATA)
			status = 0;
		else if (status < 0)
			ll_fail(err, -status, "%s", why->text);
	}
	ll_record_free(&meta);
	return status;
}

/* How a sequence is to be sampled. It comes before the sequence's first logits. */
static int
take_meta(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_settings *settings = NULL;
	struct ll_sequence *sequence;
	struct ll_err why = { 0 };
	char name[48], where[80], more[80];
	size_t answers;
	int status;

	snprintf(where, sizeof(where), "sequence %s: META", ll_sequence_name(frame->sequence, name));
	if ((status = make_settings(run, &settings, frame, where, &answers, &why, err)) < 0)
		return status;
	if (settings == NULL && why.code == 0)
		return ll_writer_frame(run->out, frame, err);
	if ((sequence = ll_engine_sequence(run->engine, frame->sequence, err)) == NULL) {
		ll_settings_free(settings);
		return -LL_ENOMEM;
	}
	if (settings == NULL) {
		sequence->told = answers > 0;
		ll_engine_refuse(run->engine, sequence, answers, why.text);
		return ll_writer_frame(run->out, frame, err);
	}
	if (settings->idle[0] != '\0' && !run->told_idle) {
		run->told_idle = true;
		ll_warn(program.name, "%s: %s; of others that is not told", where, settings->idle);
	}
	ll_settings_tell(settings, &run->settings, more, sizeof(more));
	ll_sequence_configure(sequence, settings);
	return write_meta(run, frame, more, err);
}

static void
end_stream(struct run *run)
{
	ll_settings_drop(&run->settings);
	ll_vocab_free(run->vocab);
	run->vocab = NULL;
}

/* The stream ended in order: only now may the path be closed, or the head takes it for a death. */
static int
take_stream_end(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	int status = ll_engine_end_stream(run->engine, ll_reader_name(run->in), err);

	if (status < 0)
		return status;
	if ((status = ll_ending_write_stream(run->out, frame, run->worst, run->ended, err)) < 0 ||
	    (status = ll_writer_flush(run->out, err)) < 0)
		return status;
	if (run->worst != 0)
		ll_reader_note_code(run->in, run->worst);
	run->worst = 0;
	run->ended = 0;
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
		return run->path != NULL ? ll_path_flush(run->path, ll_engine_waits(run->engine), err) : 0;
	case LL_FORK:
		return ll_engine_forked(run->engine, frame->sequence, err);
	case LL_NEXT:
		return 0;
	default:
		return ll_writer_frame(run->out, frame, err);
	}
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
	if (status == 0 && sampling.temperature > 0)
		status = ll_header_set_number(&header, "seed", seed, err);
	if (status == 0 && ll_opt_given(&ranked))
		status = ll_header_set_number(&header, "logprobs", (uint64_t)ranked, err);
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
make_engine(struct run *run, struct ll_err *err)
{
	const struct ll_engine_hooks hooks = {
		.arg = run, .reply = send_reply, .token = write_token, .end = write_end, .complain = complain,
	};
	int status = ll_engine_new(&run->engine, &run->settings, &hooks, err);

	if (status == 0)
		ll_note(program.name, "samplers: %s", ll_engine_text(run->engine));
	return status;
}

/* What the command line says, as this stream understands it. */
static int
complete_settings(struct run *run, const struct ll_header *header, struct ll_err *err)
{
	const char *name = ll_reader_name(run->in);
	struct ll_turn_rules rules = { 0 };
	struct ll_settings_place place;
	char text[1000] = "";
	int status = 0;

	ll_header_get(header, "stop", text, sizeof(text));
	if ((status = ll_turn_rules_parse(&rules, text, name, err)) < 0 ||
	    (status = ll_engine_begin(run->engine, seed, &rules, err)) < 0)
		return status;
	if (ll_settings_need_vocab(&ll_sampling_lists, &sampling) && (status = read_vocabulary(run, err)) < 0)
		return status;
	place = place_of(run, name);
	return ll_settings_complete(&run->settings, &ll_sampling_lists, &place, err);
}

/* Everything that can fail comes before the path: a feeder that is gone takes the pipe down. */
static int
begin_stream(struct run *run, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(run->in);
	int status;

	run->watch = (struct ll_path_watch){ 0 };
	if (run->engine == NULL && (status = make_engine(run, err)) < 0)
		return status;
	if ((status = ll_header_check_logits(header, ll_reader_name(run->in), program.name, err)) < 0 ||
	    (status = complete_settings(run, header, err)) < 0 ||
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
		int status = got == LL_GOT_STREAM ? begin_stream(run, err) : take_frame(run, &frame, err);

		/* Nothing lies here while this stage waits: not a token, not the end of a turn. */
		if (status == 0 && !ll_reader_ready(run->in))
			status = ll_writer_flush(run->out, err);
		if (status < 0)
			return status;
	}
	return got;
}

/* The samplers in their order; a number whose sampler is not among them does nothing. */
static void
settle_order(struct ll_order *order)
{
	struct ll_err why = { 0 };

	*order = ll_order_default;
	if (ll_sampling_lists.order != NULL && ll_order_parse(order, ll_sampling_lists.order, &why) < 0)
		ll_opt_wrong(&ll_sampling_lists.order, why.text);
	for (size_t i = 0; i < LL_SAMPLING_ROWS; i++)
		if (!ll_order_has(order, ll_sampling_row(i)->name))
			ll_opt_refuse(ll_sampling_member(&sampling, i), "beside --samplers, which leaves its sampler out");
}

static void
settle_options(struct run *run)
{
	struct ll_settings *settings = &run->settings;
	bool greedy = sampling.temperature <= 0, search = beams > 0;
	const struct ll_opt_rule rules[] = {
		{ search, &sampling.temperature, "with --beams" }, { search, &seed, "with --beams" },
		{ search, &best_of, "with --beams" },
		{ search && samples > beams, &samples, "where it is above --beams" },
		{ greedy, &seed, "with temperature 0" }, { greedy && !search, &samples, "with temperature 0: all would be the same" },
		{ greedy, &best_of, "with temperature 0" },
		{ best_of > 0 && best_of <= samples, &best_of, "where it is not above --samples" },
		{ !ll_settings_need_vocab(&ll_sampling_lists, &sampling), &model_path,
		  "without --stop, --banned-string, --logit-bias-text or --dry-multiplier" },
		{ limit > 0 && sampling.min_length >= limit, &sampling.min_length, "where --limit is not above it" },
	};

	settle_order(&settings->order);
	ll_sampling_refuse(&sampling, "with temperature 0");
	ll_opt_refuse_all(rules, sizeof(rules) / sizeof(rules[0]));
	/* A search draws nothing. */
	if (search) {
		sampling.temperature = 0;
		ll_sampling_refuse(&sampling, "with --beams");
	} else if (!greedy && !ll_opt_given(&seed)) {
		seed = ll_settings_seed();
		if (ll_opt_verbose || isatty(STDERR_FILENO))
			ll_warn(program.name, "seed %" PRIu64, seed);
	}
	settings->sampling = sampling;
	settings->limit = limit > 0 ? (uint64_t)limit : UINT64_MAX;
	settings->ranked = (size_t)ranked;
	settings->samples = (size_t)samples;
	settings->beams = (size_t)beams;
	settings->best_of = best_of > samples ? (size_t)best_of : settings->samples;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct run run = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	settle_options(&run);
	if ((status = ll_writer_open(&run.out, output_path, &err)) == 0)
		status = ll_reader_open(&run.in, input_path != NULL ? input_path : "-", ll_writer_fd(run.out), &err);
	if (status == 0)
		status = sample_streams(&run, &err);
	status = ll_writer_close(run.out, status, &err);
	if (run.in != NULL)
		status = ll_reader_status(run.in, status, &err);
	/* After a failure the path closes without BYE, which is how the head learns of it. */
	ll_path_drop(run.path);
	ll_engine_free(run.engine);
	end_stream(&run);
	ll_reader_close(run.in);
	return ll_exit(program.name, status, &err);
}
