/*
 * Interleaving (mul.h) for the vector ISAs, whose rows_<isa>.h has v_four_units().
 */

#ifndef LL_TENSOR_INTERLEAVE_H
#define LL_TENSOR_INTERLEAVE_H

#include "tensor/kern_isa.h"
#include "tensor/quant.h"

#if defined(__SSE4_1__)

static inline __m128i
eight_lone(const uint8_t *row, size_t row_bytes)
{
	__m128i eight = _mm_cvtsi32_si128(ll_load_u16(row));

	eight = _mm_insert_epi16(eight, ll_load_u16(row + row_bytes), 1);
	eight = _mm_insert_epi16(eight, ll_load_u16(row + 2 * row_bytes), 2);
	eight = _mm_insert_epi16(eight, ll_load_u16(row + 3 * row_bytes), 3);
	eight = _mm_insert_epi16(eight, ll_load_u16(row + 4 * row_bytes), 4);
	eight = _mm_insert_epi16(eight, ll_load_u16(row + 5 * row_bytes), 5);
	eight = _mm_insert_epi16(eight, ll_load_u16(row + 6 * row_bytes), 6);
	return _mm_insert_epi16(eight, ll_load_u16(row + 7 * row_bytes), 7);
}

/* Scales that are taken out, of 16 rows: stored one by one they would be most of the time. */
static inline void
take_lone(uint8_t *out, const uint8_t *row, size_t row_bytes)
{
	_mm_storeu_si128((void *)out, eight_lone(row, row_bytes));
	_mm_storeu_si128((void *)(out + 16), eight_lone(row + 8 * row_bytes, row_bytes));
}

#else

static inline void
take_lone(uint8_t *out, const uint8_t *row, size_t row_bytes)
{
	for (size_t r = 0; r < LL_PANEL_ROWS; r++)
		memcpy(out + 2 * r, row + r * row_bytes, 2);
}

#endif

/*
 * Asks for a part of what comes next, in the order of addresses. The processor's own reading ahead
 * is lost among 16 rows: one thread took 7 GB/s of Q4_0 without this, 18 with it. Floats, whose rows
 * are longer, are better off with it.
 */
static inline size_t
ask_to(const uint8_t *next, size_t asked, size_t to)
{
	for (; asked < to; asked += 64)
		__builtin_prefetch(next + asked, 0, 2);
	return asked;
}

static inline void
four_units(uint8_t *units, const uint8_t *row, size_t row_bytes)
{
	V four[4];

	v_four_units(four, row, row_bytes);
	for (size_t i = 0; i < 4; i++)
		v_store(units + 64 * i, four[i]);
}

/*
 * Blocks of floats. Of rows that are a power of two apart 16 lines have no room in the first cache:
 * each is met once.
 */
static inline void
sixteen_units(uint8_t *units, const uint8_t *row, size_t row_bytes)
{
#if LL_LANE_ROWS == 16
	V rows[4][4], four[4];

	UNROLL
	for (size_t i = 0; i < 4; i++)
		UNROLL
		for (size_t j = 0; j < 4; j++)
			rows[j][i] = v_four_rows(row + i * row_bytes + 16 * j, row_bytes);
	UNROLL
	for (size_t j = 0; j < 4; j++) {
		v_units(four, rows[j]);
		for (size_t i = 0; i < 4; i++)
			v_store(units + 64 * (4 * j + i), four[i]);
	}
#else
	for (size_t r = 0; r < LL_PANEL_ROWS; r += LL_LANE_ROWS)
		for (size_t j = 0; j < 4; j++)
			four_units(units + 256 * j + 4 * r, row + r * row_bytes + 16 * j, row_bytes);
#endif
}

static void
interleave(uint8_t *out, const struct ll_layout *layout, const uint8_t *w, size_t row_bytes,
    size_t rows, size_t bytes, size_t blocks, const uint8_t *next)
{
	size_t whole = bytes / layout->bytes < blocks ? bytes / layout->bytes : blocks, asked = 0;
	size_t first = layout->lone && layout->lone_at == 0 ? 2 : 0;

	/* The last panel, and the last block of floats. */
	if (rows < LL_PANEL_ROWS)
		whole = 0;
	for (size_t i = 0; i < whole; i++) {
		uint8_t *units = out + ll_panel_units(layout, i);
		const uint8_t *block = w + i * layout->bytes;

		if (layout->units == 16 && !layout->lone) {
			sixteen_units(units, block, row_bytes);
			continue;
		}
		if (layout->lone)
			take_lone(out + ll_panel_lone(layout, i), block + layout->lone_at, row_bytes);
		for (size_t unit = 0; unit < layout->units; unit += 4) {
			/* The last four may overlap those before. */
			size_t from = unit + 4 <= layout->units ? unit : layout->units - 4u;

			if (next != NULL)
				asked = ask_to(next, asked, LL_PANEL_ROWS * (i * layout->bytes + 2 * layout->lone + 4 * from + 16));
			for (size_t r = 0; r < LL_PANEL_ROWS; r += LL_LANE_ROWS)
				four_units(units + 64 * ll_panel_unit(layout, from) + 4 * r,
				    block + r * row_bytes + first + 4 * from, row_bytes);
		}
	}
	if (whole < blocks)
		ll_interleave_ref(out + ll_panel_bytes(layout, whole), layout, w + whole * layout->bytes,
		    row_bytes, rows, bytes - whole * layout->bytes, blocks - whole, NULL);
}

#endif
