/*
 * A line on a terminal that tells how far a file is written; see save_line.h.
 */

#include "model/save_line.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

/* Often enough for an eye. */
#define INTERVAL_MS 100

static void
tell_line(const struct ll_save_line *progress, const struct ll_recode *next)
{
	ll_note(progress->program, "%s: %s to %s", next->from->name, ll_recode_type_name(next->from->type),
	    ll_recode_type_name(next->type));
}

static void
tell(void *context, const struct ll_recode *next, uint64_t done, uint64_t total)
{
	struct ll_save_line *progress = context;
	int64_t now = ll_clock_ms();
	double share = total > 0 ? (double)done / (double)total : 1, left;

	if (next != NULL && progress->lines)
		tell_line(progress, next);
	if (!progress->shown || progress->lines || (next != NULL && now - progress->last < INTERVAL_MS))
		return;
	progress->last = now;
	left = share > 0.01 ? (double)(now - progress->start) / 1000 * (1 - share) / share : 0;
	fprintf(stderr, "\r%s: %3.0f%%  %-32.32s", progress->program, 100 * share, next != NULL ? next->from->name : "");
	if (left > 0)
		fprintf(stderr, "  %.0f s left\033[K", left);
	fflush(stderr);
}

void
ll_save_line_start(struct ll_save_line *progress, const char *program, bool quiet, bool verbose)
{
	*progress = (struct ll_save_line){ .program = program, .lines = verbose };
	progress->shown = !quiet && isatty(STDERR_FILENO);
	progress->start = ll_clock_ms();
	progress->last = progress->start - INTERVAL_MS;
	progress->save = (struct ll_save_progress){ tell, progress };
}

void
ll_save_line_end(struct ll_save_line *progress)
{
	if (progress->shown && !progress->lines)
		fputs("\r\033[K", stderr);
}
