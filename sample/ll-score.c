/*
 * ll-score: what a model makes of given text: log-probabilities, perplexity, bits per byte;
 * which choice or label it finds likeliest; how far two models are apart.
 *
 * Records are put together by scores.c, sums are tally.c's and divergence.c's, lines report.c's;
 * this file finds to each row of logits the token that follows, and joins two streams.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "model/model.h"
#include "sample/ahead.h"
#include "sample/logits.h"
#include "sample/report.h"
#include "stream/path.h"
#include "stream/rows.h"
#include "stream/seen.h"
#include "stream/stream.h"
#include "tokenize/tokenizer.h"

/* Output is gathered up to this, or until nothing more is there to read. */
#define GATHER 65536

/* Rows of one stream may come before the other's: so many bytes of them. */
#define AHEAD_BYTES (256u << 20)

static const char *model_path, *output_path, *paths[2];
static size_t path_count;
static bool per_token, lines, choices, classify, kl, json;

static int
add_path(const char *value, struct ll_err *err)
{
	if (path_count == 2)
		return ll_fail(err, LL_EUSAGE, "two streams only: '%.200s' is too many", value);
	paths[path_count++] = value;
	return 0;
}

static const struct ll_opt options[] = {
	{ 'l', "lines", LL_OPT_FLAG, &lines, NULL, "a line for each text or question", 0, 0, NULL },
	LL_OPT_MODEL(model_path),
	LL_OPT_OUTPUT(output_path),
	{ 0, "choices", LL_OPT_FLAG, &choices, NULL, "the stream holds questions with choices: accuracy", 0, 0, NULL },
	{ 0, "classify", LL_OPT_FLAG, &classify, NULL, "the stream holds texts with labels: their probabilities", 0, 0, NULL },
	{ 0, "json", LL_OPT_FLAG, &json, NULL, "print JSON, an object a line", 0, 0, NULL },
	{ 0, "kl", LL_OPT_FLAG, &kl, NULL, "KL divergence of the first stream to the second", 0, 0, NULL },
	{ 0, "per-token", LL_OPT_FLAG, &per_token, NULL, "a line for each token", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_path },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-score",
	.summary = "log-probabilities, perplexity, choices and divergence",
	.usage = "[-hlqvV] [-m FILE] [-o FILE] [--json] [--per-token] [STREAM]\n"
	    "       ll-score --choices [-hlqvV] [-o FILE] [--json] [STREAM]\n"
	    "       ll-score --classify [-hqvV] [-o FILE] [--json] [STREAM]\n"
	    "       ll-score --kl [-hqvV] [-o FILE] [--json] STREAM STREAM",
	.options = options,
};

/* A stream that is read. */
struct source {
	struct ll_reader *in;
	struct ll_seen seen;
	struct ll_logits row;
	uint64_t streams;	/* that have begun */
	bool ended;
	struct ll_ahead ahead;	/* of the other */
};

struct run {
	struct source sources[2];
	struct ll_out out;
	struct ll_buf text;
	struct ll_vocab *vocab;
	struct ll_tokenizer *tokenizer;
	struct ll_scores *scores;
	struct ll_tally tally;
	struct ll_report_choices questions;
	struct ll_divergence divergence;
};

/* "-: sequence 0, position 3" */
static const char *
name_row(char where[400], const struct source *source, uint64_t sequence, uint64_t position)
{
	char name[48];

	snprintf(where, 400, "%.200s: sequence %s, position %" PRIu64, ll_reader_name(source->in),
	    ll_sequence_name(sequence, name), position);
	return where;
}

static uint32_t
sample_of(uint64_t sequence)
{
	return (uint32_t)sequence;
}

