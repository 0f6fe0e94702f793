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
	return !ll_mul(ll_panels(rows), ll_panel_bytes(&layout, blocks_of(&layout, cols)), bytes);
}

/* One block of a row that lies in a panel, as it was. */
static void
panel_block(uint8_t *out, const struct ll_tensor *tensor, const struct ll_layout *layout, size_t row, size_t block)
{
	size_t most = ll_piece_blocks(layout);
	size_t place = ll_panel_piece(layout, ll_panels(tensor->rows), blocks_of(layout, tensor->cols), row / LL_PANEL_ROWS,
	    block / most);

	ll_panel_block(out, (const uint8_t *)tensor->data + place, layout, block % most, row % LL_PANEL_ROWS);
}

void
ll_tensor_interleave(uint8_t *out, const struct ll_tensor *tensor, size_t begin, size_t end)
{
	const struct ll_kern *kern = ll_kern((enum ll_isa)ll_cpu_isa(NULL));
	struct ll_layout layout = ll_layout(tensor->type);
	size_t blocks = blocks_of(&layout, tensor->cols), most = ll_piece_blocks(&layout);

	for (size_t panel = begin; panel < end; panel++) {
		size_t row = panel * LL_PANEL_ROWS, rows = least(LL_PANEL_ROWS, tensor->rows - row);
		const uint8_t *from = (const uint8_t *)tensor->data + row * tensor->row_bytes;

		for (size_t first = 0; first < blocks; first += most) {
			uint8_t *to = out + ll_panel_piece(&layout, ll_panels(tensor->rows), blocks, panel, first / most);
			size_t count = least(most, blocks - first), whole = ll_panel_bytes(&layout, count - 1);

			/* What pairs of blocks leave empty. */
			if (layout.lone && count % 2 != 0)
				memset(to + whole, 0, ll_panel_bytes(&layout, count) - whole);
			kern->interleave(to, &layout, from + first * layout.bytes, tensor->row_bytes, rows,
			    tensor->row_bytes - first * layout.bytes, count,
			    panel + 1 == end ? NULL : from + (LL_PANEL_ROWS * tensor->row_bytes + LL_PANEL_ROWS * first * layout.bytes));
		}
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

		panel_block(plain, tensor, &layout, row, at / layout.bytes);
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

	if (!tensor->panels) {
		ll_dequantize(out, tensor->type, (const uint8_t *)tensor->data + row * tensor->row_bytes +
		    from / info->block * info->bytes, n);
		return;
	}
	for (size_t i = 0; i * layout.elements < n; i++)
		panel_block(plain + i * layout.bytes, tensor, &layout, row, from / layout.elements + i);
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
