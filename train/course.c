/*
 * A run from its options to its end; see course.h.
 */

#include "train/course.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/processors.h"
#include "train/induction.h"

#define MOST_CONTEXT 1024	/* positions, where nothing is said of them */

/* What a run depends on beside the settings. */
static int
describe(struct ll_buf *text, const struct ll_course *c, struct ll_err *err)
{
	const struct ll_hparams *hp = &c->hp;
	const struct ll_net_options *net = &c->net;
	uint64_t freqs = ll_hash(0, c->rope_freqs, hp->rope_dim / 2 * sizeof *c->rope_freqs);
	uint64_t data = c->feed != NULL ? c->feed_hash : c->lessons->corpus.hash;
	int status = ll_buf_printf(text, err, "program %s\nfrom %016" PRIx64 "\nlayers %zu\nhidden_size %zu\n"
	    "intermediate_size %zu\nheads %zu\nkv_heads %zu\nhead_dim %zu\ntied %d\ninduction %d\ndata %016" PRIx64 "\n",
	    c->program, c->from, hp->layers, hp->dim, hp->ffn, hp->heads, hp->kv_heads, hp->head_dim, hp->tied,
	    c->first == LL_FIRST_INDUCTION, data);
	if (status == 0)
		status = ll_buf_printf(text, err, "norm_eps %.9g\nrope base %.9g\nrope frequencies %016" PRIx64 "\n",
		    (double)hp->norm_eps, (double)hp->rope_base, freqs);

	if (status == 0 && c->hard < 1 && c->temperature > 0)
		status = ll_buf_printf(text, err, "hard %.9g\ntemperature %.9g\n", c->hard, c->temperature);
	if (status == 0 && net->rank > 0)
		status = ll_buf_printf(text, err, "rank %zu\nalpha %.9g\ndropout %.9g\n", net->rank, (double)net->alpha,
		    (double)net->dropout);
	for (size_t i = 0; status == 0 && net->rank > 0 && i < LL_ADAPT_SITES; i++)
		if (net->on[i])
			status = ll_buf_printf(text, err, "on %s\n", ll_adapter_site_name(i));
	return status;
}

static int
fit_net(struct ll_course *c, struct ll_net *net, struct ll_fit *fit, const struct ll_optimise_options *optimise,
    struct ll_err *err)
{
	int status = ll_optimiser_new(&fit->optimiser, net, optimise, err);

	if (status < 0)
		return status;
	/* A checkpoint has all values. */
	if (c->first == LL_FIRST_INDUCTION && !c->settings->resume)
		status = ll_net_induction(net, c->settings->seed, err);
	else if (c->first == LL_FIRST_RANDOM && !c->settings->resume)
		ll_net_random(net, c->settings->seed);
	fit->net = net;
	if (status == 0)
		status = ll_fit_run(fit, err);
	ll_optimiser_free(&fit->optimiser);
	if (status == 1 && fit->options.steps == LL_FIT_ENDLESS)
		return ll_fail(err, LL_EIO, "stopped by a signal after step %" PRIu64 ": --resume goes on from there",
		    fit->progress.step);
	if (status == 1)
		return ll_fail(err, LL_EIO, "stopped by a signal after step %" PRIu64 " of %" PRIu64 ": --resume goes on from there",
		    fit->progress.step, fit->options.steps);
	if (status < 0)
		return status;
	if (fit->progress.step < fit->options.steps && fit->options.steps != LL_FIT_ENDLESS)
		ll_warn(c->program, "the data ended after step %" PRIu64 " of %" PRIu64, fit->progress.step, fit->options.steps);
	return c->finish(c->context, net, err);
}

/* Over so many rows an epoch. */
static int
run_rows(struct ll_course *c, uint64_t rows, struct ll_pool *pool, struct ll_fit *fit, struct ll_buf *text,
    struct ll_err *err)
{
	struct ll_optimise_options optimise;
	struct ll_net *net;
	int status;

