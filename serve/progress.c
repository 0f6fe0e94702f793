/*
 * Progress of a batch; see progress.h.
 */

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/opt.h"
#include "serve/progress.h"

#define EVERY_MS 200

static void
add(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s", more);
}

/* "1:02:03" or "2:03" */
static void
name_time(char text[32], uint64_t seconds)
{
	unsigned h = (unsigned)(seconds / 3600), m = (unsigned)(seconds / 60 % 60), s = (unsigned)(seconds % 60);

	if (h > 0)
		snprintf(text, 32, "%u:%02u:%02u", h, m, s);
	else
		snprintf(text, 32, "%u:%02u", m, s);
}

/* Three digits, or all of a whole number. */
static void
name_rate(char text[32], double rate)
{
	snprintf(text, 32, rate < 999.5 ? "%.3g" : "%.0f", rate);
}

void
ll_progress_text(const struct ll_progress *progress, int64_t ms, char *text, size_t size)
{
	size_t done = progress->before + progress->records;
	double rate = ms > 0 ? (double)progress->records * 1000 / (double)ms : 0;
	char piece[80], left[32], records[32], tokens[32];

	snprintf(text, size, "%zu", done);
	if (progress->total > 0) {
		snprintf(piece, sizeof(piece), " of %zu", progress->total);
		add(text, size, piece);
	}
	add(text, size, done == 1 && progress->total == 0 ? " record" : " records");
	if (progress->records == 0 || ms <= 0)
		return;
	name_rate(records, rate);
	name_rate(tokens, (double)progress->tokens * 1000 / (double)ms);
	snprintf(piece, sizeof(piece), ", %s/s, %s tokens/s", records, tokens);
	add(text, size, piece);
	if (progress->total > done) {
		name_time(left, (uint64_t)((double)(progress->total - done) / rate + 0.5));
		snprintf(piece, sizeof(piece), ", %s left", left);
		add(text, size, piece);
	}
}

static void
show(struct ll_progress *progress, int64_t now, bool last)
{
	char text[200], line[300];
	size_t before = strlen(progress->program) + 2;
	struct winsize screen;
	int width, length;

	ll_progress_text(progress, now - progress->began, text, sizeof(text));
	/* A line that went on in the next could not be written over. */
	if (!last && ioctl(STDERR_FILENO, TIOCGWINSZ, &screen) == 0 && screen.ws_col > before &&
	    screen.ws_col - before - 1 < sizeof(text))
		text[screen.ws_col - before - 1] = '\0';
	width = (int)strlen(text);
	/* The cursor waits in front, so that what another stage has to tell begins there, too. */
	length = snprintf(line, sizeof(line), "%s: %s%*s%s", progress->program, text,
	    progress->width > width ? progress->width - width : 0, "", last ? "\n" : "\r");
	progress->width = width;
	progress->last = now;
	/* There is nobody to tell of a failure. */
	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		progress->shown = false;
}

void
ll_progress_begin(struct ll_progress *progress, const char *program, size_t before, size_t total)
{
	*progress = (struct ll_progress){
		.program = program, .before = before, .total = total,
		.shown = isatty(STDERR_FILENO) && !ll_opt_quiet, .began = ll_clock_ms(),
	};
	if (progress->shown)
		show(progress, progress->began, false);
}

void
ll_progress_add(struct ll_progress *progress, size_t records, uint64_t tokens)
{
	int64_t now;

	progress->records += records;
	progress->tokens += tokens;
	if (progress->shown && (now = ll_clock_ms()) - progress->last >= EVERY_MS)
		show(progress, now, false);
}

void
ll_progress_end(struct ll_progress *progress)
{
	if (progress->shown)
		show(progress, ll_clock_ms(), true);
}
