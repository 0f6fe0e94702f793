/*
 * The steps of a run; see fit.h.
 */

#include "train/fit.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "train/fit_log.h"

static volatile sig_atomic_t told_to_stop;

static void
stop(int number)
{
	told_to_stop = number;
}

/* What one step was, for those who are told. */
struct step_report {
	struct ll_loss loss;
	double rate, norm, seconds;
	uint64_t tokens;
};

static double
elapsed(const struct ll_fit *fit)
{
	return fit->progress.seconds + ll_clock_seconds() - fit->began;
}

static int
write_log(struct ll_fit *fit, struct ll_err *err)
{
	if (fflush(fit->log) == 0 && !ferror(fit->log))
		return 0;
	return ll_fail_errno(err, LL_EIO, "%s: cannot write", fit->options.log);
}

static int
tell_step(struct ll_fit *fit, const struct step_report *r, struct ll_err *err)
{
	const struct ll_run_progress *p = &fit->progress;
	const struct ll_fit_options *o = &fit->options;
	double loss = r->loss.sum / (double)r->loss.count, speed = (double)r->tokens / r->seconds;
	double left = (double)(o->steps - p->step) * (elapsed(fit) / (double)p->step);

	if (fit->terminal && o->steps == LL_FIT_ENDLESS)
		fprintf(stderr, "\r%s: step %" PRIu64 ", loss %.4f, %.0f tokens/s \033[K", o->program, p->step, loss, speed);
	else if (fit->terminal)
		fprintf(stderr, "\r%s: step %" PRIu64 "/%" PRIu64 ", loss %.4f, %.0f tokens/s, %.0f:%02.0f left \033[K",
		    o->program, p->step, o->steps, loss, speed, floor(left / 60), floor(fmod(left, 60)));
	if (fit->log == NULL)
		return 0;
	fprintf(fit->log, "{\"step\":%" PRIu64 ",\"epoch\":%" PRIu64 ",\"tokens\":%" PRIu64 ",\"loss\":%.6f", p->step,
	    p->place.epoch, p->tokens, loss);
	if (r->loss.taught > 0)
		fprintf(fit->log, ",\"cross_entropy\":%.6f,\"kl\":%.6f", r->loss.targets > 0 ?
		    r->loss.cross_entropy / (double)r->loss.targets : 0, r->loss.kl / (double)r->loss.taught);
	fprintf(fit->log, ",\"lr\":%.6g,\"grad_norm\":%.6g,\"tokens_per_second\":%.1f,\"time\":%.2f}\n", r->rate,
	    r->norm, speed, elapsed(fit));
	return write_log(fit, err);
}

/* What is no number has no JSON. */
static void
put_number(FILE *log, const char *name, double value)
{
	if (isfinite(value))
		fprintf(log, ",\"%s\":%.6f", name, value);
	else
		fprintf(log, ",\"%s\":null", name);
}

static int
tell_evaluation(struct ll_fit *fit, const struct ll_loss *loss, struct ll_err *err)
{
	double mean = loss->cross_entropy / (double)loss->targets;

	if (!fit->options.quiet)
		fprintf(stderr, "%s%s: step %" PRIu64 ", held-out loss %.4f, perplexity %.4f, %.2f%% right%s\n",
		    fit->terminal ? "\r" : "", fit->options.program, fit->progress.step, mean, exp(mean),
		    100 * (double)loss->right / (double)loss->targets, fit->terminal ? "\033[K" : "");
	if (fit->log == NULL)
		return 0;
	fprintf(fit->log, "{\"step\":%" PRIu64 ",\"tokens\":%" PRIu64, fit->progress.step, fit->progress.tokens);
	put_number(fit->log, "eval_loss", mean);
	put_number(fit->log, "eval_perplexity", exp(mean));
	fprintf(fit->log, ",\"eval_accuracy\":%.6f,\"time\":%.2f}\n", (double)loss->right / (double)loss->targets,
	    elapsed(fit));
	return write_log(fit, err);
}

