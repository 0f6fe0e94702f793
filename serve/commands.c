/*
 * What a user can say to ll-chat itself; see session.h and ll-chat(1), Commands.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/terminal.h"
#include "base/utf8.h"
#include "serve/saved.h"
#include "serve/session.h"

#define MOST_SAVED (64u << 20)
#define BEGINNING 50		/* bytes of a message that tell which it is */

struct command {
	const char *name, *argument;	/* "FILE", "[TEXT]", or NULL */
	const char *help;
	int (*run)(struct ll_session *session, const char *argument, struct ll_err *err);
};

void
ll_session_say(const struct ll_session *session, const char *format, ...)
{
	struct ll_buf harmless = { 0 };
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	/* Names of files and messages may hold anything. */
	if (length >= 0 && ll_terminal_harmless(&harmless, text, (size_t)length, NULL) == 0 &&
	    ll_buf_puts(&harmless, "\n", NULL) == 0 &&
	    write(ll_line_fd(session->line), harmless.data, harmless.len) < 0)
		errno = 0;	/* the next prompt will find out */
	ll_buf_free(&harmless);
	free(text);
}

size_t
ll_session_reserve(const struct ll_session *session)
{
	return session->context < 512 ? session->context / 16 : 32;
}

void
ll_session_choices(const struct ll_session *session)
{
	ll_session_say(session, "/undo takes back the last message and answer, /reset begins anew, /save FILE keeps "
	    "a copy;\nll-chat -c N and /load FILE go on with more room, if the model has it.");
}

static int
undo(struct ll_session *session, const char *argument, struct ll_err *err)
{
	struct ll_conversation *talk = &session->talk;
	int status;

	(void)argument;
	if (talk->count == 0) {
		ll_session_say(session, "There is nothing to take back.");
		return 0;
	}
	if ((status = ll_conversation_drop(talk, err)) == 0)
		ll_session_say(session, "Taken back: %zu message%s left, %zu tokens.", talk->count,
		    talk->count == 1 ? "" : "s", talk->ids.count);
	return status;
}

static int
retry(struct ll_session *session, const char *argument, struct ll_err *err)
{
	const struct ll_conversation *talk = &session->talk;
	size_t left;
	int status;

	(void)argument;
	if (talk->count == 0) {
		ll_session_say(session, "There is no message to answer.");
		return 0;
	}
	/* The answer that is there stays where there is no room for another. */
	left = talk->ids.count - talk->exchanges[talk->count - 1].ids.count;
	if (session->context > 0 && left + ll_session_reserve(session) + 1 > session->context) {
		ll_session_say(session, "Without the last answer %zu of the %zu tokens of the context are taken, which leaves "
		    "no room for another: not sent.", left, session->context);
		ll_session_choices(session);
		return 0;
	}
	status = ll_conversation_forget(&session->talk, err);
	return status < 0 ? status : LL_COMMAND_ASK;
}

static int
reset(struct ll_session *session, const char *argument, struct ll_err *err)
{
	int status = ll_conversation_reset(&session->talk, err);

	(void)argument;
	if (status == 0)
		ll_session_say(session, "A new conversation%s.", session->talk.system != NULL ?
		    ", with the same system message" : "");
	return status;
}

static int
set_system(struct ll_session *session, const char *argument, struct ll_err *err)
{
	struct ll_conversation *talk = &session->talk;
	struct ll_err wrong = { 0 };

	if (*argument == '\0') {
		ll_session_say(session, "%s", talk->system != NULL ? talk->system : "There is no system message.");
		return 0;
	}
	if (ll_conversation_system(talk, strcmp(argument, "-") == 0 ? NULL : argument, &wrong) < 0) {
		/* As of a message, what the vocabulary or the format has no place for is only said. */
		if (wrong.code == LL_ENOMEM)
			return ll_fail_as(err, &wrong);
		ll_session_say(session, "%s: not set", wrong.text);
		return 0;
	}
	ll_session_say(session, "%s%s", talk->system != NULL ? "The system message is set" : "No system message",
	    talk->count > 0 ? "; the next answer evaluates the conversation anew." : ".");
	return 0;
}

