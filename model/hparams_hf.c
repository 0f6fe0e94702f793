/*
 * Hyper-parameters from Hugging Face's config.json, as transformers' LlamaConfig and
 * MistralConfig read it, defaults included; see hparams.h.
 */

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "model/hparams.h"
#include "model/hparams_json.h"

static int
check_architecture(const struct ll_hparams_json *r, struct ll_hparams *hp, bool *mistral)
{
	const struct ll_json *value = ll_hparams_get(r->config, "model_type");
	const char *type = ll_json_text_of(value, NULL);

	if (type == NULL)
		return ll_hparams_bad(r, LL_EDATA, "model_type", value == NULL ? "key is missing" : "not a string");
	*mistral = strcmp(type, "mistral") == 0;
	if (!*mistral && strcmp(type, "llama") != 0)
		return ll_fail(r->err, LL_EUNSUPPORTED, "%s/config.json: model_type: '%.64s' is not supported (llama and "
		    "mistral are)", r->source->path, type);
	snprintf(hp->architecture, sizeof(hp->architecture), "llama");
	return 0;
}

static int
check_part(const struct ll_hparams_json *r, const struct ll_json *object)
{
	const struct ll_json *value = ll_hparams_get(object, "partial_rotary_factor");
	double part;

	if (value == NULL || (ll_json_number(value, &part) && part >= 1 && part <= 1))
		return 0;
	return ll_hparams_bad(r, LL_EUNSUPPORTED, "partial_rotary_factor", "only 1 is supported");
}

/* What would compute something else. */
static int
check_neutral(const struct ll_hparams_json *r)
{
	const struct ll_json *act = ll_hparams_get(r->config, "hidden_act");
	const char *activation = act != NULL ? ll_json_text_of(act, NULL) : "silu";
	const struct ll_json *quantized = ll_hparams_get(r->config, "quantization_config");
	const char *method = ll_json_text_of(ll_hparams_get(quantized, "quant_method"), NULL);
	int status;

	if (activation == NULL)
		return ll_hparams_bad(r, LL_EDATA, "hidden_act", "not a string");
	if (strcmp(activation, "silu") != 0 && strcmp(activation, "swish") != 0)
		return ll_fail(r->err, LL_EUNSUPPORTED, "%s/config.json: hidden_act: '%.64s' is not supported (silu "
		    "is)", r->source->path, activation);
	if ((status = check_part(r, r->config)) < 0)
		return status;
	if (quantized != NULL && method == NULL)
		return ll_hparams_bad(r, LL_EDATA, "quantization_config", "has no quant_method that is a string");
	if (quantized != NULL && strcmp(method, "fbgemm_fp8") != 0 && strcmp(method, "compressed-tensors") != 0)
		return ll_fail(r->err, LL_EUNSUPPORTED, "%s/config.json: quantization_config: quant_method '%.64s' is "
		    "not supported (fbgemm_fp8 and compressed-tensors are)", r->source->path, method);
	for (size_t i = 0; quantized != NULL && i < r->source->count; i++)
		if (ll_dtype(r->source->tensors[i].type) != NULL && r->source->tensors[i].type == LL_F8_E4M3 &&
		    r->source->tensors[i].scales == NULL)
			return ll_fail(r->err, LL_EDATA, "%s: %.128s: its weight_scale is missing",
			    r->source->tensors[i].file, ll_source_label(&r->source->tensors[i]));
	return 0;
}

/* What config.json says of biases must be what is there, in each layer. */
static int
check_biases(const struct ll_hparams_json *r, const struct ll_hparams *hp)
{
	static const struct {
		const char *key, *stem;
	} biases[] = {
		{ "attention_bias", "attn_q" }, { "attention_bias", "attn_k" }, { "attention_bias", "attn_v" },
		{ "attention_bias", "attn_output" }, { "mlp_bias", "ffn_gate" }, { "mlp_bias", "ffn_up" },
		{ "mlp_bias", "ffn_down" },
	};
	bool wanted;
	int status;

	for (size_t i = 0; i < sizeof(biases) / sizeof(biases[0]); i++) {
		if ((status = ll_hparams_truth(r, biases[i].key, &wanted)) < 0)
			return status;
		for (size_t layer = 0; layer < hp->layers; layer++) {
			char name[64];

			snprintf(name, sizeof(name), "blk.%zu.%s.bias", layer, biases[i].stem);
			if ((ll_source_find(r->source, name) != NULL) != wanted)
				return ll_hparams_bad(r, LL_EDATA, biases[i].key, "it and the tensors that are there do not agree");
		}
	}
	return 0;
}

