/*
 * The memory of a net: laid out once, counted the same way beforehand.
 */

#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "train/net_memory.h"

struct each {
	void (*fn)(void *arg, size_t begin, size_t end, size_t thread);
	void *arg;
	size_t total, grain;
	atomic_size_t next;
};

static void
run_each(void *arg, size_t thread, size_t count)
{
	struct each *each = arg;
	size_t begin;

	(void)count;
	while ((begin = atomic_fetch_add(&each->next, each->grain)) < each->total)
		each->fn(each->arg, begin, each->total - begin < each->grain ? each->total : begin + each->grain, thread);
}

void
ll_net_each(struct ll_net *net, size_t total, size_t grain,
    void (*fn)(void *arg, size_t begin, size_t end, size_t thread), void *arg)
{
	struct each each = { fn, arg, total, grain, 0 };

	ll_pool_run(net->pool, run_each, &each);
}

#define MOST ((size_t)1 << 58)	/* numbers: more than there are, and few of it still fit 64 bits as bytes */

size_t
ll_count_more(size_t count, size_t rows, size_t n)
{
	size_t size;

	if (ll_mul(rows, n, &size) || size >= MOST - 16)
		return MOST;
	count += (size + 15) / 16 * 16;
	return count < MOST ? count : MOST;
}

/* Gives out pieces of a block, each at a multiple of 64 bytes; without a block it counts. */
struct layout {
	ll_real *block;
	size_t used;
};

static ll_real *
take(struct layout *layout, size_t rows, size_t n)
{
	size_t at = layout->used;

	layout->used = ll_count_more(layout->used, rows, n);
	return layout->block != NULL ? layout->block + at : NULL;
}