/* The bytes that a stream's tokens stand for: the vocabulary that it was made with. */
static int
read_vocabulary(struct run *run, const struct ll_reader *in, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(in);
	const char *path;
	char named[4096] = "";
	int status;

	if (run->vocab != NULL && ll_header_check_model(header, "", 0, ll_vocab_fingerprint(run->vocab), NULL) == 0)
		return 0;
	ll_tokenizer_free(run->tokenizer);
	ll_vocab_free(run->vocab);
	run->tokenizer = NULL;
	run->vocab = NULL;
	if (!ll_header_get(header, "vocab_file", named, sizeof(named)))
		ll_header_get(header, "model", named, sizeof(named));
	if ((status = ll_model_choose(&path, model_path, named, err)) < 0 ||
	    (status = ll_vocab_open(&run->vocab, path, err)) < 0 ||
	    (status = ll_header_check_model(header, ll_reader_name(in), 0, ll_vocab_fingerprint(run->vocab), err)) < 0)
		return status;
	return ll_tokenizer_new(&run->tokenizer, run->vocab, err);
}

static int
begin_stream(struct run *run, struct source *source, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(source->in);
	int status;

	ll_path_decline(header);
	if ((status = ll_header_check_logits(header, ll_reader_name(source->in), program.name, err)) < 0)
		return status;
	source->streams++;
	return kl || choices || classify ? 0 : read_vocabulary(run, source->in, err);
}

/* Finds the token behind a row, if it is one to be counted: 1, or 0. */
static int
find_target(uint32_t *target, const struct source *source, const struct ll_frame *frame, uint32_t row,
    struct ll_err *err)
{
	const struct ll_seen_sequence *known = ll_seen_find(&source->seen, frame->sequence);
	uint64_t position = frame->position + row;
	char where[400];

	if (known == NULL || position >= known->count)
		return ll_fail(err, LL_EDATA, "%s: logits, but the token there did not come before%s",
		    name_row(where, source, frame->sequence, position), known != NULL ? ": what was sampled is not scored" : "");
	if (position + 1 == known->count || (known->asked > 0 && position < known->count - known->asked))
		return 0;
	*target = known->tokens[position + 1];
	return 1;
}

/* Rows that should come of a sequence. */
static size_t
owed(const struct ll_seen_sequence *known)
{
	size_t rows = known->asked > 0 ? known->asked : known->count;

	return rows > 0 ? rows - 1 : 0;
}

static int
read_row(struct source *source, const struct ll_frame *frame, uint32_t row, const char *where, struct ll_err *err)
{
	const char *bytes = (const char *)frame->payload + row * ll_rows_bytes(frame);

	return frame->flags & LL_SPARSE ? ll_logits_sparse(&source->row, bytes, frame->cols, where, err) :
	    ll_logits_dense(&source->row, frame->dtype, bytes, frame->cols, where, err);
}

/* A token with its bytes, into its sequence's sums, and as a line. */
static int
add_token(struct run *run, struct ll_part *part, uint64_t sequence, uint64_t position, uint32_t id, double logprob,
    struct ll_err *err)
{
	char name[48];
	struct ll_report_token token = {
		.sequence = ll_sequence_name(sequence, name), .position = position, .id = id, .logprob = logprob, .text = "",
	};
	bool special = false;
	int status;

	if (run->tokenizer != NULL) {
		status = ll_tokenizer_piece(run->tokenizer, id, &token.text, &token.length, &special, err);
		if (status < 0)
			return status;
		ll_tokenizer_strip(run->tokenizer, id, &part->begun, &token.text, &token.length);
	}
	ll_tally_add(&part->tally, logprob, special ? 0 : token.length);
	return per_token ? ll_report_token(&part->lines, &token, json, err) : 0;
}

/* Whether the text began before the first token that is counted. */
static void
pass_context(const struct run *run, struct ll_part *part, const struct ll_seen_sequence *known, uint64_t position)
{
	const char *bytes;
	size_t length;
	bool special;

	if (run->tokenizer == NULL || part->tally.tokens > 0)
		return;
	for (uint64_t i = 0; i < position && !part->begun; i++)
		if (ll_tokenizer_piece(run->tokenizer, known->tokens[i], &bytes, &length, &special, NULL) == 0)
			ll_tokenizer_strip(run->tokenizer, known->tokens[i], &part->begun, &bytes, &length);
}

