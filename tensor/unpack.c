/*
 * Rows of any format: as f32, cut into panels, made wide (mul.h).
 */

#include "tensor/unpack.h"

#include "tensor/mul.h"

#define FLOAT_BLOCK_BYTES 64

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Sixteen weights. Nothing changes by adding -0, not even a zero's sign. */
static inline void
spread(float *restrict out, const int8_t *restrict q, float scale, float more)
{
	for (size_t i = 0; i < 16; i++)
		out[i] = scale * (float)q[i] + more;
}

void
ll_dequantize(float *out, enum ll_dtype type, const void *w, size_t n)
{
	const struct ll_format *format = ll_format(type);
	const uint8_t *from = w;
	struct ll_unpacked run;

	if (format->load != NULL) {
		for (size_t i = 0; i < n; i++)
			out[i] = format->load(w, i);
		return;
	}
	for (size_t b = 0; b < n / 32; b += LL_UNPACK_BLOCKS) {
		size_t blocks = least(LL_UNPACK_BLOCKS, n / 32 - b);

		format->unpack(&run, from, blocks);
		for (size_t i = 0; i < 2 * blocks; i++, out += 16)
			spread(out, run.q[i / 2] + i % 2 * 16, run.scale[i / 2][i % 2],
			    format->min ? run.min[i / 2][i % 2] : -0.0f);
		from += LL_UNPACK_BLOCKS * 32 / format->info.block * format->info.bytes;
	}
}

struct ll_layout
ll_layout(enum ll_dtype type)
{
	const struct ll_format *format = ll_format(type);
	size_t elements = format->info.block, bytes = format->info.bytes;

	if (!format->panel)
		return (struct ll_layout){ 0 };
	/* Floats are taken two lines of activations at a time, or one. */
	if (elements == 1) {
		elements = bytes == 2 ? 32 : 16;
		bytes *= elements;
	}
	return (struct ll_layout){
		.elements = (uint16_t)elements, .bytes = (uint16_t)bytes,
		.lone = bytes % 4 != 0, .lone_at = (uint8_t)(format->scale_last ? bytes - bytes % 4 : 0),
		.units = (uint8_t)(bytes / 4), .order = format->order,
	};
}

enum ll_wide_kind
ll_wide_kind(enum ll_dtype type)
{
	const struct ll_format *format = ll_format(type);

	if (type == LL_F16)
		return LL_WIDE_F32;
	return format->subs64 != NULL ? LL_WIDE_64 : (enum ll_wide_kind)(2 * format->halves + format->min);
}

/* Bytes of one row of a run. */
static void
widen_bytes(uint8_t *out, const int8_t *q, int zero)
{
	for (size_t i = 0; i < 32; i++)
		out[i / 4 * 64 + i % 4] = (uint8_t)(q[i] + zero);
}

/* One row of a run. */
static void
widen_run(uint8_t *out, const struct ll_unpacked *from, size_t b, enum ll_wide_kind kind, bool has_sign)
{
	size_t scales = kind >= LL_WIDE_16 ? 2 : 1;

	widen_bytes(out, from->q[b], kind % 2 != 0 || has_sign ? 0 : 128);
	for (size_t i = 0; i < scales; i++) {
		memcpy(out + (8 + i) * 64, &from->scale[b][i], sizeof from->scale[b][i]);
		if (kind % 2 != 0)
			memcpy(out + (8 + scales + i) * 64, &from->min[b][i], sizeof from->min[b][i]);
	}
}

static void
widen_run_64(uint8_t *out, const struct ll_unpacked *from, size_t b, const struct ll_subs64 *subs, bool has_sign)
{
	widen_bytes(out, from->q[b], has_sign ? -8 : 0);
	memcpy(out + 8 * 64, &subs->sub[b], sizeof subs->sub[b]);
	memcpy(out + 9 * 64, &subs->offset[b], sizeof subs->offset[b]);
	memcpy(out + 10 * 64, &subs->scale, sizeof subs->scale);
}

void
ll_widen_rows(uint8_t *out, enum ll_dtype type, const uint8_t *w, size_t row_bytes, size_t rows,
    size_t blocks, bool has_sign)
{
	const struct ll_format *format = ll_format(type);
	enum ll_wide_kind kind = ll_wide_kind(type);
	size_t runs = format->info.block / 32, run_bytes = 64 * ll_wide_units(kind);
	struct ll_unpacked unpacked;
	struct ll_subs64 subs;

	for (size_t row = 0; row < LL_PANEL_ROWS; row++) {
		const uint8_t *from = w + (row < rows ? row : 0) * row_bytes;

		for (size_t i = 0; i < blocks; i++, from += format->info.bytes) {
			format->unpack(&unpacked, from, runs);
			if (kind == LL_WIDE_64)
				format->subs64(&subs, from);
			for (size_t b = 0; b < runs; b++) {
				uint8_t *at = out + (i * runs + b) * run_bytes + 4 * row;

				if (kind == LL_WIDE_64)
					widen_run_64(at, &unpacked, b, &subs, has_sign);
				else
					widen_run(at, &unpacked, b, kind, has_sign);
			}
		}
	}
}

void
ll_panel_block(uint8_t *out, const uint8_t *w, const struct ll_layout *layout, size_t block,
    size_t row)
{
	const uint8_t *units = w + ll_panel_units(layout, block) + 4 * row;

	if (layout->lone) {
		memcpy(out + layout->lone_at, w + ll_panel_lone(layout, block) + 2 * row, 2);
		out += layout->lone_at == 0 ? 2 : 0;
	}
	for (size_t i = 0; i < layout->units; i++)
		memcpy(out + 4 * i, units + 64 * ll_panel_unit(layout, i), 4);
}
