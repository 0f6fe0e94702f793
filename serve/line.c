/*
 * Lines over libedit; see line.h. libedit edits; reading bytes and the file of the history
 * are done here: a signal must end a line, and two conversations must not overwrite each
 * other's history.
 */

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "serve/line.h"

#define HISTORY_LINES 1000

struct ll_line {
	EditLine *el;
	History *history;
	FILE *out;
	const char *prompt;
	volatile sig_atomic_t *interrupted;
	int watched;			/* or -1 */
	int history_fd;
	unsigned char held[4];		/* the beginning of a character */
	size_t held_count;
};

/* How the terminal was before, for the end. */
static struct termios before;
static volatile sig_atomic_t changed;

/* The window's size changed, or the process was stopped and goes on. */
static volatile sig_atomic_t resized, continued;

static void
on_signal(int number)
{
	if (number == SIGWINCH)
		resized = 1;
	else
		continued = 1;
}

void
ll_line_restore(void)
{
	if (changed)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	changed = 0;
}

/*
 * While an answer comes, what is typed waits for the next prompt as it is, unseen: in the
 * terminal's own line mode it would be shown in the answer, and Ctrl-D be lost.
 */
static int
quieten_terminal(struct ll_err *err)
{
	struct termios quiet;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return ll_fail_errno(err, LL_EIO, "standard input");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	changed = 1;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	return 0;
}

static char *
prompt_of(EditLine *el)
{
	struct ll_line *line;

	el_get(el, EL_CLIENTDATA, &line);
	return (char *)(uintptr_t)line->prompt;
}

/*
 * Waits for a byte, a signal or the end of what is watched; a signal that comes between the look
 * at its flag and the wait is not lost. 1 if there is a byte, -1 if what is watched has ended.
 */
static int
wait_for_byte(const struct ll_line *line)
{
	struct pollfd set[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = line->watched } };
	sigset_t ours, usual;
	int got = 0;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGWINCH);
	sigaddset(&ours, SIGCONT);
	sigprocmask(SIG_BLOCK, &ours, &usual);
	if (!*line->interrupted && !resized && !continued)
		got = ppoll(set, 2, NULL, &usual);
	sigprocmask(SIG_SETMASK, &usual, NULL);
	if (got <= 0)
		return 0;
	return set[1].revents != 0 ? -1 : 1;
}

/* One byte more; 1, 0 at the end, -1 when a signal of the user's ended the line. */
static int
next_byte(EditLine *el, const struct ll_line *line, unsigned char *byte)
{
	for (;;) {
		ssize_t count;
		int got = wait_for_byte(line);

		if (got < 0)
			return 0;
		if (*line->interrupted)
			return -1;
		/* The shell that had the terminal left it in its own mode; libedit takes it to be as it was. */
		if (continued) {
			el_set(el, EL_PREP_TERM, 0);
			el_set(el, EL_PREP_TERM, 1);
		}
		if (resized)
			el_resize(el);
		if (continued)
			el_set(el, EL_REFRESH);
		resized = continued = 0;
		if (got == 0)
			continue;
		count = read(STDIN_FILENO, byte, 1);
		if (count >= 0 || (errno != EINTR && errno != EAGAIN))
			return (int)count;
	}
}

static int
next_character(EditLine *el, wchar_t *out)
{
	struct ll_line *line;

	el_get(el, EL_CLIENTDATA, &line);
	for (;;) {
		uint32_t code;
		size_t size;
		int got;

		if (line->held_count > 0 && ll_utf8_partial(line->held, line->held_count) != line->held_count) {
			code = ll_utf8_next(line->held, line->held_count, &size);
			line->held_count -= size;
			memmove(line->held, line->held + size, line->held_count);
			*out = (wchar_t)(code == LL_UTF8_BAD ? 0xfffd : code);
			return 1;
		}
		if ((got = next_byte(el, line, &line->held[line->held_count])) <= 0)
			return got;
		line->held_count++;
	}
}

bool
ll_line_history(char *path, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state != NULL && state[0] == '/')
		return snprintf(path, size, "%s/ll/history", state) < (int)size;
	return home != NULL && home[0] == '/' && snprintf(path, size, "%s/.local/state/ll/history", home) < (int)size;
}

static void
make_folders(const char *path)
{
	char folder[PATH_MAX];

	if (strlen(path) >= sizeof(folder))
		return;
	strcpy(folder, path);
	for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(folder, 0700);
		*slash = '/';
	}
}

/* Where the last lines begin. */
static size_t
last_lines(const struct ll_buf *text)
{
	size_t lines = 0, at = text->len;

	while (at > 0 && (text->data[at - 1] != '\n' || lines++ < HISTORY_LINES + 1))
		at--;
	return at;
}

static void
enter(struct ll_line *line, const char *text)
{
	HistEvent event;

	if (*text != '\0')
		history(line->history, &event, H_ENTER, text);
}

