/*
 * Options of a run; see run_settings.h.
 */

#include "train/run_settings.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/available.h"
#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"

static const char *const schedules[] = { "cosine", "wsd", "constant" };

static int
schedule_of(const char *name)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(name, schedules[i]) == 0)
			return i;
	return -1;
}

__attribute__((format(printf, 2, 3))) static _Noreturn void
wrong(const void *value, const char *format, ...)
{
	char why[200];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	ll_opt_wrong(value, why);
}

int
ll_run_settings_check(struct ll_run_settings *s, const char *output, struct ll_err *err)
{
	bool unnamed = output == NULL || strcmp(output, "-") == 0;
	const struct ll_opt_rule rules[] = {
		{ ll_opt_given(&s->steps), &s->epochs, "with --steps" },
		{ strcmp(s->schedule, "wsd") != 0, &s->fall, "without --schedule wsd" },
		{ strcmp(s->schedule, "constant") == 0, &s->least, "with --schedule constant" },
	};

	if (schedule_of(s->schedule) < 0)
		wrong(&s->schedule, "'%.64s' is not cosine, wsd or constant", s->schedule);
	/* What a setting for all programs says. */
	if (strcmp(s->precision, "default") == 0)
		s->precision = "f32";
	if (strcmp(s->precision, "f32") != 0 && strcmp(s->precision, "bf16") != 0)
		wrong(&s->precision, "'%.64s' is not f32 or bf16", s->precision);
	ll_opt_refuse_all(rules, sizeof rules / sizeof *rules);
	if (s->micro > s->rows)
		wrong(&s->micro, "%" PRId64 " is more than the %" PRId64 " sequences of a step (--batch)", s->micro, s->rows);
	if (s->least > s->rate && ll_opt_given(&s->least))
		wrong(&s->least, "%g is above --lr, %g", s->least, s->rate);
	if (ll_out_same(s->state, output))
		ll_opt_wrong(&s->state, "is the output's name, too");
	if (ll_out_same(s->log, output) || ll_out_same(s->log, s->state))
		ll_opt_wrong(&s->log, "is the name of the output or the checkpoint, too");
	if (s->state == NULL && unnamed && !s->dry_run) {
		ll_opt_refuse(&s->resume, "without --state: the output has no name to be the checkpoint's");
		ll_opt_refuse(&s->save_every, "without --state: the output has no name to be the checkpoint's");
	}
	if (s->micro == 0)
		s->micro = s->rows;
	if (unnamed && !s->dry_run && isatty(STDOUT_FILENO))
		return ll_fail(err, LL_EUSAGE, "no -o FILE, and standard output is a terminal");
	return 0;
}

static uint64_t
part_of(int64_t given, uint64_t steps, uint64_t divisor)
{
	return given >= 0 ? (uint64_t)given : steps == LL_FIT_ENDLESS ? 0 : steps / divisor;
}

int
ll_run_settings_fit(struct ll_run_settings *s, uint64_t rows, struct ll_fit_options *fit, struct ll_optimise_options *o,
    struct ll_buf *text, struct ll_err *err)
{
	double counted = ceil((double)rows * s->epochs / (double)s->rows - 1e-9);
	uint64_t steps = s->steps > 0 ? (uint64_t)s->steps : rows == 0 ? LL_FIT_ENDLESS : counted < 1 ? 1 : (uint64_t)counted;

	*o = (struct ll_optimise_options){
		.schedule = (enum ll_schedule)schedule_of(s->schedule),
		.steps = steps,
		.rate = s->rate,
		.least = ll_opt_given(&s->least) ? s->least : s->rate / 10,
		.beta1 = s->beta1, .beta2 = s->beta2, .epsilon = s->epsilon, .decay = s->decay, .clip = s->clip,
	};
	o->warmup = part_of(s->warmup, steps, 50);
	o->fall = part_of(s->fall, steps, 5);
	if (o->fall == 0)
		o->fall = 1;
	fit->steps = o->steps;
	fit->rows = (size_t)s->rows;
	fit->micro = (size_t)s->micro;
	fit->seed = s->seed;
	fit->eval_every = (uint64_t)s->eval_every;
	fit->save_every = (uint64_t)s->save_every;
	fit->resume = s->resume;
	fit->log = s->log;
	fit->quiet = ll_opt_quiet;
	if (fit->hard == 0 && fit->temperature == 0)
		fit->hard = fit->temperature = 1;
	if (ll_buf_printf(text, err, "context %zu\nbatch %" PRId64 "\nsteps %" PRIu64 "\nseed %" PRIu64 "\nprecision %s\n",
	    fit->span, s->rows, o->steps, s->seed, s->precision) < 0)
		return -LL_ENOMEM;
	/* Where dropout and the embedding's sums go by the parts of a step. */
	return ll_buf_printf(text, err, "micro %" PRId64 "\nschedule %s\nwarmup %" PRIu64 "\nfall %" PRIu64
	    "\nlr %.9g\nmin-lr %.9g\nbeta1 %.9g\nbeta2 %.9g\nepsilon %.9g\nweight-decay %.9g\nclip %.9g\n", s->micro,
	    s->schedule, o->warmup, o->fall, o->rate, o->least, o->beta1, o->beta2, o->epsilon, o->decay, o->clip);
}

int
ll_run_settings_memory(const char *program, const struct ll_run_settings *s, const struct ll_hparams *hp,
    const struct ll_net_options *net, uint64_t more, size_t threads, struct ll_err *err)
{
	uint64_t learned, bytes = ll_net_bytes(hp, net, threads, &learned), there = ll_available();

	bytes += 2 * learned * sizeof(ll_real) + more;
	if (s->dry_run) {
		printf("parameters %" PRIu64 "\nmemory_bytes %" PRIu64 "\navailable_bytes %" PRIu64 "\n", learned, bytes, there);
		return 0;
	}
	/* As the progress: for who watches. */
	(isatty(STDERR_FILENO) ? ll_warn : ll_note)(program, "%" PRIu64 " parameters to learn; %.1f MB of memory needed, "
	    "%.1f MB there", learned, (double)bytes * 1e-6, (double)there * 1e-6);
	if (there == 0 || bytes <= there)
		return 0;
	return ll_fail(err, LL_ENOMEM, "%.1f MB of memory needed, %.1f MB there: fewer sequences at once (--micro), a "
	    "shorter --context, or --checkpointing take less", (double)bytes * 1e-6, (double)there * 1e-6);
}
