/*
 * Prefill and decoding through forward/forward.h; see steps.h. What a work must read and
 * multiply is counted from the model's tensors: each matrix that a token meets, once a step,
 * and the keys and values that its attention sees.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench/measure.h"
#include "bench/probe.h"
#include "bench/roofline.h"
#include "bench/steps.h"
#include "embed/states.h"
#include "forward/forward.h"
#include "model/model.h"

#define FILL_WINDOW 32
#define MOST_WORKS (LL_STEPS_BATCHES + 1)

struct task {
	bool prefill;
	size_t sequences, tokens;	/* tokens of each sequence */
	struct ll_work work;		/* of a round */
	double *rates;			/* tokens a second, by round */
};

struct steps {
	const struct ll_steps_config *config;
	struct ll_model *model;
	struct ll_forward *forward;
	struct ll_row *rows;		/* of a call */
	size_t row_count;		/* at most */
	float *normed, *logits;		/* of the rows that are decoded */
	struct ll_rng rng;
	struct task tasks[MOST_WORKS];
	size_t task_count, sequences;
	/* The limits: */
	struct ll_probe *probe;
	struct ll_region memory;
	struct ll_ceiling ceiling;
	double *reads;			/* bytes a second, by round and task */
};

static uint64_t
sequence_id(size_t sequence)
{
	return (uint64_t)(sequence + 1) << 32;
}

/* Embeds random tokens into the rows and runs the layers. */
static int
run_rows(struct steps *s, size_t count, struct ll_err *err)
{
	const struct ll_model *model = s->model;

	for (size_t i = 0; i < count; i++) {
		uint32_t token = (uint32_t)(ll_rng_next(&s->rng) % model->hp.vocab);

		ll_states_embed(ll_forward_states(s->forward) + i * model->hp.dim, model, &token, 1);
	}
	return ll_forward_layers(s->forward, s->rows, count, err);
}

/* Logits of rows first .. first + count - 1. */
static void
run_head(struct steps *s, size_t first, size_t count)
{
	size_t dim = s->model->hp.dim;

	for (size_t i = 0; i < count; i++)
		ll_forward_norm(s->forward, s->normed + i * dim,
		    ll_forward_states(s->forward) + (first + i) * dim);
	ll_forward_logits(s->forward, s->logits, s->normed, count);
}

/* Positions begin .. begin + count - 1 of a sequence, in calls of at most a chunk. */
static int
extend(struct steps *s, size_t sequence, size_t begin, size_t count, bool head, struct ll_err *err)
{
	size_t chunk = s->config->chunk;

	for (size_t at = 0; at < count; at += chunk) {
		size_t now = count - at < chunk ? count - at : chunk;
		int status;

		for (size_t i = 0; i < now; i++)
			s->rows[i] = (struct ll_row){ sequence_id(sequence), begin + at + i };
		if ((status = run_rows(s, now, err)) < 0)
			return status;
		if (head && at + now == count)
			run_head(s, now - 1, 1);
	}
	return 0;
}

static int
decode(struct steps *s, size_t sequences, size_t tokens, struct ll_err *err)
{
	int status;

	for (size_t i = 0; i < tokens; i++) {
		for (size_t j = 0; j < sequences; j++)
			s->rows[j] = (struct ll_row){ sequence_id(j), s->config->depth + i };
		if ((status = run_rows(s, sequences, err)) < 0)
			return status;
		run_head(s, 0, sequences);
	}
	return 0;
}

/*
 * What lies in the cache is nothing to the clock, so that attention may see little while it is
 * filled: then the time for that grows with the depth and not with its square.
 */
static int
fill(struct steps *s, struct ll_err *err)
{
	size_t *window = &s->model->hp.window, before = *window;
	int status = 0;

	if (before == 0 || before > FILL_WINDOW)
		*window = FILL_WINDOW;
	for (size_t i = 0; i < s->sequences && status == 0; i++)
		status = extend(s, i, 0, s->config->depth, false, err);
	*window = before;
	return status;
}

static int
run_task(struct steps *s, const struct task *task, size_t tokens, double *seconds, struct ll_err *err)
{
	double begin = ll_clock_seconds();
	int status = task->prefill ? extend(s, 0, s->config->depth, tokens, true, err) :
	    decode(s, task->sequences, tokens, err);

	*seconds = ll_clock_seconds() - begin;
	for (size_t i = 0; i < task->sequences; i++)
		ll_forward_cut(s->forward, sequence_id(i), s->config->depth);
	return status;
}

/* Weights that a step meets, with `rows` rows; the head with `heads` of them. */
static void
add_weights(struct ll_work *work, const struct ll_model *model, double rows, double heads)
{
	for (size_t i = 0; i < model->hp.layers; i++) {
		const struct ll_layer *layer = &model->layers[i];
		const struct ll_tensor *all[] = { &layer->wq, &layer->wk, &layer->wv, &layer->wo, &layer->gate,
			&layer->up, &layer->down };

		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
			ll_work_matrix(work, all[k], rows);
	}
	ll_work_matrix(work, &model->output, heads);
}