static size_t
most(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void
lay_acts(struct layout *l, struct ll_acts *acts, const struct ll_hparams *hp, size_t t)
{
	size_t q = hp->heads * hp->head_dim, kv = hp->kv_heads * hp->head_dim;

	acts->r1 = take(l, t, 1);
	acts->n1 = take(l, t, hp->dim);
	acts->q = take(l, t, q);
	acts->k = take(l, t, kv);
	acts->v = take(l, t, kv);
	acts->o = take(l, t, q);
	acts->lse = take(l, t, hp->heads);
	acts->x2 = take(l, t, hp->dim);
	acts->r2 = take(l, t, 1);
	acts->n2 = take(l, t, hp->dim);
	acts->gate = take(l, t, hp->ffn);
	acts->up = take(l, t, hp->ffn);
	acts->h = take(l, t, hp->ffn);
}

/* `acts` and `workers` are of m->acts and m->workers, or all of them one where it only counts. */
static void
lay_out(struct layout *l, struct ll_net_memory *m, const struct ll_hparams *hp, const struct ll_net_options *o,
    size_t threads)
{
	bool counting = l->block == NULL, shared = o->checkpoint || !o->gradients;
	size_t t = o->tokens, q = hp->heads * hp->head_dim, kv = hp->kv_heads * hp->head_dim;
	size_t cols = most(most(hp->dim, hp->ffn), q), head = hp->vocab < LL_HEAD_COLS ? hp->vocab : LL_HEAD_COLS;

	for (size_t i = 0; i < hp->layers; i++) {
		struct ll_acts *acts = &m->acts[counting ? 0 : i];
		ll_real *x = i == 0 || o->gradients ? take(l, t, hp->dim) : m->acts[0].x;

		if (shared && i > 0 && !counting)
			*acts = m->acts[0];
		else if (!shared || i == 0)
			lay_acts(l, acts, hp, t);
		acts->x = x;
	}
	m->last = o->gradients ? take(l, t, hp->dim) : m->acts[0].x;
	m->r = take(l, t, 1);
	m->final = take(l, t, hp->dim);
	m->wide_count = most(LL_WIDE, cols);
	if (o->rank != 0)
		m->wide = take(l, m->wide_count, 1);
	m->logits = take(l, LL_HEAD_ROWS, head);
	m->rows = take(l, LL_HEAD_ROWS, hp->dim);
	m->row_lse = take(l, LL_HEAD_ROWS, 1);
	m->row_hot = take(l, LL_HEAD_ROWS, 1);
	m->row_target = take(l, LL_HEAD_ROWS, 1);
	m->row_most = take(l, LL_HEAD_ROWS, 1);
	if (o->rank != 0) {
		m->low = take(l, t, o->rank);
		m->dlow = take(l, t, o->rank);
		if (o->dropout > 0)
			m->dropped = take(l, t, cols);
	}
	if (o->gradients) {
		m->drows = take(l, LL_HEAD_ROWS, hp->dim);
		m->dx = take(l, t, hp->dim);
		m->dn = take(l, t, hp->dim);
		m->dq = take(l, t, q);
		m->dk = take(l, t, kv);
		m->dv = take(l, t, kv);
		m->d_o = take(l, t, q);
		m->dh = take(l, t, hp->ffn);
	}
	for (size_t i = 0; i < threads; i++) {
		struct ll_worker *worker = &m->workers[counting ? 0 : i];

		worker->p = take(l, LL_QUERIES, o->span);
		worker->dp = take(l, LL_QUERIES, o->span);
	}
}

size_t
ll_net_memory_count(const struct ll_hparams *hp, const struct ll_net_options *options, size_t threads)
{
	struct ll_acts acts = { 0 };
	struct ll_worker worker = { 0 };
	struct ll_net_memory memory = { .acts = &acts, .workers = &worker };
	struct layout layout = { NULL, 0 };

	lay_out(&layout, &memory, hp, options, threads);
	return layout.used;
}

int
ll_net_memory_new(struct ll_net *net, struct ll_err *err)
{
	const struct ll_net_options *options = &net->options;
	size_t threads = ll_pool_count(net->pool);
	struct ll_net_memory *m = net->memory = ll_alloc(1, sizeof *m, err);
	struct layout layout = { NULL, 0 };
	int status;

	if (m == NULL)
		return -LL_ENOMEM;
	m->threads = threads;
	m->loops = ll_loops(options->isa);
	m->acts = ll_alloc(net->hp.layers, sizeof *m->acts, err);
	m->workers = ll_alloc(threads, sizeof *m->workers, err);
	m->chosen = ll_alloc(options->tokens, sizeof *m->chosen, err);
	m->row_cross = ll_alloc(LL_HEAD_ROWS, sizeof *m->row_cross, err);
	m->row_sum = ll_alloc(LL_HEAD_ROWS, sizeof *m->row_sum, err);
	if (m->acts == NULL || m->workers == NULL || m->chosen == NULL || m->row_cross == NULL ||
	    m->row_sum == NULL)
		return -LL_ENOMEM;
	m->block_count = ll_net_memory_count(&net->hp, options, threads);
	m->block = layout.block = ll_alloc_large(m->block_count, sizeof *m->block, err);
	if (m->block == NULL)
		return -LL_ENOMEM;
	lay_out(&layout, m, &net->hp, options, threads);
	if ((status = ll_product_new(&m->product, options->isa, options->kind, net->pool, err)) < 0)
		return status;
	for (size_t i = 0; i < threads; i++)
		if ((status = ll_product_new(&m->workers[i].product, options->isa, options->kind, NULL, err)) < 0)
			return status;
	return 0;
}

void
ll_net_memory_free(struct ll_net *net)
{
	struct ll_net_memory *m = net->memory;

	if (m == NULL)
		return;
	for (size_t i = 0; m->workers != NULL && i < m->threads; i++)
		ll_product_free(m->workers[i].product);
	ll_product_free(m->product);
	ll_free_large(m->block, m->block_count, sizeof *m->block);
	free(m->acts);
	free(m->workers);
	free(m->chosen);
	free(m->row_cross);
	free(m->row_sum);
	free(m);
	net->memory = NULL;
}
