/*
 * ll-sample's work on one row of logits, as entries of kernels.h. Their limit is one pass over the
 * row in memory: a share of 25 % is four passes.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bench/kernels.h"
#include "sample/chain.h"
#include "sample/logits.h"

struct sampling {
	struct ll_logits row;
	struct ll_chain *chain;
	struct ll_rng rng;
};

static int
open_with(struct ll_kernel_run *run, const struct ll_sampling *how, struct ll_err *err)
{
	struct sampling *s = ll_alloc(1, sizeof(*s), err);
	int status;

	run->state = s;
	if (s == NULL)
		return -LL_ENOMEM;
	ll_rng_seed(&s->rng, 4, 0);
	if ((status = ll_logits_init(&s->row, err)) < 0)
		return status;
	return ll_chain_new(&s->chain, how, &ll_order_default, err);
}

static int
open_greedy(struct ll_kernel_run *run, struct ll_err *err)
{
	struct ll_sampling how = LL_SAMPLING_DEFAULTS;

	how.temperature = 0;
	return open_with(run, &how, err);
}

static int
open_top_k(struct ll_kernel_run *run, struct ll_err *err)
{
	struct ll_sampling how = LL_SAMPLING_DEFAULTS;

	how.top_k = 40;
	how.min_p = 0.05;
	return open_with(run, &how, err);
}

static int
open_full(struct ll_kernel_run *run, struct ll_err *err)
{
	struct ll_sampling how = LL_SAMPLING_DEFAULTS;

	how.top_p = 1;
	return open_with(run, &how, err);
}

static int
open_top_p(struct ll_kernel_run *run, struct ll_err *err)
{
	struct ll_sampling how = LL_SAMPLING_DEFAULTS;

	return open_with(run, &how, err);
}

static void
close_sampling(struct ll_kernel_run *run)
{
	struct sampling *s = run->state;

	if (s == NULL)
		return;
	ll_chain_free(s->chain);
	ll_logits_free(&s->row);
	free(s);
}

static size_t
rows_bytes(const struct ll_kernel_run *run)
{
	return run->rows * run->shape[0] * sizeof(float);
}

/* A bell of logits as models have them, some tokens far above. */
static void
fill_rows(const struct ll_kernel_run *run, void *set, struct ll_rng *rng)
{
	float *logits = set;

	for (size_t i = 0; i < run->rows * run->shape[0]; i++) {
		double bell = ll_rng_unit(rng) + ll_rng_unit(rng) + ll_rng_unit(rng) - 1.5;

		logits[i] = (float)(4 * bell + (ll_rng_unit(rng) < 1e-4 ? 12 : 0));
	}
}

static void
sample_rows(const struct ll_kernel_run *run, void *set)
{
	struct sampling *s = run->state;
	const struct ll_sampler_view view = { .rng = &s->rng };
	struct ll_err ignored = { 0 };
	uint32_t token;

	for (size_t i = 0; i < run->rows; i++)
		if (ll_logits_dense(&s->row, LL_F32, (const float *)set + i * run->shape[0], run->shape[0], "logits",
		    &ignored) == 0)
			(void)ll_chain_sample(s->chain, &s->row, &view, "logits", &token, &ignored);
}

static struct ll_work
rows_work(const struct ll_kernel_run *run)
{
	return (struct ll_work){ .bytes = (double)rows_bytes(run) };
}

#define ROWS .dims = "VOCABULARY", .dim_count = 1, .shape = { 128256 }, .rows = { 1 }, .work = rows_work, \
	.bytes = rows_bytes, .fill = fill_rows, .step = sample_rows, .close = close_sampling

const struct ll_kernel ll_kernel_greedy = { .name = "sample-greedy", ROWS, .open = open_greedy };
const struct ll_kernel ll_kernel_top_k = { .name = "sample-top-k", ROWS, .open = open_top_k };
const struct ll_kernel ll_kernel_full = { .name = "sample-full", ROWS, .open = open_full };
const struct ll_kernel ll_kernel_top_p = { .name = "sample-top-p", ROWS, .open = open_top_p };
