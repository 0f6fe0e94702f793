/*
 * The data of tensors in a GGUF: aligned, inside the file, apart from each other; see
 * gguf_place.h.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/gguf.h"
#include "model/gguf_place.h"

#define PANEL_ALIGNMENT 64

/* Bytes of a name that a message shows. */
static int
shown(const struct ll_gguf_text *name)
{
	return name->length < 128 ? (int)name->length : 128;
}

/* Turns the offset in the data section into one in the file and checks that all is there. */
static int
place(const struct ll_gguf *gguf, const unsigned char *data, size_t begin,
    struct ll_gguf_tensor *tensor, struct ll_err *err)
{
	size_t room = gguf->map.size - begin;

	if (tensor->offset % gguf->alignment != 0)
		return ll_fail(err, LL_EDATA,
		    "%s: %.*s: offset %" PRIu64 " is not a multiple of the alignment %zu",
		    gguf->path, shown(&tensor->name), tensor->name.bytes, tensor->offset, gguf->alignment);
	if (tensor->panels && (begin + tensor->offset) % PANEL_ALIGNMENT != 0)
		return ll_fail(err, LL_EDATA, "%s: %.*s: offset %" PRIu64 " of panels is not a multiple of %d",
		    gguf->path, shown(&tensor->name), tensor->name.bytes, begin + tensor->offset, PANEL_ALIGNMENT);
	if (tensor->offset >= room || tensor->size > room - tensor->offset)
		return ll_fail(err, LL_EDATA, "%s: %.*s: %zu bytes at offset %" PRIu64
		    " do not fit the %zu bytes of tensor data", gguf->path, shown(&tensor->name),
		    tensor->name.bytes, tensor->size, tensor->offset, room);
	if (ll_dtype(tensor->type) != NULL)
		tensor->data = data + begin + tensor->offset;
	tensor->offset += begin;
	return 0;
}

static int
by_offset(const void *a, const void *b)
{
	const struct ll_gguf_tensor *x = *(const struct ll_gguf_tensor *const *)a;
	const struct ll_gguf_tensor *y = *(const struct ll_gguf_tensor *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Sets the spans of tensors in order of offset; two that share a byte are an error. */
static int
set_spans(const struct ll_gguf *gguf, struct ll_gguf_tensor **order, struct ll_err *err)
{
	for (size_t i = 0; i < gguf->tensor_count; i++) {
		const struct ll_gguf_tensor *next = i + 1 < gguf->tensor_count ? order[i + 1] : NULL;
		struct ll_gguf_tensor *tensor = order[i];

		tensor->span = (size_t)((next != NULL ? next->offset : gguf->map.size) - tensor->offset);
		/* What an unknown type takes is not known, but it is something. */
		if (next != NULL && (tensor->span < tensor->size || tensor->span == 0))
			return ll_fail(err, LL_EDATA,
			    "%s: tensors %.*s and %.*s overlap at byte %" PRIu64, gguf->path,
			    shown(&tensor->name), tensor->name.bytes, shown(&next->name), next->name.bytes,
			    next->offset);
	}
	return 0;
}

int
ll_gguf_place(struct ll_gguf *gguf, const unsigned char *data, size_t end, struct ll_err *err)
{
	size_t begin, mask = gguf->alignment - 1, size = gguf->map.size;
	struct ll_gguf_tensor **order;
	int status = 0;

	/* A file without tensors may end right behind its metadata. */
	if (gguf->tensor_count == 0)
		return 0;
	if (ll_add(end, mask, &begin) || (begin &= ~mask) >= size)
		return ll_fail(err, LL_EDATA,
		    "%s: tensor data: the file of %zu bytes ends before it", gguf->path, size);
	if ((order = ll_alloc(gguf->tensor_count, sizeof(*order), err)) == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < gguf->tensor_count && status == 0; i++) {
		order[i] = &gguf->tensors[i];
		status = place(gguf, data, begin, order[i], err);
	}
	if (status == 0) {
		qsort(order, gguf->tensor_count, sizeof(*order), by_offset);
		status = set_spans(gguf, order, err);
	}
	free(order);
	return status;
}
