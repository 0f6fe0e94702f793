/*
 * Rotary frequencies said in another way: llama3's rule, which a GGUF says by a tensor of
 * factors and a config.json by numbers, and what one of them has no words for; see convert.h.
 */

#include "model/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"

#define ROPE_FREQS "rope_freqs.weight"
#define PI 3.14159265358979323846

/* What a frequency is divided by under llama3's rule (Llama 3.1's reference code). */
static double
llama3_factor(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling, size_t i)
{
	double frequency = pow((double)hp->rope_base, -2.0 * (double)i / (double)hp->rope_dim);
	double turns = (double)scaling->original * frequency / (2 * PI);
	double low = (double)scaling->low, high = (double)scaling->high, factor = (double)scaling->factor, smooth;

	if (turns > high)
		return 1;
	if (turns < low)
		return factor;
	smooth = (turns - low) / (high - low);
	return 1 / ((1 - smooth) / factor + smooth);
}

/* A tensor more, of what the rotary frequencies are divided by. */
static int
add_tensor(struct ll_convert *convert, struct ll_err *err)
{
	size_t count = convert->hp.rope_dim / 2;

	if ((convert->factors = ll_alloc(count, sizeof(float), err)) == NULL)
		return -LL_ENOMEM;
	convert->extra = (struct ll_source_tensor){
		.name = (char *)(uintptr_t)ROPE_FREQS, .file = convert->source->path, .type = LL_F32, .dims = 1,
		.ne = { count, 1, 1, 1 }, .data = (const unsigned char *)convert->factors, .size = 4 * count
	};
	convert->jobs[convert->count++] = (struct ll_recode){ .from = &convert->extra, .type = LL_F32 };
	return 0;
}

static int
add_llama3(struct ll_convert *convert, struct ll_err *err)
{
	int status = add_tensor(convert, err);

	for (size_t i = 0; i < convert->hp.rope_dim / 2 && status == 0; i++)
		convert->factors[i] = (float)llama3_factor(&convert->hp, &convert->scaling, i);
	return status;
}

/*
 * A GGUF has no word for yarn's range that is not rounded to whole dimensions: where that makes
 * a difference, factors say it.
 */
static int
add_exact_yarn(struct ll_convert *convert, struct ll_err *err)
{
	struct ll_rope_scaling rounded = convert->scaling, none = { .magnitude = 1 };
	size_t count = convert->hp.rope_dim / 2;
	float *wanted, *have, *plain;
	int status = -LL_ENOMEM;

	rounded.exact = false;
	wanted = ll_rope_freqs(&convert->hp, &convert->scaling, NULL, err);
	have = ll_rope_freqs(&convert->hp, &rounded, NULL, err);
	plain = ll_rope_freqs(&convert->hp, &none, NULL, err);
	if (wanted != NULL && have != NULL && plain != NULL) {
		if (memcmp(wanted, have, count * sizeof(float)) == 0) {
			convert->scaling = rounded;
			status = 0;
		} else if ((status = add_tensor(convert, err)) == 0) {
			for (size_t i = 0; i < count; i++)
				convert->factors[i] = plain[i] / wanted[i];
			convert->scaling.kind = LL_ROPE_PLAIN;
		}
	}
	free(wanted);
	free(have);
	free(plain);
	return status;
}

/* Whether the tensor's factors are those of the rule. */
static bool
is_rule(const struct ll_convert *convert, const struct ll_source_tensor *tensor, const struct ll_rope_scaling *rule)
{
	for (size_t i = 0; i < convert->hp.rope_dim / 2; i++) {
		double want = llama3_factor(&convert->hp, rule, i), have = (double)ll_load_f32(tensor->data + 4 * i);

		/* The negation catches NaN. */
		if (!(fabs(have - want) <= 1e-5 * want))
			return false;
	}
	return true;
}

/*
 * A folder says the rule. The numbers of all models that have it are these, but for the factor,
 * by which the slowest frequency is divided.
 */
static int
recognise(struct ll_convert *convert, const struct ll_source_tensor *tensor, struct ll_err *err)
{
	size_t count = convert->hp.rope_dim / 2;
	struct ll_rope_scaling rule = { .kind = LL_ROPE_LLAMA3, .low = 1, .high = 4, .original = 8192, .magnitude = 1 };

	if (convert->scaling.kind == LL_ROPE_PLAIN && tensor->type == LL_F32 && tensor->size == 4 * count) {
		rule.factor = ll_load_f32(tensor->data + 4 * (count - 1));
		if (rule.factor > 0 && is_rule(convert, tensor, &rule)) {
			rule.magnitude = convert->scaling.magnitude;
			convert->scaling = rule;
			return 0;
		}
	}
	return ll_fail(err, LL_EUNSUPPORTED, "%s: " ROPE_FREQS ": not the factors of Llama 3.1 or a model like it, which "
	    "a config.json could say", tensor->file);
}

/* Of a folder's ways only yarn says what cosines and sines are multiplied by. */
static int
check_magnitude(const struct ll_convert *convert, struct ll_err *err)
{
	float magnitude = convert->scaling.magnitude;

	if (convert->scaling.kind == LL_ROPE_YARN || (magnitude >= 1 && magnitude <= 1))
		return 0;
	return ll_fail(err, LL_EUNSUPPORTED, "%s: llama.rope.scaling.attn_factor: %g, which a config.json can say with "
	    "yarn alone", convert->source->path, (double)magnitude);
}

int
ll_convert_rope(struct ll_convert *convert, struct ll_err *err)
{
	const struct ll_source_tensor *tensor = ll_source_find(convert->source, ROPE_FREQS);
	int status = 0;

	if (convert->to != LL_CONTAINER_GGUF) {
		if (tensor != NULL)
			status = recognise(convert, tensor, err);
		return status < 0 ? status : check_magnitude(convert, err);
	}
	if (convert->source->container == LL_CONTAINER_GGUF)
		return 0;
	if (convert->scaling.kind == LL_ROPE_LLAMA3)
		return add_llama3(convert, err);
	return convert->scaling.kind == LL_ROPE_YARN && convert->scaling.exact ? add_exact_yarn(convert, err) : 0;
}
