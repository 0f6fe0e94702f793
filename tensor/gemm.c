/*
 * Products of matrices; see gemm.h. C is worked on in blocks: what they need of A and B is packed
 * (gemm_kern.h), then tiles of C are shared out, all threads at both. A block of B stays in the
 * processor's second cache while panels of A, each of which stays in the first, meet it; sums that
 * go on in the next block of p wait in C.
 */

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "tensor/gemm.h"
#include "tensor/gemm_kern.h"

/* A block at most: rows of C for each thread, columns of C, words of a row or column. */
#define BLOCK_ROWS 1024
#define BLOCK_COLS 512
#define BLOCK_WORDS 256

/*
 * Of each line before the next panel where lines lie across memory, so that it is read in about the
 * order of addresses; even. One thread, m or n 16 of 4096 and 1024, k 1024 and 4096: 16 % to 57 % sooner
 * than whole lines, 4 or 16 are slower than 8.
 */
#define PACK_NUMBERS 8

/* Tiles of few rows have panels that are little more than half full. */
#define PANEL_BYTES (2 * sizeof(float) * BLOCK_WORDS)

/* Levels of another architecture are the reference again. */
static const struct ll_gemm_kern *const kernels[LL_ISA_COUNT][2] = {
	[LL_ISA_REF] = { &ll_gemm_ref[LL_GEMM_F32], &ll_gemm_ref[LL_GEMM_BF16] },
#if defined(__x86_64__)
	[LL_ISA_AVX2] = { &ll_gemm_avx2[LL_GEMM_F32], &ll_gemm_avx2[LL_GEMM_BF16] },
	[LL_ISA_AVX512] = { &ll_gemm_avx512[LL_GEMM_F32], &ll_gemm_avx512[LL_GEMM_BF16] },
	[LL_ISA_AVX512BF16] = { &ll_gemm_avx512[LL_GEMM_F32], &ll_gemm_avx512bf16[0] },
	[LL_ISA_AMX] = { &ll_gemm_avx512[LL_GEMM_F32], &ll_gemm_avx512bf16[0] },
#elif defined(__aarch64__)
	[LL_ISA_NEON] = { &ll_gemm_neon[LL_GEMM_F32], &ll_gemm_neon[LL_GEMM_BF16] },
	[LL_ISA_NEON_I8MM] = { &ll_gemm_neon[LL_GEMM_F32], &ll_gemm_neon[LL_GEMM_BF16] },
#endif
};

struct ll_gemm {
	const struct ll_gemm_kern *const *kern;	/* by kind */
	size_t rows;			/* of a block */
	size_t a_bytes, b_bytes;
	uint8_t *a, *b;
};

struct range {
	size_t begin, end;
};

/* One block of C and of p. */
struct block {
	const struct ll_gemm_kern *kern;
	const struct ll_gemm *gemm;
	struct ll_gemm_side a, b;
	struct range i, j, p;
	size_t steps;
	size_t row_panels, col_panels;
	bool pack_a;			/* it is not yet */
	float *c;
	size_t stride;
	bool add;
};

int
ll_gemm_new(struct ll_gemm **out, enum ll_isa isa, size_t threads, struct ll_err *err)
{
	struct ll_gemm *gemm = ll_alloc(1, sizeof(*gemm), err);

	if (gemm == NULL)
		return -LL_ENOMEM;
	gemm->kern = kernels[kernels[isa][0] != NULL ? isa : LL_ISA_REF];
	gemm->b_bytes = BLOCK_COLS * sizeof(float) * BLOCK_WORDS;
	if (ll_mul(threads, BLOCK_ROWS, &gemm->rows) || ll_mul(gemm->rows, PANEL_BYTES, &gemm->a_bytes) ||
	    (gemm->a = ll_alloc_large(gemm->a_bytes, 1, err)) == NULL ||
	    (gemm->b = ll_alloc_large(gemm->b_bytes, 1, err)) == NULL) {
		ll_gemm_free(gemm);
		return ll_fail(err, LL_ENOMEM, "out of memory: panels of matrices for %zu threads", threads);
	}
	*out = gemm;
	return 0;
}

void
ll_gemm_free(struct ll_gemm *gemm)
{
	if (gemm == NULL)
		return;
	ll_free_large(gemm->a, gemm->a_bytes, 1);
	ll_free_large(gemm->b, gemm->b_bytes, 1);
	free(gemm);
}

static size_t
parts(size_t total, size_t most)
{
	return (total + most - 1) / most;
}

/* Part `index` of `count` of a range, in units of `grain`. */
static struct range
part(struct range whole, size_t grain, size_t index, size_t count)
{
	struct range r;

	ll_pool_share(whole.end - whole.begin, grain, index, count, &r.begin, &r.end);
	return (struct range){ whole.begin + r.begin, whole.begin + r.end };
}

/* The rows and columns of panels: about as many of rows in each, of columns all that fit. */
static struct range
panel_rows(const struct block *block, size_t panel)
{
	return part(block->i, 1, panel, block->row_panels);
}

static struct range
panel_cols(const struct block *block, size_t panel)
{
	size_t begin = block->j.begin + panel * block->kern->cols, left = block->j.end - begin;

	return (struct range){ begin, left < block->kern->cols ? block->j.end : begin + block->kern->cols };
}

static uint8_t *
a_panel(const struct block *block, size_t panel)
{
	return block->gemm->a + panel * block->steps * ll_gemm_pitch(block->kern) * sizeof(float);
}

static uint8_t *
b_panel(const struct block *block, size_t panel)
{
	return block->gemm->b + panel * block->steps * block->kern->cols * sizeof(float);
}