/*
 * Attention: a sequence's positions are read once for each of `steps` calls, in which `tokens`
 * tokens in all see the positions before them. Products at the peak of bf16, for want of
 * anything that takes more of them.
 */
static void
add_attention(struct ll_work *work, const struct ll_model *model, const enum ll_kv_type kv_type[2], size_t depth, size_t tokens, bool together)
{
	const struct ll_hparams *hp = &model->hp;
	double pairs = 0, read = 0, head_bytes = (double)(ll_kv_key_bytes(kv_type[0], hp->head_dim) +
	    ll_kv_value_bytes(kv_type[1], hp->head_dim)) / LL_KV_BLOCK;

	for (size_t i = 0; i < tokens; i++) {
		size_t seen = depth + i + 1;

		pairs += (double)(hp->window != 0 && seen > hp->window ? hp->window : seen);
	}
	read = together ? (double)(depth + tokens) : pairs;
	for (size_t i = 0; i < hp->layers; i++) {
		const struct ll_layer *layer = &model->layers[i];

		work->bytes += (double)layer->kv_heads * head_bytes * read;
		work->ops[LL_PEAK_BF16] += 4.0 * (double)(layer->heads * hp->head_dim) * pairs;
	}
}

static struct ll_work
work_of(const struct steps *s, const struct task *task)
{
	struct ll_work work = { 0 };

	if (task->prefill) {
		add_weights(&work, s->model, (double)task->tokens, 1);
		add_attention(&work, s->model, s->config->kv_type, s->config->depth, task->tokens, true);
		return work;
	}
	for (size_t i = 0; i < task->tokens; i++)
		add_weights(&work, s->model, (double)task->sequences, (double)task->sequences);
	for (size_t i = 0; i < task->sequences; i++)
		add_attention(&work, s->model, s->config->kv_type, s->config->depth, task->tokens, false);
	return work;
}

static int
add_task(struct steps *s, bool prefill, size_t sequences, size_t tokens, struct ll_err *err)
{
	struct task *task = &s->tasks[s->task_count];

	if (tokens == 0)
		return 0;
	if (s->config->depth + tokens > s->model->hp.context)
		return ll_fail(err, LL_EUSAGE, "%zu tokens at a depth of %zu are more than the context of %zu", tokens,
		    s->config->depth, s->model->hp.context);
	*task = (struct task){ .prefill = prefill, .sequences = sequences, .tokens = tokens };
	task->work = work_of(s, task);
	task->rates = ll_alloc(s->config->rounds, sizeof(double), err);
	s->task_count++;
	s->sequences = sequences > s->sequences ? sequences : s->sequences;
	return task->rates == NULL ? -LL_ENOMEM : 0;
}

static int
plan(struct steps *s, struct ll_err *err)
{
	const struct ll_steps_config *config = s->config;
	int status = add_task(s, true, 1, config->prompt, err);

	for (size_t i = 0; i < config->batch_count && status == 0; i++)
		status = add_task(s, false, config->batches[i], config->tokens, err);
	if (status == 0 && s->task_count == 0)
		return ll_fail(err, LL_EUSAGE, "--prompt and --limit are 0: there is nothing to measure");
	return status;
}

static int
prepare(struct steps *s, struct ll_err *err)
{
	const struct ll_steps_config *config = s->config;
	struct ll_forward_config forward = {
		.end = s->model->hp.layers, .head = true, .threads = config->threads, .pack = config->pack,
		.kv_type = { config->kv_type[0], config->kv_type[1] },
	};
	int status;

	s->row_count = forward.rows = config->chunk > s->sequences ? config->chunk : s->sequences;
	s->rows = ll_alloc(s->row_count, sizeof(*s->rows), err);
	s->normed = ll_alloc(s->sequences, s->model->hp.dim * sizeof(float), err);
	s->logits = ll_alloc(s->sequences, s->model->hp.vocab * sizeof(float), err);
	s->reads = ll_alloc(s->task_count, config->rounds * sizeof(double), err);
	if (s->rows == NULL || s->normed == NULL || s->logits == NULL || s->reads == NULL)
		return -LL_ENOMEM;
	if ((status = ll_forward_new(&s->forward, s->model, &forward, err)) < 0 ||
	    (status = ll_probe_new(&s->probe, config->threads, err)) < 0)
		return status;
	return ll_region_new(&s->memory, ll_probe_memory(config->threads), true, err);
}

