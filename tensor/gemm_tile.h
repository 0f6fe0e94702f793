/*
 * Packing and tiles of gemm_kern.h, written once for every ISA with vectors. A file for an ISA
 * defines what its vectors are, then includes this. Lanes are columns of C, so that no sum is
 * folded.
 *
 *	VEC, LANES		a vector of 32-bit words and their number
 *	TILE_ROWS, TILE_WIDE	rows of C in a tile, and vectors that each has
 *	vec_zero()
 *	vec_load(const void *), vec_store(void *, VEC)
 *	vec_load_part(const float *, n), vec_store_part(float *, VEC, n)
 *				the first n of 1 .. LANES words; what is beyond is read as zero
 *	vec_splat(const void *)	one word in all lanes
 *	vec_step(a, b, sum)	one step of a sum
 *	vec_transpose(VEC [LANES])
 *	vec_round(VEC)		ll_brain_round of each; left undefined where words are pairs
 */

#ifndef LL_TENSOR_GEMM_TILE_H
#define LL_TENSOR_GEMM_TILE_H

#include "tensor/gemm_kern.h"

#define INLINE static inline __attribute__((always_inline))

/* For loops of a constant count over variables that must be registers. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define PITCH ((TILE_ROWS + LANES - 1) / LANES * LANES)

INLINE void
tile_of(float *c, size_t stride, const uint8_t *a, const uint8_t *b, size_t rows, size_t wide, size_t cols,
    size_t steps, bool add)
{
	size_t last = wide - 1, rest = cols - last * LANES;
	VEC sum[TILE_ROWS][TILE_WIDE], right[TILE_WIDE];

	UNROLL
	for (size_t i = 0; i < rows; i++)
		UNROLL
		for (size_t j = 0; j < wide; j++)
			sum[i][j] = !add ? vec_zero() : j < last ? vec_load(c + i * stride + j * LANES) :
			    vec_load_part(c + i * stride + j * LANES, rest);
	for (size_t s = 0; s < steps; s++, a += 4 * PITCH, b += 4 * TILE_WIDE * LANES) {
		UNROLL
		for (size_t j = 0; j < wide; j++)
			right[j] = vec_load(b + 4 * j * LANES);
		UNROLL
		for (size_t i = 0; i < rows; i++) {
			VEC left = vec_splat(a + 4 * i);

			UNROLL
			for (size_t j = 0; j < wide; j++)
				sum[i][j] = vec_step(left, right[j], sum[i][j]);
		}
	}
	UNROLL
	for (size_t i = 0; i < rows; i++) {
		UNROLL
		for (size_t j = 0; j < last; j++)
			vec_store(c + i * stride + j * LANES, sum[i][j]);
		vec_store_part(c + i * stride + last * LANES, sum[i][last], rest);
	}
}

/* Not inlined, so that whoever sets how the processor rounds does it before and after. */
static __attribute__((noinline)) void
tile(float *c, size_t stride, const void *a, const void *b, size_t rows, size_t cols, size_t steps, bool add)
{
	size_t wide = (cols + LANES - 1) / LANES;

#define WIDE(n, w) \
	case w: tile_of(c, stride, a, b, n, w, cols, steps, add); break;
#if TILE_WIDE == 3
#define WIDES(n) WIDE(n, 1) WIDE(n, 2) WIDE(n, 3)
#else
#define WIDES(n) WIDE(n, 1) WIDE(n, 2)
#endif
#define ROWS(n) \
	case n: switch (wide) { WIDES(n) } break;

	switch (rows) {
	ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)
#if TILE_ROWS >= 8
	ROWS(7) ROWS(8)
#endif
#if TILE_ROWS >= 14
	ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14)
#endif
	}
#undef WIDE
#undef WIDES
#undef ROWS
}

#if defined(vec_round)

/* `rounded`: to bfloat16, with the two steps of each pair swapped. */
INLINE void
pack_words(void *out, size_t pitch, const float *x, size_t across, size_t along, size_t count, size_t k,
    bool rounded)
{
	uint8_t *to = out;
	VEC v[LANES];

	pitch *= 4;
	if (across == 1) {
		for (size_t p = 0; p < k; p++) {
			VEC words = vec_load_part(x + p * along, count);

			vec_store(to + (rounded ? p ^ 1 : p) * pitch, rounded ? vec_round(words) : words);
		}
		if (rounded && k % 2 != 0)
			vec_store(to + (k - 1) * pitch, vec_zero());
		return;
	}
	for (size_t p = 0; p < k; p += LANES) {
		size_t n = k - p < LANES ? k - p : LANES, end = rounded ? (n + 1) / 2 * 2 : n;

		UNROLL
		for (size_t l = 0; l < LANES; l++) {
			v[l] = l < count ? vec_load_part(x + l * across + p, n) : vec_zero();
			v[l] = rounded ? vec_round(v[l]) : v[l];
		}
		vec_transpose(v);
		UNROLL
		for (size_t l = 0; l < LANES; l++)
			if (l < end)
				vec_store(to + (p + (rounded ? l ^ 1 : l)) * pitch, v[l]);
	}
}

static void
pack_f32(void *out, size_t pitch, const float *x, size_t across, size_t along, size_t count, size_t k)
{
	pack_words(out, pitch, x, across, along, count, k, false);
}

static void
pack_bf16(void *out, size_t pitch, const float *x, size_t across, size_t along, size_t count, size_t k)
{
	pack_words(out, pitch, x, across, along, count, k, true);
}

#endif

#endif
