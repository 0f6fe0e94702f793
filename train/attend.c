/*
 * Causal attention within each document and its gradients, LL_QUERIES rows of one head at a
 * time: scores are made again in the backward pass from the logarithms of their sums (Dao et al.
 * 2022, algorithm 4), so nothing of the size of their square is kept.
 */

#include <math.h>
#include <string.h>

#include "train/net_memory.h"

struct attending {
	struct ll_net *net;
	const struct ll_batch *batch;
	const struct ll_acts *acts;
};

/* What one head of one stretch works on. */
struct place {
	size_t head_dim, q_stride, kv_stride;
	size_t begin, length, kv_head;
	ll_real scale;
};

static struct place
place_of(const struct attending *a, size_t item)
{
	const struct ll_hparams *hp = &a->net->hp;
	const struct ll_document *span = &a->batch->spans[item / hp->kv_heads];

	return (struct place){
		.head_dim = hp->head_dim,
		.q_stride = hp->heads * hp->head_dim,
		.kv_stride = hp->kv_heads * hp->head_dim,
		.begin = span->begin,
		.length = span->length,
		.kv_head = item % hp->kv_heads,
		.scale = (ll_real)(1 / sqrt((double)hp->head_dim)),
	};
}

static void
forward(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct attending *a = arg;
	const struct ll_hparams *hp = &a->net->hp;
	const struct ll_loops *loops = a->net->memory->loops;
	struct ll_worker *worker = &a->net->memory->workers[thread];
	size_t group = hp->heads / hp->kv_heads;

	for (size_t item = begin; item < end; item++) {
		struct place p = place_of(a, item);
		const ll_real *k = a->acts->k + p.begin * p.kv_stride + p.kv_head * p.head_dim;
		const ll_real *v = a->acts->v + p.begin * p.kv_stride + p.kv_head * p.head_dim;

		for (size_t head = p.kv_head * group; head < (p.kv_head + 1) * group; head++)
			for (size_t row = 0; row < p.length; row += LL_QUERIES) {
				size_t n = p.length - row < LL_QUERIES ? p.length - row : LL_QUERIES, keys = row + n;
				size_t at = (p.begin + row) * p.q_stride + head * p.head_dim;

				ll_product_run(worker->product, n, keys, p.head_dim, ll_by_rows(a->acts->q + at, p.q_stride),
				    ll_turned(k, p.kv_stride), worker->p, keys, false);
				for (size_t i = 0; i < n; i++) {
					ll_real *s = worker->p + i * keys;

					a->acts->lse[(p.begin + row + i) * hp->heads + head] =
					    loops->softmax(s, p.scale, row + i + 1);
					memset(s + row + i + 1, 0, (keys - row - i - 1) * sizeof *s);
				}
				ll_product_run(worker->product, n, p.head_dim, keys, ll_by_rows(worker->p, keys),
				    ll_by_rows(v, p.kv_stride), a->acts->o + at, p.q_stride, false);
			}
	}
}

static void
clear(ll_real *x, size_t rows, size_t n, size_t stride)
{
	for (size_t i = 0; i < rows; i++)
		memset(x + i * stride, 0, n * sizeof *x);
}

static void
back(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct attending *a = arg;
	const struct ll_hparams *hp = &a->net->hp;
	struct ll_net_memory *memory = a->net->memory;
	const struct ll_loops *loops = memory->loops;
	struct ll_worker *w = &memory->workers[thread];
	size_t group = hp->heads / hp->kv_heads;

	for (size_t item = begin; item < end; item++) {
		struct place p = place_of(a, item);
		size_t kv = p.begin * p.kv_stride + p.kv_head * p.head_dim;
		const ll_real *k = a->acts->k + kv, *v = a->acts->v + kv;
		ll_real *dk = memory->dk + kv, *dv = memory->dv + kv;

		clear(dk, p.length, p.head_dim, p.kv_stride);
		clear(dv, p.length, p.head_dim, p.kv_stride);
		for (size_t head = p.kv_head * group; head < (p.kv_head + 1) * group; head++)
			for (size_t row = 0; row < p.length; row += LL_QUERIES) {
				size_t n = p.length - row < LL_QUERIES ? p.length - row : LL_QUERIES, keys = row + n;
				size_t at = (p.begin + row) * p.q_stride + head * p.head_dim;
				const ll_real *q = a->acts->q + at, *o = a->acts->o + at, *d_o = memory->d_o + at;

				ll_product_run(w->product, n, keys, p.head_dim, ll_by_rows(q, p.q_stride),
				    ll_turned(k, p.kv_stride), w->p, keys, false);
				ll_product_run(w->product, n, keys, p.head_dim, ll_by_rows(d_o, p.q_stride),
				    ll_turned(v, p.kv_stride), w->dp, keys, false);
				for (size_t i = 0; i < n; i++) {
					ll_real *s = w->p + i * keys, *ds = w->dp + i * keys;
					size_t seen = row + i + 1;
					ll_real delta = loops->dot(o + i * p.q_stride, d_o + i * p.q_stride, p.head_dim);

					loops->exponentials(s, p.scale, a->acts->lse[(p.begin + row + i) * hp->heads + head], seen);
					loops->softmax_back(ds, s, delta, p.scale, seen);
					memset(s + seen, 0, (keys - seen) * sizeof *s);
					memset(ds + seen, 0, (keys - seen) * sizeof *ds);
				}
				ll_product_run(w->product, keys, p.head_dim, n, ll_turned(w->p, keys),
				    ll_by_rows(d_o, p.q_stride), dv, p.kv_stride, true);
				ll_product_run(w->product, n, p.head_dim, keys, ll_by_rows(w->dp, keys),
				    ll_by_rows(k, p.kv_stride), memory->dq + at, p.q_stride, false);
				ll_product_run(w->product, keys, p.head_dim, n, ll_turned(w->dp, keys),
				    ll_by_rows(q, p.q_stride), dk, p.kv_stride, true);
			}
	}
}

void
ll_attend_forward(struct ll_net *net, const struct ll_batch *batch, struct ll_acts *acts)
{
	struct attending a = { net, batch, acts };

	ll_net_each(net, batch->span_count * net->hp.kv_heads, 1, forward, &a);
}

void
ll_attend_back(struct ll_net *net, const struct ll_batch *batch, const struct ll_acts *acts)
{
	struct attending a = { net, batch, acts };

	ll_net_each(net, batch->span_count * net->hp.kv_heads, 1, back, &a);
}
