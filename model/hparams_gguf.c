/*
 * The `llama.*` keys of a GGUF: hyper-parameters with their checks, and the refusal of what
 * is not understood; see hparams.h.
 */

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "model/gguf.h"
#include "model/hparams.h"

#define PREFIX "llama."

/* What a key may say. A key that is not in the table might change the result: an error. */
enum rule {
	READ,		/* used below */
	HARMLESS,	/* says nothing about the result */
	ZERO,		/* only 0 (or false) means what we do */
	ONE,		/* only 1 (or true) does */
	LAYOUT		/* the order of the rows of Q and K that GGUF files have */
};

static const struct {
	const char *key;
	enum rule rule;
} rules[] = {
	{ PREFIX "block_count", READ },
	{ PREFIX "context_length", READ },
	{ PREFIX "embedding_length", READ },
	{ PREFIX "feed_forward_length", READ },
	{ PREFIX "attention.head_count", READ },
	{ PREFIX "attention.head_count_kv", READ },
	{ PREFIX "attention.key_length", READ },
	{ PREFIX "attention.value_length", READ },
	{ PREFIX "attention.layer_norm_rms_epsilon", READ },
	{ PREFIX "rope.dimension_count", READ },
	{ PREFIX "rope.freq_base", READ },
	{ PREFIX "rope.scaling.type", READ },
	{ PREFIX "rope.scaling.factor", READ },
	{ PREFIX "rope.scaling.low_freq_factor", READ },
	{ PREFIX "rope.scaling.high_freq_factor", READ },
	{ PREFIX "rope.scaling.original_context_length", READ },
	{ PREFIX "rope.scaling.attn_factor", READ },
	{ PREFIX "rope.scaling.yarn_beta_fast", READ },
	{ PREFIX "rope.scaling.yarn_beta_slow", READ },
	{ PREFIX "rope.scale_linear", READ },
	{ PREFIX "attention.sliding_window", READ },
	{ PREFIX "vocab_size", READ },
	{ PREFIX "rope.scaling.finetuned", HARMLESS },
	{ PREFIX "pooling_type", HARMLESS },
	{ PREFIX "attention.causal", ONE },
	{ PREFIX "rope.scaling.yarn_ext_factor", ONE },
	{ PREFIX "rope.scaling.yarn_attn_factor", ONE },
	{ PREFIX "rope.scaling.yarn_log_multiplier", ZERO },
	{ PREFIX "logit_scale", ONE },
	{ PREFIX "residual_scale", ONE },
	{ PREFIX "embedding_scale", ONE },
	{ PREFIX "expert_count", ZERO },
	{ PREFIX "expert_used_count", ZERO },
	{ PREFIX "use_parallel_residual", ZERO },
	{ PREFIX "attention.clamp_kqv", ZERO },
	{ PREFIX "attention.max_alibi_bias", ZERO },
	{ PREFIX "attn_logit_softcapping", ZERO },
	{ PREFIX "final_logit_softcapping", ZERO },
	{ PREFIX "tensor_data_layout", LAYOUT },
};

/* Bytes of a text that a message shows. */
static int
shown(const struct ll_gguf_text *text)
{
	return text->length < 128 ? (int)text->length : 128;
}

static int
check_architecture(struct ll_hparams *hp, const struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_gguf_text name;
	int status;

	if (ll_gguf_string(gguf, "general.type", &name, NULL) > 0 && ll_gguf_text_is(&name, "adapter"))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: general.type: adapter, which is no model but goes with one, by "
		    "--lora", gguf->path);
	if ((status = ll_gguf_string(gguf, "general.architecture", &name, err)) < 0)
		return status;
	if (status == 0)
		return ll_fail(err, LL_EDATA,
		    "%s: general.architecture: key is missing", gguf->path);
	if (!ll_gguf_text_is(&name, "llama"))
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s: general.architecture: %.*s is not supported (llama is)",
		    gguf->path, shown(&name), name.bytes);
	snprintf(hp->architecture, sizeof(hp->architecture), "llama");
	return 0;
}

