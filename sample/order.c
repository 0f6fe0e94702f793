/*
 * Orders of samplers; see order.h.
 */

#include <string.h>

#include "sample/order.h"

const struct ll_order ll_order_default = {
	{
		&ll_sampler_penalties, &ll_sampler_dry, &ll_sampler_top_n_sigma, &ll_sampler_temperature,
		&ll_sampler_top_k, &ll_sampler_typical, &ll_sampler_top_p, &ll_sampler_min_p, &ll_sampler_xtc,
	},
	LL_SAMPLERS
};

static bool
has(const struct ll_order *order, const struct ll_sampler *sampler)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->list[i] == sampler)
			return true;
	return false;
}

int
ll_order_parse(struct ll_order *order, const char *text, struct ll_err *err)
{
	size_t numbers[LL_SAMPLERS], count;
	int status = ll_sampling_order(text, numbers, &count, err);

	if (status < 0)
		return status;
	order->count = count;
	for (size_t i = 0; i < count; i++)
		order->list[i] = ll_order_default.list[numbers[i]];
	return 0;
}

static bool
owns(const struct ll_sampler *sampler, const char *option)
{
	for (const char *p = sampler->options; *p != '\0'; p += strspn(p, " ")) {
		size_t length = strcspn(p, " ");

		if (strncmp(option, p, length) == 0)
			return true;
		p += length;
	}
	return false;
}

bool
ll_order_has(const struct ll_order *order, const char *option)
{
	for (size_t i = 0; i < LL_SAMPLERS; i++)
		if (owns(ll_order_default.list[i], option))
			return has(order, ll_order_default.list[i]);
	return true;
}
