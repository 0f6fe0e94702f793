/*
 * Attention; see attention.h. One task is one query row and one KV head. Scores of all
 * positions, their softmax, then the values in the order of positions: what a row gets
 * depends on its position alone.
 */

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/pool.h"
#include "forward/attention.h"
#include "tensor/kern.h"

struct job {
	const struct ll_attention *attention;
	size_t layer;
	const struct ll_query *queries;
	size_t tasks;
	atomic_size_t next;
};

/* The positions of a query in one block, beginning with number `begin` of it. */
static size_t
in_block(const struct ll_query *query, size_t block, size_t *begin)
{
	size_t start = block * LL_KV_BLOCK, end = start + LL_KV_BLOCK;

	*begin = query->first > start ? query->first - start : 0;
	return (end < query->position + 1 ? end : query->position + 1) - start - *begin;
}

static void
score(const struct ll_attention *a, const struct ll_query *query, size_t layer, size_t kv_head,
    const float *q, float *scores)
{
	const struct ll_kern *kern = a->ops->kern;
	size_t dim = a->shape.head_dim, last = query->position / LL_KV_BLOCK;
	float scale = 1.0f / sqrtf((float)dim);

	for (size_t block = query->first / LL_KV_BLOCK; block <= last; block++) {
		const void *keys = ll_kv_at(a->kv, query->sequence, layer, LL_KV_KEYS, kv_head, block);
		size_t begin, count = in_block(query, block, &begin);

		if (a->shape.bytes == 2)
			kern->scores_f16(scores, q, (const uint16_t *)keys + begin * dim, dim, count, dim, scale);
		else
			kern->scores_f32(scores, q, (const float *)keys + begin * dim, dim, count, dim, scale);
		scores += count;
	}
}

static void
mix(const struct ll_attention *a, const struct ll_query *query, size_t layer, size_t kv_head,
    const float *weights, float *out)
{
	const struct ll_kern *kern = a->ops->kern;
	size_t dim = a->shape.head_dim, last = query->position / LL_KV_BLOCK;

	memset(out, 0, dim * sizeof(*out));
	for (size_t block = query->first / LL_KV_BLOCK; block <= last; block++) {
		const void *values = ll_kv_at(a->kv, query->sequence, layer, LL_KV_VALUES, kv_head, block);
		size_t begin, count = in_block(query, block, &begin);

		if (a->shape.bytes == 2)
			kern->mix_f16(out, weights, (const uint16_t *)values + begin * dim, dim, count, dim);
		else
			kern->mix_f32(out, weights, (const float *)values + begin * dim, dim, count, dim);
		weights += count;
	}
}

static void
attend(const struct ll_attention *a, const struct ll_query *query, size_t layer, size_t head, float *scores)
{
	const struct ll_kern *kern = a->ops->kern;
	size_t positions = query->position + 1 - query->first, dim = a->shape.head_dim;
	size_t kv_head = head / (a->heads / a->kv_heads);
	float *out = query->out + head * dim;
	float sum;

	score(a, query, layer, kv_head, query->q + head * dim, scores);
	sum = kern->softmax_terms(scores, positions, kern->max(scores, positions));
	mix(a, query, layer, kv_head, scores, out);
	for (size_t i = 0; i < dim; i++)
		out[i] /= sum;
}

static void
work(void *arg, size_t thread, size_t count)
{
	struct job *job = arg;
	const struct ll_attention *a = job->attention;
	size_t group = a->heads / a->kv_heads;
	size_t task;

	(void)count;
	while ((task = atomic_fetch_add(&job->next, 1)) < job->tasks) {
		const struct ll_query *query = &job->queries[task / a->kv_heads];
		size_t kv_head = task % a->kv_heads;

		for (size_t i = 0; i < group; i++)
			attend(a, query, job->layer, kv_head * group + i, a->scores + thread * a->score_stride);
	}
}

void
ll_attention_run(const struct ll_attention *attention, size_t layer, const struct ll_query *queries, size_t count)
{
	struct job job = {
		.attention = attention, .layer = layer, .queries = queries,
		.tasks = count * attention->kv_heads,
	};

	ll_pool_run(attention->ops->pool, work, &job);
}
