/*
 * Adapters merged into a matrix; see merge.h.
 */

#include "model/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/adapter.h"
#include "tensor/kern.h"
#include "tensor/ops.h"

struct part {
	const struct ll_adapter_pair *pair;
	float *a;		/* [rank][width], zeros behind cols */
};

struct ll_merge {
	const struct ll_kern *kern;
	struct part *parts;
	size_t count;
	size_t cols, width;	/* width: cols made whole vectors */
	size_t most;		/* rank */
	float *room;		/* [threads][width + most]: a sum, a row of B */
};

bool
ll_merge_has(const struct ll_adapters *adapters, const char *name)
{
	for (size_t i = 0; i < ll_adapters_count(adapters); i++)
		if (ll_adapters_find(adapters, i, name) != NULL)
			return true;
	return false;
}

static int
add_part(struct ll_merge *merge, const struct ll_adapter_pair *pair, struct ll_err *err)
{
	struct part *part = &merge->parts[merge->count];
	size_t rank = pair->a.rows, count;

	merge->cols = pair->a.cols;
	merge->width = (merge->cols + 15) / 16 * 16;
	merge->most = rank > merge->most ? rank : merge->most;
	if (ll_mul(rank, merge->width, &count))
		return ll_fail(err, LL_ENOMEM, "out of memory for an adapter");
	if ((part->a = ll_alloc(count, sizeof(float), err)) == NULL)
		return -LL_ENOMEM;
	part->pair = pair;
	merge->count++;
	for (size_t r = 0; r < rank; r++)
		ll_ops_row(&pair->a, r, part->a + r * merge->width);
	return 0;
}

int
ll_merge_new(struct ll_merge **out, const struct ll_adapters *adapters, const char *name, size_t threads,
    struct ll_err *err)
{
	struct ll_merge *merge = ll_alloc(1, sizeof(*merge), err);
	int status = ll_cpu_isa(err);

	if (merge == NULL || status < 0) {
		free(merge);
		return merge == NULL ? -LL_ENOMEM : status;
	}
	merge->kern = ll_kern((enum ll_isa)status);
	merge->parts = ll_alloc(ll_adapters_count(adapters), sizeof(*merge->parts), err);
	status = merge->parts == NULL ? -LL_ENOMEM : 0;
	for (size_t i = 0; i < ll_adapters_count(adapters) && status == 0; i++) {
		const struct ll_adapter_pair *pair = ll_adapters_find(adapters, i, name);

		if (pair != NULL)
			status = add_part(merge, pair, err);
	}
	if (status == 0 && (merge->room = ll_alloc(threads * (merge->width + merge->most), sizeof(float), err)) == NULL)
		status = -LL_ENOMEM;
	if (status < 0) {
		ll_merge_free(merge);
		return status;
	}
	*out = merge;
	return 0;
}

void
ll_merge_free(struct ll_merge *merge)
{
	if (merge == NULL)
		return;
	for (size_t i = 0; i < merge->count; i++)
		free(merge->parts[i].a);
	free(merge->parts);
	free(merge->room);
	free(merge);
}

void
ll_merge_row(struct ll_merge *merge, size_t thread, size_t number, float *row)
{
	float *sum = merge->room + thread * (merge->width + merge->most), *b = sum + merge->width;

	for (size_t i = 0; i < merge->count; i++) {
		const struct part *part = &merge->parts[i];

		memset(sum, 0, merge->width * sizeof(*sum));
		ll_ops_row(&part->pair->b, number, b);
		for (size_t r = 0; r < part->pair->a.rows; r++)
			merge->kern->blend(sum, 1, part->a + r * merge->width, b[r], merge->width);
		for (size_t c = 0; c < merge->cols; c++)
			row[c] += part->pair->scale * sum[c];
	}
}
