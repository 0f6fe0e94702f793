/*
 * ll-cat: joins, shows, converts and verifies streams. The forms of text are show.c's, the
 * canonical form is canonical.c's; this file opens, moves frames and closes.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "stream/canonical.h"
#include "stream/npy.h"
#include "stream/path.h"
#include "stream/select.h"
#include "stream/show.h"
#include "stream/stream.h"

#define GATHER (64u << 10)
#define KNOWN_TYPES 64

enum mode { MODE_STREAM, MODE_TEXT, MODE_JSON, MODE_NPY, MODE_VERIFY, MODE_CANONICAL };

static enum mode mode;
static const char *output_path, *mode_name;
static bool full, watch;
static struct ll_selection selection;
static const char **paths;
static size_t path_count, path_cap;

static int
set_mode(enum mode wanted, const char *name, struct ll_err *err)
{
	if (mode_name != NULL && mode != wanted)
		return ll_fail(err, LL_EUSAGE, "%s and %s exclude each other", mode_name, name);
	mode = wanted;
	mode_name = name;
	return 0;
}

static int
set_text(const char *value, struct ll_err *err)
{
	(void)value;
	return set_mode(MODE_TEXT, "--text", err);
}

static int
set_json(const char *value, struct ll_err *err)
{
	(void)value;
	return set_mode(MODE_JSON, "--json", err);
}

static int
set_npy(const char *value, struct ll_err *err)
{
	(void)value;
	return set_mode(MODE_NPY, "--npy", err);
}

static int
set_verify(const char *value, struct ll_err *err)
{
	(void)value;
	return set_mode(MODE_VERIFY, "--verify", err);
}

static int
set_canonical(const char *value, struct ll_err *err)
{
	(void)value;
	return set_mode(MODE_CANONICAL, "--canonical", err);
}

static int
set_types(const char *value, struct ll_err *err)
{
	return ll_select_types(&selection, value, err);
}

static int
set_records(const char *value, struct ll_err *err)
{
	return ll_select_range(&selection.records, "--sequence", value, err);
}

static int
set_positions(const char *value, struct ll_err *err)
{
	return ll_select_range(&selection.positions, "--position", value, err);
}

static int
add_path(const char *value, struct ll_err *err)
{
	int status = ll_grow(&paths, &path_cap, path_count + 1, sizeof(*paths), err);

	if (status == 0)
		paths[path_count++] = value;
	return status;
}

static const struct ll_opt options[] = {
	{ 't', "text", LL_OPT_CALL, NULL, NULL, "show the streams as text", 0, 0, set_text },
	{ 0, "json", LL_OPT_CALL, NULL, NULL, "as JSON Lines: an object for each frame", 0, 0, set_json },
	{ 0, "npy", LL_OPT_CALL, NULL, NULL, "hidden states or logits as a NumPy array", 0, 0, set_npy },
	{ 0, "canonical", LL_OPT_CALL, NULL, NULL, "without what may differ between equal runs", 0, 0, set_canonical },
	{ 0, "verify", LL_OPT_CALL, NULL, NULL, "read everything and print how many frames there are", 0, 0, set_verify },
	{ 0, "full", LL_OPT_FLAG, &full, NULL, "with -t: all values, not only some", 0, 0, NULL },
	{ 0, "type", LL_OPT_CALL, NULL, "TYPES", "only frames of these types: TYPE[,TYPE...]", 0, 0, set_types },
	{ 0, "sequence", LL_OPT_CALL, NULL, "RANGE", "only records A, A-B or A-", 0, 0, set_records },
	{ 0, "position", LL_OPT_CALL, NULL, "RANGE", "only positions A, A-B or A-", 0, 0, set_positions },
	{ 0, "watch", LL_OPT_FLAG, &watch, NULL, "do not decline to feed: another stage does", 0, 0, NULL },
	LL_OPT_OUTPUT(output_path),
	LL_OPTS_COMMON,
	{ 0, "stream", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_path },
	{ 0 }
};

/* What reads text or an array cannot make anything of an ERROR frame. */
static void
fail(const char *name, int code, const char *message)
{
	if (mode == MODE_STREAM || mode == MODE_CANONICAL)
		ll_stream_fail(name, code, message);
}

