/*
 * Tensors that are no weights, when all are there; see source_make.h. Scales go to their matrix; how
 * activations are rounded to 8 bits or 4 is left out, as they are not rounded so here; rotary
 * frequencies follow from config.json.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "model/source_make.h"
#include "tensor/dtype.h"

#define LEFT_OUT 3

static const struct rules {
	const char *scales;	/* how the name of a matrix's scales ends, */
	const char *matrix;	/* and how its own does */
	bool f8;		/* of matrices in F8_E4M3 alone */
	const char *left_out[LEFT_OUT];
} rules_of[] = {
	[LL_CONTAINER_GGUF] = { ".scale", ".weight", false, { ".input_scale" } },
	[LL_CONTAINER_SAFETENSORS] = { ".weight_scale", ".weight", true,
	    { ".input_scale", ".input_scale_ub", ".self_attn.rotary_emb.inv_freq" } },
};

/* The name's beginning, if it ends like that; else 0. */
static size_t
before(const char *name, const char *ending)
{
	size_t length = strlen(name), end = strlen(ending);

	return length > end && strcmp(name + length - end, ending) == 0 ? length - end : 0;
}

static bool
is_left_out(const struct rules *rules, const char *name)
{
	for (size_t i = 0; i < LEFT_OUT && rules->left_out[i] != NULL; i++)
		if (before(name, rules->left_out[i]) != 0)
			return true;
	return false;
}

static float
load_number(const struct ll_source_tensor *tensor, size_t i)
{
	return tensor->type == LL_F32 ? ll_load_f32(tensor->data + 4 * i) :
	    tensor->type == LL_F16 ? ll_f16_to_f32(ll_load16(tensor->data + 2 * i)) :
	    ll_bf16_to_f32(ll_load16(tensor->data + 2 * i));
}

static struct ll_source_tensor *
find_matrix(const struct ll_source *source, const struct rules *rules, const char *scales)
{
	size_t stem = before(scales, rules->scales), end = strlen(rules->matrix) + 1;
	char own[LL_NAME_ROOM], name[LL_NAME_ROOM];

	if (stem + end > sizeof(own))
		return NULL;
	memcpy(own, scales, stem);
	memcpy(own + stem, rules->matrix, end);
	if (!ll_name_to_gguf(name, source->container, own))
		return NULL;
	return (struct ll_source_tensor *)(uintptr_t)ll_source_find(source, name);
}

/* The scales of a matrix's rows: one for each, or one for all. */
static int
attach_scales(struct ll_source *source, const struct rules *rules, const struct ll_source_tensor *scales,
    struct ll_err *err)
{
	struct ll_source_tensor *tensor = find_matrix(source, rules, scales->name);
	size_t count = (size_t)(scales->ne[0] * scales->ne[1]);
	float *rows;

	/* Rows are at most what the file has of each, so the products above cannot wrap. */
	if (tensor == NULL || tensor->dims != 2 || (rules->f8 && tensor->type != LL_F8_E4M3))
		return ll_fail(err, LL_EDATA, "%s: %.128s: there is no %smatrix that it scales", scales->file,
		    scales->name, rules->f8 ? "F8_E4M3 " : "");
	if (scales->type != LL_F32 && scales->type != LL_F16 && scales->type != LL_BF16)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %.128s: only scales in F32, F16 and BF16 are supported",
		    scales->file, scales->name);
	if (scales->ne[2] != 1 || scales->ne[3] != 1 || (count != 1 && count != tensor->ne[1]) ||
	    (count > 1 && scales->ne[0] != 1 && scales->ne[1] != 1))
		return ll_fail(err, LL_EDATA, "%s: %.128s: %zu x %zu scales for %zu rows", scales->file, scales->name,
		    (size_t)scales->ne[1], (size_t)scales->ne[0], (size_t)tensor->ne[1]);
	if ((rows = ll_alloc((size_t)tensor->ne[1], sizeof(*rows), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < tensor->ne[1]; i++)
		rows[i] = load_number(scales, count > 1 ? i : 0);
	tensor->scales = rows;
	return ll_source_keep(source, rows, err);
}

int
ll_source_settle(struct ll_source *source, struct ll_err *err)
{
	const struct rules *rules = &rules_of[source->container];
	size_t kept = 0;
	int status = source->sorted == NULL ? ll_source_finish(source, err) : 0;

	for (size_t i = 0; i < source->count && status == 0; i++)
		if (before(source->tensors[i].name, rules->scales) != 0)
			status = attach_scales(source, rules, &source->tensors[i], err);
	if (status < 0)
		return status;
	for (size_t i = 0; i < source->count; i++) {
		struct ll_source_tensor *tensor = &source->tensors[i];

		if (before(tensor->name, rules->scales) == 0 && !is_left_out(rules, tensor->name)) {
			source->tensors[kept++] = *tensor;
		} else {
			free(tensor->name);
			free(tensor->own);
		}
	}
	if (kept == source->count)
		return 0;
	source->count = kept;
	free(source->sorted);
	source->sorted = NULL;
	return ll_source_finish(source, err);
}
