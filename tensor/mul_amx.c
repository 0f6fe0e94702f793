/*
 * Products of panels (mul.h) for AMX, whose tiles are of 16 rows of 64 bytes.
 *
 * A tile of sums has a row for each column of activations and a lane for each row of the panel.
 * Units of a panel, or of a wide run, lie as the right tile of a product wants them, and lines of activations
 * that are interleaved are the rows of the left one. There are always 16 of those: what the ones
 * behind the last column give is dropped (LL_ACT_BEHIND).
 *
 * Tiles cannot be multiplied by scales, so that of integers they are stored for each run, and
 * what follows is as in mul_rows.h: the bits are those of AVX-512. While sums of one run are scaled the
 * next run's are stored, and those behind it made: a store that comes right after its product waits for it, and
 * so does the product behind.
 */

#if defined(__AMX_INT8__) || defined(__AMXINT8__)

#include "tensor/iq_grids.h"
#include "tensor/kern_isa.h"
#include "tensor/rows_avx512.h"
#include "tensor/tiles.h"

#define LL_WIDE_SIGNED
#include "tensor/mul_rows.h"

/* See tiles.h. */
#define LOAD(tile, from, stride) \
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile :: "r"(from), "r"((size_t)(stride)) : "memory")
#define STORE(tile, to, stride) \
	__asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)" :: "r"(to), "r"((size_t)(stride)) : "memory")
#define ZERO(tile) __asm__ volatile("tilezero %%tmm" #tile ::)
#define DOT_INT8(sums, x, w) __asm__ volatile("tdpbssd %%tmm" #w ", %%tmm" #x ", %%tmm" #sums ::)
#define DOT_BF16(sums, x, w) __asm__ volatile("tdpbf16ps %%tmm" #w ", %%tmm" #x ", %%tmm" #sums ::)

#define COLS 16
#define LINE sizeof(union ll_act)
#define UNIT 64			/* bytes, of 16 rows */
#define BLOCK (16 * UNIT)	/* of brain floats */

/*
 * Four tiles are sums, 0 and 1 of even runs, 2 and 3 of odd ones. The others are activations and weights: 4 and 5
 * of 32 integers, 6 and 7 of 16.
 */
static const struct ll_tiles integers = {
	.palette = 1,
	.row_bytes = { 64, 64, 64, 64, 32, 64, 16, 64 },
	.rows = { COLS, COLS, COLS, COLS, COLS, 8, COLS, 4 },
};

/* Sums, or 32 bf16. */
static const struct ll_tiles brains = {
	.palette = 1,
	.row_bytes = { 64, 64, 64, 64, 64, 64, 64, 64 },
	.rows = { 16, 16, 16, 16, 16, 16, 16, 16 },
};

/* What shapes this thread's tiles have. */
static _Thread_local const struct ll_tiles *shaped;

INLINE void
shape_tiles(const struct ll_tiles *shapes)
{
	if (shaped != shapes)
		ll_tiles_shape(shapes);
	shaped = shapes;
}

/* A thread that keeps tiles costs the system more at each change of threads. */
static void
rest(void)
{
	if (shaped != NULL)
		ll_tiles_release();
	shaped = NULL;
}

/* Integer sums of 16 columns: of a run, or of its halves. */
struct sums {
	_Alignas(64) int32_t of[2][COLS][LL_PANEL_ROWS];
};

#define SUM_RUN(first, second, w, x, halves) do { \
	ZERO(first); \
	if (!(halves)) { \
		LOAD(5, w, UNIT); \
		LOAD(4, x, LINE); \
		DOT_INT8(first, 4, 5); \
	} else { \
		ZERO(second); \
		LOAD(7, w, UNIT); \
		LOAD(6, x, LINE); \
		DOT_INT8(first, 6, 7); \
		LOAD(7, (w) + 4 * UNIT, UNIT); \
		LOAD(6, (x)->q8.q + 16, LINE); \
		DOT_INT8(second, 6, 7); \
	} \
} while (0)

INLINE void
sum_run(const uint8_t *w, const union ll_act *x, size_t run, bool halves)
{
	if (run % 2 == 0)
		SUM_RUN(0, 1, w, x, halves);
	else
		SUM_RUN(2, 3, w, x, halves);
}

INLINE void
store_run(struct sums *sums, size_t run, bool halves)
{
	if (run % 2 == 0) {
		STORE(0, sums->of[0], UNIT);
		if (halves)
			STORE(1, sums->of[1], UNIT);
	} else {
		STORE(2, sums->of[0], UNIT);
		if (halves)
			STORE(3, sums->of[1], UNIT);
	}
}

