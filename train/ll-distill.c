/*
 * ll-distill: teaches a model what another said: a stream of its logits.
 *
 * Documents are put together by taught.c, rows of a batch by taught_feed.c, the run is course.c's;
 * this file moves frames.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "model/model.h"
#include "stream/path.h"
#include "stream/rows.h"
#include "stream/stream.h"
#include "train/learner.h"
#include "train/taught_feed.h"

static const char *input_path;
static double hard = 0.1, temperature = 1;
static struct ll_learner learner;
static struct ll_lessons lessons = { .held_only = true };
static struct ll_run_settings settings = LL_SETTINGS;

static int
set_input(const char *value, struct ll_err *err)
{
	return ll_stream_operand(&input_path, value, err);
}

static const struct ll_opt options[] = {
	LL_OPTS_LEARNER(learner),
	{ 0, "hard", LL_OPT_DOUBLE, &hard, "X", "weight of the text itself, from 0 to 1 (default 0.1)", 0, 1, NULL },
	{ 0, "temperature", LL_OPT_DOUBLE, &temperature, "T", "of teacher and student (default 1)", 0.01, 100, NULL },
	{ 0, "eval", LL_OPT_STRING, &lessons.held_path, "FILE", "held-out text", 0, 0, NULL },
	{ 0, "answers-only", LL_OPT_FLAG, &lessons.answers_only, NULL, "of held-out messages the assistant's turns alone", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &lessons.format_name, "NAME", "of held-out messages (default: the model's)", 0, 0, NULL },
	LL_OPTS_FIT(settings),
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-distill",
	.summary = "teach a model what another said",
	.usage = "[-hqvV] [-o FILE] [OPTION ...] --shape FILE --vocabulary FILE [STREAM]\n"
	    "       ll-distill [-hqvV] [-o FILE] [OPTION ...] [-m FILE] [STREAM]",
	.options = options,
};

struct run {
	int fd;
	off_t begin;			/* of the stream in a file; -1: no file, what is read is gone */
	struct ll_reader *in;
	struct ll_teacher teacher;
	struct ll_taught_set open;	/* sequences that go on */
	struct ll_taught *first, *last;	/* that have ended */
	float *wide;			/* a dense row */
	size_t wide_cap;
};

/* "standard input: sequence 0, position 3" */
static const char *
name_place(char where[400], const struct run *run, uint64_t sequence, uint64_t position)
{
	char name[48];

	snprintf(where, 400, "%.200s: sequence %s, position %" PRIu64, ll_reader_name(run->in),
	    ll_sequence_name(sequence, name), position);
	return where;
}

static int
begin_stream(struct run *run, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(run->in);
	const char *name = ll_reader_name(run->in);
	uint64_t value;
	int status;

	ll_path_decline(header);
	if ((status = ll_header_check_logits(header, name, program.name, err)) < 0 ||
	    (status = ll_header_check_model(header, name, 0, ll_vocab_fingerprint(learner.vocab), err)) < 0)
		return status;
	if (ll_header_get_number(header, "vocab_size", &value) && value != learner.hp.vocab)
		return ll_fail(err, LL_EDATA, "%s: rows of %" PRIu64 " logits, but the student's vocabulary has %zu tokens", name,
		    value, learner.hp.vocab);
	if ((temperature < 1 || temperature > 1) && ll_header_get_number(header, "seed", &value))
		return ll_fail(err, LL_EUSAGE, "%s: --temperature: a random sample of the logits tells of temperature 1 alone",
		    name);
	return 0;
}

static int
take_tokens(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_taught *d = ll_taught_find(&run->open, frame->sequence);
	size_t was, asked;
	char where[400];
	int status;

	if (frame->flags & LL_CONTEXT)
		return 0;
	name_place(where, run, frame->sequence, frame->position);
	if (d == NULL && frame->type == LL_NEXT)
		return ll_fail(err, LL_EDATA, "%s: goes on, but did not begin", where);
	if (d == NULL && (d = ll_taught_add(&run->open, frame->sequence, err)) == NULL)
		return -LL_ENOMEM;
	was = d->count;
	asked = frame->position == was && d->from > 0 ? was - d->from : 0;
	if ((status = ll_teacher_tokens(&run->teacher, d, frame->position, frame->payload, frame->rows, where, err)) < 0)
		return status;
	if (frame->type == LL_TOKENS) {
		/* Rows that are asked for add up over the frames of a prompt; the others do not count. */
		asked += frame->want;
		d->from = asked > 0 && asked < d->count ? d->count - asked : 0;
	} else if (d->from > d->count) {
		d->from = d->count;
	}
	return 0;
}