static int
read_heads(const struct ll_hparams_json *r, struct ll_hparams *hp, bool mistral)
{
	int status;

	if ((status = ll_hparams_need_size(r, "num_attention_heads", LL_SIZE_LIMIT, &hp->heads)) < 0)
		return status;
	hp->kv_heads = mistral ? 8 : hp->heads;
	hp->head_dim = hp->dim / hp->heads;
	if ((status = ll_hparams_size(r, r->config, "num_key_value_heads", LL_SIZE_LIMIT, &hp->kv_heads)) < 0 ||
	    (status = ll_hparams_size(r, r->config, "head_dim", LL_SIZE_LIMIT, &hp->head_dim)) < 0)
		return status;
	if (status == 0 && hp->dim % hp->heads != 0)
		return ll_fail(r->err, LL_EDATA, "%s/config.json: num_attention_heads: %zu heads do not divide the "
		    "hidden_size %zu", r->source->path, hp->heads, hp->dim);
	if (hp->kv_heads > hp->heads || hp->heads % hp->kv_heads != 0)
		return ll_fail(r->err, LL_EDATA, "%s/config.json: num_key_value_heads: %zu does not divide "
		    "num_attention_heads %zu", r->source->path, hp->kv_heads, hp->heads);
	if (hp->head_dim % 2 != 0)
		return ll_hparams_bad(r, LL_EDATA, "head_dim", "not even");
	hp->rope_dim = hp->head_dim;
	return 0;
}

static int
read_llama3(const struct ll_hparams_json *r, const struct ll_json *from, struct ll_rope_scaling *scaling)
{
	int status;

	if ((status = ll_hparams_positive(r, from, "low_freq_factor", 1e9, &scaling->low)) < 0 ||
	    (status = ll_hparams_positive(r, from, "high_freq_factor", 1e9, &scaling->high)) < 0)
		return status;
	if (!(scaling->low > 0 && scaling->high > scaling->low))
		return ll_hparams_bad(r, LL_EDATA, "rope_scaling", "llama3 needs a low_freq_factor below high_freq_factor");
	return 0;
}

static int
read_yarn(const struct ll_hparams_json *r, const struct ll_json *from, struct ll_rope_scaling *scaling)
{
	float all = 0, one = 0;
	bool given;
	int status;

	scaling->beta_fast = 32;
	scaling->beta_slow = 1;
	scaling->exact = ll_json_is_false(ll_hparams_get(from, "truncate"));
	if ((status = ll_hparams_positive(r, from, "beta_fast", 1e9, &scaling->beta_fast)) < 0 ||
	    (status = ll_hparams_positive(r, from, "beta_slow", 1e9, &scaling->beta_slow)) < 0 ||
	    (status = ll_hparams_positive(r, from, "mscale", 1e9, &one)) < 0 ||
	    (status = ll_hparams_positive(r, from, "mscale_all_dim", 1e9, &all)) < 0 ||
	    (status = ll_hparams_positive(r, from, "attention_factor", 1e9, &scaling->magnitude)) < 0)
		return status;
	given = status > 0;
	if (!given && one > 0 && all > 0)
		scaling->magnitude = (float)(ll_rope_magnitude((double)scaling->factor, (double)one) /
		    ll_rope_magnitude((double)scaling->factor, (double)all));
	else if (!given)
		scaling->magnitude = (float)ll_rope_magnitude((double)scaling->factor, 1);
	return 0;
}

static int
read_kind(const struct ll_hparams_json *r, const struct ll_hparams *hp, const struct ll_json *from,
    struct ll_rope_scaling *scaling)
{
	size_t original = hp->context;
	int status;

	if ((status = ll_hparams_positive(r, from, "factor", 1e9, &scaling->factor)) <= 0)
		return status < 0 ? status : ll_hparams_bad(r, LL_EDATA, "rope_scaling", "factor is missing");
	if ((status = ll_hparams_size(r, r->config, "original_max_position_embeddings", LL_CONTEXT_MAX, &original)) < 0 ||
	    (status = ll_hparams_size(r, from, "original_max_position_embeddings", LL_CONTEXT_MAX, &original)) < 0)
		return status;
	if (scaling->kind != LL_ROPE_LINEAR)
		scaling->original = (float)original;
	return scaling->kind == LL_ROPE_LLAMA3 ? read_llama3(r, from, scaling) :
	    scaling->kind == LL_ROPE_YARN ? read_yarn(r, from, scaling) : 0;
}

