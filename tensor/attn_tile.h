/*
 * The kernels of attention, written once for every ISA: a file for an ISA defines what its
 * vectors are, then includes this. Lanes are positions for scores, numbers of the head for sums
 * of values, so that nothing is folded; each product is added in turn.
 *
 *	VEC, LANES	a vector of floats and their number
 *	TILE_ROWS	query rows that are worked on together: 4 or 8
 *	TILE_WIDE	vectors that each of them has, of positions or of numbers of the head
 *	vec_set(float), vec_load(const float *), vec_store(float *, VEC), vec_mul(a, b),
 *	vec_fma(a, b, c)	a * b + c, rounded once
 *	vec_add(a, b), vec_sub(a, b), vec_max(a, b), which is b if one of them is NaN
 *	vec_most(a)	its greatest lane
 *	vec_power(t)	2^n of exp.h
 *	vec_fold(VEC lanes[16 / LANES])	the fold of kern.h
 *	vec_min(a, b), vec_abs(a)
 *	load_f32, load_f16, load_bf16	LANES numbers from any address
 *
 *	INTS		a vector of LANES int32, or of 4 * LANES bytes
 *	KEY_BIAS	what load_keys leaves on the bytes of a key: 128 or 0
 *	ints_set(int32_t), ints_float(INTS), load_keys(const uint8_t *), and load_keys4, which
 *	loads bytes as they are, keys4_low, keys4_high: their halves, each in a byte
 *	ints_dot(sum, keys, q)	sum + the products of each four bytes, those of q signed
 *
 *	VALUE_WIDE	vectors of numbers of the head that 4 rows have of quantised values
 *	most_half(const uint16_t *), half_signs(uint8_t *, const uint16_t *)	the greatest of 32
 *	halves without their signs; a byte for each, all ones if it is negative
 *	ints_round(VEC)	to nearest even; ints_join(high, low) = 128 * high + low
 *	store_halves(uint8_t *high, uint8_t *low, INTS)	LANES integers of 14 bits
 *	load_bytes(const uint8_t *), signed4(bytes, mask)	less 8, then negated where mask is ones
 *	ints_dot_weights(sum, weights, values)	weights 0 .. 127, values signed bytes
 */

#ifndef LL_TENSOR_ATTN_TILE_H
#define LL_TENSOR_ATTN_TILE_H

#include <math.h>
#include <string.h>

#include "tensor/exp.h"
#include "tensor/kern_isa.h"

#define INLINE static inline __attribute__((always_inline))

/* For loops of a constant count over variables that must be registers. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

/* Calls with a number of rows that is a constant in each case. */
#define FOR_ROWS(rows, call) \
	switch (rows) { \
	case 1: call(1); break; \
	case 2: call(2); break; \
	case 3: call(3); break; \
	FOR_MORE_ROWS(call) \
	}
#if TILE_ROWS == 8
#define FOR_MORE_ROWS(call) \
	case 4: call(4); break; \
	case 5: call(5); break; \
	case 6: call(6); break; \
	case 7: call(7); break; \
	default: call(8);
#else
#define FOR_MORE_ROWS(call) default: call(4);
#endif

#define SIXTEEN (16 / LANES)

typedef VEC load_fn(const void *from);

/* Four bytes, the first lowest. */
INLINE int32_t
word_of(const uint8_t *bytes)
{
	int32_t word;

	memcpy(&word, bytes, sizeof word);
	return word;
}

/*
 * What will be read then: every four blocks of a head lie apart, and the processor looks no further
 * ahead. Into the second cache: Zen 4 has room for many more lines under way there than in the
 * first. A core of 28 GB/s read 20 so; of single blocks 17, 10 into the first, 8 without. From the
 * caches it is 22.
 */
INLINE void
prefetch(const uint8_t *from, const size_t bytes)
{
	UNROLL
	for (size_t i = 0; i < bytes; i += 64)
		__builtin_prefetch(from + i, 0, 1);
}

/* Scores of TILE_WIDE vectors of positions for `rows` queries. */
INLINE void
score_tile(float *scores, size_t stride, const float *q, const uint8_t *keys, ptrdiff_t ahead,
    size_t bytes, size_t n, load_fn *load, const size_t rows)
{
	VEC sum[TILE_ROWS][TILE_WIDE];

	UNROLL
	for (size_t r = 0; r < rows; r++) {
		UNROLL
		for (size_t j = 0; j < TILE_WIDE; j++)
			sum[r][j] = vec_set(0.0f);
	}
	for (size_t d = 0; d < n; d++, q += LL_ATTEND_ROWS, keys += LL_KV_BLOCK * bytes) {
		VEC key[TILE_WIDE];

		prefetch(keys + ahead, TILE_WIDE * LANES * bytes);
		UNROLL
		for (size_t j = 0; j < TILE_WIDE; j++)
			key[j] = load(keys + j * LANES * bytes);
		UNROLL
		for (size_t r = 0; r < rows; r++) {
			VEC query = vec_set(q[r]);

			UNROLL
			for (size_t j = 0; j < TILE_WIDE; j++)
				sum[r][j] = vec_fma(query, key[j], sum[r][j]);
		}
	}
	UNROLL
	for (size_t r = 0; r < rows; r++) {
		UNROLL
		for (size_t j = 0; j < TILE_WIDE; j++)
			vec_store(scores + r * stride + j * LANES, sum[r][j]);
	}
}