/* Loads the last lines, and shortens a file that has grown to twice as many. */
static int
load_history(struct ll_line *line, const char *path, struct ll_err *err)
{
	struct ll_buf text = { 0 };
	struct ll_out out = { 0 };
	struct stat info;
	size_t begin, lines = 0;
	int status;

	make_folders(path);
	line->history_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (line->history_fd < 0)
		return ll_fail_errno(err, LL_ECREATE, "%s", path);
	if (fstat(line->history_fd, &info) == 0 && !S_ISREG(info.st_mode)) {
		close(line->history_fd);
		line->history_fd = -1;
		return ll_fail(err, LL_ECREATE, "%s: is not a regular file", path);
	}
	fchmod(line->history_fd, 0600);
	if ((status = ll_read_all(line->history_fd, &text, path, err)) < 0) {
		ll_buf_free(&text);
		return status;
	}
	begin = last_lines(&text);
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	if (lines > 2 * HISTORY_LINES && ll_out_open(&out, path, &(struct ll_err){ 0 }) == 0) {
		struct ll_err ignored = { 0 };

		fchmod(out.fd, 0600);
		ll_out_close(&out, ll_write(out.fd, text.data + begin, text.len - begin, path, &ignored), &ignored);
		close(line->history_fd);
		line->history_fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	}
	for (char *at = text.data + begin, *end; at != NULL && (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		enter(line, at);
	}
	ll_buf_free(&text);
	return 0;
}

/* One write(2), so that lines of two conversations do not mix. */
static void
remember(struct ll_line *line, const struct ll_buf *text)
{
	struct ll_buf whole = { 0 };

	if (text->len == 0)
		return;
	enter(line, text->data);
	if (line->history_fd >= 0 && ll_buf_printf(&whole, NULL, "%s\n", text->data) == 0 &&
	    write(line->history_fd, whole.data, whole.len) < 0) {
		close(line->history_fd);
		line->history_fd = -1;
	}
	ll_buf_free(&whole);
}

static int
open_terminal(struct ll_line *line, struct ll_err *err)
{
	if (isatty(STDOUT_FILENO))
		line->out = fdopen(dup(STDOUT_FILENO), "w");
	else
		line->out = fopen("/dev/tty", "we");
	return line->out != NULL ? 0 : ll_fail_errno(err, LL_ECREATE, "/dev/tty");
}

static int
start(struct ll_line *line, struct ll_err *err)
{
	struct sigaction action = { .sa_handler = on_signal };
	HistEvent event;

	/* libedit turns characters into bytes by the locale; numbers stay as they are. */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "");
	line->el = el_init("ll-chat", stdin, line->out, stderr);
	line->history = history_init();
	if (line->el == NULL || line->history == NULL)
		return ll_fail(err, LL_ENOMEM, "cannot start the line editor");
	history(line->history, &event, H_SETSIZE, HISTORY_LINES);
	history(line->history, &event, H_SETUNIQUE, 1);
	el_set(line->el, EL_CLIENTDATA, line);
	el_set(line->el, EL_EDITOR, "emacs");
	el_set(line->el, EL_PROMPT, prompt_of);
	el_set(line->el, EL_SIGNAL, 0);
	el_set(line->el, EL_HIST, history, line->history);
	el_set(line->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_set(line->el, EL_BIND, "\t", "ed-insert", NULL);
	/* Between lines, too, the terminal stays as quieten_terminal made it. */
	el_set(line->el, EL_SETTY, "-x", "-icanon", "-echo", NULL);
	el_source(line->el, NULL);
	el_set(line->el, EL_GETCFN, next_character);
	sigaction(SIGWINCH, &action, NULL);
	sigaction(SIGCONT, &action, NULL);
	return 0;
}

int
ll_line_open(struct ll_line **out, const char *history_path, volatile sig_atomic_t *interrupted,
    struct ll_buf *warning, struct ll_err *err)
{
	struct ll_line *line = ll_alloc(1, sizeof(*line), err);
	struct ll_err wrong = { 0 };
	int status;

	if (line == NULL)
		return -LL_ENOMEM;
	line->interrupted = interrupted;
	line->watched = line->history_fd = -1;
	line->prompt = "";
	if ((status = open_terminal(line, err)) == 0 && (status = quieten_terminal(err)) == 0)
		status = start(line, err);
	if (status < 0) {
		ll_line_close(line);
		return status;
	}
	/* Without its file a conversation goes on. */
	if (history_path != NULL && load_history(line, history_path, &wrong) < 0)
		ll_buf_puts(warning, wrong.text, err);
	*out = line;
	return 0;
}

void
ll_line_close(struct ll_line *line)
{
	if (line == NULL)
		return;
	if (line->el != NULL)
		el_end(line->el);
	ll_line_restore();
	if (line->history != NULL)
		history_end(line->history);
	if (line->out != NULL)
		fclose(line->out);
	if (line->history_fd >= 0)
		close(line->history_fd);
	free(line);
}

void
ll_line_watch(struct ll_line *line, int fd)
{
	line->watched = fd;
}

int
ll_line_fd(const struct ll_line *line)
{
	return fileno(line->out);
}

int
ll_line_read(struct ll_line *line, const char *prompt, struct ll_buf *text, struct ll_err *err)
{
	int count = 0, status;
	const char *got;

	text->len = 0;
	line->prompt = prompt;
	*line->interrupted = 0;
	continued = 0;		/* el_gets() sets the terminal */
	errno = 0;
	got = el_gets(line->el, &count);
	if (got == NULL || count <= 0) {
		line->held_count = 0;
		if (*line->interrupted) {
			el_reset(line->el);
			return LL_LINE_INTERRUPTED;
		}
		return LL_LINE_END;
	}
	if (got[count - 1] == '\n')
		count--;
	if ((status = ll_buf_add(text, got, (size_t)count, err)) < 0)
		return status;
	remember(line, text);
	return LL_LINE_READ;
}
