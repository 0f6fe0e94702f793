/*
 * What lies between the projections and attention: queries and keys are rotated to their
 * positions, keys and values go where the KV cache keeps them.
 */

#ifndef LL_FORWARD_PLACE_H
#define LL_FORWARD_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "forward/attention.h"
#include "forward/kv.h"
#include "tensor/ops.h"

struct ll_place {
	const struct ll_ops *ops;
	const struct ll_kv *kv;
	struct ll_kv_shape shape;
	size_t layer, heads, kv_heads;
	float *q, *k, *v;		/* rows of heads, or kv_heads, times head_dim */
	const float *cosine, *sine;	/* [rows][pairs] */
	size_t pairs;			/* that are rotated in a head */
	bool halves;			/* they lie `pairs` apart (rotary.h) */
	float *room;			/* [threads][2 * pairs] */
};

/* Rows in the order of `queries`, those of one sequence in the order of their positions. */
void ll_place_run(const struct ll_place *place, const struct ll_query *queries, size_t count);

#endif
