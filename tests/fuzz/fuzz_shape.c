/*
 * Fuzz target: the shape of a model to be trained, the frequencies of its rotation and the count of
 * its memory. What is taken holds what the net is laid out by.
 */

#include <stdlib.h>

#include "base/err.h"
#include "train/net.h"
#include "train/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_net_options options = { .tokens = 1 << 20, .span = 1 << 10, .gradients = true };
	struct ll_hparams hp = { .vocab = 1 << 20 };
	struct ll_rope_scaling scaling;
	struct ll_err err = { 0 };
	uint64_t learned, bytes;
	float *freqs;

	if (ll_shape_parse(&hp, &scaling, (const char *)data, size, "fuzz", &err) < 0)
		return 0;
	if (hp.layers == 0 || hp.kv_heads == 0 || hp.heads % hp.kv_heads != 0 || hp.rope_dim % 2 != 0 ||
	    hp.rope_dim == 0 || hp.rope_dim > hp.head_dim || hp.context < 2 || hp.vocab != 1 << 20)
		abort();
	bytes = ll_net_bytes(&hp, &options, 4, &learned);
	if (bytes < learned || bytes > UINT64_MAX / 2)
		abort();
	if (hp.layers < 100)
		options.checkpoint = true;
	if (ll_net_bytes(&hp, &options, 4, &learned) > bytes)
		abort();
	if ((freqs = ll_rope_freqs(&hp, &scaling, NULL, &err)) == NULL)
		return 0;
	for (size_t i = 0; i < hp.rope_dim / 2; i++)
		if (!(freqs[i] >= 0 && freqs[i] <= 1))
			abort();
	free(freqs);
	return 0;
}