/* A sequence that begins as another does; what was said of that counts once. */
static int
take_fork(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_taught *parent, *child = ll_taught_find(&run->open, frame->sequence);
	uint64_t number;
	char where[400];
	int status;

	memcpy(&number, frame->payload, sizeof number);
	name_place(where, run, frame->sequence, frame->position);
	parent = ll_taught_find(&run->open, number);
	if (parent == NULL || number == frame->sequence || parent->count < frame->position)
		return ll_fail(err, LL_EDATA, "%s: begins as a sequence that has not come so far", where);
	/* Of a prompt whose TOKENS have come the states alone are shared. */
	if (child != NULL && frame->rows == 0 && frame->position <= child->count)
		return 0;
	if (child == NULL && (child = ll_taught_add(&run->open, frame->sequence, err)) == NULL)
		return -LL_ENOMEM;
	child->from = 0;
	if ((status = ll_teacher_tokens(&run->teacher, child, 0, parent->tokens, (size_t)frame->position, where, err)) < 0)
		return status;
	return ll_teacher_tokens(&run->teacher, child, frame->position,
	    (const uint32_t *)frame->payload + 2, frame->rows, where, err);
}

static int
take_logits(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_taught *d = ll_taught_find(&run->open, frame->sequence);
	char where[400];
	int status = 0;

	for (uint32_t i = 0; i < frame->rows && status == 0; i++) {
		uint64_t position = frame->position + i;

		name_place(where, run, frame->sequence, position);
		if (d == NULL)
			return ll_fail(err, LL_EDATA, "%s: logits, but the token there did not come before", where);
		if (frame->flags & LL_SPARSE) {
			struct ll_sparse_row row = ll_rows_sparse(frame, i);

			status = ll_teacher_sparse(&run->teacher, d, position, row.logsumexp, row.ids, row.logits, frame->cols,
			    where, err);
		} else if ((status = ll_grow(&run->wide, &run->wide_cap, frame->cols, sizeof *run->wide, err)) == 0) {
			ll_rows_floats(run->wide, frame, i);
			status = ll_teacher_dense(&run->teacher, d, position, run->wide, frame->cols, where, err);
		}
	}
	return status;
}

/* A document that has come to its end waits to be learned from. */
static void
queue(struct run *run, struct ll_taught *document)
{
	if (document == NULL)
		return;
	document->next = NULL;
	if (run->first == NULL)
		run->first = document;
	else
		run->last->next = document;
	run->last = document;
}

static int
take_end(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_ending ending;
	char where[400];

	if (frame->flags & LL_STREAM) {
		while (run->open.root != NULL)
			queue(run, ll_taught_remove_any(&run->open));
		return 0;
	}
	ll_ending_read(&ending, frame);
	if (strcmp(ending.reason, "declined") == 0)
		return ll_fail(err, LL_EDATA, "%s: nobody went on with it: ll-forward needs --once or --all",
		    name_place(where, run, frame->sequence, frame->position));
	/* Of one that failed nothing is learned; the stream's END has the code. */
	if (ending.code != 0 || frame->sequence & LL_SEQUENCE_HELD)
		ll_taught_free(ll_taught_remove(&run->open, frame->sequence));
	else
		queue(run, ll_taught_remove(&run->open, frame->sequence));
	return 0;
}

static int
take_frame(struct run *run, const struct ll_frame *frame, struct ll_err *err)
{
	switch (frame->type) {
	case LL_TOKENS:
	case LL_NEXT:
		return take_tokens(run, frame, err);
	case LL_FORK:
		return take_fork(run, frame, err);
	case LL_LOGITS:
		return take_logits(run, frame, err);
	case LL_END:
		return take_end(run, frame, err);
	default:
		return 0;
	}
}

/* Reads on until a document has ended. */
static int
next_document(void *context, struct ll_taught **out, struct ll_err *err)
{
	struct run *run = context;
	struct ll_frame frame;
	int got, status;

	while (run->first == NULL) {
		if ((got = ll_reader_next(run->in, &frame, err)) <= 0)
			return got;
		status = got == LL_GOT_STREAM ? begin_stream(run, err) : take_frame(run, &frame, err);
		if (status < 0)
			return status;
	}
	*out = run->first;
	run->first = run->first->next;
	return 1;
}

static void
forget(struct run *run)
{
	struct ll_taught *document;

	while ((document = run->first) != NULL) {
		run->first = document->next;
		ll_taught_free(document);
	}
	ll_taught_set_free(&run->open);
}

static int
read_again(void *context, struct ll_err *err)
{
	struct run *run = context;
	int code = ll_reader_status(run->in, 0, NULL), status;
	char *name = ll_copy(ll_reader_name(run->in), strlen(ll_reader_name(run->in)), err);

	if (name == NULL)
		return -LL_ENOMEM;
	forget(run);
	ll_reader_close(run->in);
	run->in = NULL;
	status = lseek(run->fd, run->begin, SEEK_SET) >= 0 ? ll_reader_new(&run->in, run->fd, name, -1, err) :
	    ll_fail_errno(err, LL_EIO, "%s: cannot be read again", name);
	if (status == 0 && code < 0)
		ll_reader_note_code(run->in, -code);
	free(name);
	return status;
}

