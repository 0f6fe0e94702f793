/*
 * ll-chat: a conversation in the terminal over ll-forward | ll-sample as child processes.
 * What a turn is, conversation.c knows; this file reads lines, shows text, and ends.
 */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/sampling.h"
#include "base/scaled.h"
#include "base/terminal.h"
#include "model/model.h"
#include "serve/command.h"
#include "serve/session.h"

static const char *model_path, *system_text, *date, *format_name, *kv_type, *pack, *precision, *preset;
/* Options of the stages are checked here and handed to them as they were given. */
static int64_t context, threads, limit;
static struct ll_scaled_list loras;
static struct ll_sampling sampling = LL_SAMPLING_DEFAULTS;
static uint64_t seed;
static bool print_pipe, no_history;

static int
add_lora(const char *value, struct ll_err *err)
{
	return ll_scaled_add(&loras, "--lora", value, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	{ 'S', "system", LL_OPT_STRING, &system_text, "TEXT", "system message", 0, 0, NULL },
	{ 0, "date", LL_OPT_STRING, &date, "DATE", "the date that the prompt names, where its format has one", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &format_name, "NAME", "the chat format (ll-tokenize)", 0, 0, NULL },
	{ 'c', "context", LL_OPT_INT, &context, "N", "positions the conversation may have (ll-forward)", 1, 1e9, NULL },
	LL_OPT_THREADS(threads),
	LL_OPT_LORA(add_lora),
	{ 0, "pack", LL_OPT_STRING, &pack, "WHEN", "auto, always or never (ll-forward)", 0, 0, NULL },
	{ 0, "precision", LL_OPT_STRING, &precision, "P", "default or f32 (ll-forward)", 0, 0, NULL },
	{ 'n', "limit", LL_OPT_INT, &limit, "N", "tokens of an answer at most (ll-sample)", 1, INT32_MAX, NULL },
	LL_OPT_PRESET(preset),
	LL_OPTS_SAMPLING(sampling),
	LL_OPTS_SAMPLING_LISTS,
	{ 0, "kv-type", LL_OPT_STRING, &kv_type, "TYPE", "how keys and values are kept (ll-forward)", 0, 0, NULL },
	{ 0, "seed", LL_OPT_UINT, &seed, "N", "seed of the random numbers (ll-sample)", 0, 0, NULL },
	LL_OPT_STOP,
	{ 0, "no-history", LL_OPT_FLAG, &no_history, NULL, "keep no history of what was typed", 0, 0, NULL },
	{ 'x', "print", LL_OPT_FLAG, &print_pipe, NULL, "print the shell pipe that answers one message, and exit", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-chat",
	.summary = "talk with a model in the terminal",
	.usage = "[-hqvVx] [-c N] [-j N] [-m FILE] [-n N] [-S TEXT] [-t T] [--chat-format NAME]\n"
	    "               [--date DATE] [--kv-type TYPE] [--lora FILE] [--no-history] [--pack WHEN]\n"
	    "               [--precision P] [--preset NAME] [--seed N] [--stop STRING] [SAMPLING ...]",
	.options = options,
};

/* What the handler of SIGINT needs: it may only write bytes that are ready. */
static volatile sig_atomic_t answering, interrupted;
static int cancel_fd;
static unsigned char cancel_frame[LL_FRAME_BYTES];

static void
on_interrupt(int number)
{
	int saved = errno;

	(void)number;
	interrupted = 1;
	if (answering && write(cancel_fd, cancel_frame, sizeof(cancel_frame)) < 0)
		answering = 0;
	errno = saved;
}

/* The stages are in a group of their own: what ends this program must be sent on to them. */
static volatile pid_t stages;

static void
on_end(int number)
{
	if (stages > 0)
		kill(-stages, SIGTERM);
	ll_line_restore();
	signal(number, SIG_DFL);
	raise(number);
}

static void
catch(int number, void (*handler)(int))
{
	struct sigaction action;

	if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
		return;
	/* Without SA_RESTART: Ctrl-C at the prompt throws the line away. */
	action = (struct sigaction){ .sa_handler = handler };
	sigaction(number, &action, NULL);
}

/* An option as it was given; settings for all programs the stages find themselves. */
static void
hand_on(struct ll_command *command, const char *option, const void *value)
{
	ll_command_add(command, option, ll_opt_own(value));
}

static void
begin(struct ll_command *command, const char *name)
{
	ll_command_begin(command, name);
	ll_command_word(command, ll_opt_quiet, "-q");
	ll_command_word(command, ll_opt_verbose, "-v");
}

static void
make_commands(struct ll_command *forward, struct ll_command *sample, const char *path)
{
	begin(forward, "ll-forward");
	begin(sample, "ll-sample");
	ll_command_add(forward, "-m", path);
	hand_on(forward, "-c", &context);
	hand_on(forward, "-j", &threads);
	hand_on(forward, "--kv-type", &kv_type);
	for (size_t i = 0; i < loras.count; i++)
		ll_command_add(forward, "--lora", loras.list[i].text);
	hand_on(forward, "--pack", &pack);
	hand_on(forward, "--precision", &precision);
	hand_on(sample, "-n", &limit);
	ll_command_sampling(sample, &sampling);
	if (sampling.temperature <= 0)
		return;
	hand_on(sample, "--seed", &seed);
}

static int
print_equivalent(const char *path, struct ll_err *err)
{
	struct ll_command commands[4], *tokenize = &commands[0];
	struct ll_buf line = { 0 };
	int status = 0;

	ll_command_begin(tokenize, "ll-tokenize");
	ll_command_word(tokenize, true, "--chat");
	ll_command_add(tokenize, "-m", path);
	ll_command_add(tokenize, "--chat-format", format_name);
	ll_command_add(tokenize, "--date", date);
	ll_command_add(tokenize, "-S", system_text);
	make_commands(&commands[1], &commands[2], path);
	ll_command_begin(&commands[3], "ll-tokenize");
	ll_command_word(&commands[3], true, "-d");
	for (size_t i = 0; i < 4 && status == 0; i++)
		if (i == 0 || (status = ll_buf_puts(&line, " | ", err)) == 0)
			status = ll_command_print(&commands[i], &line, err);
	if (status == 0)
		puts(line.data);
	ll_buf_free(&line);
	return status;
}

static int
start_pipe(struct ll_session *chat, const char *path, struct ll_err *err)
{
	struct ll_command forward, sample;
	char *const *commands[2];
	int status, errors = -1;

	make_commands(&forward, &sample, path);
	/* execv(3) does not write to them, whatever its type says. */
	commands[0] = (char *const *)(uintptr_t)forward.words;
	commands[1] = (char *const *)(uintptr_t)sample.words;
	if (chat->careful && isatty(STDERR_FILENO) && (status = ll_relay_start(&chat->relay, &errors, err)) < 0)
		return status;
	status = ll_children_start(&chat->children, commands, 2, errors, err);
	if (errors >= 0)
		close(errors);
	stages = chat->children.group;
	if (status < 0 || (status = ll_writer_new(&chat->to, chat->children.in, "ll-forward", err)) < 0)
		return status;
	return ll_reader_new(&chat->from, chat->children.out, "ll-sample", -1, err);
}

/* Whether the pipe can still be written to; one that broke says why on its other end. */
static bool
can_write(const struct ll_session *chat)
{
	struct pollfd in = { .fd = chat->children.in };

	return chat->to != NULL && (poll(&in, 1, 0) <= 0 || !(in.revents & POLLERR));
}

static int
next(struct ll_session *chat, struct ll_frame *frame, struct ll_err *err)
{
	int got = ll_reader_next(chat->from, frame, err);

	/* What is not the stream's fault is ours. */
	chat->broken = got < 0 && (err->reported || err->code == LL_EDATA);
	return got;
}

/* Begins the stream, and waits until every stage has begun its own: then the model is open. */
static int
begin_stream(struct ll_session *chat, const char *path, struct ll_err *err)
{
	struct ll_header header = { .kind = LL_KIND_TOKENS };
	struct ll_frame frame;
	int status;

	if ((status = ll_header_set(&header, "model", path, err)) == 0 &&
	    (status = ll_header_set_hex(&header, "vocab", ll_vocab_fingerprint(chat->vocab), err)) == 0 &&
	    (status = ll_header_set_ids(&header, "stop", chat->vocab->stops, chat->vocab->stop_count, err)) == 0 &&
	    (status = ll_writer_stream(chat->to, &header, err)) == 0)
		status = ll_writer_flush(chat->to, err);
	ll_header_free(&header);
	if (status < 0)
		return status;
	status = next(chat, &frame, err);
	if (status == LL_GOT_STREAM) {
		uint64_t positions, drawn;

		if (ll_header_get_number(ll_reader_header(chat->from), "context", &positions))
			chat->context = (size_t)positions;
		/* ll-sample tells a terminal of the one that it drew. */
		if (chat->relay.from >= 0 && !ll_opt_given(&seed) &&
		    ll_header_get_number(ll_reader_header(chat->from), "seed", &drawn))
			ll_warn(program.name, "seed %llu", (unsigned long long)drawn);
		return 0;
	}
	return status < 0 ? status : ll_fail(err, LL_EDATA, "ll-sample: no stream");
}

static int
show(struct ll_session *chat, struct ll_buf *text, struct ll_err *err)
{
	struct ll_buf shown = { 0 };
	int status;

	if (text->len == 0)
		return 0;
	if (chat->careful)
		status = ll_terminal_harmless(&shown, text->data, text->len, err);
	else
		status = ll_buf_add(&shown, text->data, text->len, err);
	if (status == 0 && (status = ll_write(STDOUT_FILENO, shown.data, shown.len, "standard output", err)) == 0 &&
	    shown.len > 0)
		atomic_store(&chat->relay.inside, shown.data[shown.len - 1] != '\n');
	ll_buf_free(&shown);
	text->len = 0;
	return status;
}

/* The first token ends the prompt's time, the last one the answer's. */
struct clock {
	double begin, first, last;
	size_t generated;
};

static void
note_token(struct clock *clock)
{
	clock->last = ll_clock_seconds();
	if (clock->generated++ == 0)
		clock->first = clock->last;
}

static void
add_speed(struct ll_session *chat, const struct clock *clock)
{
	struct ll_speed *last = &chat->last, *all = &chat->all;

	*last = (struct ll_speed){ .prompt = chat->talk.sent, .generated = clock->generated };
	if (clock->generated > 0) {
		last->prompt_s = clock->first - clock->begin;
		last->generated_s = clock->last - clock->first;
	}
	all->prompt += last->prompt;
	all->generated += last->generated;
	all->prompt_s += last->prompt_s;
	all->generated_s += last->generated_s;
}

/* Stops the answer before the context overflows, which would end the sequence. */
static bool
stop_if_full(const struct ll_session *chat)
{
	if (!answering || chat->context == 0 ||
	    chat->talk.ids.count + ll_session_reserve(chat) < chat->context)
		return false;
	answering = 0;
	return write(cancel_fd, cancel_frame, sizeof(cancel_frame)) == (ssize_t)sizeof(cancel_frame);
}

/* Shows the answer as it comes. As ll_conversation_hear, or negative when the pipe failed. */
static int
hear_answer(struct ll_session *chat, struct clock *clock, bool *full, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	struct ll_frame frame;
	int got, status = 0;

	while (status == 0 && (got = next(chat, &frame, err)) != LL_GOT_STREAM) {
		int shown;

		if (got == LL_GOT_FRAME && frame.type == LL_SAMPLE)
			note_token(clock);
		status = got < 0 ? got : got == LL_GOT_END ? ll_fail(err, LL_EDATA, "ll-sample: the stream ended") :
		    ll_conversation_hear(&chat->talk, &frame, &text, err);
		if ((shown = show(chat, &text, err)) < 0 && status >= 0)
			status = shown;
		if (status == 0 && chat->line != NULL && stop_if_full(chat))
			*full = true;
	}
	answering = 0;
	ll_buf_free(&text);
	if (status < 0)
		return status;
	/* What was said of the answer, before the prompt. */
	ll_relay_settle(&chat->relay);
	atomic_store(&chat->relay.inside, false);
	/* Without a prompt behind it, it ends the answer's line and is nothing of its own. */
	if (chat->line == NULL && chat->talk.exchanges[chat->talk.count - 1].answer.len == 0)
		return status;
	got = ll_write(STDOUT_FILENO, "\n", 1, "standard output", err);
	return got < 0 ? got : status;
}

/* Sends the last message, and shows its answer. */
static int
turn(struct ll_session *chat, struct ll_err *err)
{
	struct clock clock = { .begin = ll_clock_seconds() };
	bool full = false;
	int status = 0;

	if (can_write(chat))
		status = ll_conversation_send(&chat->talk, chat->to, chat->line != NULL, err);
	if (status < 0)
		return status;
	ll_conversation_cancel_frame(&chat->talk, cancel_frame);
	cancel_fd = chat->children.in;
	answering = 1;
	status = hear_answer(chat, &clock, &full, err);
	add_speed(chat, &clock);
	if (status < 0 || chat->line == NULL)
		return status;
	chat->ended = chat->ended || status > 1;
	if (full || status == 2) {
		ll_session_say(chat, "[The context of %zu tokens is full: the answer ends here.]", chat->context);
		ll_session_choices(chat);
	} else if (chat->context > 0 && chat->talk.ids.count > chat->context - chat->context / 8) {
		ll_session_say(chat, "[%zu of the %zu tokens of the context are used.]", chat->talk.ids.count,
		    chat->context);
		ll_session_choices(chat);
	}
	return 0;
}

/* A message that leaves no room for an answer is not sent. */
static int
ask(struct ll_session *chat, const struct ll_buf *message, struct ll_err *err)
{
	int status = ll_conversation_add(&chat->talk, message->data, message->len, err);
	size_t need = chat->talk.ids.count + ll_session_reserve(chat) + 1;

	if (status < 0) {
		/* Bytes that the vocabulary has no token for are the message's fault. */
		if (err->code != LL_EDATA)
			return status;
		ll_session_say(chat, "%s: not sent", err->text);
		*err = (struct ll_err){ 0 };
		return 0;
	}
	if (chat->context == 0 || need <= chat->context)
		return turn(chat, err);
	ll_session_say(chat, "With this message %zu of the %zu tokens of the context are taken, which leaves no room "
	    "for an answer: not sent.", chat->talk.ids.count, chat->context);
	ll_session_choices(chat);
	return ll_conversation_drop(&chat->talk, err);
}

/* One line of the user's, or several that are one message. */
static int
obey(struct ll_session *chat, struct ll_buf *line, struct ll_buf *message, struct ll_err *err)
{
	int status;

	if (line->len == 0)
		return LL_LINE_READ;
	if (line->data[0] == '/' && line->data[1] != '/') {
		if ((status = ll_command(chat, line->data, err)) == LL_COMMAND_ASK)
			status = turn(chat, err);
		return status < 0 ? status : LL_LINE_READ;
	}
	if (line->data[0] == '/')
		memmove(line->data, line->data + 1, line->len--);
	if ((status = ll_message_read(chat->line, line, message, err)) == LL_LINE_READ && message->len > 0 &&
	    (status = ask(chat, message, err)) >= 0)
		status = LL_LINE_READ;
	return status;
}

static int
converse(struct ll_session *chat, struct ll_err *err)
{
	struct ll_buf line = { 0 }, message = { 0 };
	int status = LL_LINE_READ;

	if (!ll_opt_quiet)
		ll_session_say(chat, "%s, context %zu. /help lists the commands, Ctrl-D ends.",
		    strrchr(chat->model, '/') != NULL ? strrchr(chat->model, '/') + 1 : chat->model, chat->context);
	while (status > 0) {
		status = ll_line_read(chat->line, "> ", &line, err);
		if (status == LL_LINE_READ)
			status = obey(chat, &line, &message, err);
		if (status == LL_LINE_INTERRUPTED || status == LL_LINE_END)
			ll_session_say(chat, "%s", "");
	}
	ll_buf_free(&line);
	ll_buf_free(&message);
	return status;
}

static int
one_message(struct ll_session *chat, struct ll_err *err)
{
	struct ll_buf message = { 0 };
	int status = ll_read_all(STDIN_FILENO, &message, "standard input", err);

	if (status == 0 && message.len == 0)
		status = ll_fail(err, LL_EDATA, "standard input: no message");
	if (status == 0 && (status = ll_conversation_add(&chat->talk, message.data, message.len, err)) == 0)
		status = turn(chat, err);
	ll_buf_free(&message);
	return status;
}

/*
 * Ends the stream, or the stages after a failure of ours; reads to the end, and collects
 * what the stages ended with. Where one of them said what was wrong, what we saw of it is
 * only a consequence.
 */
static int
finish(struct ll_session *chat, int status, struct ll_err *err)
{
	struct ll_frame frame;
	int in = chat->children.in, got = 1, code;

	if (status >= 0 && can_write(chat) && (status = ll_writer_end(chat->to, 0, 1, err)) == 0)
		status = ll_writer_flush(chat->to, err);
	if (status < 0 && !chat->broken && chat->children.group > 0)
		kill(-chat->children.group, SIGTERM);
	ll_writer_drop(chat->to);
	/* A stage that failed takes the others with it; an input cut short would be one more failure. */
	if (!chat->broken && in >= 0) {
		close(in);
		in = -1;
	}
	chat->children.in = -1;
	while (status >= 0 && got > 0)
		if ((got = next(chat, &frame, err)) < 0)
			status = got;
	if (chat->from != NULL)
		status = ll_reader_status(chat->from, status > 0 ? 0 : status, err);
	ll_reader_close(chat->from);
	code = ll_children_wait(&chat->children);
	ll_relay_finish(&chat->relay);
	if (chat->careful && isatty(STDERR_FILENO))
		ll_relay_end_line(&chat->relay);
	stages = 0;
	if (in >= 0)
		close(in);
	/* Killed stages say nothing: then what we saw of it is all that there is to tell. */
	if (code == LL_EBUG)
		return status < 0 ? status : ll_fail(err, LL_EBUG, "a stage of the pipe was killed");
	/* It was said that an answer failed, and the conversation went on. */
	if (chat->ended && (code == LL_EDATA || -status == LL_EDATA) && !chat->broken)
		return 0;
	if (code != 0 && (status >= 0 || chat->broken)) {
		*err = (struct ll_err){ .code = code, .reported = 1 };
		status = -code;
	}
	return status;
}

static int
open_all(struct ll_session *chat, const char *path, struct ll_err *err)
{
	int status;

	if ((status = ll_vocab_open(&chat->vocab, path, err)) < 0 ||
	    (status = ll_tokenizer_new(&chat->tokenizer, chat->vocab, err)) < 0)
		return status;
	status = format_name != NULL ? ll_chat_by_name(&chat->format, format_name, err) :
	    ll_chat_recognise(&chat->format, chat->vocab, err);
	if (status == 0 && date != NULL)
		status = ll_chat_set_date(&chat->format, date, err);
	chat->model = path;
	chat->talk.chat = &chat->format;
	chat->talk.tokenizer = chat->tokenizer;
	chat->careful = isatty(STDOUT_FILENO);
	return status < 0 ? status : ll_conversation_system(&chat->talk, system_text, err);
}

/* Stdin is a terminal: a conversation. */
static int
open_terminal(struct ll_session *chat, struct ll_err *err)
{
	struct ll_buf warning = { 0 };
	char history[PATH_MAX];
	bool keep = !no_history && ll_line_history(history, sizeof(history));
	int status = ll_line_open(&chat->line, keep ? history : NULL, &interrupted, &warning, err);

	if (status == 0 && warning.len > 0)
		ll_warn(program.name, "%s: no history", warning.data);
	ll_buf_free(&warning);
	return status;
}

static int
run(struct ll_session *chat, const char *path, struct ll_err *err)
{
	bool terminal = isatty(STDIN_FILENO);
	int status;

	if (!terminal)
		ll_opt_refuse(&no_history, "without a terminal");
	if ((status = open_all(chat, path, err)) < 0 || (terminal && (status = open_terminal(chat, err)) < 0))
		return status;
	catch(SIGINT, terminal ? on_interrupt : on_end);
	catch(SIGPIPE, on_end);
	catch(SIGTERM, on_end);
	catch(SIGHUP, on_end);
	status = start_pipe(chat, path, err);
	if (terminal)
		ll_line_watch(chat->line, chat->children.out);
	if (status == 0 && (status = begin_stream(chat, path, err)) == 0)
		status = terminal ? converse(chat, err) : one_message(chat, err);
	return finish(chat, status, err);
}

static void
settle_options(void)
{
	ll_sampling_refuse(&sampling, "with temperature 0");
	if (sampling.temperature <= 0)
		ll_opt_refuse(&seed, "with temperature 0");
	if (print_pipe)
		ll_opt_refuse(&no_history, "with --print");
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct ll_session chat = { .children = { .in = -1, .out = -1 }, .relay = { .from = -1 } };
	const char *path;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	settle_options();
	if ((status = ll_model_choose(&path, model_path, "", &err)) == 0)
		status = print_pipe ? print_equivalent(path, &err) : run(&chat, path, &err);
	ll_conversation_free(&chat.talk);
	ll_line_close(chat.line);
	ll_tokenizer_free(chat.tokenizer);
	ll_vocab_free(chat.vocab);
	ll_scaled_free(&loras);
	return ll_exit(program.name, status, &err);
}
