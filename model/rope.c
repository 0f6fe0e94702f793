/*
 * Rotary frequencies (Su et al. 2021) and Llama 3.1's scaling of them, step by step in
 * float32 as the reference implementation (transformers) computes them; see hparams.h.
 */

#include <math.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/bytes.h"
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

float *
ll_rope_freqs(const struct ll_hparams *hp, const struct ll_rope_scaling *scaling,
    const unsigned char *factors, struct ll_err *err)
{
	float *freqs = ll_alloc(hp->rope_dim / 2, sizeof(*freqs), err);

	if (freqs == NULL)
		return NULL;
	for (size_t i = 0; i < hp->rope_dim / 2; i++) {
		float exponent = (float)(2 * i) / (float)hp->rope_dim;
		float freq = 1.0f / (float)pow((double)hp->rope_base, (double)exponent);

		if (scaling->llama3)
			freq = scale_llama3(scaling, freq);
		if (factors != NULL)
			freq /= ll_load_f32(factors + 4 * i);
		freqs[i] = freq;
	}
	return freqs;
}
