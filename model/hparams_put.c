/*
 * Hyper-parameters as keys of a GGUF; see hparams.h.
 */

#include <math.h>
#include <string.h>

#include "model/gguf_write.h"
#include "model/hparams.h"

static void
put_hparams(struct ll_gguf_writer *writer, const struct ll_hparams *hp, struct ll_err *err)
{
	ll_gguf_write_u32(writer, "llama.block_count", (uint32_t)hp->layers, err);
	ll_gguf_write_u32(writer, "llama.context_length", (uint32_t)hp->context, err);
	ll_gguf_write_u32(writer, "llama.embedding_length", (uint32_t)hp->dim, err);
	ll_gguf_write_u32(writer, "llama.feed_forward_length", (uint32_t)hp->ffn, err);
	ll_gguf_write_u32(writer, "llama.attention.head_count", (uint32_t)hp->heads, err);
	ll_gguf_write_u32(writer, "llama.attention.head_count_kv", (uint32_t)hp->kv_heads, err);
	if (hp->head_dim * hp->heads != hp->dim) {
		ll_gguf_write_u32(writer, "llama.attention.key_length", (uint32_t)hp->head_dim, err);
		ll_gguf_write_u32(writer, "llama.attention.value_length", (uint32_t)hp->head_dim, err);
	}
	ll_gguf_write_f32(writer, "llama.attention.layer_norm_rms_epsilon", hp->norm_eps, err);
	ll_gguf_write_u32(writer, "llama.rope.dimension_count", (uint32_t)hp->rope_dim, err);
	ll_gguf_write_f32(writer, "llama.rope.freq_base", hp->rope_base, err);
	ll_gguf_write_u32(writer, "llama.vocab_size", (uint32_t)hp->vocab, err);
	if (hp->window != 0)
		ll_gguf_write_u32(writer, "llama.attention.sliding_window", (uint32_t)hp->window, err);
}

/* What cosines and sines are multiplied by, besides what yarn's factor makes of them. */
static void
put_magnitude(struct ll_gguf_writer *writer, const struct ll_rope_scaling *scaling, struct ll_err *err)
{
	float own = scaling->kind == LL_ROPE_YARN ? (float)ll_rope_magnitude((double)scaling->factor, 1) : 1;
	float more = scaling->magnitude / own;

	/* The factor of which the product is the number again, if there is one. */
	if (more * own < scaling->magnitude)
		more = nextafterf(more, INFINITY);
	if (more * own > scaling->magnitude)
		more = nextafterf(more, 0);
	if (more < 1 || more > 1)
		ll_gguf_write_f32(writer, "llama.rope.scaling.attn_factor", more, err);
}

/* llama3's rule has its tensor. */
static void
put_scaling(struct ll_gguf_writer *writer, const struct ll_rope_scaling *scaling, struct ll_err *err)
{
	const char *kind = ll_rope_name(scaling->kind);

	if (scaling->kind == LL_ROPE_LINEAR || scaling->kind == LL_ROPE_YARN) {
		ll_gguf_write_string(writer, "llama.rope.scaling.type", kind, strlen(kind), err);
		ll_gguf_write_f32(writer, "llama.rope.scaling.factor", scaling->factor, err);
	}
	if (scaling->kind == LL_ROPE_YARN) {
		ll_gguf_write_u32(writer, "llama.rope.scaling.original_context_length",
		    (uint32_t)scaling->original, err);
		if (scaling->beta_fast < 32 || scaling->beta_fast > 32)
			ll_gguf_write_f32(writer, "llama.rope.scaling.yarn_beta_fast", scaling->beta_fast, err);
		if (scaling->beta_slow < 1 || scaling->beta_slow > 1)
			ll_gguf_write_f32(writer, "llama.rope.scaling.yarn_beta_slow", scaling->beta_slow, err);
	}
	put_magnitude(writer, scaling, err);
}

void
ll_hparams_put(struct ll_gguf_writer *writer, const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    struct ll_err *err)
{
	put_hparams(writer, hp, err);
	put_scaling(writer, scaling, err);
}
