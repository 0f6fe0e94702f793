/*
 * Curves drawn by gnuplot; see chart.h. It reads the commands, and the data in them, from a file
 * without a name, and writes the picture to a pipe: no name of a file is in a command, but as a
 * text to be shown.
 */

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "train/chart.h"

extern char **environ;

/* Between double quotes, what means something there as octal numbers: of two single quotes gnuplot may end a string. */
static int
quote(struct ll_buf *out, const char *text, struct ll_err *err)
{
	int status = ll_buf_puts(out, "\"", err);

	for (; *text != '\0' && status == 0; text++)
		status = ll_buf_printf(out, err, strchr("\"'\\`", *text) != NULL ? "\\%03o" : "%c", (unsigned)*text);
	return status < 0 ? status : ll_buf_puts(out, "\"", err);
}

static int
put_label(struct ll_buf *out, const char *axis, const char *name, struct ll_err *err)
{
	int status;

	if ((status = ll_buf_printf(out, err, "set %slabel ", axis)) < 0 || (status = quote(out, name, err)) < 0)
		return status;
	return ll_buf_puts(out, "\n", err);
}

static int
put_data(struct ll_buf *out, const struct ll_curve *curve, size_t which, struct ll_err *err)
{
	int status = ll_buf_printf(out, err, "$curve%zu << END\n", which);

	for (size_t i = 0; i < curve->count && status == 0; i++)
		status = ll_buf_printf(out, err, "%.17g %.17g\n", curve->points[i].x, curve->points[i].y);
	return status < 0 ? status : ll_buf_puts(out, "END\n", err);
}

static int
put_plot(struct ll_buf *out, const struct ll_curves *curves, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < curves->count && status == 0; i++) {
		const struct ll_curve *curve = &curves->list[i];

		if ((status = ll_buf_printf(out, err, "%s $curve%zu using 1:2 with %s title ", i == 0 ? "plot" : ",", i,
		    curve->evaluation || curve->count == 1 ? "linespoints" : "lines")) == 0)
			status = quote(out, curve->name, err);
	}
	return status < 0 ? status : ll_buf_puts(out, "\n", err);
}

/* Commands, data among them; the picture goes to gnuplot's standard output. */
static int
put_script(const struct ll_chart *chart, const char *terminal, struct ll_buf *out, struct ll_err *err)
{
	int status;

	if ((status = ll_buf_printf(out, err, "set terminal %s size 1000,600 noenhanced background '#ffffff'\n"
	    "set encoding utf8\nset grid\nset key noenhanced\n%s", terminal, chart->log ? "set logscale y\n" : "")) < 0 ||
	    (status = put_label(out, "x", chart->x, err)) < 0 || (status = put_label(out, "y", chart->y, err)) < 0)
		return status;
	for (size_t i = 0; i < chart->curves->count; i++)
		if ((status = put_data(out, &chart->curves->list[i], i, err)) < 0)
			return status;
	return put_plot(out, chart->curves, err);
}

static int
start(pid_t *child, int in, int out, int errors, struct ll_err *err)
{
	static char name[] = "gnuplot", defaults[] = "--default-settings";
	char *const argv[] = { name, defaults, NULL };
	posix_spawn_file_actions_t actions;
	int failed;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return ll_fail(err, LL_ENOMEM, "out of memory: a process");
	if (posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO) != 0)
		failed = ENOMEM;
	else
		failed = posix_spawnp(child, name, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed == ENOMEM || failed == EAGAIN)
		return ll_fail(err, LL_ENOMEM, "gnuplot: %s", strerror(failed));
	return failed == 0 ? 0 : ll_fail(err, LL_EUNSUPPORTED,
	    "gnuplot: %s; without -o the curves are drawn with characters", strerror(failed));
}

/* The status as of waitpid(2), or an error. What gnuplot writes is read here: it does not tell of a full disk. */
static int
run(int in, struct ll_buf *out, int errors, struct ll_err *err)
{
	int ends[2], status, how;
	pid_t child;

	if (pipe(ends) != 0)
		return ll_fail_errno(err, LL_ENOMEM, "gnuplot: a pipe");
	status = start(&child, in, ends[1], errors, err);
	close(ends[1]);
	if (status < 0) {
		close(ends[0]);
		return status;
	}
	status = ll_read_all(ends[0], out, "gnuplot", err);
	close(ends[0]);
	while (waitpid(child, &how, 0) < 0)
		if (errno != EINTR)
			return ll_fail_errno(err, LL_EIO, "gnuplot");
	return status < 0 ? status : how;
}

/* The line of what it said that tells most: the last. */
static void
last_line(FILE *errors, char *line, size_t size)
{
	char next[200];

	rewind(errors);
	line[0] = '\0';
	while (fgets(next, sizeof(next), errors) != NULL) {
		next[strcspn(next, "\n")] = '\0';
		if (next[strspn(next, " \t^")] != '\0')
			snprintf(line, size, "%s", next + strspn(next, " \t"));
	}
}

static int
check(int how, bool drawn, FILE *errors, struct ll_err *err)
{
	char line[200];

	if (WIFSIGNALED(how))
		return ll_fail(err, LL_EUNSUPPORTED, "gnuplot: killed by signal %d", WTERMSIG(how));
	if (how == 0 && drawn)
		return 0;
	last_line(errors, line, sizeof(line));
	return ll_fail(err, LL_EUNSUPPORTED, "gnuplot: %s", line[0] != '\0' ? line : "drew nothing");
}

int
ll_chart_gnuplot(const struct ll_chart *chart, const char *terminal, struct ll_buf *out, struct ll_err *err)
{
	struct ll_buf script = { 0 };
	FILE *commands = tmpfile(), *errors = tmpfile();
	int status = put_script(chart, terminal, &script, err), in;

	if (status == 0 && (commands == NULL || errors == NULL))
		status = ll_fail_errno(err, errno == ENOMEM ? LL_ENOMEM : LL_ECREATE, "a temporary file");
	if (status == 0) {
		in = fileno(commands);
		if ((status = ll_write(in, script.data, script.len, "a temporary file", err)) == 0) {
			rewind(commands);
			if ((status = run(in, out, fileno(errors), err)) >= 0)
				status = check(status, out->len > 0, errors, err);
		}
	}
	if (commands != NULL)
		fclose(commands);
	if (errors != NULL)
		fclose(errors);
	ll_buf_free(&script);
	return status;
}
