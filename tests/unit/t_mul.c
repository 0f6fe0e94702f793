/*
 * Products of panels: every ISA of this processor gives the bits of the scalar reference, which is
 * near the sum in double. Needs nothing but libc, so that it can be run under an emulator too.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "tensor/kern_isa.h"
#include "tests/unit/numbers.h"
#include "tests/unit/tap.h"

#define LINES ((MOST + 31) / 32 * 2)

/* Sixteen rows of weights and as many columns of activations as one product takes. */
struct product {
	_Alignas(64) uint8_t panel[16 * 4 * (MOST + 64)];
	_Alignas(64) uint8_t wide[32 * 64 * (MOST / 32 + 1)];
	_Alignas(64) union ll_act x[LL_MUL_COLS_MOST * LINES + LL_ACT_BEHIND];
	float y[LL_MUL_COLS_MOST * 17];
};

/* Of brain floats an ISA that multiplies them has a specification of its own. */
static ll_product *
brain_ref(const struct ll_kern *isa)
{
	return isa->isa == LL_ISA_AMX ? ll_mul_bf16_tile_ref : ll_mul_bf16_ref;
}

/* The bytes of wide runs get signs, or lose them. */
static void
sign(uint8_t *wide, enum ll_wide_kind kind, size_t runs)
{
	if (kind == LL_WIDE_32_MIN || kind == LL_WIDE_16_MIN)
		return;
	for (size_t i = 0; i < runs; i++, wide += 64 * ll_wide_units(kind))
		for (size_t k = 0; k < 512; k++)
			wide[k] = (uint8_t)(wide[k] + (kind == LL_WIDE_64 ? -8 : 128));
}

/* In one go, or in two pieces with the second added to the first. */
static void
multiply(ll_product *mul, struct product *p, const struct ll_layout *layout,
    enum ll_act_kind kind, size_t blocks, size_t width, size_t cols, bool twice)
{
	size_t run = LL_MUL_RUN / layout->elements > 2 ? LL_MUL_RUN / layout->elements : 2;
	size_t first = twice ? blocks / 2 / run * run : 0;
	size_t lines = first * layout->elements / ll_act_elements(kind);

	memset(p->y, 0, sizeof p->y);
	if (first > 0)
		mul(p->y, 17, p->panel, first, p->x, width, cols, false);
	mul(p->y, 17, p->panel + ll_panel_bytes(layout, first), blocks - first, p->x + lines * width, width, cols, first > 0);
}

static bool
widened(const struct ll_kern *ref, const struct ll_kern *isa, struct product *want, struct product *got,
    bool panels, uint32_t type, size_t blocks, size_t width, size_t cols)
{
	enum ll_wide_kind kind = ll_wide_kind((enum ll_dtype)type);
	size_t elements = panels ? ll_layout((enum ll_dtype)type).elements : ll_dtype(type)->block;
	size_t runs = blocks * elements / 32, bytes = runs * 64 * ll_wide_units(kind);

	if (panels)
		isa->widen[type](got->wide, want->panel, blocks);
	if (panels && ref->widen[type] != NULL) {
		ref->widen[type](want->wide, want->panel, blocks);
		if (isa->wide_signed)
			sign(want->wide, kind, runs);
		/* Scales that are NaN may differ in their bits. */
		for (size_t i = 0; i < bytes; i += 4) {
			float a, b;

			memcpy(&a, want->wide + i, 4);
			memcpy(&b, got->wide + i, 4);
			if (memcmp(&a, &b, 4) != 0 && (i / 64 % ll_wide_units(kind) < 8 || !isnan(a) || !isnan(b)))
				return false;
		}
	}
	memset(got->y, 0, sizeof got->y);
	isa->mul_wide[kind](got->y, 17, got->wide, runs, got->x, width, cols, false);
	return true;
}

/* Two panels in one go give what they give one by one, added or not; true where there is no such product. */
static bool
in_twos(ll_product_two *two, ll_product *one, const struct product *p, const uint8_t *panel, size_t blocks,
    size_t width, size_t cols)
{
	static float want[LL_MUL_COLS_MOST * 33], got[LL_MUL_COLS_MOST * 33], other[LL_MUL_COLS_MOST * 40];
	const uint8_t *const w[2] = { panel, panel + 64 };
	const struct ll_soon soon[2] = { { panel, 1 }, { p->x->bytes, 2 } };
	struct ll_sums to = { got, 33 }, from = { NULL, 0 };
	bool good = true;

	if (two == NULL)
		return true;
	memset(want, 0, sizeof want);
	memset(got, 0, sizeof got);
	for (int more = 0; more < 2; more++) {
		for (size_t i = 0; i < 2; i++)
			one(want + 16 * i, 33, w[i], blocks, p->x, width, cols, more);
		two(to, from, w, blocks, p->x, width, cols, soon);
		good &= same(want, got, LL_MUL_COLS_MOST * 33);
		/* Sums to add to may be somewhere else. */
		for (size_t j = 0; j < LL_MUL_COLS_MOST; j++)
			memcpy(other + 40 * j, got + 33 * j, 32 * sizeof *got);
		from = (struct ll_sums){ other, 40 };
	}
	return good;
}

