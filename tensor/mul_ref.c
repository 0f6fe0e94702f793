/*
 * Products of panels in scalar C, the specification: mul.h has it in words.
 */

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "tensor/brain.h"
#include "tensor/kern_isa.h"
#include "tensor/mul.h"
#include "tensor/quant.h"
#include "tensor/unpack.h"

static float
float_at(const uint8_t *units, size_t unit, size_t row)
{
	float value;

	memcpy(&value, units + 64 * unit + 4 * row, sizeof value);
	return value;
}

/* The products of 16 elements. */
static int32_t
half_sum(const uint8_t *units, size_t row, const struct ll_act_q8 *x, size_t half, int32_t zero)
{
	int32_t sum = 0;

	for (size_t i = 16 * half; i < 16 * half + 16; i++)
		sum += (units[i / 4 * 64 + 4 * row + i % 4] - zero) * x->q[i];
	return sum;
}

/* acc plus one run of one row and one column. */
static float
wide_run(float acc, const uint8_t *units, size_t row, const struct ll_act_q8 *x,
    enum ll_wide_kind kind)
{
	bool halves = kind >= LL_WIDE_16, min = kind % 2 != 0;
	int32_t zero = min ? 0 : 128;
	int32_t low = half_sum(units, row, x, 0, zero), high = half_sum(units, row, x, 1, zero);
	float t;

	if (halves)
		t = fmaf((float)high, float_at(units, 9, row), (float)low * float_at(units, 8, row));
	else
		t = (float)(low + high) * float_at(units, 8, row);
	if (min && halves) {
		t = fmaf(float_at(units, 10, row), x->sum_low, t);
		t = fmaf(float_at(units, 11, row), ll_act_sum_high(x), t);
	} else if (min)
		t = fmaf(float_at(units, 9, row), x->sum, t);
	return fmaf(t, x->scale, acc);
}

/* acc plus a block of eight runs of one row and one column. */
static float
wide_block_64(float acc, const uint8_t *units, size_t row, const union ll_act *x, size_t width)
{
	const uint8_t *run[8];
	float u = 0.0f, v = 0.0f;
	int32_t sum[8], sub;

	for (size_t b = 0; b < 8; b++) {
		const struct ll_act_q8 *at = &x[b * width].q8;

		run[b] = units + b * 64 * ll_wide_units(LL_WIDE_64);
		memcpy(&sub, run[b] + 64 * 8 + 4 * row, sizeof sub);
		sum[b] = sub * (half_sum(run[b], row, at, 0, 8) + half_sum(run[b], row, at, 1, 8));
	}
	for (size_t b = 0; b < 8; b += 2)
		u = fmaf((float)(sum[b] + sum[b + 1]), x[b * width].q8.scale, u);
	for (size_t b = 0; b < 8; b++)
		v = fmaf(float_at(run[b], 9, row), x[b * width].q8.sum_scaled, v);
	return fmaf(float_at(units, 10, row), u, acc) + v;
}

static void
mul_wide_64(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x,
    size_t width, size_t cols, bool more)
{
	for (size_t j = 0; j < cols; j++, y += y_stride)
		for (size_t row = 0; row < LL_PANEL_ROWS; row++) {
			float acc = more ? y[row] : 0.0f;

			for (size_t b = 0; b < runs; b += 8)
				acc = wide_block_64(acc, w + b * 64 * ll_wide_units(LL_WIDE_64), row,
				    x + b * width + j, width);
			y[row] = acc;
		}
}

static void
mul_wide(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x,
    size_t width, size_t cols, bool more, enum ll_wide_kind kind)
{
	for (size_t j = 0; j < cols; j++, y += y_stride)
		for (size_t row = 0; row < LL_PANEL_ROWS; row++) {
			float acc = more ? y[row] : 0.0f;

			for (size_t b = 0; b < runs; b++)
				acc = wide_run(acc, w + b * 64 * ll_wide_units(kind), row,
				    &x[b * width + j].q8, kind);
			y[row] = acc;
		}
}

#define WIDE(name, kind) \
	static void mul_wide_##name(float *y, size_t y_stride, const uint8_t *w, size_t runs, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		mul_wide(y, y_stride, w, runs, x, width, cols, more, kind); \
	}

WIDE(32, LL_WIDE_32)
WIDE(32_min, LL_WIDE_32_MIN)
WIDE(16, LL_WIDE_16)
WIDE(16_min, LL_WIDE_16_MIN)

