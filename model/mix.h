/*
 * Mixes: which type each tensor of a model gets when it is quantised. The rules are those of
 * llama.cpp's llama-quantize for models of the Llama family without experts, so that a name
 * promises the same size.
 */

#ifndef LL_MODEL_MIX_H
#define LL_MODEL_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "model/source.h"

struct ll_mix {
	const char *name;	/* "Q4_K_M" */
	uint32_t type;		/* of most tensors */
	uint32_t file_type;	/* general.file_type */
	const char *help;
};

/* By its name, in capitals or not; NULL if there is none. "Q3_K", "Q4_K" and "Q5_K" are the M ones. */
const struct ll_mix *ll_mix_find(const char *name);

/*
 * As llama.cpp numbers a file most of which is of a type (general.file_type): a type of blocks by the
 * mix that is called by it.
 */
uint32_t ll_mix_file_type(uint32_t type);

/* All of them; *count is set. */
const struct ll_mix *ll_mix_all(size_t *count);

/* What of a model and a command the rules ask for. */
struct ll_mix_rules {
	const struct ll_mix *mix;
	size_t layers, heads, kv_heads;
	bool tied;		/* there is no output.weight */
	bool importance;	/* there is an importance matrix */
	bool pure;		/* the mix's type for all */
};

/* Whether a tensor is quantised at all: matrices whose name ends in "weight", but for norms. */
bool ll_mix_applies(const struct ll_source_tensor *tensor);

/*
 * The type of a tensor to which the mix applies. Where a row is not whole blocks of it,
 * another of about the size (ll_mix_fallback).
 */
uint32_t ll_mix_type(const struct ll_mix_rules *rules, const struct ll_source_tensor *tensor);

/* The type itself if rows of `cols` are whole blocks of it, else the one that takes its place. */
uint32_t ll_mix_fallback(uint32_t type, uint64_t cols);

#endif
