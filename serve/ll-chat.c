/*
 * ll-chat: a conversation in the terminal over ll-forward | ll-sample as child processes.
 * What a turn is, conversation.c knows; this file reads lines, shows text, and ends.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/terminal.h"
#include "model/model.h"
#include "serve/children.h"
#include "serve/conversation.h"

static const char *model_path, *system_text, *date, *format_name;
/* Options of the stages are handed to them as they were given. */
static const char *context, *threads, *limit, *temperature, *top_k, *top_p, *min_p, *seed, *precision;
static bool print_pipe;

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	{ 'S', "system", LL_OPT_STRING, &system_text, "TEXT", "system message", 0, 0, NULL },
	{ 0, "date", LL_OPT_STRING, &date, "DATE", "the date that the prompt names, where its format has one", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &format_name, "NAME", "llama3, llama3.1, llama3.2, meta or chatml", 0, 0, NULL },
	{ 'c', "context", LL_OPT_STRING, &context, "N", "positions the conversation may have (ll-forward)", 0, 0, NULL },
	{ 'j', "threads", LL_OPT_STRING, &threads, "N", "threads (ll-forward)", 0, 0, NULL },
	{ 0, "precision", LL_OPT_STRING, &precision, "P", "default or f32 (ll-forward)", 0, 0, NULL },
	{ 'n', "limit", LL_OPT_STRING, &limit, "N", "tokens of an answer at most (ll-sample)", 0, 0, NULL },
	{ 't', "temperature", LL_OPT_STRING, &temperature, "X", "temperature (ll-sample)", 0, 0, NULL },
	{ 0, "top-k", LL_OPT_STRING, &top_k, "N", "sample from the N likeliest (ll-sample)", 0, 0, NULL },
	{ 0, "top-p", LL_OPT_STRING, &top_p, "X", "sample from the likeliest that make up X (ll-sample)", 0, 0, NULL },
	{ 0, "min-p", LL_OPT_STRING, &min_p, "X", "sample from those at least X times as likely as the likeliest (ll-sample)", 0, 0, NULL },
	{ 0, "seed", LL_OPT_STRING, &seed, "N", "seed of the random numbers (ll-sample)", 0, 0, NULL },
	{ 'x', "print", LL_OPT_FLAG, &print_pipe, NULL, "print the shell pipe that answers one message, and exit", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-chat",
	.summary = "talk with a model in the terminal",
	.usage = "[-hqvVx] [-c N] [-j N] [-m FILE] [-n N] [-S TEXT] [-t X] [--chat-format NAME]\n"
	    "               [--date DATE] [--min-p X] [--precision P] [--seed N] [--top-k N] [--top-p X]",
	.options = options,
};

struct chat {
	struct ll_vocab *vocab;
	struct ll_tokenizer *tokenizer;
	struct ll_chat format;
	struct ll_conversation talk;
	struct ll_children children;
	struct ll_writer *to;
	struct ll_reader *from;
	bool terminal;		/* stdin is one: a conversation, not one message */
	bool careful;		/* stdout is one */
	bool broken;		/* reading from the pipe failed */
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

/* The commands of both stages; words are borrowed. */
struct command {
	const char *words[32];
	size_t count;
};

static void
add(struct command *command, const char *option, const char *value)
{
	if (value == NULL)
		return;
	command->words[command->count++] = option;
	command->words[command->count++] = value;
}

static void
add_common(struct command *command)
{
	if (ll_opt_quiet)
		command->words[command->count++] = "-q";
	if (ll_opt_verbose)
		command->words[command->count++] = "-v";
}

static void
make_commands(struct command *forward, struct command *sample, const char *path)
{
	*forward = (struct command){ .words = { "ll-forward" }, .count = 1 };
	*sample = (struct command){ .words = { "ll-sample" }, .count = 1 };
	add_common(forward);
	add_common(sample);
	add(forward, "-m", path);
	add(forward, "-c", context);
	add(forward, "-j", threads);
	add(forward, "--precision", precision);
	add(sample, "-n", limit);
	add(sample, "-t", temperature);
	add(sample, "--top-k", top_k);
	add(sample, "--top-p", top_p);
	add(sample, "--min-p", min_p);
	add(sample, "--seed", seed);
}

static int
print_command(struct ll_buf *line, const struct command *command, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < command->count && status == 0; i++) {
		if (i > 0)
			status = ll_buf_puts(line, " ", err);
		if (status == 0)
			status = ll_opt_quote(line, command->words[i], err);
	}
	return status;
}

