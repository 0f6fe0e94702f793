/*
 * The forward pass of the Llama architecture over a range of layers: RMSNorm, grouped-query
 * attention with rotary positions, SwiGLU (Touvron et al. 2023; Grattafiori et al. 2024).
 *
 * The rows of a call may belong to any sequences at any positions. Every result is the same
 * whatever else is in the call (tensor/ops.h).
 */

#ifndef LL_FORWARD_FORWARD_H
#define LL_FORWARD_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "tensor/kv_block.h"
#include "tensor/ops.h"

struct ll_adapters;
struct ll_collect;
struct ll_err;
struct ll_forward;

/* When weights are copied into panels (forward/pack.h); results are the same. */
enum ll_pack { LL_PACK_AUTO, LL_PACK_ALWAYS, LL_PACK_NEVER };

struct ll_forward_config {
	size_t first, end;	/* layers first .. end - 1 of the model; none: norm and head are all that may be called */
	bool head;		/* the output head will be used */
	size_t rows;		/* at most in one call */
	size_t threads;
	enum ll_precision precision;
	const struct ll_adapters *adapters;	/* added to the model (model/adapter.h), or NULL */
	struct ll_collect *collect;	/* told what meets the matrices, or NULL */
	enum ll_kv_type kv_type[2];	/* of keys, of values */
	enum ll_pack pack;
};

struct ll_row {
	uint64_t sequence;
	uint64_t position;
};

/* `model` and adapters must outlive it. -LL_ENOMEM, -LL_ECONFIG (LL_CPU). */
int ll_forward_new(struct ll_forward **out, const struct ll_model *model,
    const struct ll_forward_config *config, struct ll_err *err);
void ll_forward_free(struct ll_forward *forward);

/* [config.rows][dim] floats: the caller puts hidden states in, ll_forward_layers leaves its own. */
float *ll_forward_states(struct ll_forward *forward);

/*
 * Runs the layers over the first `count` rows. A row at a position below what its sequence
 * has cuts the sequence there; one beyond leaves a gap: -LL_EDATA. Rows of one sequence come
 * in the order of their positions. -LL_EDATA when a state is not finite, naming the layer.
 */
int ll_forward_layers(struct ll_forward *forward, const struct ll_row *rows, size_t count,
    struct ll_err *err);

/* out[0..dim) = final norm of a row of the states. */
void ll_forward_norm(struct ll_forward *forward, float *out, const float *state);

/* logits[i][vocab] = head of normed[i][dim], for `count` rows, at most config.rows. */
void ll_forward_logits(struct ll_forward *forward, float *logits, const float *normed, size_t count);

/*
 * Of each row of logits[i][vocab] only the logit of ids[i] and the log-sum-exp, as a sparse row of
 * one logit (ll-stream(5)) in LL_SCORE_BYTES of `out`; the logits are lost. The first row whose
 * log-sum-exp is not finite, or `count`.
 */
#define LL_SCORE_BYTES 16
size_t ll_forward_scores(struct ll_forward *forward, unsigned char *out, float *logits, const uint32_t *ids,
    size_t count);

/* The KV cache's side of FORK, cut and END (forward/kv.h). */
int ll_forward_fork(struct ll_forward *forward, uint64_t child, uint64_t parent, size_t keep,
    struct ll_err *err);
void ll_forward_cut(struct ll_forward *forward, uint64_t sequence, size_t keep);
void ll_forward_end(struct ll_forward *forward, uint64_t sequence);

/* Bytes for -v: run state and KV cache now; weights packed in memory. */
size_t ll_forward_bytes(const struct ll_forward *forward);
size_t ll_forward_packed(const struct ll_forward *forward);

/* "default" or "f32", what --precision says; -LL_EUSAGE otherwise. */
int ll_forward_precision(const char *name, struct ll_err *err);

/* "avx2", ... */
const char *ll_forward_isa(const struct ll_forward *forward);

#endif
