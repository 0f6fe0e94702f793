/*
 * Attention of query rows over the KV cache, causal, query heads grouped over KV heads
 * (Ainslie et al. 2023).
 *
 * The positions are cut into chunks of LL_ATTEND_CHUNK, counted from position 0. Of a chunk a row
 * gets the greatest score m, the sum s of the exponentials of its scores less m, and the values
 * weighted by these, o; chunks are then joined in turn: with m' the greater of the two, what
 * there is and what comes are multiplied by the exponentials of their m less m', and added up
 * (kern.h: blend). In the end o * (1 / s). So what a row gets depends on its position and its
 * sequence alone, and chunks can be worked on in any order by any thread (Dao et al. 2022).
 *
 * Queries are multiplied by 1 / sqrt(head_dim) first. For quantised keys they are rotated
 * (kv_block.h), then rounded to 8 bits, 32 numbers at a time: x * (127 / amax) to nearest even,
 * scale amax / 127. What comes of quantised values is rotated back.
 */

#ifndef LL_FORWARD_ATTENTION_H
#define LL_FORWARD_ATTENTION_H

#include <stddef.h>

#include "forward/kv.h"
#include "tensor/ops.h"

#define LL_ATTEND_CHUNK 512

struct ll_attention;
struct ll_err;

struct ll_attention_config {
	const struct ll_ops *ops;
	const struct ll_kv *kv;
	struct ll_kv_shape shape;
	size_t group;		/* query heads per KV head, the most of any layer */
	size_t rows;		/* queries, the most of a call */
};

/* One query row: heads * head_dim floats in, as many out; it sees positions first .. position. */
struct ll_query {
	const struct ll_kv_sequence *sequence;
	size_t first, position;
	const float *q;
	float *out;
};

/* -LL_ENOMEM. */
int ll_attention_new(struct ll_attention **out, const struct ll_attention_config *config,
    struct ll_err *err);
void ll_attention_free(struct ll_attention *attention);

/*
 * `heads` query heads of this layer, a multiple of its kv_heads. Queries of one sequence that lie
 * next to each other, in the order of their positions, share what is read.
 */
void ll_attention_run(struct ll_attention *attention, size_t layer, size_t heads, size_t kv_heads,
    const struct ll_query *queries, size_t count);

size_t ll_attention_bytes(const struct ll_attention *attention);

#endif