/* Every way in which the products of a type are made. */
static void
products(struct tap *tap, const struct ll_kern *isa, uint32_t type, enum kind kind)
{
	const struct ll_kern *ref = ll_kern(LL_ISA_REF);
	static uint8_t w[16 * (4 * MOST + 3) + 1];
	static float x[LL_MUL_COLS_MOST * MOST];
	static struct product want, got;
	enum ll_act_kind act = isa->wants[type];
	ll_product *mul = act == LL_ACT_BF16 ? brain_ref(isa) : ref->mul[type];
	struct ll_layout layout = ll_layout((enum ll_dtype)type);
	enum ll_wide_kind wide = ll_wide_kind((enum ll_dtype)type);
	uint64_t state = 88172645463325252u + type;
	bool good = true;

	for (size_t i = 0; i < 40; i++) {
		size_t n = length(i, ll_dtype(type)->block), row_bytes, rows = 1 + i * 5 % 16, cols = 1 + i % isa->cols;
		size_t width = i % 3 == 0 ? isa->cols : cols, blocks;
		uint8_t *odd = w + i % 2;	/* rows may begin anywhere */

		if (!ll_dtype_row_bytes(type, n, &row_bytes))
			abort();
		row_bytes += i % 4;
		for (size_t r = 0; r < 16; r++)
			weights(&state, odd + r * row_bytes, type, n, kind);
		numbers(&state, x, LL_MUL_COLS_MOST * MOST, kind);
		for (size_t j = 0; j < cols; j++) {
			(act == LL_ACT_BF16 ? isa : ref)->act[act](want.x + j, width, x + j * MOST, n);
			isa->act[act](got.x + j, width, x + j * MOST, n);
		}
		if (layout.units == 0) {
			blocks = n / ll_dtype(type)->block;
			ll_widen_rows(want.wide, (enum ll_dtype)type, odd, row_bytes, rows, blocks, false);
			ll_widen_rows(got.wide, (enum ll_dtype)type, odd, row_bytes, rows, blocks, isa->wide_signed);
			widened(ref, ref, &want, &want, false, type, blocks, width, cols);
			widened(ref, isa, &want, &got, false, type, blocks, width, cols);
			good &= same(want.y, got.y, cols * 17);
			continue;
		}
		blocks = (n + layout.elements - 1) / layout.elements;
		row_bytes -= i % 4;
		ref->interleave(want.panel, &layout, odd, row_bytes + i % 4, rows, row_bytes, blocks, NULL);
		isa->interleave(got.panel, &layout, odd, row_bytes + i % 4, rows, row_bytes, blocks, NULL);
		good &= memcmp(want.panel, got.panel, ll_panel_bytes(&layout, blocks)) == 0;
		multiply(mul, &want, &layout, act, blocks, width, cols, false);
		multiply(isa->mul[type], &got, &layout, act, blocks, width, cols, i % 2 != 0);
		good &= same(want.y, got.y, cols * 17);
		good &= in_twos(isa->mul_two[type], isa->mul[type], &got, got.panel, blocks, width, cols);
		if (isa->widen[type] != NULL) {
			good &= widened(ref, isa, &want, &got, true, type, blocks, width, cols);
			good &= same(want.y, got.y, cols * 17);
			good &= in_twos(isa->mul_wide_two[wide], isa->mul_wide[wide], &got, got.wide,
			    blocks * layout.elements / 32, width, cols);
		}
	}
	tap_ok(tap, good, kind_names[kind], ll_dtype_name(type));
}