/* rope_scaling beside rope_theta, or both in rope_parameters. */
static int
read_rope(const struct ll_hparams_json *r, struct ll_hparams *hp, struct ll_rope_scaling *scaling)
{
	const struct ll_json *from = ll_hparams_get(r->config, "rope_parameters");
	const struct ll_json *other = ll_hparams_get(r->config, "rope_scaling");
	const struct ll_json *named;
	const char *type;
	int status;

	/* Versions of transformers differ in which of two counts. */
	if (from != NULL && other != NULL && !ll_json_same(from, other))
		return ll_hparams_bad(r, LL_EUNSUPPORTED, "rope_parameters", "says something else than rope_scaling");
	if (from == NULL)
		from = other;
	hp->rope_base = 10000;
	if ((status = ll_hparams_positive(r, r->config, "rope_theta", 1e30, &hp->rope_base)) < 0 ||
	    (status = ll_hparams_positive(r, from, "rope_theta", 1e30, &hp->rope_base)) < 0)
		return status;
	if (from == NULL)
		return 0;
	if (!ll_json_is_object(from))
		return ll_hparams_bad(r, LL_EDATA, "rope_scaling", "not an object");
	if ((status = check_part(r, from)) < 0)
		return status;
	named = ll_hparams_get(from, "rope_type") != NULL ? ll_hparams_get(from, "rope_type") : ll_hparams_get(from, "type");
	if ((type = named != NULL ? ll_json_text_of(named, NULL) : "default") == NULL)
		return ll_hparams_bad(r, LL_EDATA, "rope_scaling", "its type is not a string");
	if (strcmp(type, "default") == 0)
		return 0;
	for (scaling->kind = LL_ROPE_LINEAR; scaling->kind <= LL_ROPE_YARN; scaling->kind++)
		if (strcmp(type, ll_rope_name(scaling->kind)) == 0)
			return read_kind(r, hp, from, scaling);
	scaling->kind = LL_ROPE_PLAIN;
	return ll_fail(r->err, LL_EUNSUPPORTED, "%s/config.json: rope_scaling: type '%.64s' is not supported (linear, "
	    "llama3 and yarn are)", r->source->path, type);
}

static int
read_rest(const struct ll_hparams_json *r, struct ll_hparams *hp, bool mistral)
{
	int status;

	hp->norm_eps = 1e-6f;
	if ((status = ll_hparams_positive(r, r->config, "rms_norm_eps", 1, &hp->norm_eps)) < 0)
		return status;
	/* transformers has a window for Mistral alone, where null is none. */
	if (mistral) {
		hp->window = ll_json_get(r->config, "sliding_window") == NULL ? 4096 : 0;
		if ((status = ll_hparams_size(r, r->config, "sliding_window", LL_CONTEXT_MAX, &hp->window)) < 0)
			return status;
	}
	hp->halves = true;
	return ll_hparams_truth(r, "tie_word_embeddings", &hp->tied);
}

int
ll_hparams_hf(struct ll_hparams *hp, struct ll_rope_scaling *scaling, const struct ll_source *source,
    struct ll_err *err)
{
	const struct ll_hparams_json r = { source, "config.json", source->config, err };
	bool mistral;
	int status;

	if ((status = check_architecture(&r, hp, &mistral)) < 0 || (status = check_neutral(&r)) < 0 ||
	    (status = ll_hparams_need_size(&r, "num_hidden_layers", LL_LAYERS_MAX, &hp->layers)) < 0 ||
	    (status = ll_hparams_need_size(&r, "max_position_embeddings", LL_CONTEXT_MAX, &hp->context)) < 0 ||
	    (status = ll_hparams_need_size(&r, "hidden_size", LL_SIZE_LIMIT, &hp->dim)) < 0 ||
	    (status = ll_hparams_need_size(&r, "intermediate_size", LL_SIZE_LIMIT, &hp->ffn)) < 0 ||
	    (status = ll_hparams_size(&r, r.config, "vocab_size", INT32_MAX, &hp->vocab)) < 0 ||
	    (status = read_heads(&r, hp, mistral)) < 0 || (status = read_rope(&r, hp, scaling)) < 0 ||
	    (status = read_rest(&r, hp, mistral)) < 0)
		return status;
	return check_biases(&r, hp);
}