INLINE F
f_sums(const int32_t *sums)
{
	return f_from(v_load((const uint8_t *)sums));
}

INLINE void
load_columns(F *acc, const float *y, size_t y_stride, size_t cols, bool more)
{
	UNROLL
	for (size_t j = 0; j < COLS; j++)
		acc[j] = more && j < cols ? f_load(y + j * y_stride) : f_zero();
}

INLINE void
store_columns(const F *acc, float *y, size_t y_stride, size_t cols)
{
	UNROLL
	for (size_t j = 0; j < COLS; j++)
		if (j < cols)
			f_store(y + j * y_stride, acc[j]);
}

/* `most` of the columns are computed, a constant. */
INLINE void
add_run(F *acc, const struct sums *sums, const uint8_t *w, const union ll_act *x, size_t most,
    unsigned scales, bool min)
{
	struct ll_scales s = wide_scales((struct block){ .units = w, .kept = w }, scales, min);

	UNROLL
	for (size_t j = 0; j < most; j++) {
		const struct ll_act_q8 *q8 = &x[j].q8;
		F t = f_mul(f_sums(sums->of[0][j]), s.scale[0]);

		if (scales == 2)
			t = f_fma(f_sums(sums->of[1][j]), s.scale[1], t);
		if (min && scales == 1)
			t = f_fma(s.min[0], f_set(q8->sum), t);
		if (min && scales == 2)
			t = f_fma(s.min[1], f_set(ll_act_sum_high(q8)), f_fma(s.min[0], f_set(q8->sum_low), t));
		acc[j] = f_fma(t, f_set(q8->scale), acc[j]);
	}
}

INLINE void
wide(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    size_t cols, bool more, size_t most, unsigned scales, bool min)
{
	size_t bytes = UNIT * (8 + scales * (min ? 2 : 1));
	struct sums sums[2];
	F acc[COLS];

	load_columns(acc, y, y_stride, cols, more);
	sum_run(w, x, 0, scales == 2);
	if (runs > 1)
		sum_run(w + bytes, x + width, 1, scales == 2);
	store_run(&sums[0], 0, scales == 2);
	for (size_t i = 0; i < runs; i++, w += bytes, x += width) {
		if (i + 2 < runs)
			sum_run(w + 2 * bytes, x + 2 * width, i, scales == 2);
		if (i + 1 < runs)
			store_run(&sums[(i + 1) % 2], i + 1, scales == 2);
		add_run(acc, &sums[i % 2], w, x, most, scales, min);
	}
	store_columns(acc, y, y_stride, cols);
}

/* Both runs of each two of LL_WIDE_64, whose zero is 8. */
INLINE void
sum_runs64(struct sums *sums, const uint8_t *w, const union ll_act *x, size_t width)
{
	ZERO(0);
	LOAD(5, w, UNIT);
	LOAD(4, x, LINE);
	DOT_INT8(0, 4, 5);
	STORE(0, sums->of[0], UNIT);
	ZERO(1);
	LOAD(5, w + 11 * UNIT, UNIT);
	LOAD(4, x + width, LINE);
	DOT_INT8(1, 4, 5);
	STORE(1, sums->of[1], UNIT);
}

INLINE void
wide64(float *y, size_t y_stride, const uint8_t *w, size_t runs, const union ll_act *x, size_t width,
    size_t cols, bool more, size_t most)
{
	struct sums sums[2];
	F acc[COLS], block[COLS], offsets[COLS];

	load_columns(acc, y, y_stride, cols, more);
	sum_runs64(&sums[0], w, x, width);
	for (size_t i = 0; i < runs; i += 8) {
		const struct block at = { .units = w, .kept = w };

		UNROLL
		for (size_t j = 0; j < most; j++)
			block[j] = f_zero();
		for (unsigned b = 0; b < 8; b += 2) {
			const union ll_act *x0 = x + b * width;
			V subs = subs_wide_block(at, b);
			const struct sums *both = &sums[b / 2 % 2];

			if (i + b + 2 < runs)
				sum_runs64(&sums[(b / 2 + 1) % 2], w + (b + 2) * 11 * UNIT, x0 + 2 * width, width);
			UNROLL
			for (size_t j = 0; j < most; j++) {
				V pairs = v_pairs(v_load((const uint8_t *)both->of[0][j]), v_load((const uint8_t *)both->of[1][j]), 0);

				block[j] = f_fma(f_from(v_dot_pairs(pairs, subs)), f_set(x0[j].q8.scale), block[j]);
			}
		}
		UNROLL
		for (size_t j = 0; j < most; j++)
			offsets[j] = f_zero();
		for (unsigned b = 0; b < 8; b++) {
			F offset = offset_wide_block(at, b);

			UNROLL
			for (size_t j = 0; j < most; j++)
				offsets[j] = f_fma(offset, f_set(x[b * width + j].q8.sum_scaled), offsets[j]);
		}
		UNROLL
		for (size_t j = 0; j < most; j++)
			acc[j] = f_add(f_fma(scale_wide_block(at), block[j], acc[j]), offsets[j]);
		w += 8 * 11 * UNIT;
		x += 8 * width;
	}
	store_columns(acc, y, y_stride, cols);
}