/* How much of a message is shown: of its first line, and no part of a character. */
static size_t
beginning(const struct ll_exchange *exchange)
{
	size_t length = strcspn(exchange->message, "\n");

	if (length <= BEGINNING)
		return length;
	return BEGINNING - ll_utf8_partial((const unsigned char *)exchange->message, BEGINNING);
}

static int
tokens(struct ll_session *session, const char *argument, struct ll_err *err)
{
	const struct ll_conversation *talk = &session->talk;

	(void)argument;
	(void)err;
	for (size_t i = 0; i < talk->count; i++) {
		const struct ll_exchange *exchange = &talk->exchanges[i];
		size_t shown = beginning(exchange);

		ll_session_say(session, "%4zu  answer of %zu tokens: %.*s%s", i + 1, exchange->ids.count, (int)shown,
		    exchange->message, shown < exchange->length ? " ..." : "");
	}
	if (session->context > 0)
		ll_session_say(session, "%zu of %zu tokens (%zu%%), %zu left", talk->ids.count, session->context,
		    100 * talk->ids.count / session->context,
		    session->context > talk->ids.count ? session->context - talk->ids.count : 0);
	else
		ll_session_say(session, "%zu tokens", talk->ids.count);
	return 0;
}

static void
say_speed(const struct ll_session *session, const char *what, const struct ll_speed *speed)
{
	ll_session_say(session, "%-12s  prompt %5zu tokens, %7.1f a second;  answer %5zu tokens, %7.1f a second", what,
	    speed->prompt, speed->prompt_s > 0 ? (double)speed->prompt / speed->prompt_s : 0, speed->generated,
	    speed->generated_s > 0 ? (double)speed->generated / speed->generated_s : 0);
}

static int
stats(struct ll_session *session, const char *argument, struct ll_err *err)
{
	if (session->all.prompt == 0) {
		ll_session_say(session, "Nothing was answered yet.");
	} else {
		say_speed(session, "last answer", &session->last);
		say_speed(session, "all", &session->all);
	}
	(void)argument;
	if (session->context > 0)
		ll_session_say(session, "context       %zu of %zu tokens", session->talk.ids.count, session->context);
	(void)err;
	return 0;
}