static int
print_equivalent(const char *path, struct ll_err *err)
{
	struct command tokenize = { .words = { "ll-tokenize", "--chat" }, .count = 2 }, forward, sample;
	struct command decode = { .words = { "ll-tokenize", "-d" }, .count = 2 };
	struct ll_buf line = { 0 };

	make_commands(&forward, &sample, path);
	add(&tokenize, "-m", path);
	add(&tokenize, "--chat-format", format_name);
	add(&tokenize, "--date", date);
	add(&tokenize, "-S", system_text);
	if (print_command(&line, &tokenize, err) == 0 && ll_buf_puts(&line, " | ", err) == 0 &&
	    print_command(&line, &forward, err) == 0 && ll_buf_puts(&line, " | ", err) == 0 &&
	    print_command(&line, &sample, err) == 0 && ll_buf_puts(&line, " | ", err) == 0 &&
	    print_command(&line, &decode, err) == 0)
		puts(line.data);
	ll_buf_free(&line);
	return -err->code;
}

static int
start_pipe(struct chat *chat, const char *path, struct ll_err *err)
{
	struct command forward, sample;
	char *const *commands[2];
	int status;

	make_commands(&forward, &sample, path);
	/* execv(3) does not write to them, whatever its type says. */
	commands[0] = (char *const *)(uintptr_t)forward.words;
	commands[1] = (char *const *)(uintptr_t)sample.words;
	status = ll_children_start(&chat->children, commands, 2, err);
	stages = chat->children.group;
	if (status < 0 || (status = ll_writer_new(&chat->to, chat->children.in, "ll-forward", err)) < 0)
		return status;
	return ll_reader_new(&chat->from, chat->children.out, "ll-sample", -1, err);
}

/* Whether the pipe can still be written to; one that broke says why on its other end. */
static bool
can_write(const struct chat *chat)
{
	struct pollfd in = { .fd = chat->children.in };

	return chat->to != NULL && (poll(&in, 1, 0) <= 0 || !(in.revents & POLLERR));
}

static int
next(struct chat *chat, struct ll_frame *frame, struct ll_err *err)
{
	int got = ll_reader_next(chat->from, frame, err);

	/* What is not the stream's fault is ours. */
	chat->broken = got < 0 && (err->reported || err->code == LL_EDATA);
	return got;
}

/* Begins the stream, and waits until every stage has begun its own: then the model is open. */
static int
begin_stream(struct chat *chat, const char *path, struct ll_err *err)
{
	struct ll_header header = { .kind = LL_KIND_TOKENS };
	char stops[128] = "";
	struct ll_frame frame;
	int status;

	for (size_t i = 0; i < chat->vocab->stop_count; i++)
		snprintf(stops + strlen(stops), sizeof(stops) - strlen(stops), "%s%u", i > 0 ? " " : "",
		    chat->vocab->stops[i]);
	if ((status = ll_header_set(&header, "model", path, err)) == 0 &&
	    (status = ll_header_set_hex(&header, "vocab", chat->vocab->fingerprint, err)) == 0 &&
	    (status = ll_header_set(&header, "stop", stops, err)) == 0 &&
	    (status = ll_writer_stream(chat->to, &header, err)) == 0)
		status = ll_writer_flush(chat->to, err);
	ll_header_free(&header);
	if (status < 0)
		return status;
	status = next(chat, &frame, err);
	return status == LL_GOT_STREAM ? 0 : status < 0 ? status : ll_fail(err, LL_EDATA, "ll-sample: no stream");
}

static int
show(struct chat *chat, struct ll_buf *text, struct ll_err *err)
{
	struct ll_buf shown = { 0 };
	int status;

	if (text->len == 0)
		return 0;
	if (chat->careful)
		status = ll_terminal_harmless(&shown, text->data, text->len, err);
	else
		status = ll_buf_add(&shown, text->data, text->len, err);
	if (status == 0)
		status = ll_write(STDOUT_FILENO, shown.data, shown.len, "standard output", err);
	ll_buf_free(&shown);
	text->len = 0;
	return status;
}

/* Shows the answer as it comes. 1 when the turn is over, 2 when the conversation is, negative when it failed. */
static int
hear_answer(struct chat *chat, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	struct ll_frame frame;
	int got, status = 0;

	while (status == 0 && (got = next(chat, &frame, err)) != LL_GOT_STREAM) {
		int shown;

		status = got < 0 ? got : got == LL_GOT_END ? 2 : ll_conversation_hear(&chat->talk, &frame, &text, err);
		if ((shown = show(chat, &text, err)) < 0 && status >= 0)
			status = shown;
	}
	answering = 0;
	ll_buf_free(&text);
	if (status < 0)
		return status;
	got = ll_write(STDOUT_FILENO, "\n", 1, "standard output", err);
	return got < 0 ? got : status;
}

static int
turn(struct chat *chat, const char *message, size_t length, struct ll_err *err)
{
	if (can_write(chat)) {
		int status = ll_conversation_ask(&chat->talk, chat->to, message, length, chat->terminal, err);

		if (status < 0)
			return status;
	}
	ll_conversation_cancel_frame(&chat->talk, cancel_frame);
	cancel_fd = chat->children.in;
	answering = 1;
	return hear_answer(chat, err);
}