/* Any number or bool; *out is untouched if the key is absent. */
static int
read_number(const struct ll_gguf *gguf, const char *key, double *out, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);
	uint64_t whole = 0;
	bool truth = false;
	int status;

	if (value == NULL)
		return 0;
	switch (value->type) {
	case LL_GGUF_F32:
	case LL_GGUF_F64:
		return ll_gguf_float(gguf, key, out, err);
	case LL_GGUF_BOOL:
		status = ll_gguf_bool(gguf, key, &truth, err);
		*out = truth;
		return status;
	default:
		status = ll_gguf_uint(gguf, key, &whole, err);
		*out = (double)whole;
		return status;
	}
}

static int
check_neutral(const struct ll_gguf *gguf, const char *key, double neutral, struct ll_err *err)
{
	double value = neutral;
	int status = read_number(gguf, key, &value, err);

	if (status < 0)
		return status;
	/* The negation catches NaN. */
	if (!(value >= neutral && value <= neutral))
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s: %s: %g is not supported (only %g is)", gguf->path, key,
		    value, neutral);
	return 0;
}

static int
check_layout(const struct ll_gguf *gguf, const char *key, struct ll_err *err)
{
	struct ll_gguf_text text = { "", 0 };
	int status = ll_gguf_string(gguf, key, &text, err);

	if (status < 0)
		return status;
	if (!ll_gguf_text_is(&text, "Meta AI original pth") && !ll_gguf_text_is(&text, "reference"))
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s: %s: '%.*s' is not supported", gguf->path, key,
		    shown(&text), text.bytes);
	return 0;
}

static int
check_key(const struct ll_gguf *gguf, const struct ll_gguf_text *key, struct ll_err *err)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!ll_gguf_text_is(key, rules[i].key))
			continue;
		switch (rules[i].rule) {
		case ZERO:
			return check_neutral(gguf, rules[i].key, 0, err);
		case ONE:
			return check_neutral(gguf, rules[i].key, 1, err);
		case LAYOUT:
			return check_layout(gguf, rules[i].key, err);
		case READ:
		case HARMLESS:
			return 0;
		}
	}
	return ll_fail(err, LL_EUNSUPPORTED,
	    "%s: %.*s: key is not understood and might change the result",
	    gguf->path, shown(key), key->bytes);
}

static int
check_keys(const struct ll_gguf *gguf, struct ll_err *err)
{
	for (size_t i = 0; i < gguf->value_count; i++) {
		const struct ll_gguf_text *key = &gguf->values[i].key;
		int status;

		if (key->length < strlen(PREFIX) || memcmp(key->bytes, PREFIX, strlen(PREFIX)) != 0)
			continue;
		if ((status = check_key(gguf, key, err)) < 0)
			return status;
	}
	return 0;
}

/* A size from 1 to `most`. 1 if found, 0 if absent. */
static int
read_size(const struct ll_gguf *gguf, const char *key, size_t most, size_t *out, struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);
	uint64_t number;
	int status;

	if (value != NULL && value->type == LL_GGUF_ARRAY)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s: %s: a value for each layer is not supported",
		    gguf->path, key);
	if ((status = ll_gguf_uint(gguf, key, &number, err)) <= 0)
		return status;
	if (number < 1 || number > most)
		return ll_fail(err, LL_EDATA,
		    "%s: %s: %" PRIu64 " is not between 1 and %zu", gguf->path, key,
		    number, most);
	*out = (size_t)number;
	return 1;
}

static int
need_size(const struct ll_gguf *gguf, const char *key, size_t most, size_t *out, struct ll_err *err)
{
	int status = read_size(gguf, key, most, out, err);

	if (status == 0)
		return ll_fail(err, LL_EDATA, "%s: %s: key is missing", gguf->path, key);
	return status < 0 ? status : 0;
}

/* A number above 0 and below `limit`. 1 if found, 0 if absent. */
static int
read_positive(const struct ll_gguf *gguf, const char *key, double limit, float *out, struct ll_err *err)
{
	double number;
	int status = ll_gguf_float(gguf, key, &number, err);

	if (status <= 0)
		return status;
	if (!isfinite(number) || (float)number <= 0 || number >= limit)
		return ll_fail(err, LL_EDATA,
		    "%s: %s: %g is not above 0 and below %g", gguf->path, key, number, limit);
	*out = (float)number;
	return 1;
}

