/*
 * Hyper-parameters from a GGUF's metadata, and what follows from them alone: the parts that
 * model.c puts together.
 */

#ifndef LL_MODEL_HPARAMS_H
#define LL_MODEL_HPARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

struct ll_err;
struct ll_gguf;

/* Llama 3.1's stretching of low rotary frequencies, where keys ask for it. */
struct ll_rope_scaling {
	bool llama3;
	float factor, low, high;	/* low_freq_factor, high_freq_factor */
	float original;			/* positions before stretching */
};

/*
 * Reads and checks every `llama.*` key. hp->vocab is 0 unless llama.vocab_size is there;
 * hp->tied is left to the tensors. -LL_EDATA for a bad value, -LL_EUNSUPPORTED for another
 * architecture, a key that is not understood, or a value that asks for what we do not do.
 */
int ll_hparams_read(struct ll_hparams *hp, struct ll_rope_scaling *scaling,
    const struct ll_gguf *gguf, struct ll_err *err);

/*
 * The rope_dim / 2 rotary frequencies, to be freed with free(). `factors` (unaligned
 * little-endian f32, or NULL) divide them. NULL when out of memory.
 */
float *ll_rope_freqs(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const unsigned char *factors, struct ll_err *err);

/* Over hyper-parameters, the tensors in order of their names, and pieces of their data. */
uint64_t ll_model_fingerprint(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const struct ll_gguf *gguf);

#endif