INLINE void
score_rows(float *scores, size_t stride, const float *q, const uint8_t *keys, ptrdiff_t ahead,
    size_t bytes, size_t n, load_fn *load, const size_t rows)
{
	for (size_t at = 0; at < LL_KV_BLOCK; at += TILE_WIDE * LANES)
		score_tile(scores + at, stride, q, keys + at * bytes, ahead, bytes, n, load, rows);
}

INLINE void
score(float *scores, size_t stride, const float *q, size_t rows, const uint8_t *keys,
    const uint8_t *next, size_t bytes, size_t n, load_fn *load)
{
#define SCORE(r) score_rows(scores, stride, q, keys, ahead, bytes, n, load, r)
	ptrdiff_t ahead = next - keys;

	while (rows > 0) {
		size_t most = rows < TILE_ROWS ? rows : TILE_ROWS;

		FOR_ROWS(most, SCORE)
		scores += most * stride;
		q += most;
		rows -= most;
		ahead = 0;
	}
}

/* Sums of `wide` vectors of numbers of the head for `rows` queries. */
INLINE void
mix_tile(float *out, size_t out_stride, const float *weights, size_t stride, const uint8_t *values,
    ptrdiff_t ahead, size_t bytes, size_t row_bytes, size_t count, load_fn *load, const size_t rows,
    const size_t wide)
{
	VEC sum[TILE_ROWS][2 * TILE_WIDE];

	UNROLL
	for (size_t r = 0; r < rows; r++) {
		UNROLL
		for (size_t j = 0; j < wide; j++)
			sum[r][j] = vec_load(out + r * out_stride + j * LANES);
	}
	for (size_t t = 0; t < count; t++, values += row_bytes) {
		VEC value[2 * TILE_WIDE];

		prefetch(values + ahead, wide * LANES * bytes);
		UNROLL
		for (size_t j = 0; j < wide; j++)
			value[j] = load(values + j * LANES * bytes);
		UNROLL
		for (size_t r = 0; r < rows; r++) {
			VEC weight = vec_set(weights[r * stride + t]);

			UNROLL
			for (size_t j = 0; j < wide; j++)
				sum[r][j] = vec_fma(weight, value[j], sum[r][j]);
		}
	}
	UNROLL
	for (size_t r = 0; r < rows; r++) {
		UNROLL
		for (size_t j = 0; j < wide; j++)
			vec_store(out + r * out_stride + j * LANES, sum[r][j]);
	}
}

/* v numbers, a multiple of 16. Few rows take twice as many vectors at once. */
INLINE void
mix_rows(float *out, size_t out_stride, const float *weights, size_t stride, const uint8_t *values,
    ptrdiff_t ahead, size_t bytes, size_t v, size_t count, load_fn *load, const size_t rows)
{
	const size_t wide = rows <= TILE_ROWS / 2 ? 2 * TILE_WIDE : TILE_WIDE;
	size_t i = 0;

	for (; i + wide * LANES <= v; i += wide * LANES)
		mix_tile(out + i, out_stride, weights, stride, values + i * bytes, ahead, bytes, v * bytes,
		    count, load, rows, wide);
	for (; i < v; i += LANES)
		mix_tile(out + i, out_stride, weights, stride, values + i * bytes, ahead, bytes, v * bytes,
		    count, load, rows, 1);
}

INLINE void
mix(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows,
    const uint8_t *values, const uint8_t *next, size_t bytes, size_t begin, size_t count, size_t n,
    load_fn *load)
{
#define MIX(r) mix_rows(out, out_stride, weights, stride, values, ahead, bytes, v, count, load, r)
	size_t v = (n + 15) / 16 * 16;
	ptrdiff_t ahead = next - values;

	values += begin * v * bytes;
	weights += begin;
	while (rows > 0) {
		size_t most = rows < TILE_ROWS ? rows : TILE_ROWS;

		FOR_ROWS(most, MIX)
		out += most * out_stride;
		weights += most * stride;
		rows -= most;
		ahead = 0;
	}
}

#define FLOATS(name, bytes, load) \
	static void \
	scores_##name(float *scores, size_t stride, const void *q, size_t rows, const void *keys, \
	    const void *next, size_t n) \
	{ \
		score(scores, stride, q, rows, keys, next, bytes, n, load); \
	} \
	static void \
	mix_##name(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows, \
	    const void *values, const void *next, size_t begin, size_t count, size_t n) \
	{ \
		mix(out, out_stride, weights, stride, rows, values, next, bytes, begin, count, n, load); \
	}

