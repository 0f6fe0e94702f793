/*
 * Tensors of a GGUF whose rows lie in panels; see gguf_place.h and tensor/mul.h.
 */

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "model/gguf.h"
#include "model/gguf_place.h"
#include "tensor/tensor.h"

int
ll_gguf_panels(const struct ll_gguf *gguf, struct ll_gguf_tensor *tensor, const char *what, struct ll_err *err)
{
	uint32_t type = tensor->type - LL_GGUF_PANELS;
	const struct ll_dtype_info *info = ll_dtype(type);
	size_t row;

	if (!gguf->panels)
		return ll_fail(err, LL_EDATA, "%s: %s: type %" PRIu32 " needs the key ll.layout, which is missing",
		    gguf->path, what, tensor->type);
	if (info == NULL || ll_dtype_private(type) || ll_layout((enum ll_dtype)type).units == 0)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %s: type %" PRIu32 " would be panels of type %" PRIu32
		    ", which has none", gguf->path, what, tensor->type, type);
	if (tensor->dims != 2)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: %s: %" PRIu32 " dimensions in panels, not 2", gguf->path, what,
		    tensor->dims);
	if (tensor->ne[0] % info->block != 0)
		return ll_fail(err, LL_EDATA, "%s: %s: rows of %" PRIu64 " are not whole blocks of %zu (%s)", gguf->path, what,
		    tensor->ne[0], info->block, info->name);
	/* What the rows would take must be a size, too. */
	if (tensor->ne[0] > SIZE_MAX || tensor->ne[1] > SIZE_MAX || !ll_dtype_row_bytes(type, tensor->ne[0], &row) ||
	    !ll_tensor_panel_bytes((enum ll_dtype)type, tensor->ne[1], tensor->ne[0], &tensor->size))
		return ll_fail(err, LL_EDATA, "%s: %s: dimensions %" PRIu64 " x %" PRIu64 " are too large", gguf->path, what,
		    tensor->ne[0], tensor->ne[1]);
	tensor->type = type;
	tensor->panels = true;
	return 0;
}

int
ll_gguf_check_layout(struct ll_gguf *gguf, struct ll_err *err)
{
	struct ll_gguf_text layout;
	int status = ll_gguf_string(gguf, "ll.layout", &layout, err);

	if (status < 0)
		return status;
	if (status == 1 && !ll_gguf_text_is(&layout, LL_GGUF_LAYOUT))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: ll.layout: '%.*s' is not supported (" LL_GGUF_LAYOUT " is)",
		    gguf->path, layout.length < 64 ? (int)layout.length : 64, layout.bytes);
	gguf->panels = status == 1;
	return 0;
}