static int
take_logits(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct source *source = &run->sources[0];

	for (uint32_t i = 0; i < frame->rows; i++) {
		uint64_t position = frame->position + i;
		struct ll_part *part = ll_scores_part(run->scores, frame->sequence >> 32, sample_of(frame->sequence));
		uint32_t target;
		double logprob;
		char where[400];
		int status = find_target(&target, source, frame, i, err);

		if (status < 0)
			return status;
		if (status == 0 || part == NULL)
			continue;
		name_row(where, source, frame->sequence, position);
		if (position < part->next)
			return ll_fail(err, LL_EDATA, "%s: logits come a second time", where);
		part->next = position + 1;
		if ((status = read_row(source, frame, i, where, err)) < 0 ||
		    (status = ll_logits_score(&source->row, target, &logprob, where, err)) < 0)
			return status;
		pass_context(run, part, ll_seen_find(&source->seen, frame->sequence), position + 1);
		if ((status = add_token(run, part, frame->sequence, position + 1, target, logprob, err)) < 0)
			return status;
	}
	return 0;
}

static int
take_tokens(struct run *run, struct source *source, const struct ll_frame *frame, struct ll_err *err)
{
	char where[400];
	struct ll_scored *record;
	int status;

	if (frame->flags & LL_CONTEXT)
		return 0;
	status = ll_seen_take(&source->seen, frame, ll_reader_name(source->in), err);
	if (status < 0 || run->scores == NULL)
		return status;
	if ((status = ll_scores_open(run->scores, frame->sequence >> 32, sample_of(frame->sequence),
	    name_row(where, source, frame->sequence, frame->position), err)) < 0)
		return status;
	record = ll_scores_find(run->scores, frame->sequence >> 32);
	/* A window that is not the first begins inside its text. */
	if (record->windows && sample_of(frame->sequence) > 0)
		record->parts[sample_of(frame->sequence)].begun = true;
	return 0;
}

/* A sequence ended: all of its rows must have come, unless it failed. */
static int
take_end(struct run *run, struct source *source, const struct ll_frame *frame, struct ll_err *err)
{
	const struct ll_seen_sequence *known = ll_seen_find(&source->seen, frame->sequence);
	uint64_t record = frame->sequence >> 32;
	struct ll_ending ending;
	const struct ll_part *part;
	char name[48];
	int status = 0;

	ll_ending_read(&ending, frame);
	if (kl)
		status = ll_ahead_end(&source->ahead, &run->sources[source == run->sources].ahead, source->streams,
		    frame->sequence, ending.code != 0, err);
	if (run->scores != NULL && known != NULL) {
		part = ll_scores_part(run->scores, record, sample_of(frame->sequence));
		if (ending.code == 0 && part != NULL && part->tally.tokens < owed(known))
			return ll_fail(err, LL_EDATA, "%s: sequence %s: logits of %zu tokens of %zu did not come: ll-forward needs "
			    "--score, or the head of the pipe --all", ll_reader_name(source->in), ll_sequence_name(frame->sequence, name),
			    owed(known) - (size_t)part->tally.tokens, owed(known));
		status = ll_scores_close(run->scores, record, sample_of(frame->sequence), ending.code != 0, err);
	}
	ll_seen_remove(&source->seen, frame->sequence);
	return status;
}

static int
take_meta(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	char where[400], name[48];

	snprintf(where, sizeof(where), "%.200s: sequence %s: META", ll_reader_name(run->sources[0].in),
	    ll_sequence_name(frame->sequence, name));
	return ll_scores_meta(run->scores, frame->sequence >> 32, sample_of(frame->sequence), frame->payload,
	    frame->length, where, err);
}