/* Element i of an array of integers; false if it is not one of 1 to `most`. */
static bool
element_size(const struct ll_gguf_value *array, size_t i, size_t most, size_t *out)
{
	static const unsigned char widths[LL_GGUF_TYPES] = {
		[LL_GGUF_U8] = 1, [LL_GGUF_I8] = 1, [LL_GGUF_U16] = 2, [LL_GGUF_I16] = 2,
		[LL_GGUF_U32] = 4, [LL_GGUF_I32] = 4, [LL_GGUF_U64] = 8, [LL_GGUF_I64] = 8
	};
	size_t width = widths[array->element];
	uint64_t number = 0;

	for (size_t b = 0; b < width; b++)
		number |= (uint64_t)array->data[i * width + b] << (8 * b);
	/* What is negative as a signed number is too large as an unsigned one. */
	*out = (size_t)number;
	return width != 0 && number >= 1 && number <= most && (width > 1 || array->element == LL_GGUF_U8 || number < 128);
}

/*
 * A size that may differ from layer to layer: one number, or an array of as many as there are
 * layers. It goes to member `at` of each of the sizes. 1 if found, 0 if absent.
 */
static int
read_sizes(struct ll_layer_sizes *sizes, size_t at, size_t layers, const struct ll_gguf *gguf, const char *key,
    struct ll_err *err)
{
	const struct ll_gguf_value *value = ll_gguf_find(gguf, key);
	bool array = value != NULL && value->type == LL_GGUF_ARRAY;
	size_t size = 0;
	int status = array ? 1 : read_size(gguf, key, LL_SIZE_LIMIT, &size, err);

	if (status <= 0)
		return status;
	if (array && value->count != layers)
		return ll_fail(err, LL_EDATA, "%s: %s: %" PRIu64 " values for %zu layers", gguf->path, key,
		    value->count, layers);
	for (size_t i = 0; i < layers; i++) {
		if (array && !element_size(value, i, LL_SIZE_LIMIT, &size))
			return ll_fail(err, LL_EDATA, "%s: %s[%zu]: not a number from 1 to %u", gguf->path, key, i,
			    LL_SIZE_LIMIT);
		*(size_t *)(void *)((char *)&sizes[i] + at) = size;
	}
	return 1;
}

static int
need_sizes(struct ll_layer_sizes *sizes, size_t at, size_t layers, const struct ll_gguf *gguf, const char *key,
    struct ll_err *err)
{
	int status = read_sizes(sizes, at, layers, gguf, key, err);

	if (status == 0)
		return ll_fail(err, LL_EDATA, "%s: %s: key is missing", gguf->path, key);
	return status < 0 ? status : 0;
}

/* The size of a head: key_length and value_length, or dim / heads (of the first layer). */
static int
read_head_size(struct ll_hparams *hp, size_t heads, const struct ll_gguf *gguf, struct ll_err *err)
{
	size_t key = 0, value = 0;
	int status;

	if ((status = read_size(gguf, PREFIX "attention.key_length", LL_SIZE_LIMIT, &key, err)) < 0 ||
	    (status = read_size(gguf, PREFIX "attention.value_length", LL_SIZE_LIMIT, &value, err)) < 0)
		return status;
	if ((key == 0 || value == 0) && hp->dim % heads != 0)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "attention.head_count: %zu heads do not divide the "
		    "embedding_length %zu", gguf->path, heads, hp->dim);
	key = key != 0 ? key : hp->dim / heads;
	value = value != 0 ? value : hp->dim / heads;
	if (key != value)
		return ll_fail(err, LL_EUNSUPPORTED,
		    "%s: " PREFIX "attention.key_length: %zu differs from value_length %zu",
		    gguf->path, key, value);
	hp->head_dim = key;
	return 0;
}

