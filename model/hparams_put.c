/*
 * Hyper-parameters as keys of a GGUF; see hparams.h.
 */

#include <math.h>
#include <string.h>

#include "model/gguf_write.h"
#include "model/hparams.h"

struct setter {
	struct ll_gguf_writer *writer;
	struct ll_err *err;
	int status;		/* the first failure */
};

static void
set_u32(struct setter *s, const char *key, size_t value)
{
	if (s->status == 0)
		s->status = ll_gguf_write_u32(s->writer, key, (uint32_t)value, s->err);
}

static void
set_f32(struct setter *s, const char *key, float value)
{
	if (s->status == 0)
		s->status = ll_gguf_write_f32(s->writer, key, value, s->err);
}

static void
set_hparams(struct setter *s, const struct ll_hparams *hp)
{
	set_u32(s, "llama.block_count", hp->layers);
	set_u32(s, "llama.context_length", hp->context);
	set_u32(s, "llama.embedding_length", hp->dim);
	set_u32(s, "llama.feed_forward_length", hp->ffn);
	set_u32(s, "llama.attention.head_count", hp->heads);
	set_u32(s, "llama.attention.head_count_kv", hp->kv_heads);
	if (hp->head_dim * hp->heads != hp->dim) {
		set_u32(s, "llama.attention.key_length", hp->head_dim);
		set_u32(s, "llama.attention.value_length", hp->head_dim);
	}
	set_f32(s, "llama.attention.layer_norm_rms_epsilon", hp->norm_eps);
	set_u32(s, "llama.rope.dimension_count", hp->rope_dim);
	set_f32(s, "llama.rope.freq_base", hp->rope_base);
	set_u32(s, "llama.vocab_size", hp->vocab);
	if (hp->window != 0)
		set_u32(s, "llama.attention.sliding_window", hp->window);
}

/* What cosines and sines are multiplied by, besides what yarn's factor makes of them. */
static void
set_magnitude(struct setter *s, const struct ll_rope_scaling *scaling)
{
	float own = scaling->kind == LL_ROPE_YARN ? (float)ll_rope_magnitude((double)scaling->factor, 1) : 1;
	float more = scaling->magnitude / own;

	/* The factor of which the product is the number again, if there is one. */
	if (more * own < scaling->magnitude)
		more = nextafterf(more, INFINITY);
	if (more * own > scaling->magnitude)
		more = nextafterf(more, 0);
	if (more < 1 || more > 1)
		set_f32(s, "llama.rope.scaling.attn_factor", more);
}

/* llama3's rule has its tensor. */
static void
set_scaling(struct setter *s, const struct ll_rope_scaling *scaling)
{
	const char *kind = ll_rope_name(scaling->kind);

	if (scaling->kind == LL_ROPE_LINEAR || scaling->kind == LL_ROPE_YARN) {
		if (s->status == 0)
			s->status = ll_gguf_write_string(s->writer, "llama.rope.scaling.type", kind, strlen(kind), s->err);
		set_f32(s, "llama.rope.scaling.factor", scaling->factor);
	}
	if (scaling->kind == LL_ROPE_YARN) {
		set_u32(s, "llama.rope.scaling.original_context_length", (size_t)scaling->original);
		if (scaling->beta_fast < 32 || scaling->beta_fast > 32)
			set_f32(s, "llama.rope.scaling.yarn_beta_fast", scaling->beta_fast);
		if (scaling->beta_slow < 1 || scaling->beta_slow > 1)
			set_f32(s, "llama.rope.scaling.yarn_beta_slow", scaling->beta_slow);
	}
	set_magnitude(s, scaling);
}

int
ll_hparams_put(struct ll_gguf_writer *writer, const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    struct ll_err *err)
{
	struct setter s = { writer, err, 0 };

	set_hparams(&s, hp);
	set_scaling(&s, scaling);
	return s.status;
}