static int
take_frame(struct run *run, struct source *source, const struct ll_frame *frame, struct ll_err *err)
{
	if (frame->type == LL_END && frame->flags & LL_STREAM) {
		ll_seen_free(&source->seen);
		return run->scores != NULL ? ll_scores_end(run->scores, err) : 0;
	}
	if (frame->sequence & LL_SEQUENCE_HELD)
		return 0;
	switch (frame->type) {
	case LL_TOKENS:
		return take_tokens(run, source, frame, err);
	case LL_END:
		return take_end(run, source, frame, err);
	case LL_META:
		return run->scores != NULL ? take_meta(run, frame, err) : 0;
	case LL_LOGITS:
		return run->scores != NULL ? take_logits(run, frame, err) : 0;
	default:
		return 0;
	}
}

static void
count_question(struct ll_report_choices *q, const struct ll_scored *record)
{
	bool normalised = ll_report_normalised(record);

	q->normalised = (q->items++ == 0 || q->normalised) && normalised;
	if (record->answer < 0)
		return;
	q->answered++;
	q->right += ll_scored_best(record, false) == (size_t)record->answer;
	q->right_normalised += normalised && ll_scored_best(record, true) == (size_t)record->answer;
}

/* A record is complete, and those before it are out. */
static int
give_record(void *arg, struct ll_scored *record, struct ll_err *err)
{
	struct run *run = arg;
	int status = 0;

	if ((choices || classify) && !record->failed && record->choices == 0)
		return ll_fail(err, LL_EDATA, "%s: record %" PRIu64 " has no choices: ll-tokenize makes them with --%s",
		    ll_reader_name(run->sources[0].in), record->record, choices ? "choices" : "classify");
	if (!record->failed)
		for (size_t i = 0; i < record->count; i++)
			ll_tally_merge(&run->tally, &record->parts[i].tally);
	if (choices && !record->failed)
		count_question(&run->questions, record);
	for (size_t i = 0; per_token && i < record->count && status == 0; i++)
		status = ll_buf_add(&run->text, record->parts[i].lines.data, record->parts[i].lines.len, err);
	if (status == 0 && classify)
		status = ll_report_class(&run->text, record, json, err);
	else if (status == 0 && lines)
		status = choices ? ll_report_question(&run->text, record, json, err) :
		    ll_report_record(&run->text, record, json, err);
	return status;
}

static int
write_text(struct run *run, struct ll_err *err)
{
	int status = ll_write(run->out.fd, run->text.data, run->text.len,
	    run->out.path != NULL ? run->out.path : "standard output", err);

	run->text.len = 0;
	return status;
}

static int
score(struct run *run, struct ll_err *err)
{
	struct source *source = &run->sources[0];
	struct ll_frame frame;
	int status = ll_scores_new(&run->scores, give_record, run, err);

	while (status == 0 && (status = ll_reader_next(source->in, &frame, err)) > 0) {
		status = status == LL_GOT_STREAM ? begin_stream(run, source, err) : take_frame(run, source, &frame, err);
		if (status >= 0 && (run->text.len >= GATHER || !ll_reader_ready(source->in)))
			status = write_text(run, err);
	}
	if (status < 0 || lines || per_token || classify)
		return status;
	if (choices)
		return ll_report_questions(&run->text, &run->questions, json, err);
	if (run->tally.tokens == 0 && (status = ll_reader_status(source->in, 0, err)) == 0)
		return ll_fail(err, LL_EDATA, "%s: no token was scored", ll_reader_name(source->in));
	return status < 0 ? status : ll_report_text(&run->text, &run->tally, json, err);
}

/* The divergence of two streams. */

