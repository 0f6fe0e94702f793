/*
 * The order in which samplers are applied. Those that choose by their own count, mirostat and
 * adaptive-p, come last, whatever the order; biases and what is forbidden come first.
 */

#ifndef LL_SAMPLE_ORDER_H
#define LL_SAMPLE_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sampling.h"
#include "sample/sampler.h"

struct ll_err;

struct ll_order {
	const struct ll_sampler *list[LL_SAMPLERS];
	size_t count;
};

/* penalties, dry, top-n-sigma, temperature, top-k, typical, top-p, min-p, xtc */
extern const struct ll_order ll_order_default;

/* Names separated by commas, each at most once; "" is none of them. -LL_EUSAGE for others, naming all. */
int ll_order_parse(struct ll_order *order, const char *text, struct ll_err *err);

/* Whether the sampler that an option ("top-k") belongs to is there; true for one of no sampler of the list. */
bool ll_order_has(const struct ll_order *order, const char *option);

#endif