	if ((status = describe(text, c, err)) < 0 ||
	    (status = ll_run_settings_fit(c->settings, rows, &fit->options, &optimise, text, err)) < 0 ||
	    (status = ll_net_new(&net, &c->hp, c->rope_freqs, c->rope_magnitude, c->base, &c->net, pool, err)) < 0)
		return status;
	fit->options.settings = text->data;
	if (c->feed != NULL && rows == 0)
		fit->options.epochs = 1;
	status = fit_net(c, net, fit, &optimise, err);
	ll_net_free(net);
	return status;
}

static int
run(struct ll_course *c, struct ll_pool *pool, struct ll_fit *fit, struct ll_buf *text, struct ll_err *err)
{
	const struct ll_corpus *corpus = &c->lessons->corpus;
	struct ll_corpus_feed feed = { .corpus = corpus, .span = fit->options.span, .seed = c->settings->seed,
	    .shuffle = true };
	int status;

	if ((status = ll_run_settings_memory(c->program, c->settings, &c->hp, &c->net, c->more, ll_pool_count(pool),
	    err)) < 0 || c->settings->dry_run || (status = ll_lessons_read(c->lessons, err)) < 0)
		return status;
	fit->held = c->lessons->held_path != NULL ? &c->lessons->held : NULL;
	fit->feed = c->feed != NULL ? *c->feed : (struct ll_row_feed){ ll_corpus_feed_next, &feed };
	if (c->feed != NULL)
		return run_rows(c, c->feed_rows, pool, fit, text, err);
	if ((status = ll_corpus_feed_open(&feed, 0, err)) == 0) {
		ll_note(c->program, "%zu documents, %zu tokens, %" PRIu64 " to learn; %zu sequences of up to %zu positions",
		    corpus->documents, corpus->count, corpus->learned, feed.order.rows, fit->options.span);
		status = run_rows(c, feed.order.rows, pool, fit, text, err);
	}
	ll_corpus_feed_free(&feed);
	return status;
}

size_t
ll_course_span(const struct ll_course *c)
{
	const struct ll_run_settings *s = c->settings;
	size_t span = s->context > 0 ? (size_t)s->context : c->hp.context < MOST_CONTEXT ? c->hp.context : MOST_CONTEXT;

	if (span > c->hp.context) {
		char why[80];

		snprintf(why, sizeof(why), "%zu is more than the %zu positions of the model", span, c->hp.context);
		ll_opt_wrong(&s->context, why);
	}
	return span;
}

int
ll_course_run(struct ll_course *c, struct ll_err *err)
{
	const struct ll_run_settings *s = c->settings;
	struct ll_fit fit = { .options = { .program = c->program, .state = s->state, .hard = c->hard,
	    .temperature = c->temperature } };
	struct ll_buf text = { 0 }, state = { 0 };
	struct ll_pool *pool = NULL;
	int status, isa = ll_cpu_isa(err);

	if (isa < 0)
		return isa;
	fit.options.span = ll_course_span(c);
	c->net.isa = (enum ll_isa)isa;
	c->net.kind = strcmp(s->precision, "bf16") == 0 ? LL_GEMM_BF16 : LL_GEMM_F32;
	c->net.gradients = true;
	c->net.checkpoint = s->checkpoint;
	c->net.span = fit.options.span;
	c->net.tokens = fit.options.span * (size_t)s->micro;
	if ((status = ll_pool_new(&pool, s->threads > 0 ? (size_t)s->threads : ll_processors(), err)) < 0)
		return status;
	if (s->state == NULL && (s->save_every > 0 || s->resume)) {
		status = ll_buf_printf(&state, err, "%s.state", c->output);
		fit.options.state = state.data;
		if (status == 0 && ll_out_same(s->log, state.data))
			status = ll_fail(err, LL_EUSAGE, "--log: is the name of the checkpoint, too");
	}
	ll_out_renew(fit.options.state);
	if (status == 0 && !s->dry_run && (status = ll_out_try(c->output, err)) == 0)
		status = ll_out_try(fit.options.state, err);
	if (status == 0)
		status = run(c, pool, &fit, &text, err);
	ll_out_renew(NULL);
	ll_pool_free(pool);
	ll_buf_free(&text);
	ll_buf_free(&state);
	if (fit.stopped != 0) {
		/* So that the shell, or make, knows and stops as well. */
		ll_complain(c->program, err->text);
		signal(fit.stopped, SIG_DFL);
		raise(fit.stopped);
	}
	return status;
}