static int
open_input(struct run *run, struct ll_err *err)
{
	bool is_stdin = input_path == NULL || strcmp(input_path, "-") == 0;
	struct stat info;

	if (input_path == NULL && isatty(STDIN_FILENO))
		return ll_fail(err, LL_EUSAGE, "no STREAM, and standard input is a terminal");
	if ((run->fd = ll_open_input(is_stdin ? "-" : input_path, err)) < 0)
		return run->fd;
	run->begin = fstat(run->fd, &info) == 0 && S_ISREG(info.st_mode) ? lseek(run->fd, 0, SEEK_CUR) : -1;
	return ll_reader_new(&run->in, run->fd, is_stdin ? "standard input" : input_path, -1, err);
}

static int
count_file(struct run *run, struct ll_taught_feed *feed, struct ll_course *course, struct ll_err *err)
{
	struct ll_taught_total total;
	int status = ll_taught_feed_count(feed, &total, err);

	if (status < 0)
		return status;
	ll_note(program.name, "%" PRIu64 " sequences, %" PRIu64 " tokens, %" PRIu64 " positions to learn; %" PRIu64 " rows",
	    feed->documents, feed->tokens, feed->count, total.rows);
	course->feed_rows = total.rows;
	course->feed_hash = total.hash;
	course->more = total.bytes * (uint64_t)settings.micro;
	feed->place = (struct ll_row_place){ 0 };
	return read_again(run, err);
}

/* A live stream: of what is to come only the header can be known. */
static int
look_ahead(struct run *run, struct ll_course *course, struct ll_err *err)
{
	struct ll_frame frame;
	uint64_t from[2] = { 0, ll_vocab_fingerprint(learner.vocab) };
	int status;

	ll_opt_refuse(&settings.epochs, "with a stream that is no file: it is gone through once");
	if (settings.steps == 0 && strcmp(settings.schedule, "constant") != 0)
		return ll_fail(err, LL_EUSAGE, "%s: a stream that is no file needs --steps, or --schedule constant",
		    ll_reader_name(run->in));
	if ((status = ll_reader_next(run->in, &frame, err)) < 0 || (status = begin_stream(run, err)) < 0)
		return status;
	ll_header_get_hex(ll_reader_header(run->in), "fingerprint", &from[0]);
	course->feed_hash = ll_hash(0, from, sizeof from);
	return 0;
}

static int
distil(struct run *run, struct ll_course *course, struct ll_err *err)
{
	struct ll_taught_feed taught = { .next = next_document, .context = run, .soft = hard < 1 };
	struct ll_row_feed feed = { ll_taught_feed_next, &taught };
	int status;

	course->feed = &feed;
	if (settings.dry_run)
		return ll_course_run(course, err);
	if ((status = open_input(run, err)) < 0)
		return status;
	taught.name = input_path != NULL && strcmp(input_path, "-") != 0 ? input_path : "standard input";
	taught.span = ll_course_span(course);
	run->teacher.vocab = learner.hp.vocab;
	run->teacher.temperature = temperature;
	if (run->begin >= 0) {
		taught.again = read_again;
		status = count_file(run, &taught, course, err);
	} else {
		status = look_ahead(run, course, err);
	}
	if (status == 0)
		status = ll_course_run(course, err);
	ll_taught_feed_free(&taught);
	return status;
}

static int
check_options(struct ll_err *err)
{
	const struct ll_opt_rule rules[] = {
		{ hard >= 1, &temperature, "with --hard 1: the teacher does not count" },
		{ lessons.held_path == NULL, &settings.eval_every, "without --eval" },
		{ lessons.held_path == NULL, &lessons.answers_only, "without --eval" },
		{ lessons.held_path == NULL, &lessons.format_name, "without --eval" },
	};

	/* What is set for all programs is how they sample. */
	if (ll_opt_own(&temperature) == NULL)
		temperature = 1;
	ll_opt_refuse_all(rules, sizeof rules / sizeof *rules);
	if (lessons.held_path != NULL && strcmp(lessons.held_path, "-") == 0 &&
	    (input_path == NULL || strcmp(input_path, "-") == 0))
		ll_opt_wrong(&lessons.held_path, "standard input is the stream");
	return ll_learner_check(&learner, &settings, err);
}

int
main(int argc, char **argv)
{
	struct ll_course course = { .program = program.name, .settings = &settings, .lessons = &lessons };
	struct ll_err err = { 0 };
	struct run run = { .fd = -1 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	lessons.program = program.name;
	if ((status = check_options(&err)) == 0 && (status = ll_learner_open(&learner, &err)) == 0) {
		lessons.vocab = learner.vocab;
		ll_learner_course(&learner, &course);
		course.hard = hard;
		course.temperature = temperature;
		status = distil(&run, &course, &err);
	}
	if (run.in != NULL)
		status = ll_reader_status(run.in, status, &err);
	forget(&run);
	ll_reader_close(run.in);
	if (run.fd > STDIN_FILENO)
		close(run.fd);
	ll_teacher_free(&run.teacher);
	free(run.wide);
	ll_lessons_free(&lessons);
	ll_learner_close(&learner);
	return ll_exit(program.name, status, &err);
}
