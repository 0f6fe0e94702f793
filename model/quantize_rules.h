/*
 * Rules that give tensors a type, from a YAML file: a mapping of shell patterns (fnmatch(3)) to
 * types; the first that matches a tensor's name is taken.
 *
 *	blk.*.ffn_down.weight: Q6_K
 *	token_embd.weight: F16
 */

#ifndef LL_MODEL_QUANTIZE_RULES_H
#define LL_MODEL_QUANTIZE_RULES_H

#include <stddef.h>

#include "model/quantize.h"

struct ll_err;

/* -LL_EINPUT, -LL_ECONFIG with the line. `path` must outlive them. Free them even then. */
int ll_quantize_rules_read(struct ll_quantize_rules *rules, const char *path, struct ll_err *err);
void ll_quantize_rules_free(struct ll_quantize_rules *rules);

#endif