/* A file of the user's that is no conversation is not overwritten. */
static bool
may_overwrite(const char *path)
{
	char begin[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	ssize_t got;

	if (fd < 0)
		return errno == ENOENT;
	/* A pipe nobody reads would be waited for. */
	got = fstat(fd, &info) == 0 && S_ISFIFO(info.st_mode) ? -1 : read(fd, begin, sizeof(begin));
	close(fd);
	return got == 0 || (got > 0 && ll_saved_is(begin, (size_t)got));
}

/* ~/ as in a shell; the caller frees. */
static char *
full_path(const char *argument, struct ll_err *err)
{
	const char *home = getenv("HOME");
	struct ll_buf path = { 0 };
	bool tilde = argument[0] == '~' && argument[1] == '/' && home != NULL;

	if (tilde)
		ll_buf_puts(&path, home, err);
	ll_buf_puts(&path, tilde ? argument + 1 : argument, err);
	return err->code == 0 ? path.data : NULL;
}

static int
save(struct ll_session *session, const char *argument, struct ll_err *err)
{
	char *path = full_path(argument, err);
	struct ll_err wrong = { 0 };
	struct ll_buf text = { 0 };
	struct ll_out out;
	int status;

	if (path == NULL)
		return -LL_ENOMEM;
	if (!may_overwrite(path)) {
		ll_session_say(session, "%s: is there and no conversation of ll-chat: not saved", path);
		free(path);
		return 0;
	}
	status = ll_saved_write(&session->talk, session->model, &text, err);
	if (status == 0 && ll_out_open(&out, path, &wrong) == 0)
		ll_out_close(&out, ll_write(out.fd, text.data, text.len, path, &wrong), &wrong);
	if (wrong.code != 0)
		ll_session_say(session, "%s: not saved", wrong.text);
	else if (status == 0)
		ll_session_say(session, "Saved: %zu message%s, %zu tokens.", session->talk.count,
		    session->talk.count == 1 ? "" : "s", session->talk.ids.count);
	ll_buf_free(&text);
	free(path);
	return status;
}

static int
read_saved(const char *path, struct ll_buf *text, struct ll_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = 0;
	ssize_t got = 1;

	if (fd < 0)
		return ll_fail_errno(err, LL_EINPUT, "%s", path);
	while (got > 0 && status == 0 && text->len <= MOST_SAVED) {
		if ((status = ll_buf_room(text, 65536, err)) < 0)
			break;
		if ((got = read(fd, text->data + text->len, 65536)) > 0)
			text->len += (size_t)got;
	}
	if (status == 0 && got < 0)
		status = ll_fail_errno(err, LL_EIO, "%s", path);
	if (status == 0 && text->len > MOST_SAVED)
		status = ll_fail(err, LL_EDATA, "%s: longer than %u bytes", path, MOST_SAVED);
	close(fd);
	return status;
}

static int
load(struct ll_session *session, const char *argument, struct ll_err *err)
{
	char *path = full_path(argument, err);
	struct ll_saved_notes notes = { 0 };
	struct ll_err wrong = { 0 };
	struct ll_buf text = { 0 };

	if (path == NULL)
		return -LL_ENOMEM;
	if (read_saved(path, &text, &wrong) < 0 ||
	    ll_saved_read(&session->talk, text.data, text.len, path, &notes, &wrong) < 0) {
		ll_session_say(session, "%s: not loaded", wrong.text);
	} else {
		ll_session_say(session, "Loaded: %zu message%s, %zu tokens%s.", notes.exchanges,
		    notes.exchanges == 1 ? "" : "s", session->talk.ids.count, notes.other ?
		    "; made with another vocabulary, so its answers were tokenized anew" : "");
		if (!notes.other && notes.tokenized > 0)
			ll_session_say(session, "%zu answer%s without ids of this text, tokenized anew.", notes.tokenized,
			    notes.tokenized == 1 ? " was" : "s were");
	}
	ll_buf_free(&text);
	free(path);
	return 0;
}

static int help(struct ll_session *session, const char *argument, struct ll_err *err);

static const struct command commands[] = {
	{ "help", NULL, "this list", help },
	{ "load", "FILE", "go on with a saved conversation", load },
	{ "reset", NULL, "a new conversation", reset },
	{ "retry", NULL, "another answer to the last message", retry },
	{ "save", "FILE", "save the conversation", save },
	{ "stats", NULL, "tokens a second, and the context used", stats },
	{ "system", "[TEXT]", "show the system message, or set it; - for none", set_system },
	{ "tokens", NULL, "how long the conversation is", tokens },
	{ "undo", NULL, "take back the last message and its answer", undo },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
help(struct ll_session *session, const char *argument, struct ll_err *err)
{
	(void)argument;
	(void)err;
	for (size_t i = 0; i < COMMANDS; i++)
		ll_session_say(session, "/%-6s %-7s %s", commands[i].name,
		    commands[i].argument != NULL ? commands[i].argument : "", commands[i].help);
	ll_session_say(session, "//...          a message that begins with one /\n"
	    "...\\           the message goes on in the next line\n"
	    "\"\"\" or ```     so it does up to the next such line; ``` are part of it\n"
	    "Ctrl-C         stop the answer, or throw the line away\n"
	    "Ctrl-D         end");
	return 0;
}

int
ll_command(struct ll_session *session, const char *line, struct ll_err *err)
{
	size_t length = strcspn(line + 1, " \t");
	const char *argument = line + 1 + length + strspn(line + 1 + length, " \t");

	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];

		if (strlen(command->name) != length || strncmp(command->name, line + 1, length) != 0)
			continue;
		if (command->argument == NULL && *argument != '\0') {
			ll_session_say(session, "/%s takes nothing behind it.", command->name);
			return 0;
		}
		if (command->argument != NULL && command->argument[0] != '[' && *argument == '\0') {
			ll_session_say(session, "/%s needs a %s.", command->name, command->argument);
			return 0;
		}
		return command->run(session, argument, err);
	}
	ll_session_say(session, "%.*s: no such command: not sent. /help lists them; // begins a message with a slash.",
	    (int)length + 1, line);
	return 0;
}