/* Tasks take turns, so that each meets the machine as the others do. */
static int
measure(struct steps *s, struct ll_err *err)
{
	double seconds;
	int status = fill(s, err);

	for (size_t i = 0; i < s->task_count && status == 0; i++) {
		struct task *task = &s->tasks[i];
		size_t warm = task->prefill ? s->config->chunk : 2;

		status = run_task(s, task, warm < task->tokens ? warm : task->tokens, &seconds, err);
	}
	for (size_t round = 0; round < s->config->rounds; round++)
		for (size_t i = 0; i < s->task_count && status == 0; i++) {
			struct task *task = &s->tasks[i];

			s->reads[round * s->task_count + i] = 1e-9 * ll_ceiling_raise(&s->ceiling, s->probe,
			    &s->memory, s->memory.bytes, &task->work);
			status = run_task(s, task, task->tokens, &seconds, err);
			task->rates[round] = (double)(task->tokens * task->sequences) / seconds;
		}
	return status;
}

static double
limit_of(const struct steps *s, const struct task *task, bool own, const char **what)
{
	return (double)(task->tokens * task->sequences) /
	    ll_work_seconds(&task->work, &s->ceiling, own, what);
}

static struct ll_json *
task_json(const struct steps *s, const struct task *task, struct ll_err *err)
{
	struct ll_json *object = ll_json_object();
	double limit, own, tokens = (double)(task->tokens * task->sequences);
	const char *what;
	struct ll_spread spread;

	limit = limit_of(s, task, false, &what);
	own = limit_of(s, task, true, NULL);
	ll_text_json(object, "work", task->prefill ? "prefill" : "decode");
	ll_json_set(object, "tokens", ll_json_int((int64_t)task->tokens));
	ll_json_set(object, "sequences", ll_json_int((int64_t)task->sequences));
	ll_json_set(object, "depth", ll_json_int((int64_t)s->config->depth));
	ll_rounds_json(object, "tokens_s", task->rates, s->config->rounds, err);
	/* Of a token. */
	ll_work_json(object, &task->work, 1 / tokens);
	ll_json_set(object, "limit_tokens_s", ll_json_real(limit));
	ll_text_json(object, "limited_by", what);
	spread = ll_spread_of(task->rates, s->config->rounds);
	ll_json_set(object, "share", ll_json_real(spread.median / limit));
	ll_json_set(object, "share_of_format", ll_json_real(spread.median / own));
	return object;
}

static int
print_json(const struct steps *s, struct ll_err *err)
{
	struct ll_json *object = ll_json_object(), *works = ll_json_array();

	ll_text_json(object, "model", s->model->path);
	ll_text_json(object, "isa", ll_forward_isa(s->forward));
	ll_json_set(object, "threads", ll_json_int((int64_t)s->config->threads));
	ll_json_set(object, "chunk", ll_json_int((int64_t)s->config->chunk));
	ll_json_set(object, "run_state_bytes", ll_json_int((int64_t)ll_forward_bytes(s->forward)));
	ll_ceiling_json(object, &s->ceiling);
	ll_rounds_json(object, "read_gb_s", s->reads, s->config->rounds * s->task_count, err);
	for (size_t i = 0; i < s->task_count; i++)
		ll_json_add(works, task_json(s, &s->tasks[i], err));
	ll_json_set(object, "works", works);
	return ll_measure_print(object, err);
}

static int
report(const struct steps *s, struct ll_err *err)
{
	if (s->config->as_json)
		return print_json(s, err);
	printf("%s, %zu threads, %zu rounds, tokens a second\n%-14s %7s %5s %9s %9s %9s %9s %6s %6s  %s\n",
	    ll_forward_isa(s->forward), s->config->threads, s->config->rounds, "", "depth", "seqs", "min", "median",
	    "max", "limit", "share", "format", "limited by");
	for (size_t i = 0; i < s->task_count; i++) {
		const struct task *task = &s->tasks[i];
		struct ll_spread spread = ll_spread_of(task->rates, s->config->rounds);
		const char *what;
		double limit = limit_of(s, task, false, &what), own = limit_of(s, task, true, NULL);

		printf("%-7s %6zu %7zu %5zu %9.2f %9.2f %9.2f %9.2f %5.1f%% %5.1f%%  %s\n",
		    task->prefill ? "prefill" : "decode", task->tokens, s->config->depth, task->sequences, spread.min,
		    spread.median, spread.max, limit, 100 * spread.median / limit, 100 * spread.median / own, what);
	}
	ll_ceiling_print(&s->ceiling);
	return 0;
}

int
ll_bench_steps(const struct ll_steps_config *config, struct ll_err *err)
{
	struct steps s = { .config = config };
	int status;

	ll_rng_seed(&s.rng, 1, 0);
	if ((status = ll_model_open(&s.model, config->model, err)) == 0 && (status = plan(&s, err)) == 0 &&
	    (status = prepare(&s, err)) == 0 && (status = measure(&s, err)) == 0)
		status = report(&s, err);
	ll_forward_free(s.forward);
	ll_probe_free(s.probe);
	ll_region_free(&s.memory);
	for (size_t i = 0; i < s.task_count; i++)
		free(s.tasks[i].rates);
	free(s.rows);
	free(s.normed);
	free(s.logits);
	free(s.reads);
	ll_model_close(s.model);
	return status;
}