/* Loss over what is held out, without learning. */
static int
evaluate(struct ll_fit *fit, struct ll_err *err)
{
	struct ll_corpus_feed feed = { .corpus = fit->held, .span = fit->options.span };
	struct ll_row_place place = { 0 };
	struct ll_loss loss = { 0 };
	int status = 1;

	if (fit->held == NULL)
		return 0;
	fit->net->dropout_seed = 0;
	while (status > 0) {
		ll_gather_clear(&fit->gather);
		for (size_t row = 0; row < fit->options.micro && status > 0; row++)
			status = ll_corpus_feed_next(&feed, &place, &fit->gather, err);
		if (status >= 0 && fit->gather.count > 0)
			ll_net_run(fit->net, ll_gather_batch(&fit->gather), false, &loss);
	}
	ll_corpus_feed_free(&feed);
	return status < 0 ? status : tell_evaluation(fit, &loss, err);
}

static int
save(struct ll_fit *fit, struct ll_err *err)
{
	struct ll_run_progress progress = fit->progress;

	if (fit->options.state == NULL)
		return 0;
	progress.seconds = elapsed(fit);
	return ll_state_save(fit->options.state, &fit->optimiser, &progress, fit->options.settings, err);
}

/* Gathers some rows; 0 where the run's epochs are over and nothing was gathered. */
static int
gather_rows(struct ll_fit *fit, size_t rows, struct ll_err *err)
{
	const struct ll_fit_options *o = &fit->options;
	size_t empty = 0;

	ll_gather_clear(&fit->gather);
	for (size_t row = 0; row < rows;) {
		int status;

		if (o->epochs > 0 && fit->progress.place.epoch >= o->epochs) {
			fit->ended = true;
			return fit->gather.count > 0;
		}
		if ((status = fit->feed.next(fit->feed.context, &fit->progress.place, &fit->gather, err)) < 0)
			return status;
		empty = status == 0 ? empty + 1 : 0;
		if (empty > 1)
			return ll_fail(err, LL_EDATA, "there is nothing to learn from");
		row += status == 1;
	}
	return 1;
}

static int
refuse_step(const struct ll_fit_options *o, uint64_t step, const char *what, struct ll_err *err)
{
	if (o->state == NULL || access(o->state, F_OK) != 0)
		return ll_fail(err, LL_EDATA, "step %" PRIu64 ": the %s is not a number any more", step, what);
	return ll_fail(err, LL_EDATA, "step %" PRIu64 ": the %s is not a number any more; the last checkpoint, %s, is as it was",
	    step, what, o->state);
}

static int
run_step(struct ll_fit *fit, struct ll_err *err)
{
	const struct ll_fit_options *o = &fit->options;
	struct step_report r = { 0 };
	double began = ll_clock_seconds(), scale;
	uint64_t step = fit->progress.step + 1;
	int status;

	for (size_t row = 0; row < o->rows && !fit->ended; row += o->micro) {
		size_t rows = o->rows - row < o->micro ? o->rows - row : o->micro;

		if ((status = gather_rows(fit, rows, err)) < 0)
			return status;
		if (status == 0)
			break;
		ll_gather_batch(&fit->gather);
		fit->gather.batch.hard = (ll_real)o->hard;
		fit->gather.batch.temperature = (ll_real)o->temperature;
		fit->net->dropout_seed = (o->seed + step) * 0x9e3779b97f4a7c15u + row;
		ll_net_run(fit->net, &fit->gather.batch, true, &r.loss);
		r.tokens += fit->gather.count;
	}
	if (r.tokens == 0)
		return 0;
	/* A batch in which nothing counts teaches nothing. */
	scale = 1 / (double)(r.loss.count > 0 ? r.loss.count : 1);
	r.norm = ll_gradient_norm(&fit->optimiser, scale);
	if (!isfinite(r.loss.sum) || !isfinite(r.norm))
		return refuse_step(o, step, isfinite(r.loss.sum) ? "gradient" : "loss", err);
	r.rate = ll_learning_rate(&fit->optimiser.options, step);
	ll_optimise(&fit->optimiser, step, scale, r.norm);
	fit->progress.step = step;
	fit->progress.tokens += r.tokens;
	fit->progress.targets += r.loss.targets;
	r.seconds = ll_clock_seconds() - began;
	if (r.loss.count == 0)
		return 1;
	status = tell_step(fit, &r, err);
	return status < 0 ? status : 1;
}