/* Both must be of one vocabulary. */
static int
check_both(const struct run *run, struct ll_err *err)
{
	static const char *const keys[] = { "vocab_size", "vocab" };
	char value[2][64];

	for (size_t k = 0; k < 2; k++) {
		bool there = true;

		for (size_t i = 0; i < 2; i++)
			there = there && ll_header_get(ll_reader_header(run->sources[i].in), keys[k], value[i], sizeof(value[i]));
		if (there && strcmp(value[0], value[1]) != 0)
			return ll_fail(err, LL_EDATA, "%s and %s: vocabularies differ: %s is %s and %s",
			    ll_reader_name(run->sources[0].in), ll_reader_name(run->sources[1].in), keys[k], value[0], value[1]);
	}
	return 0;
}

/* A row of one stream and the other's, which came before it. */
static int
join_rows(struct run *run, size_t late, struct ll_ahead_row *early, uint32_t target, const char *where,
    struct ll_err *err)
{
	struct source *source = &run->sources[late], *other = &run->sources[!late];
	int status;

	if (early->count != source->row.count)
		return ll_fail(err, LL_EDATA, "%s: %zu logits, but %zu in %s", where, source->row.count, early->count,
		    ll_reader_name(other->in));
	if (early->target != target)
		return ll_fail(err, LL_EDATA, "%s: the next token is id %" PRIu32 ", but id %" PRIu32 " in %s", where, target,
		    early->target, ll_reader_name(other->in));
	if ((status = ll_logits_dense(&other->row, LL_F32, early->logits, early->count, where, err)) == 0)
		status = ll_divergence_add(&run->divergence, &run->sources[0].row, &run->sources[1].row, target, where, err);
	ll_ahead_drop(&other->ahead, early);
	return status;
}

static int
take_row(struct run *run, size_t which, const struct ll_frame *frame, uint32_t i, struct ll_err *err)
{
	struct source *source = &run->sources[which], *other = &run->sources[!which];
	struct ll_ahead_place place = { source->streams, frame->sequence, frame->position + i };
	struct ll_ahead_row *early;
	uint32_t target;
	char where[400];
	int status = find_target(&target, source, frame, i, err);

	if (status <= 0 || ll_ahead_forgotten(&source->ahead, place))
		return status;
	name_row(where, source, frame->sequence, place.position);
	if (frame->flags & LL_SPARSE)
		return ll_fail(err, LL_EDATA, "%s: only some logits, but the divergence needs all: without --top and --score",
		    where);
	if ((status = read_row(source, frame, i, where, err)) < 0)
		return status;
	if ((early = ll_ahead_find(&other->ahead, place)) != NULL)
		return join_rows(run, which, early, target, where, err);
	if (other->ended)
		return ll_fail(err, LL_EDATA, "%s: logits, but %s has ended", where, ll_reader_name(other->in));
	if (source->ahead.count > 0 && source->ahead.bytes + source->row.count * sizeof(float) > AHEAD_BYTES)
		return ll_fail(err, LL_EDATA, "%s: %zu rows came before the other stream's: are texts and -b the same?", where,
		    source->ahead.count);
	return ll_ahead_keep(&source->ahead, place, target, source->row.logits, source->row.count, err);
}

/* Reads on in one of the streams until something came that concerns the other. */
static int
advance(struct run *run, size_t which, struct ll_err *err)
{
	struct source *source = &run->sources[which], *other = &run->sources[!which];
	const struct ll_ahead_row *left;
	struct ll_frame frame;
	char where[400];
	int got = ll_reader_next(source->in, &frame, err), status;

	if (got < 0)
		return got;
	if (got == LL_GOT_END) {
		source->ended = true;
		if ((left = other->ahead.first) == NULL)
			return 0;
		return ll_fail(err, LL_EDATA, "%s: logits, but %s has ended",
		    name_row(where, other, left->place.sequence, left->place.position), ll_reader_name(source->in));
	}
	if (got == LL_GOT_STREAM) {
		status = begin_stream(run, source, err);
		return status == 0 && other->streams == source->streams ? check_both(run, err) : status;
	}
	if (frame.type != LL_LOGITS)
		return take_frame(run, source, &frame, err);
	for (uint32_t i = 0; i < frame.rows; i++)
		if ((status = take_row(run, which, &frame, i, err)) < 0)
			return status;
	return 0;
}