/* Of four numbers of columns functions of their own. */
#define WIDE(name, of, ...) \
	static void mul_##name(float *y, size_t y_stride, const uint8_t *w, size_t runs, \
	    const union ll_act *x, size_t width, size_t cols, bool more) \
	{ \
		shape_tiles(&integers); \
		for (; cols > COLS; cols -= COLS, x += COLS, y += COLS * y_stride) \
			of(y, y_stride, w, runs, x, width, COLS, more, 16 __VA_ARGS__); \
		switch ((cols + 3) / 4) { \
		case 1: of(y, y_stride, w, runs, x, width, cols, more, 4 __VA_ARGS__); break; \
		case 2: of(y, y_stride, w, runs, x, width, cols, more, 8 __VA_ARGS__); break; \
		case 3: of(y, y_stride, w, runs, x, width, cols, more, 12 __VA_ARGS__); break; \
		case 4: of(y, y_stride, w, runs, x, width, cols, more, 16 __VA_ARGS__); break; \
		} \
	}

WIDE(wide_32, wide, , 1, false)
WIDE(wide_32_min, wide, , 1, true)
WIDE(wide_16, wide, , 2, false)
WIDE(wide_16_min, wide, , 2, true)
WIDE(wide_64, wide64, )

/*
 * Sums of brain floats stay in tiles: 0 and 1 are a panel's, 2 and 3 another's. The first of both has the
 * columns of the last tile, of which there may be fewer than 16; the second those of a tile before it.
 *
 * Here `count` columns of a panel from column `first` on, or as many as there are, to a tile.
 */
#define BEGIN(tile, sums, first, panel, count) do { \
	_Alignas(64) float part[COLS * LL_PANEL_ROWS]; \
	\
	if ((sums).y == NULL) { \
		ZERO(tile); \
	} else if ((count) == COLS) { \
		LOAD(tile, panel_sums(sums, first, panel), (sums).stride * sizeof(float)); \
	} else { \
		copy_columns(part, LL_PANEL_ROWS, panel_sums(sums, first, panel), (sums).stride, count); \
		LOAD(tile, part, LL_PANEL_ROWS * sizeof(float)); \
	} \
} while (0)

#define END(tile, sums, first, panel, count) do { \
	_Alignas(64) float part[COLS * LL_PANEL_ROWS]; \
	\
	if ((count) == COLS) { \
		STORE(tile, panel_sums(sums, first, panel), (sums).stride * sizeof(float)); \
	} else { \
		STORE(tile, part, LL_PANEL_ROWS * sizeof(float)); \
		copy_columns(panel_sums(sums, first, panel), (sums).stride, part, LL_PANEL_ROWS, count); \
	} \
} while (0)

INLINE float *
panel_sums(struct ll_sums sums, size_t first, size_t panel)
{
	return sums.y + first * sums.stride + panel * LL_PANEL_ROWS;
}

INLINE void
copy_columns(float *to, size_t to_stride, const float *from, size_t from_stride, size_t cols)
{
	for (size_t j = 0; j < cols; j++)
		memcpy(to + j * to_stride, from + j * from_stride, LL_PANEL_ROWS * sizeof *to);
}

/* BEGIN or END of sums of `panels` panels with `cols` columns in `tiles` tiles, one or two each. */
#define EACH_SUM(does, sums, cols, panels, tiles) do { \
	size_t before = ((tiles) - 1) * COLS, last = (cols) - before; \
	\
	does(0, sums, before, 0, last); \
	if ((tiles) == 2) \
		does(1, sums, 0, 0, COLS); \
	if ((panels) == 2) \
		does(2, sums, before, 1, last); \
	if ((panels) == 2 && (tiles) == 2) \
		does(3, sums, 0, 1, COLS); \
} while (0)