/* One side of the products: `lines` gives its rows or columns in a panel. */
struct packing {
	const float *x;
	size_t across, along;		/* between lines, between numbers of a line */
	size_t pitch;
	uint8_t *(*panel)(const struct block *block, size_t panel);
	struct range (*lines)(const struct block *block, size_t panel);
};

/* Some numbers of the lines of a panel. */
static void
pack_panel(const struct block *block, const struct packing *side, size_t panel, size_t done, size_t numbers)
{
	const struct ll_gemm_kern *kern = block->kern;
	uint8_t *out = side->panel(block, panel) + done / (kern->paired ? 2 : 1) * side->pitch * sizeof(float);
	struct range r = side->lines(block, panel);

	for (size_t l = r.begin; l < r.end; l += kern->lanes, out += kern->lanes * sizeof(float))
		kern->pack(out, side->pitch, side->x + l * side->across + (block->p.begin + done) * side->along,
		    side->across, side->along, r.end - l < kern->lanes ? r.end - l : kern->lanes, numbers);
}

/* In about the order in which numbers lie in memory. */
static void
pack(const struct block *block, const struct packing *side, size_t panels, size_t thread, size_t count)
{
	size_t k = block->p.end - block->p.begin, piece = side->across == 1 ? PACK_NUMBERS : k, begin, end;

	ll_pool_share(panels, 1, thread, count, &begin, &end);
	for (size_t done = 0; done < k; done += piece)
		for (size_t panel = begin; panel < end; panel++)
			pack_panel(block, side, panel, done, k - done < piece ? k - done : piece);
}

static void
pack_share(void *arg, size_t thread, size_t count)
{
	const struct block *block = arg;
	const struct packing a = { block->a.data, block->a.row, block->a.col, ll_gemm_pitch(block->kern), a_panel,
		panel_rows };
	const struct packing b = { block->b.data, block->b.col, block->b.row, block->kern->cols, b_panel, panel_cols };

	if (block->pack_a)
		pack(block, &a, block->row_panels, thread, count);
	pack(block, &b, block->col_panels, thread, count);
}

struct tile {
	size_t row, col;		/* of panels */
	struct range i, j;
};

static float *
place_of(const struct block *block, const struct tile *tile)
{
	return block->c + tile->i.begin * block->stride + tile->j.begin;
}

static struct tile
first_tile(const struct block *block, size_t index)
{
	size_t row = index / block->col_panels, col = index % block->col_panels;

	return (struct tile){ row, col, panel_rows(block, row), panel_cols(block, col) };
}

/* The next in a row of panels, or the first of the next row. */
static struct tile
next_tile(const struct block *block, struct tile tile)
{
	if (++tile.col == block->col_panels) {
		tile.col = 0;
		tile.i = panel_rows(block, ++tile.row);
	}
	tile.j = panel_cols(block, tile.col);
	return tile;
}

static void
prefetch(const struct block *block, const struct tile *tile)
{
	const float *c = place_of(block, tile);

	for (size_t i = tile->i.begin; i < tile->i.end; i++, c += block->stride)
		for (size_t j = 0; j < tile->j.end - tile->j.begin; j += 64 / sizeof(float))
			__builtin_prefetch(c + j, 1);
}

/* Tiles are shared out in the order of rows of panels. */
static void
tiles_share(void *arg, size_t thread, size_t count)
{
	const struct block *block = arg;
	struct tile tile, next = { 0 };
	size_t begin, end;

	ll_pool_share(block->row_panels * block->col_panels, 1, thread, count, &begin, &end);
	if (begin < end)
		next = first_tile(block, begin);
	for (size_t t = begin; t < end; t++) {
		tile = next;
		if (t + 1 < end) {
			next = next_tile(block, tile);
			prefetch(block, &next);
		}
		block->kern->tile(place_of(block, &tile), block->stride, a_panel(block, tile.row), b_panel(block, tile.col),
		    tile.i.end - tile.i.begin, tile.j.end - tile.j.begin, block->steps, block->add);
	}
}

static void
zero(float *c, size_t stride, size_t m, size_t n)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			c[i * stride + j] = 0.0f;
}

void
ll_gemm_run(struct ll_gemm *gemm, struct ll_pool *pool, enum ll_gemm_kind kind, size_t m, size_t n, size_t k,
    struct ll_gemm_side a, struct ll_gemm_side b, float *c, size_t stride, bool add)
{
	const struct ll_gemm_kern *kern = gemm->kern[kind];
	size_t pair = kern->paired ? 2 : 1;
	size_t is = parts(m, gemm->rows), js = parts(n, BLOCK_COLS / kern->cols * kern->cols);
	size_t ps = parts(k, BLOCK_WORDS * pair);
	struct block block = { .kern = kern, .gemm = gemm, .a = a, .b = b, .c = c, .stride = stride };

	if (k == 0 && !add)
		zero(c, stride, m, n);
	for (size_t i = 0; i < is; i++) {
		block.i = part((struct range){ 0, m }, 1, i, is);
		block.row_panels = parts(block.i.end - block.i.begin, kern->rows);
		for (size_t p = 0; p < ps; p++) {
			block.p = part((struct range){ 0, k }, 2, p, ps);
			block.steps = block.p.end - block.p.begin;
			if (kind == LL_GEMM_BF16)
				block.steps = (block.steps + 1) / 2 * 2 / pair;
			block.add = add || p > 0;
			for (size_t j = 0; j < js; j++) {
				block.j = part((struct range){ 0, n }, kern->cols, j, js);
				block.col_panels = parts(block.j.end - block.j.begin, kern->cols);
				block.pack_a = j == 0;
				ll_pool_run(pool, pack_share, &block);
				ll_pool_run(pool, tiles_share, &block);
			}
		}
	}
}
