/*
 * The part of attn_tile.h for keys and values of Q8_0 and Q4_0, whose products are those of
 * integers.
 */

#ifndef LL_TENSOR_ATTN_TILE_Q8_H
#define LL_TENSOR_ATTN_TILE_Q8_H

/* The integer products of 32 numbers of keys of Q8_0 with those of each query. */
INLINE void
dot_block(INTS sum[TILE_ROWS][TILE_WIDE], const struct ll_attend_q8 *q, size_t row,
    const uint8_t *keys, ptrdiff_t ahead, const size_t rows)
{
	for (size_t d = 0; d < 8; d++, keys += 4 * LL_KV_BLOCK) {
		INTS key[TILE_WIDE];

		prefetch(keys + ahead, 4 * TILE_WIDE * LANES);
		UNROLL
		for (size_t j = 0; j < TILE_WIDE; j++)
			key[j] = load_keys(keys + 4 * j * LANES);
		UNROLL
		for (size_t r = 0; r < rows; r++) {
			INTS query = ints_set(q->q[d][row + r]);

			UNROLL
			for (size_t j = 0; j < TILE_WIDE; j++)
				sum[r][j] = ints_dot(sum[r][j], key[j], query);
		}
	}
}

/* The same of Q4_0. */
INLINE void
dot_block4(INTS sum[TILE_ROWS][TILE_WIDE], const struct ll_attend_q8 *q, size_t row,
    const uint8_t *keys, ptrdiff_t ahead, const size_t rows)
{
	for (size_t d = 0; d < 4; d++, keys += 4 * LL_KV_BLOCK) {
		INTS key[TILE_WIDE];

		prefetch(keys + ahead, 4 * TILE_WIDE * LANES);
		UNROLL
		for (size_t j = 0; j < TILE_WIDE; j++)
			key[j] = load_keys4(keys + 4 * j * LANES);
		UNROLL
		for (size_t r = 0; r < rows; r++) {
			INTS low = ints_set(q->q[d][row + r]), high = ints_set(q->q[d + 4][row + r]);

			UNROLL
			for (size_t j = 0; j < TILE_WIDE; j++)
				sum[r][j] = ints_dot(ints_dot(sum[r][j], keys4_low(key[j]), low),
				    keys4_high(key[j]), high);
		}
	}
}

/* Adds one block of 32 numbers to the scores of TILE_WIDE vectors of positions. */
INLINE void
score_block(float *scores, size_t stride, const struct ll_attend_q8 *q, size_t row,
    const uint8_t *keys, const uint16_t *scales, ptrdiff_t ahead, bool four, bool first,
    const size_t rows)
{
	INTS sum[TILE_ROWS][TILE_WIDE];

	UNROLL
	for (size_t r = 0; r < rows; r++) {
		UNROLL
		for (size_t j = 0; j < TILE_WIDE; j++)
			sum[r][j] = ints_set(-(four ? 8 : KEY_BIAS) * q->sum[row + r]);
	}
	if (four)
		dot_block4(sum, q, row, keys, ahead, rows);
	else
		dot_block(sum, q, row, keys, ahead, rows);
	UNROLL
	for (size_t j = 0; j < TILE_WIDE; j++) {
		VEC scale = load_f16(scales + j * LANES);

		UNROLL
		for (size_t r = 0; r < rows; r++) {
			float *at = scores + r * stride + j * LANES;
			VEC factor = vec_mul(scale, vec_set(q->scale[row + r]));

			vec_store(at, vec_fma(ints_float(sum[r][j]), factor,
			    first ? vec_set(0.0f) : vec_load(at)));
		}
	}
}