static const struct ll_program program = {
	.name = "ll-cat",
	.summary = "join, show, convert and verify streams",
	.usage = "[-hqvV] [-t | --canonical | --json | --npy | --verify] [-o FILE] [--full]\n"
	    "              [--position RANGE] [--sequence RANGE] [--type TYPES] [--watch] [STREAM ...]",
	.options = options,
	.fail = fail,
};

struct run {
	struct ll_writer *writer;	/* of streams */
	struct ll_out out;		/* of everything else */
	struct ll_buf text;		/* not yet written */
	struct ll_npy npy;
	size_t streams, frames, unverified;
	size_t counts[KNOWN_TYPES + 1];	/* the last: of types without a name */
	struct ll_err ended;		/* the first stream that ended with a code */
};

static bool
writes_streams(void)
{
	return mode == MODE_STREAM || mode == MODE_CANONICAL;
}

static const char *
output_name(const struct run *run)
{
	return run->out.path != NULL ? run->out.path : "standard output";
}

static int
write_text(struct run *run, struct ll_err *err)
{
	int status = ll_write(run->out.fd, run->text.data, run->text.len, output_name(run), err);

	run->text.len = 0;
	return status;
}

/* What is there is shown before anything more is waited for. */
static int
flush(struct run *run, const struct ll_reader *in, struct ll_err *err)
{
	bool wait = !ll_reader_ready(in);

	if (writes_streams())
		return wait ? ll_writer_flush(run->writer, err) : 0;
	return wait || run->text.len >= GATHER ? write_text(run, err) : 0;
}

static void
count(struct run *run, const struct ll_frame *frame)
{
	bool known = frame->type < KNOWN_TYPES && ll_frame_name(frame->type) != NULL;

	run->frames++;
	run->counts[known ? frame->type : KNOWN_TYPES]++;
	run->unverified += frame->flags & LL_NO_CRC && frame->length > 0;
}

static int
take_canonical(struct run *run, struct ll_reader *in, struct ll_err *err)
{
	struct ll_canonical canonical = { 0 };
	int status = ll_canonical_read(&canonical, in, &selection, err);

	if (status == 0)
		status = ll_writer_stream(run->writer, &canonical.header, err);
	for (size_t i = 0; i < canonical.count && status == 0; i++)
		status = ll_writer_frame(run->writer, &canonical.items[i].frame, err);
	ll_canonical_free(&canonical);
	return status;
}

static int
take_stream(struct run *run, struct ll_reader *in, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(in);

	if (mode != MODE_STREAM && !watch)
		ll_path_decline(header);
	run->streams++;
	switch (mode) {
	case MODE_STREAM:
		return watch ? ll_writer_stream(run->writer, header, err) : ll_writer_pass_on(run->writer, header, err);
	case MODE_CANONICAL:
		return take_canonical(run, in, err);
	case MODE_TEXT:
		return ll_show_header(&run->text, header, err);
	case MODE_JSON:
		return ll_show_json_header(&run->text, header, err);
	default:
		return 0;
	}
}

static int
take_frame(struct run *run, const struct ll_reader *in, struct ll_frame *frame, struct ll_err *err)
{
	bool ends = frame->type == LL_END && frame->flags & LL_STREAM;

	/* A stream without its END would be a truncated one. */
	if (!ll_select(&selection, frame) && !(mode == MODE_STREAM && ends))
		return 0;
	switch (mode) {
	case MODE_STREAM:
		return ll_writer_frame(run->writer, frame, err);
	case MODE_TEXT:
		return ll_show_frame(&run->text, frame, full, err);
	case MODE_JSON:
		return ll_show_json_frame(&run->text, frame, err);
	case MODE_NPY:
		return ll_npy_add(&run->npy, frame, ll_reader_name(in), err);
	default:
		count(run, frame);
		return 0;
	}
}

/* The reader takes ERROR for itself; who looks at a stream wants to see it. */
static void
show_error(struct run *run, const struct ll_err *failure)
{
	struct ll_frame frame = { .type = LL_ERROR, .sequence = LL_SEQUENCE_STREAM };
	struct ll_err err = { 0 };
	struct ll_buf text = { 0 };

	if (!failure->reported || (mode != MODE_TEXT && mode != MODE_JSON))
		return;
	ll_text_put_number(&text, "code", (uint64_t)failure->code, &err);
	ll_text_put(&text, "message", failure->text, &err);
	frame.payload = text.data;
	frame.length = text.len;
	if (err.code == 0 && mode == MODE_JSON)
		ll_show_json_frame(&run->text, &frame, &err);
	else if (err.code == 0)
		ll_show_frame(&run->text, &frame, true, &err);
	ll_buf_free(&text);
}

