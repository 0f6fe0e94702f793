/*
 * A Llama that learns: its forward pass over packed documents, the loss, and gradients of all
 * parameters, or of low-rank adapters alone (LoRA: Hu et al. 2021) over frozen weights of any
 * type. T below is the tokens of a batch; activations are [T][n], rows one after the other.
 *
 * Gradients are sums over the tokens of batches in their order: over one batch of all, or several
 * one after the other, they are the same bits for every matrix but the embedding, where the head
 * and the input both add to it (tied: in another order).
 */

#ifndef LL_TRAIN_NET_H
#define LL_TRAIN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/adapter.h"
#include "model/model.h"
#include "tensor/gemm.h"
#include "train/real.h"

struct ll_err;
struct ll_pool;
struct ll_rng;

/* What is learned: an array of numbers somewhere in the one block of all (ll_net.values). */
struct ll_param {
	char name[64];			/* as in GGUF: "blk.3.attn_q.weight", "blk.3.attn_q.weight.lora_a" */
	size_t rows, cols;
	size_t at;			/* offset in values and grads */
	bool decays;			/* a matrix; gains of norms, vectors of one row, do not */
};

/* y = x W^T: W is learned, or frozen, or frozen with an adapter: y += scale * (x A^T) B^T. */
struct ll_linear {
	size_t rows, cols;
	const ll_real *value;		/* learned; NULL: frozen */
	ll_real *grad;
	struct ll_tensor frozen;
	size_t rank;			/* 0: no adapter */
	const ll_real *a, *b;		/* [rank][cols], [rows][rank] */
	ll_real *da, *db;
};

struct ll_gain {			/* of a norm, [dim] */
	const ll_real *value;
	ll_real *grad;			/* NULL: frozen */
};

struct ll_net_layer {
	struct ll_gain attn_norm, ffn_norm;
	struct ll_linear linear[LL_ADAPT_SITES];
};

struct ll_net_options {
	enum ll_isa isa;
	enum ll_gemm_kind kind;		/* how products are computed; parameters are float32 always */
	size_t tokens;			/* T of a batch at most */
	size_t span;			/* of a stretch at most: positions */
	bool checkpoint;		/* keep the layers' inputs alone, and compute the rest again (Chen et al. 2016) */
	bool gradients;			/* false: for evaluation only */
	/* Adapters: 0 learns all parameters. */
	size_t rank;
	ll_real alpha;			/* scale = alpha / rank */
	bool on[LL_ADAPT_SITES];
	ll_real dropout;		/* of the adapters' inputs */
};

struct ll_net_memory;			/* activations and what is worked in */

struct ll_net {
	struct ll_hparams hp;
	struct ll_net_options options;
	struct ll_pool *pool;
	const struct ll_model *base;	/* borrowed; NULL: none */

	struct ll_param *params;
	size_t param_count;
	size_t count;			/* numbers in values and grads */
	ll_real *values, *grads;

	struct ll_linear embedding, output;	/* the same when tied */
	struct ll_gain output_norm;
	struct ll_net_layer *layers;
	ll_real *constants;		/* gains that are frozen */
	ll_real *cosine, *sine, *minus_sine;	/* [span][rope_dim / 2] */
	struct ll_net_memory *memory;
	uint64_t dropout_seed;		/* set it before every step; 0: nothing is dropped */
};

/*
 * `base` gives frozen weights (LoRA) or first values (else); without it the values are 0:
 * ll_net_random. `rope_freqs` and `magnitude` as in struct ll_model. -LL_ENOMEM;
 * -LL_EUNSUPPORTED for models with biases, windows, or layers of different sizes.
 */
int ll_net_new(struct ll_net **out, const struct ll_hparams *hp, const float *rope_freqs, float magnitude,
    const struct ll_model *base, const struct ll_net_options *options, struct ll_pool *pool, struct ll_err *err);
void ll_net_free(struct ll_net *net);

/*
 * Bytes that ll_net_new takes, with gradients but without an optimiser's moments; and the count of
 * what is learned. Sizes that no machine has are told as one such.
 */
uint64_t ll_net_bytes(const struct ll_hparams *hp, const struct ll_net_options *options, size_t threads,
    uint64_t *learned);

/*
 * First values: normal with deviation 0.02, and 0.02 / sqrt(2 * layers) of what adds to the
 * stream of hidden states (Radford et al. 2019, 2.3); gains 1; of adapters A uniform within
 * 1 / sqrt(cols) (Kaiming) and B = 0.
 */
void ll_net_random(struct ll_net *net, uint64_t seed);

struct ll_document {
	size_t begin, length;		/* tokens begin .. begin + length - 1 of a batch; its first position is 0 */
};

/* What a teacher says of what follows one token: probabilities of some ids, which need not sum to 1. */
struct ll_teaching {
	const uint32_t *ids;		/* NULL: 0 .. count - 1 */
	const float *probabilities;
	size_t count;			/* 0: nothing is said, and the target alone counts */
};

struct ll_batch {
	const uint32_t *tokens;		/* [T] */
	const uint32_t *targets;	/* [T]: what follows; LL_VOCAB_NONE: is not learned */
	size_t count;			/* T */
	const struct ll_document *spans;	/* one after the other, all T tokens */
	size_t span_count;
	const struct ll_teaching *teaching;	/* [T], or NULL */
	/* a of a * cross-entropy + (1 - a) * temperature^2 * KL, with teaching; without a target the latter alone. */
	ll_real hard;
	ll_real temperature;
};

struct ll_loss {
	double sum;			/* of the loss over all that count, nats */
	double cross_entropy;		/* its part of the targets, unweighted */
	double kl;			/* from the teacher at the temperature, unweighted */
	uint64_t count;			/* tokens with a target, or with teaching while hard is below 1 */
	uint64_t targets, taught;	/* with one, with the other */
	uint64_t right;			/* targets that were the most probable */
};

/*
 * Runs a batch forward, adds to *loss, and where options.gradients and `learn` adds the gradients
 * of the sum to net->grads.
 */
void ll_net_run(struct ll_net *net, const struct ll_batch *batch, bool learn, struct ll_loss *loss);

/* Logits of a batch, [T][vocab], for tests: forward alone. */
void ll_net_logits(struct ll_net *net, const struct ll_batch *batch, ll_real *logits);

#endif