INLINE void
score_quantised(float *scores, size_t stride, const struct ll_attend_q8 *q, size_t rows,
    const uint8_t *keys, const uint8_t *next, size_t n, bool four)
{
#define SCORE_BLOCK(r) score_block(scores + row * stride + at, stride, &q[b], row, part, scales, \
	ahead, four, b == 0, r)
	size_t blocks = (n + 31) / 32, bytes = (four ? 16 : 32) * LL_KV_BLOCK;

	for (size_t b = 0; b < blocks; b++) {
		/* The scales lie behind all integers, beyond what is fetched with these. */
		prefetch(next + blocks * bytes + 2 * b * LL_KV_BLOCK, 64);
		for (size_t row = 0; row < rows; row += TILE_ROWS)
			for (size_t at = 0; at < LL_KV_BLOCK; at += TILE_WIDE * LANES) {
				size_t most = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
				const uint8_t *part = keys + b * bytes + 4 * at;
				const uint16_t *scales = (const uint16_t *)(const void *)
				    (keys + blocks * bytes) + b * LL_KV_BLOCK + at;
				ptrdiff_t ahead = row == 0 ? next - keys : 0;

				FOR_ROWS(most, SCORE_BLOCK)
			}
	}
}

/* What weights are multiplied by, and their unit then, of the positions of a block in one run of 32. */
struct folds {
	float factor[LL_KV_BLOCK];
	uint8_t negative[LL_KV_BLOCK];		/* all ones where the scale is below 0 */
	float unit;
};

INLINE void
set_folds(struct folds *folds, const uint16_t *scales, size_t begin, size_t count)
{
	uint16_t most = 0;
	float size;
	VEC inverse;

	if (count == LL_KV_BLOCK)
		most = most_half(scales);
	for (size_t t = begin; t < begin + count && count < LL_KV_BLOCK; t++)
		most = (scales[t] & 0x7fff) > most ? scales[t] & 0x7fff : most;
	half_signs(folds->negative, scales);
	size = ll_f16_to_f32(most);
	folds->unit = size / LL_WEIGHT_MOST;
	inverse = vec_set(LL_WEIGHT_MOST / size);
	for (size_t t = 0; t < LL_KV_BLOCK; t += LANES)
		vec_store(folds->factor + t, vec_mul(vec_abs(load_f16(scales + t)), inverse));
	for (size_t t = 0; t < LL_KV_BLOCK && count < LL_KV_BLOCK; t++)
		if (t < begin || t >= begin + count)
			folds->factor[t] = 0.0f;
}

/* Weights as integers of 14 bits, in two halves of 7. */
INLINE void
round_weights(uint8_t *high, uint8_t *low, const float *weights, const struct folds *folds)
{
	for (size_t t = 0; t < LL_KV_BLOCK; t += LANES) {
		VEC folded = vec_mul(vec_load(weights + t), vec_load(folds->factor + t));

		store_halves(high + t, low + t,
		    ints_round(vec_min(vec_max(folded, vec_set(0.0f)), vec_set(LL_WEIGHT_MOST))));
	}
}

/* The bytes of four positions and LANES numbers of the head: vector j of a run of 32. */
INLINE INTS
load_values(const uint8_t *values, const uint8_t *negative, bool four, size_t j)
{
	INTS bytes;

	if (!four)
		return load_bytes(values + 4 * j * LANES);
	bytes = load_bytes(values + 4 * (j % SIXTEEN) * LANES);
	return signed4(j < SIXTEEN ? keys4_low(bytes) : keys4_high(bytes), ints_set(word_of(negative)));
}

