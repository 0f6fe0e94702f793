/*
 * Orders of samplers; see order.h.
 */

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sample/order.h"

const struct ll_order ll_order_default = {
	{
		&ll_sampler_penalties, &ll_sampler_dry, &ll_sampler_top_n_sigma, &ll_sampler_temperature,
		&ll_sampler_top_k, &ll_sampler_typical, &ll_sampler_top_p, &ll_sampler_min_p, &ll_sampler_xtc,
	},
	LL_ORDER_MAX
};

static bool
has(const struct ll_order *order, const struct ll_sampler *sampler)
{
	for (size_t i = 0; i < order->count; i++)
		if (order->list[i] == sampler)
			return true;
	return false;
}

static int
unknown(const char *name, size_t length, struct ll_err *err)
{
	char names[200] = "";

	for (size_t i = 0; i < LL_ORDER_MAX; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i > 0 ? ", " : "",
		    ll_order_default.list[i]->name);
	return ll_fail(err, LL_EUSAGE, "'%.*s' is not one of %s", length < 100 ? (int)length : 100, name, names);
}

int
ll_order_parse(struct ll_order *order, const char *text, struct ll_err *err)
{
	const char *name = text;

	order->count = 0;
	while (*text != '\0') {
		const struct ll_sampler *sampler = NULL;
		size_t length = strcspn(name, ",");

		for (size_t i = 0; i < LL_ORDER_MAX && sampler == NULL; i++)
			if (strlen(ll_order_default.list[i]->name) == length &&
			    memcmp(ll_order_default.list[i]->name, name, length) == 0)
				sampler = ll_order_default.list[i];
		if (sampler == NULL)
			return unknown(name, length, err);
		if (has(order, sampler))
			return ll_fail(err, LL_EUSAGE, "'%s' is there twice", sampler->name);
		order->list[order->count++] = sampler;
		if (name[length] == '\0')
			break;
		name += length + 1;
	}
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
	for (size_t i = 0; i < LL_ORDER_MAX; i++)
		if (owns(ll_order_default.list[i], option))
			return has(order, ll_order_default.list[i]);
	return true;
}