/* What came before the failure, however much came in one piece with it. */
static void
show_rest(struct run *run, const struct ll_err *failure)
{
	struct ll_err err = { 0 };

	show_error(run, failure);
	if (mode == MODE_TEXT || mode == MODE_JSON)
		write_text(run, &err);
}

static int
cat(struct run *run, const char *path, struct ll_err *err)
{
	int out = run->writer != NULL ? ll_writer_fd(run->writer) : run->out.fd;
	struct ll_err ended = { 0 };
	struct ll_reader *in;
	struct ll_frame frame;
	int got = ll_reader_open(&in, path, out, err);

	if (got < 0)
		return got;
	while ((got = ll_reader_next(in, &frame, err)) > 0) {
		if ((got = got == LL_GOT_STREAM ? take_stream(run, in, err) :
		    take_frame(run, in, &frame, err)) < 0 || (got = flush(run, in, err)) < 0)
			break;
	}
	if (got < 0)
		show_rest(run, err);
	else if (ll_reader_status(in, 0, &ended) < 0 && run->ended.code == 0)
		run->ended = ended;
	ll_reader_close(in);
	return got;
}

static int
open_output(struct run *run, struct ll_err *err)
{
	int status;

	if (writes_streams()) {
		if ((status = ll_writer_open(&run->writer, output_path, err)) == 0)
			ll_writer_exact(run->writer);
		return status;
	}
	if ((status = ll_out_open(&run->out, output_path, err)) < 0)
		return status;
	if (mode == MODE_NPY && isatty(run->out.fd))
		return ll_fail(err, LL_EUSAGE, "refusing to write an array to a terminal; use -o FILE");
	return 0;
}

static int
print_counts(struct run *run, struct ll_err *err)
{
	ll_buf_printf(&run->text, err, "streams %zu\nframes %zu\n", run->streams, run->frames);
	for (unsigned i = 0; i < KNOWN_TYPES; i++)
		if (run->counts[i] > 0)
			ll_buf_printf(&run->text, err, "%s %zu\n", ll_frame_name(i), run->counts[i]);
	if (run->counts[KNOWN_TYPES] > 0)
		ll_buf_printf(&run->text, err, "unknown %zu\n", run->counts[KNOWN_TYPES]);
	ll_buf_printf(&run->text, err, "unverified %zu\n", run->unverified);
	return err->code != 0 ? -err->code : 0;
}

/* What can be written only when everything was read. */
static int
conclude(struct run *run, struct ll_err *err)
{
	int status = 0;

	if (mode == MODE_NPY)
		status = ll_npy_header(&run->text, &run->npy, err);
	else if (mode == MODE_VERIFY)
		status = print_counts(run, err);
	if (status == 0 && !writes_streams())
		status = write_text(run, err);
	if (status == 0 && mode == MODE_NPY)
		status = ll_write(run->out.fd, run->npy.values.data, run->npy.values.len, output_name(run), err);
	return status;
}

static int
close_output(struct run *run, int status, struct ll_err *err)
{
	ll_buf_free(&run->text);
	ll_buf_free(&run->npy.values);
	return writes_streams() ? ll_writer_close(run->writer, status, err) :
	    ll_out_close(&run->out, status, err);
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct run run = { 0 };
	int status = 0;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if (mode != MODE_TEXT)
		ll_opt_refuse(&full, "without -t");
	if (path_count == 0)
		status = add_path("-", &err);
	if (status == 0)
		status = open_output(&run, &err);
	if (status == 0 && mode == MODE_STREAM && !ll_writer_is_file(run.writer))
		ll_opt_refuse(&watch, "where the streams are passed on");
	for (size_t i = 0; i < path_count && status == 0; i++)
		status = cat(&run, paths[i], &err);
	if (status == 0)
		status = conclude(&run, &err);
	status = close_output(&run, status, &err);
	if (status == 0 && run.ended.code != 0) {
		err = run.ended;
		status = -err.code;
	}
	free(paths);
	return ll_exit(program.name, status, &err);
}
