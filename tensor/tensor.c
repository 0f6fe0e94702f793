/*
 * Tensors in rows and in panels.
 */

#include <string.h>

#include "base/mem.h"
#include "tensor/kern.h"
#include "tensor/tensor.h"

/* Elements that are read at once: a whole number of any type's blocks. */
#define PIECE 256

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
blocks_of(const struct ll_layout *layout, size_t cols)
{
	return cols / layout->elements + (cols % layout->elements != 0);
}

bool
ll_tensor_panel_bytes(enum ll_dtype type, size_t rows, size_t cols, size_t *bytes)
{
	struct ll_layout layout = ll_layout(type);

	/* No element has more than 4 bytes. */
	if (layout.units == 0 || cols > SIZE_MAX / 256)
		return false;
	return !ll_mul(rows / LL_PANEL_ROWS + (rows % LL_PANEL_ROWS != 0), ll_panel_bytes(&layout, blocks_of(&layout, cols)), bytes);
}

/* Where block `first` of 16 rows is. */
static const uint8_t *
panel_at(const struct ll_tensor *tensor, size_t panel, size_t first)
{
	struct ll_layout layout = ll_layout(tensor->type);
	size_t bytes = ll_panel_bytes(&layout, blocks_of(&layout, tensor->cols));

	return (const uint8_t *)tensor->data + panel * bytes + ll_panel_bytes(&layout, first);
}

void
ll_tensor_interleave(uint8_t *out, const struct ll_tensor *tensor, size_t begin, size_t end)
{
	const struct ll_kern *kern = ll_kern((enum ll_isa)ll_cpu_isa(NULL));
	struct ll_layout layout = ll_layout(tensor->type);
	size_t blocks = blocks_of(&layout, tensor->cols), bytes = ll_panel_bytes(&layout, blocks);

	for (size_t panel = begin; panel < end; panel++, out += bytes) {
		size_t row = panel * LL_PANEL_ROWS, rows = least(LL_PANEL_ROWS, tensor->rows - row);

		/* What pairs of blocks leave empty. */
		if (layout.lone && blocks % 2 != 0)
			memset(out + ll_panel_bytes(&layout, blocks - 1), 0, bytes - ll_panel_bytes(&layout, blocks - 1));
		kern->interleave(out, &layout, (const uint8_t *)tensor->data + row * tensor->row_bytes,
		    tensor->row_bytes, rows, tensor->row_bytes, blocks);
	}
}

void
ll_tensor_copy(uint8_t *out, const struct ll_tensor *tensor, size_t from, size_t n)
{
	struct ll_layout layout = ll_layout(tensor->type);
	uint8_t plain[256];

	if (!tensor->panels) {
		memcpy(out, (const uint8_t *)tensor->data + from, n);
		return;
	}
	while (n > 0) {
		size_t row = from / tensor->row_bytes, at = from % tensor->row_bytes, skip = at % layout.bytes;
		/* The last block of floats may be filled up with zeros. */
		size_t count = least(n, least(layout.bytes - skip, tensor->row_bytes - at));

		ll_panel_block(plain, panel_at(tensor, row / LL_PANEL_ROWS, 0), &layout, at / layout.bytes,
		    row % LL_PANEL_ROWS);
		memcpy(out, plain + skip, count);
		out += count;
		from += count;
		n -= count;
	}
}

/* At most PIECE elements. */
static void
read_piece(float *out, const struct ll_tensor *tensor, size_t row, size_t from, size_t n)
{
	const struct ll_dtype_info *info = ll_dtype(tensor->type);
	struct ll_layout layout = ll_layout(tensor->type);
	uint8_t plain[PIECE * 4];
	const uint8_t *panel;

	if (!tensor->panels) {
		ll_dequantize(out, tensor->type, (const uint8_t *)tensor->data + row * tensor->row_bytes +
		    from / info->block * info->bytes, n);
		return;
	}
	/* Not from the block on: it may be the second of a pair. */
	panel = panel_at(tensor, row / LL_PANEL_ROWS, 0);
	for (size_t i = 0; i * layout.elements < n; i++)
		ll_panel_block(plain + i * layout.bytes, panel, &layout, from / layout.elements + i,
		    row % LL_PANEL_ROWS);
	ll_dequantize(out, tensor->type, plain, n);
}

void
ll_tensor_read(float *out, const struct ll_tensor *tensor, size_t row, size_t from, size_t n)
{
	for (size_t at = 0; at < n; at += PIECE)
		read_piece(out + at, tensor, row, from + at, least(PIECE, n - at));
	for (size_t i = 0; tensor->row_scale != NULL && i < n; i++)
		out[i] *= tensor->row_scale[row];
}
