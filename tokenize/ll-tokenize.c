/*
 * ll-tokenize: text to a stream of tokens, and with -d a stream back to text. Splitting, BPE
 * and chat formats are the other files' of this folder; here operands are read in their
 * order, prompts become frames, and sampled tokens become text.
 */

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/terminal.h"
#include "model/model.h"
#include "stream/stream.h"
#include "tokenize/prompt.h"
#include "tokenize/transcript.h"

/* Ids in one TOKENS frame; a longer prompt takes several. */
#define FRAME_IDS 16384u

static const char *model_path, *vocab_path, *output_path, *system_text, *date, *format_name;
static bool decode, chat, lines, special, no_bos, ids_as_text, from_ids, count_only, render, echo;

/* Operands and -p, in the order given. */
struct source {
	const char *value;
	bool literal;
};
static struct source *sources;
static size_t source_count, source_cap;

static int
add_source(const char *value, bool literal, struct ll_err *err)
{
	int status = ll_grow(&sources, &source_cap, source_count + 1, sizeof(*sources), err);

	if (status == 0)
		sources[source_count++] = (struct source){ value, literal };
	return status;
}

static int
add_literal(const char *value, struct ll_err *err)
{
	return add_source(value, true, err);
}

static int
add_file(const char *value, struct ll_err *err)
{
	return add_source(value, false, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	{ 0, "vocab", LL_OPT_STRING, &vocab_path, "FILE", "vocabulary: a file or folder that has one (default: the model's)", 0, 0, NULL },
	LL_OPT_OUTPUT(output_path),
	{ 'p', "prompt", LL_OPT_CALL, &sources, "TEXT", "literal text, in its place among the operands", 0, 0, add_literal },
	{ 'l', "lines", LL_OPT_FLAG, &lines, NULL, "each line is a sequence of its own; with -d each sequence a line", 0, 0, NULL },
	{ 0, "chat", LL_OPT_FLAG, &chat, NULL, "the text is a user's message in the model's chat format", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &format_name, "NAME", "llama3, llama3.1, llama3.2, meta or chatml (default: the model's)", 0, 0, NULL },
	{ 'S', "system", LL_OPT_STRING, &system_text, "TEXT", "system message", 0, 0, NULL },
	{ 0, "date", LL_OPT_STRING, &date, "DATE", "the date that the prompt names, where its format has one", 0, 0, NULL },
	{ 0, "special", LL_OPT_FLAG, &special, NULL, "special tokens in the text count as such; with -d they are shown", 0, 0, NULL },
	{ 0, "no-bos", LL_OPT_FLAG, &no_bos, NULL, "no beginning-of-text token", 0, 0, NULL },
	{ 0, "render", LL_OPT_FLAG, &render, NULL, "print the exact prompt instead of a stream", 0, 0, NULL },
	{ 0, "count", LL_OPT_FLAG, &count_only, NULL, "print the number of tokens instead of a stream", 0, 0, NULL },
	{ 0, "ids", LL_OPT_FLAG, &ids_as_text, NULL, "ids as text instead of a stream: out, and with -d in", 0, 0, NULL },
	{ 0, "from-ids", LL_OPT_FLAG, &from_ids, NULL, "the input is ids as text, not text", 0, 0, NULL },
	{ 'd', "decode", LL_OPT_FLAG, &decode, NULL, "turn a stream into text", 0, 0, NULL },
	{ 0, "echo", LL_OPT_FLAG, &echo, NULL, "with -d, show the prompt too", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_file },
	{ 0 }
};

static void
fail_usage(const char *name, int code, const char *message)
{
	/* Only a stream can carry the failure on; text output has no such thing. */
	if (!decode && !render && !count_only && !ids_as_text)
		ll_stream_fail(name, code, message);
}

static const struct ll_program program = {
	.name = "ll-tokenize",
	.summary = "turn text into tokens and back",
	.usage = "[-hlqvV] [-m FILE | --vocab FILE] [-o FILE] [-p TEXT] [--special] [--no-bos]\n"
	    "                   [--chat [-S TEXT] [--chat-format NAME] [--date DATE]]\n"
	    "                   [--render | --count | --ids] [--from-ids] [FILE ...]\n"
	    "       ll-tokenize -d [-hlqvV] [-m FILE | --vocab FILE] [-o FILE] [--echo] [--special] [--ids] [STREAM ...]",
	.options = options,
	.fail = fail_usage,
};

struct tokenize {
	struct ll_vocab *vocab;
	struct ll_tokenizer *tokenizer;
	char *vocab_named;	/* the path it was opened from */
	struct ll_chat format;
	struct ll_writer *stream;	/* encoding into a stream, or NULL: */
	struct ll_out text_out;		/* text goes here */
	bool text_open;
	bool careful;		/* that is a terminal */
	uint64_t records;
	size_t line;		/* under -l, from 1 */
	struct ll_ids ids;
};

/* A named model's vocabulary, unless it is open already. */
static int
open_vocab(struct tokenize *t, const char *path, struct ll_err *err)
{
	int status;

	if (t->vocab_named != NULL && strcmp(t->vocab_named, path) == 0)
		return 0;
	ll_tokenizer_free(t->tokenizer);
	ll_vocab_free(t->vocab);
	free(t->vocab_named);
	t->tokenizer = NULL;
	t->vocab = NULL;
	if ((t->vocab_named = ll_copy(path, strlen(path), err)) == NULL)
		return -LL_ENOMEM;
	if ((status = ll_vocab_open(&t->vocab, path, err)) < 0)
		return status;
	return ll_tokenizer_new(&t->tokenizer, t->vocab, err);
}

static int
write_text(struct tokenize *t, const char *text, size_t length, struct ll_err *err)
{
	struct ll_buf harmless = { 0 };
	int status;

	if (length == 0)
		return 0;
	if (!t->careful)
		return ll_write(t->text_out.fd, text, length, output_path != NULL ? output_path : "standard output", err);
	status = ll_terminal_harmless(&harmless, text, length, err);
	if (status == 0)
		status = ll_write(t->text_out.fd, harmless.data, harmless.len, "standard output", err);
	ll_buf_free(&harmless);
	return status;
}

/* Encoding. */

static int
set_stops(struct ll_header *header, const struct ll_vocab *vocab, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = 0;

	for (size_t i = 0; i < vocab->stop_count && status == 0; i++)
		status = ll_buf_printf(&text, err, "%s%" PRIu32, i > 0 ? " " : "", vocab->stops[i]);
	if (status == 0 && text.len > 0)
		status = ll_header_set(header, "stop", text.data, err);
	ll_buf_free(&text);
	return status;
}

/* The model's name and fingerprint, if it is one that can be run; whoever runs it says why not. */
static int
set_model(struct ll_header *header, const char *path, struct ll_err *err)
{
	struct ll_err ignored = { 0 };
	struct ll_model *model = NULL;
	int status = 0;

	if (ll_model_open(&model, path, &ignored) == 0) {
		if ((status = ll_header_set(header, "model", model->path, err)) == 0)
			status = ll_header_set_hex(header, "fingerprint", model->fingerprint, err);
		if (status == 0)
			status = ll_header_set_number(header, "vocab_size", model->hp.vocab, err);
	}
	ll_model_close(model);
	return status;
}

static int
begin_stream(struct tokenize *t, struct ll_err *err)
{
	struct ll_header header = { .kind = LL_KIND_TOKENS };
	char absolute[PATH_MAX];
	char *history = ll_opt_command("pS", err);
	const char *path;
	int status = history == NULL ? -LL_ENOMEM : 0;

	/* With a vocabulary of its own a stream need not name a model. */
	if (status == 0 && ll_model_choose(&path, model_path, "", &(struct ll_err){ 0 }) == 0)
		status = set_model(&header, path, err);
	if (status == 0 && vocab_path != NULL)
		status = ll_header_set(&header, "vocab_file", realpath(vocab_path, absolute), err);
	if (status == 0 && (status = ll_header_set_hex(&header, "vocab", t->vocab->fingerprint, err)) == 0 &&
	    (status = set_stops(&header, t->vocab, err)) == 0 &&
	    (status = ll_header_add(&header, "history", history, err)) == 0)
		status = ll_writer_stream(t->stream, &header, err);
	free(history);
	ll_header_free(&header);
	return status;
}

static int
write_tokens(struct tokenize *t, struct ll_err *err)
{
	size_t done = 0;
	int status = 0;

	while (done < t->ids.count && status == 0) {
		size_t left = t->ids.count - done;
		uint32_t rows = left < FRAME_IDS ? (uint32_t)left : FRAME_IDS;
		struct ll_frame frame = {
			.type = LL_TOKENS, .flags = LL_PROMPT | (rows == left ? LL_LAST : 0),
			.sequence = LL_SEQUENCE(t->records, 0), .position = done, .rows = rows,
			.length = rows * sizeof(uint32_t), .payload = t->ids.ids + done,
		};

		status = ll_writer_frame(t->stream, &frame, err);
		done += rows;
	}
	return status;
}

static int
write_ids(struct tokenize *t, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = 0;

	for (size_t i = 0; i < t->ids.count && status == 0; i++)
		status = ll_buf_printf(&text, err, "%s%" PRIu32, i > 0 ? " " : "", t->ids.ids[i]);
	if (status == 0 && (status = ll_buf_puts(&text, "\n", err)) == 0)
		status = write_text(t, text.data, text.len, err);
	ll_buf_free(&text);
	return status;
}

static int
write_spelt(struct tokenize *t, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = ll_prompt_spell(t->tokenizer, &t->ids, !decode || special, &text, err);

	if (status == 0 && lines)
		status = ll_buf_puts(&text, "\n", err);
	if (status == 0)
		status = write_text(t, text.data, text.len, err);
	ll_buf_free(&text);
	return status;
}

/* One prompt, whole: to ids, and out. */
static int
one_prompt(struct tokenize *t, const char *text, size_t length, struct ll_err *err)
{
	const struct ll_prompt_options prompt = {
		.bos = !no_bos, .special = special, .chat = chat ? &t->format : NULL, .system = system_text,
	};
	char number[32];
	int status;

	t->ids.count = 0;
	status = from_ids ? ll_prompt_parse_ids(t->tokenizer, text, length, &t->ids, err) :
	    ll_prompt_encode(t->tokenizer, &prompt, text, length, &t->ids, err);
	if (status < 0)
		return status;
	if (render)
		return write_spelt(t, err);
	if (count_only)
		return write_text(t, number, (size_t)snprintf(number, sizeof(number), "%zu\n", t->ids.count), err);
	if (ids_as_text)
		return write_ids(t, err);
	if (t->ids.count == 0)
		return t->line > 0 ? ll_fail(err, LL_EDATA, "line %zu: prompt is empty", t->line) :
		    ll_fail(err, LL_EDATA, "prompt is empty");
	status = write_tokens(t, err);
	t->records++;
	return status;
}

/* Takes whole lines off the front of `text`; what is left is not complete yet. */
static int
take_lines(struct tokenize *t, struct ll_buf *text, bool end, struct ll_err *err)
{
	size_t done = 0;
	int status = 0;

	while (status == 0 && done < text->len) {
		const char *newline = memchr(text->data + done, '\n', text->len - done);
		size_t length = newline != NULL ? (size_t)(newline - text->data) - done : text->len - done;

		if (newline == NULL && !end)
			break;
		t->line++;
		status = one_prompt(t, text->data + done, length, err);
		done += length + (newline != NULL);
	}
	if (done > 0)
		memmove(text->data, text->data + done, text->len - done);
	text->len -= done;
	return status == 0 && t->stream != NULL ? ll_writer_flush(t->stream, err) : status;
}

static int
read_lines(struct tokenize *t, int fd, const char *name, struct ll_buf *text, struct ll_err *err)
{
	int out = t->stream != NULL ? ll_writer_fd(t->stream) : -1;

	for (;;) {
		ssize_t count;
		int status = ll_buf_room(text, 65536, err);

		if (status < 0)
			return status;
		count = ll_read(fd, text->data + text->len, 65536, out, name, err);
		if (count <= 0)
			return (int)count;
		text->len += (size_t)count;
		if ((status = take_lines(t, text, false, err)) < 0)
			return status;
	}
}

static int
read_source(struct tokenize *t, const struct source *source, struct ll_buf *text, struct ll_err *err)
{
	const char *name = strcmp(source->value, "-") == 0 ? "standard input" : source->value;
	int fd, status;

	if (source->literal) {
		status = ll_buf_puts(text, source->value, err);
		return status == 0 && lines ? take_lines(t, text, false, err) : status;
	}
	if ((fd = ll_open_input(source->value, err)) < 0)
		return fd;
	status = lines ? read_lines(t, fd, name, text, err) : ll_read_all(fd, text, name, err);
	if (fd != STDIN_FILENO)
		close(fd);
	return status;
}

static int
encode_all(struct tokenize *t, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	int status = 0;

	if (source_count == 0)
		status = add_file("-", err);
	for (size_t i = 0; i < source_count && status == 0; i++)
		status = read_source(t, &sources[i], &text, err);
	if (status == 0)
		status = lines ? take_lines(t, &text, true, err) :
		    one_prompt(t, text.data != NULL ? text.data : "", text.len, err);
	ll_buf_free(&text);
	return status;
}

static int
open_format(struct tokenize *t, struct ll_err *err)
{
	int status;

	if (!chat)
		return 0;
	status = format_name != NULL ? ll_chat_by_name(&t->format, format_name, err) :
	    ll_chat_recognise(&t->format, t->vocab, err);
	if (status == 0 && date != NULL)
		status = ll_chat_set_date(&t->format, date, err);
	return status;
}

static int
encode(struct tokenize *t, struct ll_err *err)
{
	const char *path = vocab_path;
	int status = path == NULL ? ll_model_choose(&path, model_path, "", err) : 0;

	if (status < 0 || (status = open_vocab(t, path, err)) < 0 || (status = open_format(t, err)) < 0)
		return status;
	if (t->stream != NULL && (status = begin_stream(t, err)) < 0)
		return status;
	if ((status = encode_all(t, err)) == 0 && t->stream != NULL)
		status = ll_writer_end(t->stream, 0, t->records, err);
	return status;
}

/* Decoding. */

/* Appends one id's text to the transcript; at most `show` bytes of the piece. */
static int
show_id(struct tokenize *t, struct ll_transcript *transcript, const struct ll_frame *frame, uint32_t id,
    uint32_t show, bool hidden, struct ll_err *err)
{
	bool *begun = ll_transcript_begun(transcript, frame->sequence, err);
	const char *bytes;
	size_t length;
	bool is_special;
	int status;

	if (begun == NULL)
		return -LL_ENOMEM;
	/* A sequence whose beginning went by, or another turn of one: not only BOS is before it. */
	*begun |= frame->position > 1;
	if (hidden && *begun)
		return 0;
	if ((status = ll_tokenizer_piece(t->tokenizer, id, &bytes, &length, &is_special, err)) < 0)
		return status;
	length = show < length ? show : length;
	ll_tokenizer_strip(t->tokenizer, id, begun, &bytes, &length);
	if (hidden || (is_special && !special))
		return 0;
	return ll_transcript_add(transcript, frame->sequence, bytes, length, err);
}

static int
show_frame(struct tokenize *t, struct ll_transcript *transcript, const struct ll_frame *frame, struct ll_err *err)
{
	const struct ll_sample *sample = frame->payload;
	const uint32_t *ids = frame->payload;
	int status = 0;

	if (frame->sequence & LL_SEQUENCE_HELD)
		return frame->type == LL_END && frame->flags & LL_STREAM ? ll_transcript_end_all(transcript, err) : 0;
	switch (frame->type) {
	case LL_TOKENS:
		status = ll_transcript_begin(transcript, frame->sequence, err);
		for (uint32_t i = 0; i < frame->rows && status == 0; i++)
			status = show_id(t, transcript, frame, ids[i], UINT32_MAX,
			    !echo && frame->flags & LL_CONTEXT, err);
		if (status == 0 && !(frame->flags & LL_CONTEXT) && frame->flags & LL_LAST && !(frame->flags & LL_MORE))
			status = ll_transcript_end(transcript, frame->sequence, err);
		return status;
	case LL_SAMPLE:
		return frame->flags & LL_FINAL && !special ? 0 :
		    show_id(t, transcript, frame, sample->token, sample->show, false, err);
	case LL_END:
		return ll_transcript_end(transcript, frame->sequence, err);
	default:
		return 0;
	}
}

static int
check_stream(struct tokenize *t, const struct ll_reader *in, struct ll_err *err)
{
	const struct ll_header *header = ll_reader_header(in);
	const char *name = ll_reader_name(in), *path = vocab_path;
	char named[PATH_MAX] = "";
	int status;

	if (header->kind != LL_KIND_TOKENS && header->kind != LL_KIND_SAMPLES)
		return ll_fail(err, LL_EDATA, "%s: stream holds %s, but tokens are decoded: is a stage missing?",
		    name, ll_kind_name(header->kind));
	if (!ll_header_get(header, "vocab_file", named, sizeof(named)))
		ll_header_get(header, "model", named, sizeof(named));
	if (path == NULL && (status = ll_model_choose(&path, model_path, named, err)) < 0)
		return status;
	if ((status = open_vocab(t, path, err)) < 0)
		return status;
	return ll_header_check_model(header, name, 0, t->vocab->fingerprint, err);
}

static int
put_transcript(struct tokenize *t, struct ll_transcript *transcript, char *last, struct ll_err *err)
{
	struct ll_buf *text = ll_transcript_text(transcript);
	int status = write_text(t, text->data, text->len, err);

	if (text->len > 0)
		*last = text->data[text->len - 1];
	text->len = 0;
	return status;
}

static int
decode_stream(struct tokenize *t, struct ll_reader *in, struct ll_transcript *transcript, struct ll_err *err)
{
	struct ll_frame frame;
	char last = '\n';
	int got = 0, status = 0;

	while (status == 0 && (got = ll_reader_next(in, &frame, err)) > 0) {
		if (got == LL_GOT_STREAM)
			status = check_stream(t, in, err);
		else if ((status = show_frame(t, transcript, &frame, err)) == 0 && !ll_reader_ready(in))
			status = put_transcript(t, transcript, &last, err);
	}
	/* What was understood is shown, whatever happened behind it. */
	if (ll_transcript_end_all(transcript, NULL) == 0 && put_transcript(t, transcript, &last, NULL) == 0 &&
	    t->careful && last != '\n')
		write_text(t, "\n", 1, NULL);
	if (status == 0)
		status = got;
	return ll_reader_status(in, status, err);
}

static int
decode_source(struct tokenize *t, const char *path, struct ll_err *err)
{
	struct ll_transcript *transcript = NULL;
	struct ll_reader *in = NULL;
	int status;

	if ((status = ll_transcript_new(&transcript, lines ? "\n" : "", err)) == 0 &&
	    (status = ll_reader_open(&in, path, t->text_out.fd, err)) == 0)
		status = decode_stream(t, in, transcript, err);
	ll_reader_close(in);
	ll_transcript_free(transcript);
	return status;
}

/* Ids as text, in; the concatenation of their bytes, out. */
static int
decode_ids(struct tokenize *t, struct ll_err *err)
{
	const char *path = vocab_path;
	int status = path == NULL ? ll_model_choose(&path, model_path, "", err) : 0;

	if (status < 0 || (status = open_vocab(t, path, err)) < 0)
		return status;
	from_ids = render = true;
	return encode_all(t, err);
}

static int
decode_all(struct tokenize *t, struct ll_err *err)
{
	int status = 0;

	if (ids_as_text)
		return decode_ids(t, err);
	if (source_count == 0)
		status = add_file("-", err);
	for (size_t i = 0; i < source_count && status == 0; i++)
		status = decode_source(t, sources[i].value, err);
	return status;
}

static void
check_options(void)
{
	static const void *const chat_only[] = { &format_name, &system_text, &date };
	static const void *const encode_only[] = { &sources, &chat, &no_bos, &render, &count_only, &from_ids };

	for (size_t i = 0; !chat && i < sizeof(chat_only) / sizeof(chat_only[0]); i++)
		ll_opt_refuse(chat_only[i], "without --chat");
	for (size_t i = 0; decode && i < sizeof(encode_only) / sizeof(encode_only[0]); i++)
		ll_opt_refuse(encode_only[i], "with --decode");
	if (!decode)
		ll_opt_refuse(&echo, "without --decode");
	if (decode && ids_as_text)
		ll_opt_refuse(&echo, "with --ids");
	if (chat)
		ll_opt_refuse(&special, "with --chat: messages are plain text");
	if (from_ids) {
		ll_opt_refuse(&chat, "with --from-ids");
		ll_opt_refuse(&special, "with --from-ids");
		ll_opt_refuse(&no_bos, "with --from-ids");
	}
	if (render)
		ll_opt_refuse(&count_only, "with --render");
	if (render || count_only)
		ll_opt_refuse(&ids_as_text, "with --render or --count");
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct tokenize t = { .text_out = { .fd = STDOUT_FILENO } };
	bool binary;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	check_options();
	binary = !decode && !render && !count_only && !ids_as_text;
	status = binary ? ll_writer_open(&t.stream, output_path, &err) : ll_out_open(&t.text_out, output_path, &err);
	t.text_open = !binary && status == 0;
	t.careful = !binary && status == 0 && isatty(t.text_out.fd);
	if (status == 0)
		status = decode ? decode_all(&t, &err) : encode(&t, &err);
	if (binary)
		status = ll_writer_close(t.stream, status, &err);
	else if (t.text_open)
		status = ll_out_close(&t.text_out, status, &err);
	ll_tokenizer_free(t.tokenizer);
	ll_vocab_free(t.vocab);
	free(t.vocab_named);
	free(t.ids.ids);
	free(sources);
	return ll_exit(program.name, status, &err);
}