/* Sums of brain floats about the least normal number, whose rounding decides whether they are zero. */
static void
least_normal(struct tap *tap, const struct ll_kern *isa)
{
	enum { N = 64, BYTES = 2 * N };
	static uint8_t w[16 * BYTES];
	static float x[N];
	static struct product p;
	struct ll_layout layout = ll_layout(LL_BF16);
	float want[LL_MUL_COLS_MOST * 17];
	uint64_t state = 7;
	bool good = true;
	size_t zeros = 0;

	for (size_t turn = 0; turn < 100; turn++) {
		for (size_t r = 0; r < 16; r++)
			for (size_t i = 0; i < N; i++) {
				/* Sums begin with 2^-126; then less than a step of subnormals is added. */
				float value = i == 0 ? 0x1p-126f : ldexpf(1.0f + (float)(next(&state) % 128) / 128,
				    -126 + (int)(next(&state) % 3));

				memcpy(w + r * BYTES + 2 * i, &(uint16_t){ ll_f32_to_bf16(value) }, 2);
			}
		memset(x, 0, sizeof x);
		x[0] = next(&state) % 2 ? 1.0f : -1.0f;
		for (size_t i = 4; i < 9; i += 4)
			x[i] = ldexpf(1.0f + (float)(next(&state) % 128) / 128, -22 - (int)(next(&state) % 5)) *
			    (next(&state) % 2 ? -1.0f : 1.0f);
		isa->act[LL_ACT_BF16](p.x, 1, x, N);
		isa->interleave(p.panel, &layout, w, BYTES, 16, BYTES, N / layout.elements, NULL);
		multiply(brain_ref(isa), &p, &layout, LL_ACT_BF16, N / layout.elements, 1, 1, false);
		memcpy(want, p.y, sizeof want);
		multiply(isa->mul[LL_BF16], &p, &layout, LL_ACT_BF16, N / layout.elements, 1, 1, false);
		good &= same(want, p.y, 16);
		for (size_t r = 0; r < 16; r++)
			zeros += p.y[r] == 0.0f;
	}
	tap_ok(tap, good && zeros > 0 && zeros < 1600, "about the least normal number", ll_dtype_name(LL_BF16));
}

/* A product against the sum in double. */
static void
accuracy(struct tap *tap, const struct ll_kern *kern, uint32_t type)
{
	enum { N = 1024, BYTES = 4 * N };
	static uint8_t w[16 * BYTES];
	static float x[N], line[N];
	static struct product p;
	struct ll_layout layout = ll_layout((enum ll_dtype)type);
	enum ll_act_kind act = kern->wants[type];
	uint64_t state = 5783321u + type;
	size_t bytes;
	bool good = ll_dtype_row_bytes(type, N, &bytes);

	for (size_t r = 0; r < 16; r++)
		weights(&state, w + r * BYTES, type, N, ORDINARY);
	numbers(&state, x, N, ORDINARY);
	kern->act[act](p.x, 1, x, N);
	if (layout.units == 0) {
		ll_widen_rows(p.wide, (enum ll_dtype)type, w, BYTES, 16, N / ll_dtype(type)->block, kern->wide_signed);
		widened(kern, kern, &p, &p, false, type, N / ll_dtype(type)->block, 1, 1);
	} else {
		kern->interleave(p.panel, &layout, w, BYTES, 16, bytes, N / layout.elements, NULL);
		multiply(kern->mul[type], &p, &layout, act, N / layout.elements, 1, 1, false);
	}
	for (size_t r = 0; r < 16; r++) {
		double want = 0.0, size = 0.0;

		ll_dequantize(line, (enum ll_dtype)type, w + r * BYTES, N);
		for (size_t i = 0; i < N; i++) {
			double activation = act == LL_ACT_F32 ? (double)x[i] :
			    (double)p.x[i / 32].q8.scale * p.x[i / 32].q8.q[i % 32];

			want += activation * (double)line[i];
			size += fabs(activation * (double)line[i]);
		}
		good &= fabs(p.y[r] - want) <= 1e-6 * size;
	}
	tap_ok(tap, good, "near the sum in double", ll_dtype_name(type));
}

int
main(void)
{
	struct tap tap = { 0 };
	int best = ll_cpu_isa(NULL);

	if (best < 0) {
		printf("1..0 # SKIP LL_CPU names what this processor has not\n");
		return 0;
	}
	for (uint32_t type = 0; type < LL_DTYPES; type++)
		if (ll_dtype(type) != NULL)
			accuracy(&tap, ll_kern(LL_ISA_REF), type);
	/* The levels are in order; those of another architecture are the reference again. */
	for (int isa = 1; isa <= best; isa++) {
		printf("# %s\n", ll_cpu_name((enum ll_isa)isa));
		for (int kind = 0; kind < KINDS; kind++)
			for (uint32_t type = 0; type < LL_DTYPES; type++)
				if (ll_dtype(type) != NULL)
					products(&tap, ll_kern((enum ll_isa)isa), type, (enum kind)kind);
		if (ll_kern((enum ll_isa)isa)->wants[LL_BF16] == LL_ACT_BF16)
			least_normal(&tap, ll_kern((enum ll_isa)isa));
	}
	return tap_done(&tap);
}
