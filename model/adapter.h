/*
 * Low-rank adapters (LoRA, Hu et al. 2021): for some matrices W of a model two small ones, so
 * that the product W x becomes W x + scale * B (A x). Files are GGUFs as llama.cpp's
 * convert_lora_to_gguf.py writes them: tensors NAME.lora_a and NAME.lora_b beside
 * general.type "adapter", adapter.type "lora" and adapter.lora.alpha.
 */

#ifndef LL_MODEL_ADAPTER_H
#define LL_MODEL_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

struct ll_adapters;
struct ll_err;
struct ll_scaled_list;
struct ll_source;
struct ll_source_tensor;

/* The matrices of a layer that may have one. */
enum ll_adapter_site {
	LL_ADAPT_Q, LL_ADAPT_K, LL_ADAPT_V, LL_ADAPT_OUTPUT, LL_ADAPT_GATE, LL_ADAPT_UP, LL_ADAPT_DOWN,
	LL_ADAPT_SITES
};

/* The output head is a layer of its own, behind the last. */
#define LL_ADAPT_HEAD SIZE_MAX

/* For W of [rows][cols]: */
struct ll_adapter_pair {
	struct ll_tensor a;	/* [rank][cols], f32 or f16; of a file in panels */
	struct ll_tensor b;	/* [rows][rank], in the order that W has, the same; data NULL: no pair */
	float scale;		/* the user's, times alpha / rank */
};

/*
 * What is to be added to a model, which must outlive it; *out is NULL for an empty list.
 * Besides the errors of ll_source_open: -LL_EDATA for a file that is no adapter, half of a pair,
 * shapes that are not the model's, a rank above every matrix's columns, a number that is not
 * finite, and an adapter that names the fingerprint of another model; -LL_EUNSUPPORTED for
 * another kind or architecture, keys adapter.* and tensors that would change the result and are
 * not understood, and other types than F32, F16, BF16 and Q8_0; -LL_ECONFIG (LL_CPU).
 */
int ll_adapters_open(struct ll_adapters **out, const struct ll_model *model, const struct ll_scaled_list *files,
    struct ll_err *err);
void ll_adapters_free(struct ll_adapters *adapters);

/* The same piece by piece. A source that was added is closed; on failure it stays the caller's. */
int ll_adapters_new(struct ll_adapters **out, const struct ll_model *model, struct ll_err *err);
int ll_adapters_add(struct ll_adapters *adapters, struct ll_source *source, double scale, struct ll_err *err);

/* An adapter in memory, which must outlive `adapters`. */
struct ll_adapter_arrays {
	size_t layer;
	enum ll_adapter_site site;
	size_t rank;
	const float *a;		/* [rank][cols] */
	const float *b;		/* [rows][rank], rows as the model's matrix has them */
};
/* -LL_EDATA for a number that is not finite, -LL_ENOMEM. */
int ll_adapters_add_arrays(struct ll_adapters *adapters, float alpha, const struct ll_adapter_arrays *arrays,
    size_t count, struct ll_err *err);

/* 0 for NULL. */
size_t ll_adapters_count(const struct ll_adapters *adapters);

/* That of adapter i for a matrix, NULL if it has none; `site` is 0 for the head. */
const struct ll_adapter_pair *ll_adapters_pair(const struct ll_adapters *adapters, size_t i, size_t layer,
    size_t site);
/* The same by the name of W, "blk.0.attn_q.weight". */
const struct ll_adapter_pair *ll_adapters_find(const struct ll_adapters *adapters, size_t i, const char *name);

/* Of the model with all of them, in their order; the model's own for NULL. */
uint64_t ll_adapters_fingerprint(const struct ll_adapters *adapters, const struct ll_model *model);

/* What a file says, whatever model it is for. */
struct ll_adapter_part {
	const struct ll_source_tensor *a, *b;
	size_t layer;		/* or LL_ADAPT_HEAD */
	enum ll_adapter_site site;
	size_t rank;
};
struct ll_adapter_file {
	double alpha;		/* 0: it says none, and the scale is the user's alone */
	uint64_t base;		/* the model's fingerprint; 0: it tells none */
	struct ll_adapter_part *parts;
	size_t count;
};

/* Free the parts with free(), also on failure. */
int ll_adapter_read(struct ll_adapter_file *file, const struct ll_source *source, struct ll_err *err);

/* Sets layer and site by the name of W; false if no adapter is for it. */
bool ll_adapter_place(struct ll_adapter_part *part, const char *name, size_t length);

/* "attn_q", ... */
const char *ll_adapter_site_name(enum ll_adapter_site site);

/* W. */
const struct ll_tensor *ll_adapter_matrix(const struct ll_model *model, size_t layer, enum ll_adapter_site site);
/* Of how many heads its rows are, if they are in another order than a file's; else 0. */
size_t ll_adapter_heads(const struct ll_model *model, size_t layer, enum ll_adapter_site site);

/*
 * Writes the adapter of a model, whose origin goes to the key ll.fingerprint, as F32 or F16.
 * -LL_EDATA for a number that is not finite or that F16 cannot hold; -LL_ECREATE, -LL_EIO, -LL_ENOMEM.
 */
int ll_adapter_write(const char *path, const struct ll_model *model, float alpha,
    const struct ll_adapter_arrays *arrays, size_t count, enum ll_dtype type, struct ll_err *err);

#endif