/* The stream with fewer rows in hand goes on: neither runs far ahead, and both may be live. */
static int
diverge(struct run *run, struct ll_err *err)
{
	struct source *first = &run->sources[0], *second = &run->sources[1];
	struct ll_divergence_report report;
	int status = 0;

	while (status == 0 && !(first->ended && second->ended))
		status = advance(run, first->ended || (!second->ended && second->ahead.count < first->ahead.count), err);
	if (status == 0 && run->divergence.count == 0)
		status = ll_reader_status(second->in, ll_reader_status(first->in, 0, err), err);
	if (status < 0)
		return status;
	if (run->divergence.count == 0)
		return ll_fail(err, LL_EDATA, "%s and %s: no token has logits in both: ll-forward needs --all",
		    ll_reader_name(first->in), ll_reader_name(second->in));
	ll_divergence_report(&run->divergence, &report);
	return ll_report_divergence(&run->text, &report, run->divergence.count, json, err);
}

static void
settle_options(void)
{
	const struct ll_opt_rule rules[] = {
		{ choices, &classify, "with --choices" }, { kl, &choices, "with --kl" }, { kl, &classify, "with --kl" },
		{ kl, &lines, "with --kl" }, { kl, &per_token, "with --kl" }, { kl, &model_path, "with --kl" },
		{ classify, &lines, "with --classify: each text has its line" }, { classify, &per_token, "with --classify" },
		{ classify, &model_path, "with --classify" }, { choices, &per_token, "with --choices" },
		{ choices, &model_path, "with --choices" }, { per_token, &lines, "with --per-token" },
	};

	ll_opt_refuse_all(rules, sizeof(rules) / sizeof(rules[0]));
}

static int
open_all(struct run *run, struct ll_err *err)
{
	size_t wanted = kl ? 2 : 1;
	int status;

	if (kl && path_count < 2)
		return ll_fail(err, LL_EUSAGE, "two streams are needed: ll-score --kl A B");
	if (path_count > wanted)
		return ll_fail(err, LL_EUSAGE, "one stream only without --kl: '%.200s' is too many", paths[1]);
	if (kl && strcmp(paths[0], "-") == 0 && strcmp(paths[1], "-") == 0)
		return ll_fail(err, LL_EUSAGE, "only one of the streams can be standard input");
	if (path_count == 0)
		paths[0] = "-";
	if ((status = ll_out_open(&run->out, output_path, err)) < 0)
		return status;
	for (size_t i = 0; i < wanted; i++) {
		if ((status = ll_logits_init(&run->sources[i].row, err)) < 0 ||
		    (status = ll_reader_open(&run->sources[i].in, paths[i], run->out.fd, err)) < 0)
			return status;
	}
	return 0;
}

static int
free_source(struct source *source, int status, struct ll_err *err)
{
	if (source->in != NULL)
		status = ll_reader_status(source->in, status, err);
	ll_ahead_free(&source->ahead);
	ll_seen_free(&source->seen);
	ll_logits_free(&source->row);
	ll_reader_close(source->in);
	return status;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct run run = { .out = { .fd = -1 } };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	settle_options();
	if ((status = open_all(&run, &err)) == 0)
		status = kl ? diverge(&run, &err) : score(&run, &err);
	/* What was made before a failure is shown. */
	if (run.out.fd >= 0 && run.text.len > 0 && write_text(&run, &err) < 0 && status >= 0)
		status = -err.code;
	if (run.out.fd >= 0)
		status = ll_out_close(&run.out, status, &err);
	status = free_source(&run.sources[0], status, &err);
	status = free_source(&run.sources[1], status, &err);
	ll_scores_free(run.scores);
	ll_divergence_free(&run.divergence);
	ll_tokenizer_free(run.tokenizer);
	ll_vocab_free(run.vocab);
	ll_buf_free(&run.text);
	return ll_exit(program.name, status, &err);
}
