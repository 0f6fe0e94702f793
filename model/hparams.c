/*
 * Hyper-parameters, whatever the container, and what differs from layer to layer; see
 * hparams.h. The containers' own are read by hparams_gguf.c, hparams_hf.c and hparams_meta.c.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/hparams.h"

/* hp gets the largest of each size. */
static bool
all_same(struct ll_hparams *hp, const struct ll_layer_sizes *sizes)
{
	bool same = true;

	hp->heads = sizes[0].heads;
	hp->kv_heads = sizes[0].kv_heads;
	hp->ffn = sizes[0].ffn;
	for (size_t i = 1; i < hp->layers; i++) {
		same = same && sizes[i].heads == sizes[0].heads && sizes[i].kv_heads == sizes[0].kv_heads &&
		    sizes[i].ffn == sizes[0].ffn;
		hp->heads = sizes[i].heads > hp->heads ? sizes[i].heads : hp->heads;
		hp->kv_heads = sizes[i].kv_heads > hp->kv_heads ? sizes[i].kv_heads : hp->kv_heads;
		hp->ffn = sizes[i].ffn > hp->ffn ? sizes[i].ffn : hp->ffn;
	}
	return same;
}

int
ll_hparams_read(struct ll_hparams *hp, struct ll_rope_scaling *scaling, struct ll_source *source,
    struct ll_err *err)
{
	struct ll_layer_sizes *sizes = NULL;
	int status;

	*hp = (struct ll_hparams){ 0 };
	*scaling = (struct ll_rope_scaling){ .magnitude = 1 };
	free(source->sizes);
	source->sizes = NULL;
	if (source->container == LL_CONTAINER_SAFETENSORS)
		return ll_hparams_hf(hp, scaling, source, err);
	if (source->container == LL_CONTAINER_META)
		return ll_hparams_meta(hp, scaling, source, err);
	if ((sizes = ll_alloc(LL_LAYERS_MAX, sizeof(*sizes), err)) == NULL)
		return -LL_ENOMEM;
	status = ll_hparams_gguf(hp, scaling, sizes, source->parts[0], err);
	if (status == 0 && !all_same(hp, sizes))
		source->sizes = sizes;
	else
		free(sizes);
	return status;
}
