/*
 * Rotary frequencies (Su et al. 2021) and the ways to stretch them, step by step in float32
 * as the reference implementation (transformers) computes them; see hparams.h.
 */

#include <math.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "model/hparams.h"

/*
 * Wavelengths beyond original / low are stretched by the factor, those below original / high
 * stay, and between them the two are mixed.
 */
static float
scale_llama3(const struct ll_rope_scaling *scaling, float freq)
{
	float wavelength = (float)(2 * 3.14159265358979323846) / freq;
	float longest = (float)((double)scaling->original / (double)scaling->low);
	float shortest = (float)((double)scaling->original / (double)scaling->high);
	float smooth;

	if (wavelength > longest)
		return freq / scaling->factor;
	if (wavelength < shortest)
		return freq;
	smooth = (scaling->original / wavelength - scaling->low) /
	    (float)((double)scaling->high - (double)scaling->low);
	return (1.0f - smooth) * freq / scaling->factor + smooth * freq;
}

/* Linear ramp of yarn's mix: the dimension that turns `turns` times within the original context. */
static double
turning(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling, double turns)
{
	return (double)hp->rope_dim * log((double)scaling->original / (turns * 2 * 3.14159265358979323846)) /
	    (2 * log((double)hp->rope_base));
}

/*
 * Yarn (Peng et al. 2023): dimensions that turn often within the original context stay, those
 * that turn seldom are interpolated, and a ramp mixes the two between them.
 */
struct ramp {
	float low, width;
};

static struct ramp
ramp_of(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling)
{
	double low = turning(hp, scaling, (double)scaling->beta_fast);
	double high = turning(hp, scaling, (double)scaling->beta_slow);

	if (!scaling->exact) {
		low = floor(low);
		high = ceil(high);
	}
	low = fmax(low, 0);
	high = fmin(high, (double)hp->rope_dim - 1);
	if (!(low < high || low > high))
		high += 0.001;
	return (struct ramp){ (float)low, (float)(high - low) };
}

static float
scale_yarn(const struct ll_rope_scaling *scaling, const struct ramp *ramp, size_t i, float power)
{
	float extrapolated = 1.0f / power, interpolated = 1.0f / (scaling->factor * power);
	float at = ((float)i - ramp->low) / ramp->width;
	float stay = 1.0f - (at < 0 ? 0 : at > 1 ? 1 : at);

	return interpolated * (1.0f - stay) + extrapolated * stay;
}

double
ll_rope_magnitude(double factor, double weight)
{
	return factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1;
}

const char *
ll_rope_name(enum ll_rope_kind kind)
{
	static const char *const names[] = { "none", "linear", "llama3", "yarn" };

	return names[kind];
}

float *
ll_rope_freqs(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const unsigned char *factors, struct ll_err *err)
{
	float *freqs = ll_alloc(hp->rope_dim / 2, sizeof(*freqs), err);
	struct ramp ramp = { 0 };

	if (freqs == NULL)
		return NULL;
	if (scaling->kind == LL_ROPE_YARN)
		ramp = ramp_of(hp, scaling);
	for (size_t i = 0; i < hp->rope_dim / 2; i++) {
		float exponent = (float)(2 * i) / (float)hp->rope_dim;
		float power = (float)pow((double)hp->rope_base, (double)exponent);
		float freq = 1.0f / power;

		if (scaling->kind == LL_ROPE_LLAMA3)
			freq = scale_llama3(scaling, freq);
		else if (scaling->kind == LL_ROPE_LINEAR)
			freq /= scaling->factor;
		else if (scaling->kind == LL_ROPE_YARN)
			freq = scale_yarn(scaling, &ramp, i, power);
		if (factors != NULL)
			freq /= ll_load_f32(factors + 4 * i);
		freqs[i] = freq;
	}
	return freqs;
}
