/*
 * What an adapter's file says, before any model is asked; see adapter.h.
 */

#include "model/adapter.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/gguf.h"
#include "model/hparams.h"
#include "model/source.h"

#define SHOWN 100		/* bytes of a text in a message */

static const char *const site_names[LL_ADAPT_SITES] = {
	"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"
};

const char *
ll_adapter_site_name(enum ll_adapter_site site)
{
	return site_names[site];
}

/* A key that must be there and have this value. */
static int
check_key(const struct ll_gguf *gguf, const char *key, const char *value, int code, struct ll_err *err)
{
	struct ll_gguf_text text = { "", 0 };
	int status = ll_gguf_string(gguf, key, &text, err);

	if (status < 0)
		return status;
	if (status == 0)
		return ll_fail(err, LL_EDATA, "%s: %s: key is missing: no adapter", gguf->path, key);
	if (ll_gguf_text_is(&text, value))
		return 0;
	return ll_fail(err, code, "%s: %s: '%.*s', not '%s'", gguf->path, key,
	    (int)(text.length < SHOWN ? text.length : SHOWN), text.bytes, value);
}

/* Keys that tell what an adapter is for change nothing. */
static int
check_keys(const struct ll_gguf *gguf, struct ll_err *err)
{
	static const char *const known[] = { "adapter.type", "adapter.lora.alpha", "adapter.lora.task_name",
		"adapter.lora.prompt_prefix" };

	for (size_t i = 0; i < gguf->value_count; i++) {
		const struct ll_gguf_text *key = &gguf->values[i].key;
		bool good = !ll_gguf_text_begins(key, "adapter.");

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			good |= ll_gguf_text_is(key, known[k]);
		if (!good)
			return ll_fail(err, LL_EUNSUPPORTED, "%s: %.*s: key is not understood and might change the result",
			    gguf->path, (int)(key->length < SHOWN ? key->length : SHOWN), key->bytes);
	}
	return 0;
}

static int
read_keys(struct ll_adapter_file *file, const struct ll_gguf *gguf, struct ll_err *err)
{
	int status;

	if ((status = check_key(gguf, "general.type", "adapter", LL_EDATA, err)) < 0 ||
	    (status = check_key(gguf, "adapter.type", "lora", LL_EUNSUPPORTED, err)) < 0 ||
	    (status = check_key(gguf, "general.architecture", "llama", LL_EUNSUPPORTED, err)) < 0 ||
	    (status = check_keys(gguf, err)) < 0 ||
	    (status = ll_gguf_float(gguf, "adapter.lora.alpha", &file->alpha, err)) < 0)
		return status;
	if (status > 0 && !(isfinite(file->alpha) && file->alpha > 0))
		return ll_fail(err, LL_EDATA, "%s: adapter.lora.alpha: %g is no number above 0", gguf->path, file->alpha);
	status = ll_gguf_fingerprint(gguf, "ll.fingerprint", &file->base, err);
	return status < 0 ? status : 0;
}

bool
ll_adapter_place(struct ll_adapter_part *part, const char *name, size_t length)
{
	size_t layer = 0, at = 4;

	if (length == 13 && memcmp(name, "output.weight", 13) == 0) {
		part->layer = LL_ADAPT_HEAD;
		part->site = 0;
		return true;
	}
	if (length < 5 || memcmp(name, "blk.", 4) != 0 || (name[4] == '0' && name[5] != '.'))
		return false;
	for (; at < length && name[at] >= '0' && name[at] <= '9' && layer <= LL_LAYERS_MAX; at++)
		layer = layer * 10 + (size_t)(name[at] - '0');
	if (at == 4 || layer >= LL_LAYERS_MAX)
		return false;
	part->layer = layer;
	for (size_t i = 0; i < LL_ADAPT_SITES; i++) {
		char rest[32];
		size_t n = (size_t)snprintf(rest, sizeof(rest), ".%s.weight", site_names[i]);

		part->site = (enum ll_adapter_site)i;
		if (length - at == n && memcmp(name + at, rest, n) == 0)
			return true;
	}
	return false;
}

static int
check_tensor(const struct ll_source_tensor *tensor, struct ll_err *err)
{
	const char *type = ll_dtype_name(tensor->type);

	if (tensor->type != LL_F32 && tensor->type != LL_F16 && tensor->type != LL_BF16 && tensor->type != LL_Q8_0)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: type %s is not supported in an adapter (F32, F16, BF16 "
		    "and Q8_0 are)", tensor->file, tensor->name, type != NULL ? type : "of an unknown number");
	if (tensor->panels)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: an adapter in panels", tensor->file, tensor->name);
	if (tensor->ne[2] != 1 || tensor->ne[3] != 1)
		return ll_fail(err, LL_EDATA, "%s: %.128s: shape is %" PRIu64 " x %" PRIu64 " x %" PRIu64 " x %" PRIu64
		    ", no matrix", tensor->file, tensor->name, tensor->ne[0], tensor->ne[1], tensor->ne[2], tensor->ne[3]);
	return 0;
}

/* With A the whole pair is taken; B only looks whether its A is there. */
static int
read_tensor(struct ll_adapter_file *file, const struct ll_source *source, const struct ll_source_tensor *tensor,
    struct ll_err *err)
{
	struct ll_adapter_part *part = &file->parts[file->count];
	size_t length = strlen(tensor->name);
	bool is_a = length > 7 && strcmp(tensor->name + length - 7, ".lora_a") == 0;
	bool is_b = length > 7 && strcmp(tensor->name + length - 7, ".lora_b") == 0;
	const struct ll_source_tensor *other;
	char name[64];
	int status;

	if ((!is_a && !is_b) || !ll_adapter_place(part, tensor->name, length - 7))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: tensor is not understood and might change the result",
		    tensor->file, tensor->name);
	snprintf(name, sizeof(name), "%.*s.lora_%c", (int)(length - 7), tensor->name, is_a ? 'b' : 'a');
	if ((other = ll_source_find(source, name)) == NULL)
		return ll_fail(err, LL_EDATA, "%s: %s: tensor is missing beside %.128s", tensor->file, name, tensor->name);
	if ((status = check_tensor(tensor, err)) < 0 || is_b)
		return status;
	if (other->ne[0] != tensor->ne[1])
		return ll_fail(err, LL_EDATA, "%s: %.128s: rank is %" PRIu64 ", but that of %.128s is %" PRIu64,
		    tensor->file, tensor->name, tensor->ne[1], name, other->ne[0]);
	part->a = tensor;
	part->b = other;
	part->rank = (size_t)tensor->ne[1];
	file->count++;
	return 0;
}

int
ll_adapter_read(struct ll_adapter_file *file, const struct ll_source *source, struct ll_err *err)
{
	int status;

	*file = (struct ll_adapter_file){ 0 };
	if (source->part_count == 0)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: an adapter must be a GGUF", source->path);
	if ((status = read_keys(file, source->parts[0], err)) < 0)
		return status;
	if (source->count == 0)
		return ll_fail(err, LL_EDATA, "%s: the adapter has no tensors", source->path);
	/* One more than there can be: where a name is read. */
	if ((file->parts = ll_alloc(source->count + 1, sizeof(*file->parts), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < source->count && status == 0; i++)
		status = read_tensor(file, source, source->sorted[i], err);
	return status;
}
