/*
 * Lines from a terminal, edited, with a history; line.c is the only user of libedit.
 */

#ifndef LL_SERVE_LINE_H
#define LL_SERVE_LINE_H

#include <signal.h>
#include <stdbool.h>

#include "base/buf.h"

struct ll_err;
struct ll_line;

/*
 * Stdin is a terminal; what is typed is shown on stdout if that is one, else on /dev/tty.
 * `history` is a file, made with mode 0600 in folders of mode 0700, or NULL for none; what
 * is wrong with it is said in `warning` (empty: nothing). *interrupted is set by the caller's
 * handler of SIGINT, installed without SA_RESTART, and cleared when a line begins.
 */
int ll_line_open(struct ll_line **out, const char *history, volatile sig_atomic_t *interrupted,
    struct ll_buf *warning, struct ll_err *err);
void ll_line_close(struct ll_line *line);

/* Gives the terminal back as it was: for a signal's handler that ends the program. */
void ll_line_restore(void);

/* A pipe that is read from elsewhere: when its writers are gone, that is the end of the lines. */
void ll_line_watch(struct ll_line *line, int fd);

/* The descriptor of the terminal that it writes to. */
int ll_line_fd(const struct ll_line *line);

enum { LL_LINE_END = 0, LL_LINE_READ = 1, LL_LINE_INTERRUPTED = 2 };

/* Reads one line, without its newline, into `text`; LL_LINE_* or negative. UTF-8, other bytes as U+FFFD. */
int ll_line_read(struct ll_line *line, const char *prompt, struct ll_buf *text, struct ll_err *err);

/*
 * Reads on while a message does whose first line was read: behind a backslash at the end of a
 * line, between lines of """, which are no part of it, or of ```, which are. LL_LINE_* or negative.
 */
int ll_message_read(struct ll_line *from, struct ll_buf *line, struct ll_buf *message, struct ll_err *err);

/* $XDG_STATE_HOME/ll/history or ~/.local/state/ll/history; false: there is no home. */
bool ll_line_history(char *path, size_t size);

#endif
