/*
 * Attention of query rows over the KV cache, causal, query heads grouped over KV heads
 * (Ainslie et al. 2023).
 */

#ifndef LL_FORWARD_ATTENTION_H
#define LL_FORWARD_ATTENTION_H

#include <stddef.h>

#include "forward/kv.h"
#include "tensor/ops.h"

struct ll_attention {
	const struct ll_ops *ops;
	const struct ll_kv *kv;
	struct ll_kv_shape shape;
	size_t heads;		/* query heads of this layer, a multiple of kv_heads */
	size_t kv_heads;	/* of this layer, at most shape.kv_heads */
	float *scores;		/* threads * score_stride floats */
	size_t score_stride;	/* at least the longest sequence */
};

/* One query row: heads * head_dim floats in, as many out; it sees positions first .. position. */
struct ll_query {
	const struct ll_kv_sequence *sequence;
	size_t first, position;
	const float *q;
	float *out;
};

void ll_attention_run(const struct ll_attention *attention, size_t layer,
    const struct ll_query *queries, size_t count);

#endif