static void
widen(uint8_t *out, const uint8_t *w, size_t first, size_t blocks, enum ll_dtype type)
{
	struct ll_layout layout = ll_layout(type);
	size_t bytes = layout.elements / 32 * 64 * ll_wide_units(ll_wide_kind(type));
	uint8_t plain[LL_PANEL_ROWS][256];

	for (size_t i = 0; i < blocks; i++) {
		for (size_t row = 0; row < LL_PANEL_ROWS; row++)
			ll_panel_block(plain[row], w, &layout, first + i, row);
		ll_widen_rows(out + i * bytes, type, plain[0], sizeof plain[0], LL_PANEL_ROWS, 1, false);
	}
}

/* A block at a time is made wide. */
static void
mul_quantised(float *y, size_t y_stride, const uint8_t *w, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more, enum ll_dtype type)
{
	struct ll_layout layout = ll_layout(type);
	size_t runs = layout.elements / 32;
	uint8_t wide[8 * 12 * 64];

	for (size_t i = 0; i < blocks; i++) {
		widen(wide, w, i, 1, type);
		if (ll_wide_kind(type) == LL_WIDE_64)
			mul_wide_64(y, y_stride, wide, runs, x + i * runs * width, width, cols, more || i > 0);
		else
			mul_wide(y, y_stride, wide, runs, x + i * runs * width, width, cols, more || i > 0,
			    ll_wide_kind(type));
	}
}

#define QUANTISED(name, type) \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t blocks, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		mul_quantised(y, y_stride, w, blocks, x, width, cols, more, LL_##type); \
	} \
	static void widen_##name(uint8_t *out, const uint8_t *w, size_t blocks) \
	{ \
		widen(out, w, 0, blocks, LL_##type); \
	}
#define MUL(name, type) [LL_##type] = mul_##name,
#define WIDEN(name, type) [LL_##type] = widen_##name,

LL_PANEL_FORMATS(QUANTISED)

/* Elements of a row, from the units of a block on. */
static float
element(const uint8_t *units, size_t row, size_t i, enum ll_dtype type)
{
	size_t bytes = ll_format(type)->info.bytes;

	return ll_format(type)->load(units + i * bytes / 4 * 64 + 4 * row + i * bytes % 4, 0);
}

static void
mul_floats(float *y, size_t y_stride, const uint8_t *w, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more, enum ll_dtype type)
{
	size_t n = blocks * ll_layout(type).elements;

	for (size_t j = 0; j < cols; j++, y += y_stride)
		for (size_t row = 0; row < LL_PANEL_ROWS; row++) {
			float acc = more ? y[row] : 0.0f;

			for (size_t run = 0; run < n; run += LL_MUL_RUN) {
				float sum[2] = { 0.0f, 0.0f };

				for (size_t i = run; i < n && i < run + LL_MUL_RUN; i++)
					sum[i % 2] = fmaf(element(w, row, i, type),
					    x[i / 16 * width + j].f32[i % 16], sum[i % 2]);
				acc += sum[0] + sum[1];
			}
			y[row] = acc;
		}
}

#define FLOATS(name, type) \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t blocks, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		mul_floats(y, y_stride, w, blocks, x, width, cols, more, LL_##type); \
	}
#define WANTS(name, type) [LL_##type] = LL_ACT_F32,

LL_FLOAT_FORMATS(FLOATS)

static void
runs_floats(float *sums, const uint8_t *w, const uint8_t *x, enum ll_dtype type)
{
	size_t bytes = ll_format(type)->info.bytes;

	for (size_t run = 0; run < LL_RUNS; run++) {
		float sum[2] = { 0.0f, 0.0f };

		for (size_t i = 0; i < LL_MUL_RUN; i++)
			sum[i % 2] = fmaf(ll_format(type)->load(w + (run * LL_MUL_RUN + i) * bytes, 0),
			    ll_load_f32(x + 4 * (LL_RUNS * i + run)), sum[i % 2]);
		sums[run] = sum[0] + sum[1];
	}
}