/* A run of 32 numbers of the head, VALUE_WIDE vectors at a time. */
INLINE void
mix_run(float *out, size_t out_stride, uint8_t high[][LL_KV_BLOCK], uint8_t low[][LL_KV_BLOCK],
    const uint8_t *values, size_t quad_bytes, ptrdiff_t ahead, const struct folds *folds, bool four,
    const size_t j, const size_t rows)
{
	INTS sum[4][2][VALUE_WIDE];

	UNROLL
	for (size_t r = 0; r < rows; r++) {
		UNROLL
		for (size_t k = 0; k < VALUE_WIDE; k++)
			sum[r][0][k] = sum[r][1][k] = ints_set(0);
	}
	for (size_t t = 0; t < LL_KV_BLOCK; t += 4, values += quad_bytes) {
		INTS value[VALUE_WIDE];

		prefetch(values + ahead, four ? 64 : 128);
		UNROLL
		for (size_t k = 0; k < VALUE_WIDE; k++)
			value[k] = load_values(values, folds->negative + t, four, j + k);
		UNROLL
		for (size_t r = 0; r < rows; r++) {
			INTS over = ints_set(word_of(high[r] + t)), under = ints_set(word_of(low[r] + t));

			UNROLL
			for (size_t k = 0; k < VALUE_WIDE; k++) {
				sum[r][0][k] = ints_dot_weights(sum[r][0][k], over, value[k]);
				sum[r][1][k] = ints_dot_weights(sum[r][1][k], under, value[k]);
			}
		}
	}
	UNROLL
	for (size_t r = 0; r < rows; r++) {
		UNROLL
		for (size_t k = 0; k < VALUE_WIDE; k++) {
			float *at = out + r * out_stride + (j + k) * LANES;

			vec_store(at, vec_fma(ints_float(ints_join(sum[r][0][k], sum[r][1][k])),
			    vec_set(folds->unit), vec_load(at)));
		}
	}
}

INLINE void
mix_runs(float *out, size_t out_stride, uint8_t high[][LL_KV_BLOCK], uint8_t low[][LL_KV_BLOCK],
    const uint8_t *values, size_t quad_bytes, ptrdiff_t ahead, const struct folds *folds, bool four,
    const size_t rows)
{
	UNROLL
	for (size_t j = 0; j < 32 / LANES; j += VALUE_WIDE)
		mix_run(out, out_stride, high, low, values, quad_bytes, j == 0 ? ahead : 0, folds, four, j,
		    rows);
}

INLINE void
mix_quantised(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows,
    const uint8_t *values, const uint8_t *next, size_t begin, size_t count, size_t n, bool four)
{
#define MIX_RUNS(r) mix_runs(out + row * out_stride + 32 * b, out_stride, high + row, low + row, part, \
	blocks * run_bytes, row == 0 ? next - values : 0, &folds, four, r)
	uint8_t high[LL_ATTEND_ROWS][LL_KV_BLOCK], low[LL_ATTEND_ROWS][LL_KV_BLOCK];
	size_t blocks = (n + 31) / 32, run_bytes = 4 * (four ? 16 : 32);
	const uint16_t *scales = (const uint16_t *)(const void *)(values + LL_KV_BLOCK / 4 * blocks * run_bytes);
	struct folds folds;

	for (size_t b = 0; b < blocks; b++) {
		const uint8_t *part = values + b * run_bytes;

		prefetch(next + LL_KV_BLOCK / 4 * blocks * run_bytes + 2 * b * LL_KV_BLOCK, 64);
		set_folds(&folds, scales + b * LL_KV_BLOCK, begin, count);
		for (size_t row = 0; row < rows; row++)
			round_weights(high[row], low[row], weights + row * stride, &folds);
		for (size_t row = 0; row < rows; row += 4) {
			switch (rows - row) {
			case 1: MIX_RUNS(1); break;
			case 2: MIX_RUNS(2); break;
			case 3: MIX_RUNS(3); break;
			default: MIX_RUNS(4);
			}
		}
	}
}

#define QUANTISED(name, four) \
	static void \
	scores_##name(float *scores, size_t stride, const void *q, size_t rows, const void *keys, \
	    const void *next, size_t n) \
	{ \
		score_quantised(scores, stride, q, rows, keys, next, n, four); \
	} \
	static void \
	mix_##name(float *out, size_t out_stride, const float *weights, size_t stride, size_t rows, \
	    const void *values, const void *next, size_t begin, size_t count, size_t n) \
	{ \
		mix_quantised(out, out_stride, weights, stride, rows, values, next, begin, count, n, four); \
	}

QUANTISED(q8_0, false)
QUANTISED(q4_0, true)

#endif
