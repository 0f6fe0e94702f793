/*
 * Hyper-parameters from Meta's params.json, and from the tensors what it does not say; see
 * hparams.h. Defaults are those of Meta's own code (llama-models, models/llama3/args.py).
 */

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "model/hparams.h"
#include "model/hparams_json.h"

/* multiple_of and ffn_dim_multiplier make the feed-forward size, which the tensors tell. */
static const char *const known[] = {
	"dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "norm_eps", "rope_theta", "use_scaled_rope",
	"rope_scaling_factor", "high_freq_factor", "multiple_of", "ffn_dim_multiplier", "max_seq_len", "max_batch_size",
};

static int
check_keys(const struct ll_hparams_json *r)
{
	const struct ll_json *value;
	void *cursor = NULL;
	const char *key;

	if (!ll_json_is_object(r->config))
		return ll_fail(r->err, LL_EDATA, "%s/params.json: not an object", r->source->path);
	if (ll_json_next_unknown(r->config, known, sizeof(known) / sizeof(known[0]), &cursor, &key, &value))
		return ll_hparams_bad(r, LL_EUNSUPPORTED, key, "key is not understood and might change the result");
	return 0;
}

/* Llama 1 and 2 say -1, and leave it to the vocabulary. */
static int
read_vocab(const struct ll_hparams_json *r, struct ll_hparams *hp)
{
	int64_t number;
	int status;

	if (ll_json_integer(ll_json_get(r->config, "vocab_size"), &number) && number == -1)
		return 0;
	status = ll_hparams_size(r, r->config, "vocab_size", INT32_MAX, &hp->vocab);
	return status < 0 ? status : 0;
}

/* The factor of Llama 3.2's two text models is in their code's documentation, not in the file. */
static float
usual_factor(const struct ll_hparams *hp)
{
	return (hp->dim == 2048 && hp->layers == 16) || (hp->dim == 3072 && hp->layers == 28) ? 32 : 8;
}

static int
read_rope(const struct ll_hparams_json *r, struct ll_hparams *hp, struct ll_rope_scaling *scaling)
{
	bool scaled;
	int status;

	hp->rope_dim = hp->head_dim;
	hp->rope_base = 10000;
	if ((status = ll_hparams_positive(r, r->config, "rope_theta", 1e30, &hp->rope_base)) < 0)
		return status;
	/* What Meta's models were trained for, which no file says. */
	hp->context = status == 0 ? (hp->norm_eps < 5e-6f ? 2048 : 4096) : hp->rope_base > 900000 ? 16384 : 8192;
	if ((status = ll_hparams_truth(r, "use_scaled_rope", &scaled)) < 0 || !scaled)
		return status;
	hp->context = 131072;
	*scaling = (struct ll_rope_scaling){ .kind = LL_ROPE_LLAMA3, .factor = usual_factor(hp), .low = 1, .high = 4,
		.original = 8192, .magnitude = 1 };
	if ((status = ll_hparams_positive(r, r->config, "rope_scaling_factor", 1e9, &scaling->factor)) < 0 ||
	    (status = ll_hparams_positive(r, r->config, "high_freq_factor", 1e9, &scaling->high)) < 0)
		return status;
	return scaling->high > scaling->low ? 0 : ll_hparams_bad(r, LL_EDATA, "high_freq_factor", "not above 1");
}

int
ll_hparams_meta(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const struct ll_source *source,
    struct ll_err *err)
{
	const struct ll_source_tensor *gate = ll_source_find(source, "blk.0.ffn_gate.weight");
	const struct ll_hparams_json r = { source, "params.json", source->config, err };
	int status;

	snprintf(hp->architecture, sizeof(hp->architecture), "llama");
	hp->norm_eps = 1e-5f;
	if ((status = check_keys(&r)) < 0 ||
	    (status = ll_hparams_need_size(&r, "n_layers", LL_LAYERS_MAX, &hp->layers)) < 0 ||
	    (status = ll_hparams_need_size(&r, "dim", LL_SIZE_LIMIT, &hp->dim)) < 0 ||
	    (status = ll_hparams_need_size(&r, "n_heads", LL_SIZE_LIMIT, &hp->heads)) < 0 ||
	    (status = read_vocab(&r, hp)) < 0 ||
	    (status = ll_hparams_positive(&r, r.config, "norm_eps", 1, &hp->norm_eps)) < 0)
		return status;
	hp->kv_heads = hp->heads;
	if ((status = ll_hparams_size(&r, r.config, "n_kv_heads", LL_SIZE_LIMIT, &hp->kv_heads)) < 0)
		return status;
	if (hp->kv_heads > hp->heads || hp->heads % hp->kv_heads != 0)
		return ll_hparams_bad(&r, LL_EDATA, "n_kv_heads", "does not divide n_heads");
	if (hp->dim % hp->heads != 0 || hp->dim / hp->heads % 2 != 0)
		return ll_hparams_bad(&r, LL_EDATA, "n_heads", "does not divide dim into heads of an even size");
	hp->head_dim = hp->dim / hp->heads;
	if (gate == NULL || gate->dims != 2 || gate->ne[1] > LL_SIZE_LIMIT)
		return ll_fail(err, LL_EDATA, "%s: layers.0.feed_forward.w1.weight: tensor is missing or no matrix of a "
		    "size that can be", source->path);
	hp->ffn = (size_t)gate->ne[1];
	/* Its absence alone says so. */
	hp->tied = ll_source_find(source, "output.weight") == NULL;
	return read_rope(&r, hp, scaling);
}