static int
read_heads(struct ll_hparams *hp, struct ll_layer_sizes *sizes, const struct ll_gguf *gguf, struct ll_err *err)
{
	size_t query = offsetof(struct ll_layer_sizes, heads), kv = offsetof(struct ll_layer_sizes, kv_heads);
	int status = need_sizes(sizes, query, hp->layers, gguf, PREFIX "attention.head_count", err);

	if (status < 0)
		return status;
	for (size_t i = 0; i < hp->layers; i++)
		sizes[i].kv_heads = sizes[i].heads;
	if ((status = read_sizes(sizes, kv, hp->layers, gguf, PREFIX "attention.head_count_kv", err)) < 0)
		return status;
	for (size_t i = 0; i < hp->layers; i++)
		if (sizes[i].kv_heads > sizes[i].heads || sizes[i].heads % sizes[i].kv_heads != 0)
			return ll_fail(err, LL_EDATA,
			    "%s: " PREFIX "attention.head_count_kv: %zu does not divide head_count %zu",
			    gguf->path, sizes[i].kv_heads, sizes[i].heads);
	return read_head_size(hp, sizes[0].heads, gguf, err);
}

static int
read_window(struct ll_hparams *hp, const struct ll_gguf *gguf, struct ll_err *err)
{
	uint64_t window = 0;
	int status = ll_gguf_uint(gguf, PREFIX "attention.sliding_window", &window, err);

	/* A window beyond any context is none. */
	hp->window = window < LL_CONTEXT_MAX ? (size_t)window : 0;
	return status < 0 ? status : 0;
}

static int
read_rope(struct ll_hparams *hp, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status;

	hp->rope_dim = hp->head_dim;
	hp->rope_base = 10000.0f;
	if ((status = read_size(gguf, PREFIX "rope.dimension_count", LL_SIZE_LIMIT, &hp->rope_dim, err)) < 0 ||
	    (status = read_positive(gguf, PREFIX "rope.freq_base", 1e30, &hp->rope_base, err)) < 0)
		return status;
	if (hp->rope_dim % 2 != 0 || hp->rope_dim > hp->head_dim)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "rope.dimension_count: %zu is not even and at most the "
		    "head's size %zu", gguf->path, hp->rope_dim, hp->head_dim);
	return 0;
}

static int
read_llama3(struct ll_rope_scaling *scaling, const struct ll_gguf *gguf, struct ll_err *err)
{
	size_t original;
	int status;

	if ((status = read_positive(gguf, PREFIX "rope.scaling.factor", 1e9, &scaling->factor, err)) < 0 ||
	    (status = read_positive(gguf, PREFIX "rope.scaling.low_freq_factor", 1e9, &scaling->low, err)) < 0 ||
	    (status = read_positive(gguf, PREFIX "rope.scaling.high_freq_factor", 1e9, &scaling->high, err)) < 0 ||
	    (status = need_size(gguf, PREFIX "rope.scaling.original_context_length", LL_CONTEXT_MAX,
	    &original, err)) < 0)
		return status;
	scaling->original = (float)original;
	if (!(scaling->factor > 0 && scaling->low > 0 && scaling->high > scaling->low))
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "rope.scaling.type: llama3 needs a factor (%g), and a "
		    "low_freq_factor (%g) below high_freq_factor (%g)", gguf->path, (double)scaling->factor,
		    (double)scaling->low, (double)scaling->high);
	return 0;
}

/* The factor of linear and yarn, under its new or its old name. */
static int
read_factor(struct ll_rope_scaling *scaling, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status;

	scaling->factor = 1;
	status = read_positive(gguf, PREFIX "rope.scaling.factor", 1e9, &scaling->factor, err);
	if (status == 0)
		status = read_positive(gguf, PREFIX "rope.scale_linear", 1e9, &scaling->factor, err);
	return status;
}

/* A factor of 1 is no scaling. */
static int
read_linear(struct ll_rope_scaling *scaling, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status = read_factor(scaling, gguf, err);

	if (status >= 0 && scaling->factor >= 1 && scaling->factor <= 1) {
		scaling->kind = LL_ROPE_PLAIN;
		scaling->factor = 0;
	}
	return status < 0 ? status : 0;
}

