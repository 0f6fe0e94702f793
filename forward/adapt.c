/*
 * Adapters in the forward pass; see adapt.h.
 */

#include "forward/adapt.h"

static size_t
ranks(const struct ll_adapters *adapters, size_t i, size_t layer, size_t sites)
{
	size_t sum = 0;

	for (size_t site = 0; site < sites; site++) {
		const struct ll_adapter_pair *pair = ll_adapters_pair(adapters, i, layer, site);

		sum += pair != NULL ? pair->a.rows : 0;
	}
	return sum;
}

size_t
ll_adapt_room(const struct ll_adapters *adapters, size_t first, size_t end)
{
	size_t most = 0;

	for (size_t i = 0; i < ll_adapters_count(adapters); i++) {
		size_t head = ranks(adapters, i, LL_ADAPT_HEAD, 1);

		most = head > most ? head : most;
		for (size_t layer = first; layer < end; layer++) {
			size_t sum = ranks(adapters, i, layer, LL_ADAPT_SITES);

			most = sum > most ? sum : most;
		}
	}
	return most;
}

void
ll_adapt(const struct ll_ops *ops, const struct ll_adapters *adapters, float *room, size_t layer, size_t site,
    const struct ll_matmul *jobs, size_t count, const float *x, size_t x_stride, size_t rows)
{
	for (size_t i = 0; i < ll_adapters_count(adapters); i++) {
		const struct ll_adapter_pair *pairs[LL_ADAPT_SITES];
		struct ll_matmul down[LL_ADAPT_SITES], up[LL_ADAPT_SITES];
		float *place = room;
		size_t n = 0;

		for (size_t k = 0; k < count; k++) {
			if ((pairs[n] = ll_adapters_pair(adapters, i, layer, site + k)) == NULL)
				continue;
			down[n] = (struct ll_matmul){ &pairs[n]->a, place, pairs[n]->a.rows };
			up[n] = (struct ll_matmul){ &pairs[n]->b, jobs[k].y, jobs[k].y_stride };
			place += rows * pairs[n++]->a.rows;
		}
		ll_ops_matmul(ops, down, n, x, x_stride, rows);
		for (size_t k = 0; k < n; k++) {
			size_t rank = pairs[k]->a.rows;

			for (size_t at = 0; at < rows * rank; at++)
				down[k].y[at] *= pairs[k]->scale;
			ll_ops_matmul_add(ops, &up[k], 1, down[k].y, rank, rows);
		}
	}
}