/* Tile 6 has activations of the last tile of columns, 7 those of the other; 4 and 5 are weights. */
INLINE void
multiply_left(size_t panels)
{
	DOT_BF16(0, 6, 4);
	if (panels == 2)
		DOT_BF16(2, 6, 5);
}

INLINE void
multiply_right(size_t panels)
{
	DOT_BF16(1, 7, 4);
	if (panels == 2)
		DOT_BF16(3, 7, 5);
}

INLINE void
prefetch_block(const uint8_t *w, size_t cols)
{
	for (size_t k = 0; k < 16 && cols < LL_PREFETCH_FLOAT_COLS; k++)
		ll_prefetch_line(w + k * UNIT);
}

INLINE void
ask_for(const struct ll_soon *soon, size_t block)
{
	for (size_t i = 0; i < soon->lines; i++)
		__builtin_prefetch(soon->at + (block * soon->lines + i) * UNIT, 0, 2);
}

INLINE void
mul_brains(struct ll_sums to, struct ll_sums from, const uint8_t *const *w, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, size_t panels, size_t tiles, const struct ll_soon *soon)
{
	EACH_SUM(BEGIN, from, cols, panels, tiles);
	for (size_t i = 0; i < blocks; i++, x += width) {
		prefetch_block(w[0] + i * BLOCK, cols);
		LOAD(4, w[0] + i * BLOCK, UNIT);
		if (panels == 2)
			LOAD(5, w[1] + i * BLOCK, UNIT);
		LOAD(6, x + (tiles - 1) * COLS, LINE);
		multiply_left(panels);
		if (panels == 2)
			ask_for(&soon[0], i);
		if (tiles == 2) {
			LOAD(7, x, LINE);
			multiply_right(panels);
		}
		if (panels == 2)
			ask_for(&soon[1], i);
	}
	EACH_SUM(END, to, cols, panels, tiles);
}

static void
mul_bf16(float *y, size_t y_stride, const uint8_t *w, size_t blocks, const union ll_act *x,
    size_t width, size_t cols, bool more)
{
	struct ll_sums to = { y, y_stride }, from = { more ? y : NULL, y_stride };

	shape_tiles(&brains);
	if (cols > COLS)
		mul_brains(to, from, &w, blocks, x, width, cols, 1, 2, NULL);
	else
		mul_brains(to, from, &w, blocks, x, width, cols, 1, 1, NULL);
}

static void
mul_bf16_two(struct ll_sums to, struct ll_sums from, const uint8_t *const w[2], size_t blocks, const union ll_act *x,
    size_t width, size_t cols, const struct ll_soon soon[2])
{
	shape_tiles(&brains);
	if (cols > COLS)
		mul_brains(to, from, w, blocks, x, width, cols, 2, 2, soon);
	else
		mul_brains(to, from, w, blocks, x, width, cols, 2, 1, soon);
}

/*
 * Weights are the left tile, a pair of activations a row of the right one, in which only the first of
 * each 16 numbers is wanted.
 */
static void
lying_bf16(float *y, const uint8_t *w, size_t row_bytes, size_t lines, const union ll_act *x, bool more)
{
	_Alignas(64) float sums[LL_PANEL_ROWS][COLS] = { 0 };

	shape_tiles(&brains);
	for (size_t r = 0; r < LL_PANEL_ROWS && more; r++)
		sums[r][0] = y[r];
	LOAD(0, sums, sizeof sums[0]);
	for (size_t i = 0; i < lines; i++, w += LINE) {
		LOAD(4, w, row_bytes);
		LOAD(6, x + i, 4);
		DOT_BF16(0, 4, 6);
	}
	STORE(0, sums, sizeof sums[0]);
	for (size_t r = 0; r < LL_PANEL_ROWS; r++)
		y[r] = sums[r][0];
}

const struct ll_kern ll_kern_mul_amx = {
	.isa = LL_ISA_AMX,
	.cols = 2 * COLS,
	.mul = { [LL_BF16] = mul_bf16 },
	.mul_two = { [LL_BF16] = mul_bf16_two },
	.mul_lying = { [LL_BF16] = lying_bf16 },
	.mul_wide = { mul_wide_32, mul_wide_32_min, mul_wide_16, mul_wide_16_min, mul_wide_64 },
	.widen = { LL_PANEL_FORMATS(LL_WIDEN_ENTRY) },
	.wide_first = true,
	.wide_signed = true,
	.rest = rest,
};

#endif
