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
#include "base/sources.h"
#include "base/terminal.h"
#include "model/model.h"
#include "stream/ending.h"
#include "stream/stream.h"
#include "tokenize/prompt.h"
#include "tokenize/prompts.h"
#include "tokenize/record.h"
#include "tokenize/shown.h"
#include "tokenize/spoken.h"
#include "tokenize/transcript.h"

static const char *model_path, *vocab_path, *output_path, *system_text, *date, *format_name;
static const char *input_name, *tools_path;
static bool decode, chat, lines, nul, jsonl, special, no_bos, ids_as_text, from_ids, count_only, render, echo,
    unordered, messages, calls, answers;
static const char *choices_form, *label_list;
static int64_t shots, window, stride, least;

static struct ll_sources sources;

static int
add_literal(const char *value, struct ll_err *err)
{
	return ll_sources_add(&sources, value, true, err);
}

static int
add_file(const char *value, struct ll_err *err)
{
	return ll_sources_add(&sources, value, false, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	{ 0, "vocab", LL_OPT_STRING, &vocab_path, "FILE", "vocabulary: a file or folder that has one (default: the model's)", 0, 0, NULL },
	LL_OPT_OUTPUT(output_path),
	{ 'p', "prompt", LL_OPT_CALL, &sources, "TEXT", "literal text, in its place among the operands", 0, 0, add_literal },
	{ 'l', "lines", LL_OPT_FLAG, &lines, NULL, "each line is a sequence of its own; with -d each sequence a line", 0, 0, NULL },
	{ '0', "null", LL_OPT_FLAG, &nul, NULL, "as --lines, but with NUL in place of the newline", 0, 0, NULL },
	{ 0, "jsonl", LL_OPT_FLAG, &jsonl, NULL, "the text is records of JSON Lines; with -d so are the answers", 0, 0, NULL },
	{ 0, "name", LL_OPT_STRING, &input_name, "NAME", "with --jsonl, what messages call standard input", 0, 0, NULL },
	{ 0, "chat", LL_OPT_FLAG, &chat, NULL, "the text is a user's message in the model's chat format", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &format_name, "NAME", "llama3.1, meta, chatml, mistral or another (default: the model's)", 0, 0, NULL },
	{ 0, "messages", LL_OPT_FLAG, &messages, NULL, "the text is a conversation: messages in JSON", 0, 0, NULL },
	{ 0, "tools", LL_OPT_STRING, &tools_path, "FILE", "the tools that a chat may call: definitions in JSON", 0, 0, NULL },
	{ 'S', "system", LL_OPT_STRING, &system_text, "TEXT", "system message", 0, 0, NULL },
	{ 0, "date", LL_OPT_STRING, &date, "DATE", "the date that the prompt names, where its format has one", 0, 0, NULL },
	{ 0, "window", LL_OPT_INT, &window, "N", "to be scored: the text in windows of N tokens", 2, 1e9, NULL },
	{ 0, "stride", LL_OPT_INT, &stride, "N", "a window begins N tokens behind the last (default: the window's, less 1)", 1, 1e9, NULL },
	{ 0, "min-context", LL_OPT_INT, &least, "N", "score a token with at least N before it in its window (default 1)", 1, 1e9, NULL },
	{ 0, "answers", LL_OPT_FLAG, &answers, NULL, "to be scored: the assistant's turns of conversations", 0, 0, NULL },
	{ 0, "choices", LL_OPT_STRING, &choices_form, "FORM", "to be scored: questions of JSON Lines, by letters or continuations", 0, 0, NULL },
	{ 0, "shots", LL_OPT_INT, &shots, "N", "the first N questions are examples before each other one", 0, 1000, NULL },
	{ 0, "classify", LL_OPT_STRING, &label_list, "LABELS", "to be scored: each of the labels behind each text", 0, 0, NULL },
	{ 0, "special", LL_OPT_FLAG, &special, NULL, "special tokens in the text count as such; with -d they are shown", 0, 0, NULL },
	{ 0, "no-bos", LL_OPT_FLAG, &no_bos, NULL, "no beginning-of-text token", 0, 0, NULL },
	{ 0, "render", LL_OPT_FLAG, &render, NULL, "print the exact prompt instead of a stream", 0, 0, NULL },
	{ 0, "count", LL_OPT_FLAG, &count_only, NULL, "print the number of tokens instead of a stream", 0, 0, NULL },
	{ 0, "ids", LL_OPT_FLAG, &ids_as_text, NULL, "ids as text instead of a stream: out, and with -d in", 0, 0, NULL },
	{ 0, "from-ids", LL_OPT_FLAG, &from_ids, NULL, "the input is ids as text, not text", 0, 0, NULL },
	{ 'd', "decode", LL_OPT_FLAG, &decode, NULL, "turn a stream into text", 0, 0, NULL },
	{ 0, "echo", LL_OPT_FLAG, &echo, NULL, "with -d, show the prompt too", 0, 0, NULL },
	{ 0, "calls", LL_OPT_FLAG, &calls, NULL, "with -d, answers as messages in JSON, with the tools they call", 0, 0, NULL },
	{ 0, "unordered", LL_OPT_FLAG, &unordered, NULL, "with -d --jsonl, each answer as it ends, not in order", 0, 0, NULL },
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
	.usage = "[-0hlqvV] [-m FILE | --vocab FILE] [-o FILE] [-p TEXT] [--special] [--no-bos]\n"
	    "                   [--chat | --messages] [-S TEXT] [--tools FILE] [--chat-format NAME] [--date DATE]\n"
	    "                   [--jsonl [--name NAME]] [--render | --count | --ids] [--from-ids]\n"
	    "                   [--window N [--stride N] [--min-context N]] [--choices FORM [--shots N]]\n"
	    "                   [--classify LABELS] [--answers] [FILE ...]\n"
	    "       ll-tokenize -d [-0hlqvV] [-m FILE | --vocab FILE] [-o FILE] [--echo] [--special]\n"
	    "                   [--ids | --calls | --jsonl [--unordered]] [STREAM ...]",
	.options = options,
	.fail = fail_usage,
};

struct tokenize {
	struct ll_vocab *vocab;
	struct ll_tokenizer *tokenizer;
	char *vocab_named;	/* the path it was opened from */
	struct ll_prompts *prompts;
	char *label_text;
	const char *labels[LL_CHOICES_MAX];
	struct ll_writer *stream;	/* encoding into a stream, or NULL: */
	struct ll_out text_out;		/* text goes here */
	bool text_open, careful;	/* it is there; it is a terminal */
	struct ll_shown shown;	/* decoding */
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
	return ll_terminal_write(t->text_out.fd, t->careful, text, length,
	    output_path != NULL ? output_path : "standard output", err);
}

/* The model's name and fingerprint, if it is one that can be run; whoever runs it says why not. */
static int
set_model(struct ll_header *header, const char *path, struct ll_err *err)
{
	struct ll_model *model = NULL;
	struct ll_err own = { 0 };
	int status = ll_model_open(&model, path, &own);

	if (status == -LL_EINPUT || status == -LL_ENOMEM) {
		*err = own;
	} else if (status < 0) {
		status = 0;
	} else {
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

	/* With a vocabulary of its own a stream need not name a model, and names none that was not asked for. */
	if (status == 0 && (vocab_path == NULL || model_path != NULL) &&
	    ll_model_choose(&path, model_path, "", &(struct ll_err){ 0 }) == 0)
		status = set_model(&header, path, err);
	if (status == 0 && vocab_path != NULL)
		status = ll_header_set(&header, "vocab_file", realpath(vocab_path, absolute), err);
	if (status == 0 && (status = ll_header_set_hex(&header, "vocab", ll_vocab_fingerprint(t->vocab), err)) == 0 &&
	    (status = ll_header_set_ids(&header, "stop", t->vocab->stops, t->vocab->stop_count, err)) == 0 &&
	    (status = ll_header_add(&header, "history", history, err)) == 0)
		status = ll_writer_stream(t->stream, &header, err);
	free(history);
	ll_header_free(&header);
	return status;
}

static int
write_meta(void *arg, uint64_t record, uint32_t sample, const struct ll_buf *meta, struct ll_err *err)
{
	const struct tokenize *t = arg;
	struct ll_frame frame = {
		.type = LL_META, .sequence = LL_SEQUENCE(record, sample), .length = meta->len, .payload = meta->data,
	};

	return t->stream != NULL ? ll_writer_frame(t->stream, &frame, err) : 0;
}

/* The ids as text of some kind. */
static int
write_as_text(struct tokenize *t, const struct ll_ids *ids, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	bool apart = lines || jsonl || choices_form != NULL || label_list != NULL || window > 0 || answers;
	int status = count_only ? ll_buf_printf(&text, err, "%zu", ids->count) :
	    render ? ll_prompt_spell(t->tokenizer, ids, !decode || special, &text, err) :
	    ll_prompt_list(ids, &text, err);

	if (status == 0 && render ? nul : false)
		status = ll_buf_add(&text, "", 1, err);
	else if (status == 0 && (!render || apart))
		status = ll_buf_puts(&text, "\n", err);
	if (status == 0)
		status = write_text(t, text.data, text.len, err);
	ll_buf_free(&text);
	return status;
}

static int
write_tokens(void *arg, uint64_t record, uint32_t sample, const uint32_t *ids, size_t count, size_t want,
    struct ll_err *err)
{
	struct tokenize *t = arg;

	if (t->stream != NULL)
		return ll_writer_prompt(t->stream, LL_SEQUENCE(record, sample), ids, count, want, err);
	return write_as_text(t, &(struct ll_ids){ .ids = (uint32_t *)(uintptr_t)ids, .count = count }, err);
}

static void
complain(const char *message)
{
	ll_complain(program.name, message);
}

static int
make_prompts(struct tokenize *t, struct ll_err *err)
{
	struct ll_prompts_plan plan = {
		.tokenizer = t->tokenizer, .no_bos = no_bos, .special = special, .chat = chat, .from_ids = from_ids,
		.messages = messages, .jsonl = jsonl, .nul = nul, .text = t->stream == NULL, .system = system_text,
		.format = format_name, .date = date, .tools = tools_path,
		.window = { (size_t)window, (size_t)stride, (size_t)least },
		.questions = choices_form != NULL, .letters = choices_form != NULL && strcmp(choices_form, "letters") == 0,
		.answers = answers, .shots = (size_t)shots, .labels = t->labels,
		.meta = write_meta, .tokens = write_tokens, .complain = complain, .arg = t,
	};
	int status = label_list == NULL ? 0 :
	    ll_labels_parse(label_list, &t->label_text, t->labels, &plan.label_count, err);

	return status < 0 ? status : ll_prompts_new(&t->prompts, &plan, err);
}

static int
take_cut(void *arg, const struct ll_cut *cut, struct ll_err *err)
{
	return ll_prompts_take(((struct tokenize *)arg)->prompts, cut, err);
}

static int
flush_stream(void *arg, struct ll_err *err)
{
	const struct tokenize *t = arg;

	return t->stream != NULL ? ll_writer_flush(t->stream, err) : 0;
}

static int
encode_all(struct tokenize *t, struct ll_err *err)
{
	bool records = jsonl || choices_form != NULL;
	const struct ll_sources_plan plan = {
		.split = lines || nul || records, .delimiter = nul ? '\0' : '\n', .apart = records,
		.most = records ? LL_RECORD_BYTES : 0, .stdin_name = input_name,
		.out = t->stream != NULL ? ll_writer_fd(t->stream) : -1,
		.take = take_cut, .rest = flush_stream, .arg = t,
	};

	return ll_sources_read(&sources, &plan, err);
}

static int
encode(struct tokenize *t, struct ll_err *err)
{
	const char *path = vocab_path;
	int status = path == NULL ? ll_model_choose(&path, model_path, "", err) : 0;

	if (status < 0 || (status = open_vocab(t, path, err)) < 0 || (status = make_prompts(t, err)) < 0)
		return status;
	if (t->stream != NULL && (status = begin_stream(t, err)) < 0)
		return status;
	if ((status = encode_all(t, err)) == 0 && t->stream != NULL)
		status = ll_writer_end(t->stream, ll_prompts_failed(t->prompts) ? LL_EDATA : 0, ll_prompts_count(t->prompts), err);
	return status;
}

static int
show_sample(struct tokenize *t, const struct ll_frame *frame, struct ll_err *err)
{
	const struct ll_sample *sample = frame->payload;
	const struct ll_shown_sample shown = {
		.token = sample->token, .show = sample->show, .logprob = sample->logprob,
		.final = (frame->flags & LL_FINAL) != 0, .count = sample->alternatives, .alternatives = sample + 1,
	};

	return ll_shown_sample(&t->shown, frame->sequence, frame->position, &shown, err);
}

static int
show_end(struct tokenize *t, const struct ll_frame *frame, struct ll_err *err)
{
	struct ll_answer_end end;
	struct ll_ending ending;

	ll_ending_read(&ending, frame);
	end = (struct ll_answer_end){
		.reason = ending.reason, .prompt = ending.prompt, .generated = ending.generated, .code = ending.code,
		.message = ending.message,
	};
	return ll_shown_end(&t->shown, frame->sequence, &end, err);
}

static int
show_meta(struct tokenize *t, const struct ll_frame *frame, const char *name, struct ll_err *err)
{
	char where[400], sequence[48];

	/* Elsewhere what failed has an empty text in its place. */
	if (t->shown.answers == NULL)
		return ll_record_has_failed(frame->payload, frame->length) ?
		    ll_transcript_end(t->shown.transcript, frame->sequence, err) : 0;
	snprintf(where, sizeof(where), "%.300s: sequence %s: META", name, ll_sequence_name(frame->sequence, sequence));
	return ll_answers_meta(t->shown.answers, frame->sequence, frame->payload, frame->length, where, err);
}

static int
show_frame(struct tokenize *t, const struct ll_frame *frame, const char *name, struct ll_err *err)
{
	if (frame->type == LL_END && frame->flags & LL_STREAM)
		return ll_shown_end_all(&t->shown, true, err);
	if (frame->sequence & LL_SEQUENCE_HELD)
		return 0;
	switch (frame->type) {
	case LL_TOKENS:
		return ll_shown_prompt(&t->shown, frame->sequence, frame->position, frame->payload, frame->rows,
		    (frame->flags & LL_CONTEXT) != 0, frame->flags & LL_LAST && !(frame->flags & LL_MORE), err);
	case LL_SAMPLE:
		return show_sample(t, frame, err);
	case LL_END:
		return show_end(t, frame, err);
	case LL_META:
		return show_meta(t, frame, name, err);
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
	uint64_t seed, logprobs;
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
	t->shown.tokenizer = t->tokenizer;
	if (t->shown.answers != NULL)
		ll_answers_begin(t->shown.answers, ll_header_get_number(header, "seed", &seed) ? &seed : NULL,
		    ll_header_get_number(header, "logprobs", &logprobs));
	return ll_header_check_model(header, name, 0, ll_vocab_fingerprint(t->vocab), err);
}

/* Writes what can be shown. */
static int
put_shown(struct tokenize *t, char *last, struct ll_err *err)
{
	struct ll_buf *text = ll_shown_text(&t->shown);
	int status = write_text(t, text->data, text->len, err);

	if (text->len > 0)
		*last = text->data[text->len - 1];
	text->len = 0;
	return status;
}

static int
decode_stream(struct tokenize *t, struct ll_reader *in, struct ll_err *err)
{
	struct ll_frame frame;
	char last = '\n';
	int got = 0, status = 0;

	while (status == 0 && (got = ll_reader_next(in, &frame, err)) > 0) {
		if (got == LL_GOT_STREAM)
			status = check_stream(t, in, err);
		else if ((status = show_frame(t, &frame, ll_reader_name(in), err)) == 0 && !ll_reader_ready(in))
			status = put_shown(t, &last, err);
	}
	/* What was understood is shown, whatever happened behind it. */
	if (ll_shown_end_all(&t->shown, false, NULL) == 0 && put_shown(t, &last, NULL) == 0 && t->careful &&
	    last != '\n')
		write_text(t, "\n", 1, NULL);
	if (status == 0)
		status = got;
	return ll_reader_status(in, status, err);
}

static int
decode_source(struct tokenize *t, const char *path, struct ll_err *err)
{
	struct ll_reader *in = NULL;
	int status = jsonl ? ll_answers_new(&t->shown.answers, !unordered, err) :
	    ll_transcript_new(&t->shown.transcript, nul ? "" : "\n", lines || nul || calls, err);

	if (status == 0 && calls)
		status = ll_spoken_new(&t->shown.spoken, err);
	if (status == 0 && (status = ll_reader_open(&in, path, t->text_out.fd, err)) == 0)
		status = decode_stream(t, in, err);
	ll_reader_close(in);
	ll_shown_free(&t->shown);
	return status;
}

/* Ids as text, in; the concatenation of their bytes, out. */
static int
decode_ids(struct tokenize *t, struct ll_err *err)
{
	const char *path = vocab_path;
	int status = path == NULL ? ll_model_choose(&path, model_path, "", err) : 0;

	from_ids = render = true;
	if (status < 0 || (status = open_vocab(t, path, err)) < 0 || (status = make_prompts(t, err)) < 0)
		return status;
	return encode_all(t, err);
}

static int
decode_all(struct tokenize *t, struct ll_err *err)
{
	int status = 0;

	if (ids_as_text)
		return decode_ids(t, err);
	t->shown.special = special;
	t->shown.echo = echo;
	if (sources.count == 0)
		return decode_source(t, "-", err);
	for (size_t i = 0; i < sources.count && status == 0; i++)
		status = decode_source(t, sources.list[i].value, err);
	return status;
}

/* What is given but has no effect is refused. */
static void
check_options(void)
{
	bool any_chat = chat || messages || jsonl;
	bool questions = choices_form != NULL;
	const struct ll_opt_rule rules[] = {
		{ decode, &sources, "with --decode" }, { decode, &chat, "with --decode" }, { decode, &no_bos, "with --decode" },
		{ decode, &render, "with --decode" }, { decode, &count_only, "with --decode" },
		{ decode, &from_ids, "with --decode" }, { decode, &format_name, "with --decode" },
		{ decode, &system_text, "with --decode" }, { decode, &date, "with --decode" },
		{ decode, &input_name, "with --decode" },
		{ vocab_path != NULL && (decode || render || count_only || ids_as_text), &model_path,
		  "with --vocab where no stream is written" },
		{ decode, &choices_form, "with --decode" }, { decode, &label_list, "with --decode" },
		{ decode, &answers, "with --decode" }, { questions, &answers, "with --choices" },
		{ label_list != NULL, &answers, "with --classify" }, { window > 0, &answers, "with --window" },
		{ !jsonl && !messages, &answers, "without --jsonl or --messages" }, { chat, &answers, "with --chat" },
		{ decode, &window, "with --decode" }, { window == 0, &stride, "without --window" },
		{ window == 0, &least, "without --window" }, { !questions, &shots, "without --choices" },
		{ chat || messages || questions, &window, questions ? "with --choices" : "with --chat" }, { label_list != NULL, &window, "with --classify" },
		{ questions, &label_list, "with --choices" }, { from_ids, &label_list, "with --from-ids" },
		{ questions, &jsonl, "with --choices" }, { questions, &lines, "with --choices" },
		{ questions, &nul, "with --choices" }, { questions, &messages, "with --choices" },
		{ questions, &from_ids, "with --choices" },
		{ !decode, &echo, "without --decode" }, { !decode, &unordered, "without --decode" },
		{ !jsonl, &unordered, "without --jsonl" },
		{ !jsonl && !questions, &input_name, "without --jsonl or --choices" },
		{ !any_chat, &format_name, "without --chat" }, { !any_chat, &system_text, "without --chat" },
		{ !any_chat, &date, "without --chat" }, { !any_chat, &tools_path, "without --chat" },
		{ decode, &messages, "with --decode" }, { chat, &messages, "with --chat" }, { jsonl, &messages, "with --jsonl" },
		{ from_ids, &messages, "with --from-ids" }, { messages, &special, "with --messages: they are plain text" },
		{ !decode, &calls, "without --decode" }, { jsonl, &calls, "with --jsonl" }, { ids_as_text, &calls, "with --ids" },
		{ calls, &special, "with --calls" }, { calls, &lines, "with --calls" }, { calls, &nul, "with --calls" },
		{ chat, &special, "with --chat: messages are plain text" },
		{ lines, &nul, "with --lines" }, { jsonl, &lines, "with --jsonl" }, { jsonl, &nul, "with --jsonl" },
		{ jsonl, &from_ids, "with --jsonl" }, { decode && ids_as_text, &jsonl, "with --ids" },
		{ decode && ids_as_text, &echo, "with --ids" }, { from_ids, &chat, "with --from-ids" },
		{ from_ids, &special, "with --from-ids" }, { from_ids, &no_bos, "with --from-ids" },
		{ render, &count_only, "with --render" }, { render || count_only, &ids_as_text, "with --render or --count" },
	};

	ll_opt_refuse_all(rules, sizeof(rules) / sizeof(rules[0]));
}

static int
check_values(struct ll_err *err)
{
	if (choices_form != NULL && strcmp(choices_form, "letters") != 0 && strcmp(choices_form, "continuations") != 0)
		return ll_fail(err, LL_EUSAGE, "--choices: '%.50s' is not letters or continuations", choices_form);
	if (stride > window)
		return ll_fail(err, LL_EUSAGE, "--stride: %" PRId64 " is more than the window's %" PRId64, stride, window);
	if (window > 0 && least >= window)
		return ll_fail(err, LL_EUSAGE, "--min-context: %" PRId64 " leaves nothing of a window of %" PRId64, least, window);
	return 0;
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
		status = check_values(&err);
	if (status == 0)
		status = decode ? decode_all(&t, &err) : encode(&t, &err);
	if (binary)
		status = ll_writer_close(t.stream, ll_opt_blame(status, &err), &err);
	else if (t.text_open)
		status = ll_out_close(&t.text_out, status, &err);
	if (status == 0 && t.prompts != NULL && ll_prompts_failed(t.prompts)) {	/* each was told when it was met */
		err = (struct ll_err){ .code = LL_EDATA, .reported = 1 };
		status = -LL_EDATA;
	}
	ll_prompts_free(t.prompts);
	ll_tokenizer_free(t.tokenizer);
	ll_vocab_free(t.vocab);
	free(t.vocab_named);
	free(t.label_text);
	free(sources.list);
	return ll_exit(program.name, status, &err);
}
