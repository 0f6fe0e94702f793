/*
 * Rotates and stores; see place.h. One task is the rows of a call that lie in one block, and a
 * KV head with its queries, so that no two threads write to one line of the cache.
 */

#include <stdatomic.h>

#include "base/pool.h"
#include "forward/place.h"
#include "forward/rotary.h"
#include "tensor/kern.h"

/* Waking the threads costs as much as a few rows. */
#define WORTH_THREADS 4

struct job {
	const struct ll_place *place;
	const struct ll_query *queries;
	size_t count;
	atomic_size_t next;
};

static void
rotate(const struct ll_place *p, float *x, size_t heads, size_t row, float *room)
{
	if (p->halves)
		ll_rotary_pair(x, heads, p->shape.head_dim, p->pairs, room);
	ll_rotary_apply(x, heads, p->shape.head_dim, p->cosine + row * p->pairs, p->sine + row * p->pairs, p->pairs);
}

static void
store(const struct ll_place *p, const struct ll_query *query, size_t head, float *k, float *v)
{
	size_t block = query->position / LL_KV_BLOCK, at = query->position % LL_KV_BLOCK, n = p->shape.head_dim;
	const enum ll_kv_type *type = p->shape.type;

	if (ll_kv_quantised(type[LL_KV_KEYS]))
		ll_kv_rotate(k, n);
	if (ll_kv_quantised(type[LL_KV_VALUES]))
		ll_kv_rotate(v, n);
	ll_kv_put_key(p->ops->kern, type[LL_KV_KEYS],
	    ll_kv_at(p->kv, query->sequence, p->layer, LL_KV_KEYS, head, block), at, k, n);
	ll_kv_put_value(p->ops->kern, type[LL_KV_VALUES],
	    ll_kv_at(p->kv, query->sequence, p->layer, LL_KV_VALUES, head, block), at, v, n);
}

static void
place_row(const struct job *job, size_t row, size_t head, float *room)
{
	const struct ll_place *p = job->place;
	size_t n = p->shape.head_dim, group = p->heads / p->kv_heads;
	float *k = p->k + (row * p->kv_heads + head) * n, *v = p->v + (row * p->kv_heads + head) * n;

	rotate(p, p->q + (row * p->heads + head * group) * n, group, row, room);
	rotate(p, k, 1, row, room);
	store(p, &job->queries[row], head, k, v);
}

/* The end of the rows that lie in the block of row `begin`. */
static size_t
rows_in_block(const struct job *job, size_t begin)
{
	const struct ll_query *first = &job->queries[begin];
	size_t end = begin + 1;

	while (end < job->count && job->queries[end].sequence == first->sequence &&
	    job->queries[end].position / LL_KV_BLOCK == first->position / LL_KV_BLOCK)
		end++;
	return end;
}

static void
work(void *arg, size_t thread, size_t count)
{
	struct job *job = arg;
	const struct ll_place *p = job->place;
	float *room = p->room + thread * 2 * p->pairs;
	size_t task, run = 0, begin = 0, end = rows_in_block(job, 0);

	(void)count;
	while ((task = atomic_fetch_add(&job->next, 1)) / p->kv_heads < job->count) {
		for (; run < task / p->kv_heads && end < job->count; run++) {
			begin = end;
			end = rows_in_block(job, begin);
		}
		if (run < task / p->kv_heads)
			return;
		for (size_t row = begin; row < end; row++)
			place_row(job, row, task % p->kv_heads, room);
	}
}

void
ll_place_run(const struct ll_place *place, const struct ll_query *queries, size_t count)
{
	struct job job = { .place = place, .queries = queries, .count = count };

	if (count < WORTH_THREADS)
		work(&job, 0, 1);
	else
		ll_pool_run(place->ops->pool, work, &job);
}