#define WIDEN(name, load) \
	static void \
	widen_##name(float *out, const void *block, size_t n) \
	{ \
		for (size_t i = 0; i < n; i += LANES) \
			vec_store(out + i, load((const uint8_t *)block + 2 * i)); \
	}

WIDEN(f16, load_f16)
WIDEN(bf16, load_bf16)
FLOATS(f32, 4, load_f32)
FLOATS(f16, 2, load_f16)
FLOATS(bf16, 2, load_bf16)

#include "tensor/attn_tile_q8.h"

/* exp of exp.h in fewer steps. */
INLINE VEC
vec_exp(VEC x)
{
	const VEC magic = vec_set(LL_EXP_ROUND), one = vec_set(1.0f);
	VEC t, n, r, p;

	x = vec_max(vec_set(LL_EXP_LOWEST), x);
	t = vec_fma(x, vec_set(LL_EXP_LOG2E), magic);
	n = vec_sub(t, magic);
	r = vec_fma(n, vec_set(-LL_EXP_LN2_LOW), vec_fma(n, vec_set(-LL_EXP_LN2_HIGH), x));
	p = vec_fma(vec_set(LL_EXP_C6), r, vec_set(LL_EXP_C5));
	p = vec_fma(p, r, vec_set(LL_EXP_C4));
	p = vec_fma(p, r, vec_set(LL_EXP_C3));
	p = vec_fma(p, r, vec_set(LL_EXP_C2));
	p = vec_fma(vec_fma(p, r, one), r, one);
	return vec_mul(p, vec_power(t));
}

/* The greatest of n that are numbers; which of two equal zeros it is does not show in what follows. */
INLINE float
greatest(const float *x, size_t n)
{
	VEC most[4];
	float all = -INFINITY;
	size_t i = 0;

	if (n < LANES) {
		for (; i < n; i++)
			all = x[i] > all ? x[i] : all;
		return all;
	}
	UNROLL
	for (size_t j = 0; j < 4; j++)
		most[j] = vec_set(-INFINITY);
	for (; i + 4 * LANES <= n; i += 4 * LANES) {
		UNROLL
		for (size_t j = 0; j < 4; j++)
			most[j] = vec_max(vec_load(x + i + j * LANES), most[j]);
	}
	for (; i + LANES <= n; i += LANES)
		most[0] = vec_max(vec_load(x + i), most[0]);
	/* Some of them once more. */
	most[1] = vec_max(vec_load(x + n - LANES), most[1]);
	return vec_most(vec_max(vec_max(most[0], most[1]), vec_max(most[2], most[3])));
}

/* The last of a row: the lanes that are not there add zeros. */
static void
weigh_tail(float *x, size_t n, VEC most, VEC sum[SIXTEEN])
{
	float copy[16];

	for (size_t i = 0; i < 16; i++)
		copy[i] = i < n ? x[i] : 0.0f;
	for (size_t j = 0; j < SIXTEEN; j++)
		vec_store(copy + j * LANES, vec_exp(vec_sub(vec_load(copy + j * LANES), most)));
	for (size_t i = 0; i < 16; i++) {
		if (i < n)
			x[i] = copy[i];
		else
			copy[i] = 0.0f;
	}
	for (size_t j = 0; j < SIXTEEN; j++)
		sum[j] = vec_add(sum[j], vec_load(copy + j * LANES));
}

static float
weigh(float *x, size_t n, float *greatest_of)
{
	VEC sum[SIXTEEN], most;
	size_t i = 0;

	*greatest_of = greatest(x, n);
	most = vec_set(*greatest_of);
	UNROLL
	for (size_t j = 0; j < SIXTEEN; j++)
		sum[j] = vec_set(0.0f);
	for (; i + 16 <= n; i += 16) {
		UNROLL
		for (size_t j = 0; j < SIXTEEN; j++) {
			VEC term = vec_exp(vec_sub(vec_load(x + i + j * LANES), most));

			vec_store(x + i + j * LANES, term);
			sum[j] = vec_add(sum[j], term);
		}
	}
	if (i < n)
		weigh_tail(x + i, n - i, most, sum);
	return vec_fold(sum);
}

/* n is a multiple of 16. */
static void
blend(float *out, float by, const float *x, float x_by, size_t n)
{
	VEC old = vec_set(by), new = vec_set(x_by);

	for (size_t i = 0; i < n; i += LANES)
		vec_store(out + i, vec_fma(new, vec_load(x + i), vec_mul(old, vec_load(out + i))));
}

#define ATTENTION_ENTRIES \
	.scores = { scores_f32, scores_f16, scores_bf16, scores_q8_0, scores_q4_0 }, \
	.mix = { mix_f32, mix_f16, mix_bf16, mix_q8_0, mix_q4_0 }, \
	.kv_widen = { NULL, widen_f16, widen_bf16 }, \
	.weigh = weigh, \
	.blend = blend,

#endif