static int
read_yarn(struct ll_rope_scaling *scaling, size_t context, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status;

	scaling->beta_fast = 32;
	scaling->beta_slow = 1;
	if ((status = read_factor(scaling, gguf, err)) < 0 ||
	    (status = read_size(gguf, PREFIX "rope.scaling.original_context_length", LL_CONTEXT_MAX, &context, err)) < 0 ||
	    (status = read_positive(gguf, PREFIX "rope.scaling.yarn_beta_fast", 1e9, &scaling->beta_fast, err)) < 0 ||
	    (status = read_positive(gguf, PREFIX "rope.scaling.yarn_beta_slow", 1e9, &scaling->beta_slow, err)) < 0)
		return status;
	scaling->original = (float)context;
	scaling->magnitude *= (float)ll_rope_magnitude((double)scaling->factor, 1);
	return 0;
}

static int
read_scaling(struct ll_rope_scaling *scaling, const struct ll_hparams *hp, const struct ll_gguf *gguf,
    struct ll_err *err)
{
	/* Without a type, readers of GGUF take a factor for linear scaling. */
	struct ll_gguf_text type = { "linear", 6 };
	int status = ll_gguf_string(gguf, PREFIX "rope.scaling.type", &type, err);

	scaling->magnitude = 1;
	if (status < 0 ||
	    (status = read_positive(gguf, PREFIX "rope.scaling.attn_factor", 1e9, &scaling->magnitude, err)) < 0)
		return status;
	for (enum ll_rope_kind kind = LL_ROPE_PLAIN; kind <= LL_ROPE_YARN; kind++)
		if (ll_gguf_text_is(&type, ll_rope_name(kind))) {
			scaling->kind = kind;
			return kind == LL_ROPE_LLAMA3 ? read_llama3(scaling, gguf, err) :
			    kind == LL_ROPE_YARN ? read_yarn(scaling, hp->context, gguf, err) :
			    kind == LL_ROPE_LINEAR ? read_linear(scaling, gguf, err) : 0;
		}
	return ll_fail(err, LL_EUNSUPPORTED, "%s: " PREFIX "rope.scaling.type: '%.*s' is not supported "
	    "(none, linear, llama3 and yarn are)", gguf->path, shown(&type), type.bytes);
}

int
ll_hparams_gguf(struct ll_hparams *hp, struct ll_rope_scaling *scaling, struct ll_layer_sizes *sizes,
    const struct ll_gguf *gguf, struct ll_err *err)
{
	size_t ffn = offsetof(struct ll_layer_sizes, ffn);
	int status;

	if ((status = check_architecture(hp, gguf, err)) < 0 || (status = check_keys(gguf, err)) < 0 ||
	    (status = need_size(gguf, PREFIX "block_count", LL_LAYERS_MAX, &hp->layers, err)) < 0 ||
	    (status = need_size(gguf, PREFIX "context_length", LL_CONTEXT_MAX, &hp->context, err)) < 0 ||
	    (status = need_size(gguf, PREFIX "embedding_length", LL_SIZE_LIMIT, &hp->dim, err)) < 0 ||
	    (status = need_sizes(sizes, ffn, hp->layers, gguf, PREFIX "feed_forward_length", err)) < 0 ||
	    (status = read_size(gguf, PREFIX "vocab_size", INT32_MAX, &hp->vocab, err)) < 0 ||
	    (status = read_heads(hp, sizes, gguf, err)) < 0 || (status = read_rope(hp, gguf, err)) < 0 ||
	    (status = read_window(hp, gguf, err)) < 0 || (status = read_scaling(scaling, hp, gguf, err)) < 0)
		return status;
	status = read_positive(gguf, PREFIX "attention.layer_norm_rms_epsilon", 1, &hp->norm_eps, err);
	if (status == 0)
		return ll_fail(err, LL_EDATA,
		    "%s: " PREFIX "attention.layer_norm_rms_epsilon: key is missing",
		    gguf->path);
	return status < 0 ? status : 0;
}