/* A byte from the terminal, as read(2); 0 also when the pipe has ended. */
static ssize_t
read_key(const struct chat *chat, char *c)
{
	struct pollfd set[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = chat->children.out } };

	if (poll(set, 2, -1) < 0)
		return -1;
	return set[1].revents & POLLHUP ? 0 : read(STDIN_FILENO, c, 1);
}

/* One line from the terminal. Its length, 0 at the end, -1 when Ctrl-C threw it away. */
static ssize_t
read_line(const struct chat *chat, struct ll_buf *line, struct ll_err *err)
{
	line->len = 0;
	for (;;) {
		char c;
		ssize_t count;

		interrupted = 0;
		count = read_key(chat, &c);
		if (count < 0 && errno == EINTR && interrupted)
			return -1;
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return ll_fail_errno(err, LL_EIO, "standard input");
		if (count == 0)
			return (ssize_t)line->len;
		if (c == '\n')
			return (ssize_t)line->len + 1;
		if (ll_buf_add(line, &c, 1, err) < 0)
			return -LL_ENOMEM;
	}
}

static int
converse(struct chat *chat, struct ll_err *err)
{
	struct ll_buf line = { 0 };
	int status = 0;

	while (status >= 0 && status != 2) {
		ssize_t got;

		if ((status = ll_write(STDOUT_FILENO, "> ", 2, "standard output", err)) < 0)
			break;
		got = read_line(chat, &line, err);
		if (got == 0 || (got < 0 && err->code != 0)) {
			status = got == 0 ? ll_write(STDOUT_FILENO, "\n", 1, "standard output", err) : (int)got;
			break;
		}
		if (got < 0)
			status = ll_write(STDOUT_FILENO, "\n", 1, "standard output", err);
		else if (line.len > 0)
			status = turn(chat, line.data, line.len, err);
	}
	ll_buf_free(&line);
	return status;
}

static int
one_message(struct chat *chat, struct ll_err *err)
{
	struct ll_buf message = { 0 };
	int status = ll_read_all(STDIN_FILENO, &message, "standard input", err);

	if (status == 0 && message.len == 0)
		status = ll_fail(err, LL_EDATA, "standard input: no message");
	if (status == 0)
		status = turn(chat, message.data, message.len, err);
	ll_buf_free(&message);
	return status;
}

/*
 * Ends the stream, or the stages after a failure of ours; reads to the end, and collects
 * what the stages ended with. Where one of them said what was wrong, what we saw of it is
 * only a consequence.
 */
static int
finish(struct chat *chat, int status, struct ll_err *err)
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
	stages = 0;
	if (in >= 0)
		close(in);
	/* Killed stages say nothing: then what we saw of it is all that there is to tell. */
	if (code == LL_EBUG)
		return status < 0 ? status : ll_fail(err, LL_EBUG, "a stage of the pipe was killed");
	if (code != 0 && (status >= 0 || chat->broken)) {
		*err = (struct ll_err){ .code = code, .reported = 1 };
		status = -code;
	}
	return status;
}

static int
open_all(struct chat *chat, const char *path, struct ll_err *err)
{
	int status;

	if ((status = ll_vocab_open(&chat->vocab, path, err)) < 0 ||
	    (status = ll_tokenizer_new(&chat->tokenizer, chat->vocab, err)) < 0)
		return status;
	status = format_name != NULL ? ll_chat_by_name(&chat->format, format_name, err) :
	    ll_chat_recognise(&chat->format, chat->vocab, err);
	if (status == 0 && date != NULL)
		status = ll_chat_set_date(&chat->format, date, err);
	chat->talk.chat = &chat->format;
	chat->talk.tokenizer = chat->tokenizer;
	chat->talk.system = system_text;
	chat->terminal = isatty(STDIN_FILENO);
	chat->careful = isatty(STDOUT_FILENO);
	return status;
}

static int
run(struct chat *chat, const char *path, struct ll_err *err)
{
	int status;

	if ((status = open_all(chat, path, err)) < 0)
		return status;
	catch(SIGINT, chat->terminal ? on_interrupt : on_end);
	catch(SIGPIPE, on_end);
	catch(SIGTERM, on_end);
	catch(SIGHUP, on_end);
	if ((status = start_pipe(chat, path, err)) == 0 && (status = begin_stream(chat, path, err)) == 0)
		status = chat->terminal ? converse(chat, err) : one_message(chat, err);
	return finish(chat, status, err);
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	struct chat chat = { .children = { .in = -1, .out = -1 } };
	const char *path;
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if ((status = ll_model_choose(&path, model_path, "", &err)) == 0)
		status = print_pipe ? print_equivalent(path, &err) : run(&chat, path, &err);
	ll_conversation_free(&chat.talk);
	ll_tokenizer_free(chat.tokenizer);
	ll_vocab_free(chat.vocab);
	return ll_exit(program.name, status, &err);
}
