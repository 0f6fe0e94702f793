/*
 * Fuzz target: a safetensors file beside a fixed config.json; or, where it begins as JSON
 * does, a config.json or params.json beside no tensors.
 */

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "model/hparams.h"
#include "model/safetensors.h"
#include "model/source_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] = "{\"model_type\":\"llama\",\"num_hidden_layers\":1,\"hidden_size\":2,"
    "\"intermediate_size\":2,\"num_attention_heads\":1,\"max_position_embeddings\":8}";

static volatile unsigned char seen;

static void
touch(const struct ll_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		if (source->tensors[i].data != NULL)
			seen = source->tensors[i].data[0] ^ source->tensors[i].data[source->tensors[i].size - 1];
}

static void
read_tensors(struct ll_source *source, const uint8_t *data, size_t size, struct ll_err *err)
{
	struct ll_model *model;

	if (ll_safetensors_read(source, data, size, "fuzz", err) < 0 || ll_source_settle(source, err) < 0)
		return;
	touch(source);
	if (ll_json_parse_settings(&source->config, config, strlen(config), "config", err) == 0 &&
	    ll_model_from_source(&model, source, err) == 0) {
		model->source = NULL;
		ll_model_close(model);
	}
}

static void
read_config(struct ll_source *source, const uint8_t *data, size_t size, struct ll_err *err)
{
	struct ll_rope_scaling scaling;
	struct ll_hparams hp;

	if (ll_json_parse_settings(&source->config, (const char *)data, size, "fuzz", err) == 0 &&
	    ll_hparams_read(&hp, &scaling, source, err) == 0 && hp.rope_dim > 0)
		seen = (unsigned char)hp.rope_dim;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (enum ll_container kind = LL_CONTAINER_SAFETENSORS; kind <= LL_CONTAINER_META; kind++) {
		bool json = size > 0 && data[0] == '{';
		struct ll_err err = { 0 };
		struct ll_source *source;

		if (ll_source_new(&source, kind, "fuzz", &err) < 0)
			return 0;
		if (json)
			read_config(source, data, size, &err);
		else if (kind == LL_CONTAINER_SAFETENSORS)
			read_tensors(source, data, size, &err);
		ll_source_close(source);
	}
	return 0;
}