static int
run_steps(struct ll_fit *fit, struct ll_err *err)
{
	const struct ll_fit_options *o = &fit->options;
	bool evaluated = false;
	int status = 0;

	while (fit->progress.step < o->steps && !fit->ended && !told_to_stop) {
		const struct ll_run_progress before = fit->progress;

		status = run_step(fit, err);
		if (status < 0 && told_to_stop && fit->progress.step == before.step) {
			/* The signal was for a whole pipe, and what fed this run is gone: the step is not done. */
			*err = (struct ll_err){ 0 };
			fit->progress.place = before.place;
			status = 0;
			break;
		}
		if (status <= 0)
			break;
		evaluated = o->eval_every > 0 && fit->progress.step % o->eval_every == 0;
		if (evaluated && (status = evaluate(fit, err)) < 0)
			return status;
		if (o->save_every > 0 && fit->progress.step % o->save_every == 0 && (status = save(fit, err)) < 0)
			return status;
	}
	if (status < 0)
		return status;
	if (told_to_stop && !fit->ended && fit->progress.step < o->steps) {
		status = save(fit, err);
		return status < 0 ? status : 1;
	}
	if (!evaluated && (status = evaluate(fit, err)) < 0)
		return status;
	return save(fit, err);
}

static int
open_log(struct ll_fit *fit, struct ll_err *err)
{
	const struct ll_fit_options *o = &fit->options;

	if (o->log == NULL)
		return 0;
	if (!o->resume)
		return ll_fit_log_new(&fit->log, o->log, err);
	return ll_fit_log_resume(&fit->log, o->log, fit->progress.step, fit->progress.step >= o->steps, err);
}

/* A second signal ends the program at once; one that is ignored stays so. */
static void
listen(int number, struct sigaction *was)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART | (int)SA_RESETHAND };

	if (sigaction(number, NULL, was) == 0 && was->sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

int
ll_fit_run(struct ll_fit *fit, struct ll_err *err)
{
	struct sigaction was_int, was_term;
	const struct ll_fit_options *o = &fit->options;
	int status = 0;

	if (o->resume)
		status = ll_state_load(o->state, &fit->optimiser, &fit->progress, o->settings, err);
	else if (o->state != NULL && access(o->state, F_OK) == 0)
		status = ll_fail(err, LL_ECREATE, "%s: there is a checkpoint already: go on from it with --resume, or remove it",
		    o->state);
	if (status < 0 || (status = open_log(fit, err)) < 0)
		return status;
	fit->terminal = isatty(STDERR_FILENO) && !o->quiet;
	fit->began = ll_clock_seconds();
	told_to_stop = 0;
	if (o->state != NULL) {
		listen(SIGINT, &was_int);
		listen(SIGTERM, &was_term);
	}
	status = run_steps(fit, err);
	if (o->state != NULL) {
		sigaction(SIGINT, &was_int, NULL);
		sigaction(SIGTERM, &was_term, NULL);
	}
	if (status == 1)
		fit->stopped = told_to_stop;
	if (fit->terminal)
		fputc('\n', stderr);
	if (fit->log != NULL && fclose(fit->log) != 0 && status >= 0)
		status = ll_fail_errno(err, LL_EIO, "%s: cannot write", o->log);
	fit->log = NULL;
	ll_gather_free(&fit->gather);
	return status;
}
