/*
 * Interleaving (mul.h) for the vector ISAs: the including file has transpose(), which takes four
 * units each of LL_TRANSPOSE_ROWS rows.
 */

#ifndef LL_TENSOR_INTERLEAVE_H
#define LL_TENSOR_INTERLEAVE_H

#include "tensor/kern_isa.h"

#ifndef LL_TRANSPOSE_ROWS
#define LL_TRANSPOSE_ROWS 4
#endif

/*
 * Asks for what begin .. end - 1 of the rows are in the next 16: it took Q4_0 from 10 to 24 tokens/s.
 * To ask in the order of addresses instead was slower.
 */
static inline void
ask(const uint8_t *const row[LL_PANEL_ROWS], size_t row_bytes, size_t begin, size_t end)
{
	for (size_t at = (begin + 63) & ~(size_t)63; at < end; at += 64)
		for (size_t r = 0; r < LL_PANEL_ROWS; r++)
			__builtin_prefetch(row[r] + at + LL_PANEL_ROWS * row_bytes, 0, 2);
}

static void
interleave(uint8_t *out, const struct ll_layout *layout, const uint8_t *w, size_t row_bytes,
    size_t rows, size_t bytes, size_t blocks)
{
	size_t whole = bytes / layout->bytes < blocks ? bytes / layout->bytes : blocks;
	size_t first = layout->lone && layout->lone_at == 0 ? 2 : 0;
	const uint8_t *row[LL_PANEL_ROWS];

	for (size_t i = 0; i < LL_PANEL_ROWS; i++)
		row[i] = w + (i < rows ? i : 0) * row_bytes;
	for (size_t i = 0; i < whole; i++) {
		uint8_t *units = out + ll_panel_units(layout, i);
		size_t at = i * layout->bytes;

		ask(row, row_bytes, at, at + layout->bytes);
		if (layout->lone) {
			uint8_t *lone = out + ll_panel_lone(layout, i);

			for (size_t r = 0; r < LL_PANEL_ROWS; r++)
				memcpy(lone + 2 * r, row[r] + at + layout->lone_at, 2);
		}
		for (size_t unit = 0; unit < layout->units; unit += 4) {
			/* The last four may overlap those before. */
			size_t from = unit + 4 <= layout->units ? unit : layout->units - 4u;

			for (size_t r = 0; r < LL_PANEL_ROWS; r += LL_TRANSPOSE_ROWS)
				transpose(units + 64 * ll_panel_unit(layout, from) + 4 * r, row + r, at + first + 4 * from);
		}
	}
	/* Only floats have a block that is not whole. */
	if (whole < blocks)
		ll_interleave_ref(out + ll_panel_bytes(layout, whole), layout, w + whole * layout->bytes,
		    row_bytes, rows, bytes - whole * layout->bytes, blocks - whole);
}

#endif
