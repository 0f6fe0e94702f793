/*
 * Hyper-parameters from what a container says, and what follows from them alone: the parts
 * that model.c puts together.
 */

#ifndef LL_MODEL_HPARAMS_H
#define LL_MODEL_HPARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "model/source.h"

struct ll_err;
struct ll_gguf;
struct ll_gguf_writer;
struct ll_json;

#define LL_LAYERS_MAX 10000
#define LL_SIZE_LIMIT (1u << 20)	/* of hidden, feed-forward and head sizes: products fit 64 bits */
#define LL_CONTEXT_MAX INT32_MAX

enum ll_rope_kind { LL_ROPE_PLAIN, LL_ROPE_LINEAR, LL_ROPE_LLAMA3, LL_ROPE_YARN };

/* How rotary frequencies are stretched for a longer context than the original one. */
struct ll_rope_scaling {
	enum ll_rope_kind kind;
	float factor;
	float low, high;		/* llama3: low_freq_factor, high_freq_factor */
	float original;			/* llama3, yarn: positions before stretching */
	float beta_fast, beta_slow;	/* yarn: turns within the original context */
	bool exact;			/* yarn: the range between them is not rounded to whole dimensions */
	float magnitude;		/* what cosines and sines are multiplied by; 0: 1 */
};

/*
 * Reads and checks every hyper-parameter, and source->sizes. hp->vocab is 0 unless the number
 * is there; hp->tied is left to the tensors. -LL_EDATA for a bad value, -LL_EUNSUPPORTED for
 * another architecture, a key that is not understood, or a value that asks for what we do not do.
 */
int ll_hparams_read(struct ll_hparams *hp, struct ll_rope_scaling *scaling, struct ll_source *source,
    struct ll_err *err);

/* The parts of it for each container; sizes[LL_LAYERS_MAX] begin as hp has them. */
int ll_hparams_gguf(struct ll_hparams *hp, struct ll_rope_scaling *scaling, struct ll_layer_sizes *sizes,
    const struct ll_gguf *gguf, struct ll_err *err);
int ll_hparams_hf(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const struct ll_source *source,
    struct ll_err *err);
int ll_hparams_meta(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const struct ll_source *source,
    struct ll_err *err);

/*
 * Sets the keys llama.* of them; llama3's rule has its tensor, rope_freqs.weight, instead. The
 * writer keeps what fails.
 */
void ll_hparams_put(struct ll_gguf_writer *writer, const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    struct ll_err *err);

/* "none", "linear", "llama3", "yarn" */
const char *ll_rope_name(enum ll_rope_kind kind);

/*
 * What yarn multiplies cosines and sines by for a factor (Peng et al. 2023, equation 22),
 * `weight` times the logarithm.
 */
double ll_rope_magnitude(double factor, double weight);

/*
 * The rope_dim / 2 rotary frequencies, to be freed with free(). `factors` (unaligned
 * little-endian f32, or NULL) divide them. NULL when out of memory.
 */
float *ll_rope_freqs(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const unsigned char *factors, struct ll_err *err);

/* Over the tensors of a source in order of their names, and pieces of their data, continued from `hash`. */
uint64_t ll_source_fingerprint(uint64_t hash, const struct ll_source *source);

/* Over hyper-parameters, the tensors in order of their names, and pieces of their data. */
uint64_t ll_model_fingerprint(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const struct ll_source *source);

#endif