#define RUNS(name, type) \
	static void runs_##name(float *sums, const uint8_t *w, const uint8_t *x) \
	{ \
		runs_floats(sums, w, x, LL_##type); \
	}

RUNS(f16, F16)
RUNS(bf16, BF16)

static float
brain(uint16_t bits)
{
	return ll_brain_flush(ll_bf16_to_f32(bits));
}

void
ll_mul_bf16_ref(float *y, size_t y_stride, const uint8_t *w, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more)
{
	size_t pairs = blocks * 16;

	for (size_t j = 0; j < cols; j++, y += y_stride)
		for (size_t row = 0; row < LL_PANEL_ROWS; row++) {
			float acc = more ? y[row] : 0.0f;

			for (size_t run = 0; run < pairs; run += LL_MUL_RUN / 2) {
				float sum[2] = { 0.0f, 0.0f };

				for (size_t i = run; i < pairs && i < run + LL_MUL_RUN / 2; i++) {
					const uint8_t *pair = w + 64 * i + 4 * row;
					const uint16_t *at = x[i / 16 * width + j].bf16 + i % 16 * 2;

					for (size_t k = 2; k-- > 0;)
						sum[i % 2] = ll_brain_step(brain(ll_load_u16(pair + 2 * k)), brain(at[k]),
						    sum[i % 2]);
				}
				acc += sum[0] + sum[1];
			}
			y[row] = acc;
		}
}

/* As TDPBF16PS does it: each 32 elements' even and odd ones are added to nothing, and then to the sum. */
void
ll_mul_bf16_tile_ref(float *y, size_t y_stride, const uint8_t *w, size_t blocks,
    const union ll_act *x, size_t width, size_t cols, bool more)
{
	for (size_t j = 0; j < cols; j++, y += y_stride)
		for (size_t row = 0; row < LL_PANEL_ROWS; row++) {
			float acc = more ? y[row] : 0.0f;

			for (size_t block = 0; block < blocks; block++) {
				float sum[2] = { 0.0f, 0.0f };

				for (size_t i = 0; i < 32; i++) {
					const uint8_t *at = w + 64 * (16 * block + i / 2) + 4 * row + 2 * (i % 2);

					sum[i % 2] = ll_brain_step(brain(ll_load_u16(at)), brain(x[block * width + j].bf16[i]),
					    sum[i % 2]);
				}
				acc = ll_brain_add(ll_brain_flush(acc), ll_brain_add(sum[0], sum[1]));
			}
			y[row] = acc;
		}
}

static void
interleave_block(uint8_t *out, const struct ll_layout *layout, const uint8_t *w, size_t block, size_t row)
{
	uint8_t *units = out + ll_panel_units(layout, block);

	if (layout->lone) {
		memcpy(out + ll_panel_lone(layout, block) + 2 * row, w + layout->lone_at, 2);
		w += layout->lone_at == 0 ? 2 : 0;
	}
	for (size_t i = 0; i < layout->units; i++)
		memcpy(units + 64 * ll_panel_unit(layout, i) + 4 * row, w + 4 * i, 4);
}

void
ll_interleave_ref(uint8_t *out, const struct ll_layout *layout, const uint8_t *w, size_t row_bytes,
    size_t rows, size_t bytes, size_t blocks, const uint8_t *next)
{
	uint8_t last[256];

	(void)next;
	for (size_t row = 0; row < LL_PANEL_ROWS; row++) {
		const uint8_t *from = w + (row < rows ? row : 0) * row_bytes;

		for (size_t i = 0; i < blocks; i++) {
			const uint8_t *block = from + i * layout->bytes;

			/* The last block of floats may be less than a whole one. */
			if (bytes < (i + 1) * layout->bytes) {
				memset(last, 0, layout->bytes);
				memcpy(last, block, bytes - i * layout->bytes);
				block = last;
			}
			interleave_block(out, layout, block, i, row);
		}
	}
}

const struct ll_kern ll_kern_mul_ref = {
	.isa = LL_ISA_REF,
	.cols = LL_MUL_COLS,
	.wants = { LL_FLOAT_FORMATS(WANTS) [LL_Q4_K] = LL_ACT_Q8_64 },
	.mul = { LL_PANEL_FORMATS(MUL) LL_FLOAT_FORMATS(MUL) },
	.mul_runs = { [LL_F16] = runs_f16, [LL_BF16] = runs_bf16 },
	.mul_wide = { mul_wide_32, mul_wide_32_min, mul_wide_16, mul_wide_16_min, mul_wide_64 },
	.widen = { LL_PANEL_FORMATS(WIDEN) },
	.interleave = ll_interleave_ref,
};
