/*
 * Fuzz target: an adapter, for a model of one layer in either order of rows.
 */

#include "base/err.h"
#include "model/adapter.h"
#include "model/gguf.h"
#include "model/merge.h"
#include "model/source.h"
#include "tensor/ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile float seen;

/* All of it can be read, and merged. */
static void
touch(const struct ll_adapters *adapters, const struct ll_model *model)
{
	float row[64] = { 0 };

	for (size_t site = 0; site <= LL_ADAPT_SITES; site++) {
		bool head = site == LL_ADAPT_SITES;
		const struct ll_adapter_pair *pair = ll_adapters_pair(adapters, 0, head ? LL_ADAPT_HEAD : 0, head ? 0 : site);

		if (pair == NULL)
			continue;
		for (size_t i = 0; i < pair->a.rows; i++, seen = row[0])
			ll_ops_row(&pair->a, i, row);
		for (size_t i = 0; i < pair->b.rows; i++, seen = row[0])
			ll_ops_row(&pair->b, i, row);
	}
	if (ll_merge_has(adapters, "output.weight")) {
		struct ll_merge *merge;

		if (ll_merge_new(&merge, adapters, "output.weight", 1, NULL) < 0)
			return;
		for (size_t i = 0; i < model->output.rows; i++)
			ll_merge_row(merge, 0, i, row);
		ll_merge_free(merge);
	}
}

static void
adapt(const uint8_t *data, size_t size, const struct ll_model *model)
{
	struct ll_adapters *adapters;
	struct ll_source *source;
	struct ll_gguf *gguf;
	struct ll_err err = { 0 };

	if (ll_gguf_parse(&gguf, data, size, "fuzz", &err) < 0)
		return;
	if (ll_source_from_gguf(&source, gguf, &err) < 0) {
		ll_gguf_close(gguf);
		return;
	}
	if (ll_adapters_new(&adapters, model, &err) < 0) {
		ll_source_close(source);
		return;
	}
	if (ll_adapters_add(adapters, source, 0.5, &err) < 0)
		ll_source_close(source);
	else
		touch(adapters, model);
	ll_adapters_free(adapters);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_layer layer = {
		.wq = { .rows = 32, .cols = 32 }, .wk = { .rows = 16, .cols = 32 }, .wv = { .rows = 16, .cols = 32 },
		.wo = { .rows = 32, .cols = 32 }, .gate = { .rows = 64, .cols = 32 }, .up = { .rows = 64, .cols = 32 },
		.down = { .rows = 32, .cols = 64 }, .heads = 4, .kv_heads = 2, .ffn = 64,
	};
	static char path[] = "model";
	struct ll_model model = {
		.path = path, .layers = &layer, .output = { .rows = 40, .cols = 32 }, .fingerprint = 0xab,
		.hp = { .layers = 1, .dim = 32, .ffn = 64, .heads = 4, .kv_heads = 2, .head_dim = 8, .vocab = 40 },
	};

	adapt(data, size, &model);
	model.hp.halves = true;
	adapt(data, size, &model);
	return 0;
}
