/*
 * The searches of the encoders; see enc_search.h.
 *
 * For given integers the best scale is a quotient of two sums, the best line the solution of
 * two equations. So a search tries some inverse scales, takes the one whose rounding leaves the
 * least error, and then solves and rounds in turn until nothing is gained.
 *
 * Sums are in eight lanes, so that a compiler makes vectors of them without reordering.
 */

#include "tensor/enc_search.h"

#include <math.h>
#include <string.h>

#include "tensor/dtype.h"
#include "tensor/encode.h"
#include "tensor/iq_grids.h"

#define LANES 8
#define TRIES 16		/* scales on each side of the one that fits the largest number */
#define ROUNDS 6		/* of solving and rounding */

/* Adding and subtracting it rounds to an integer, nearest even, up to 2^22. */
#define ROUNDER 12582912.0f

static float
fold(const float *lane)
{
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static inline float
nearest(float value, float lo, float hi)
{
	value = value < lo ? lo : value;
	value = value > hi ? hi : value;
	return value + ROUNDER - ROUNDER;
}

/* Eight numbers to the nearest of IQ4_NL's integers: a step up for each midpoint passed. */
static void
nearest_iq4(float *q, const float *x, float inverse)
{
	for (size_t l = 0; l < LANES; l++)
		q[l] = (float)ll_iq4_values[0];
	for (size_t k = 1; k < 16; k++) {
		float below = (float)ll_iq4_values[k - 1], step = (float)ll_iq4_values[k] - below;
		float middle = below + 0.5f * step;

		for (size_t l = 0; l < LANES; l++)
			q[l] += x[l] * inverse > middle ? step : 0.0f;
	}
}

struct ll_enc_sums
ll_enc_round(float *q, const float *x, const float *w, size_t n, float inverse,
    const struct ll_enc_levels *levels)
{
	float xq[LANES] = { 0 }, qq[LANES] = { 0 }, part[LANES];
	float lo = levels->lo, hi = levels->hi;

	for (size_t i = 0; i < n; i += LANES) {
		if (levels->iq4)
			nearest_iq4(part, x + i, inverse);
		else
			for (size_t l = 0; l < LANES; l++)
				part[l] = nearest(x[i + l] * inverse, lo, hi);
		for (size_t l = 0; l < LANES; l++) {
			float weighted = w[i + l] * part[l];

			xq[l] += weighted * x[i + l];
			qq[l] += weighted * part[l];
		}
		if (q != NULL)
			memcpy(q + i, part, sizeof(part));
	}
	return (struct ll_enc_sums){ fold(xq), fold(qq) };
}

/* What the best scale for these sums takes off the error of all zeros. */
static float
gain(struct ll_enc_sums sums)
{
	return sums.qq > 0 ? sums.xq / sums.qq * sums.xq : 0;
}

struct best {
	float scale, gain;
};

static void
keep_better(struct best *best, struct ll_enc_sums sums)
{
	float found = gain(sums);

	if (found > best->gain)
		*best = (struct best){ sums.xq / sums.qq, found };
}

/* Scales for which the largest number falls around level `top`. */
static void
try_around(struct best *best, const float *x, const float *w, size_t n, float largest, float top,
    const struct ll_enc_levels *levels)
{
	float step = fabsf(top) > 16 ? 0.01f * top : 0.15f * (top < 0 ? -1.0f : 1.0f);

	for (int k = -TRIES; k <= TRIES; k++) {
		float at = top + (float)k * step / (k < 0 ? 2.0f : 1.0f);

		keep_better(best, ll_enc_round(NULL, x, w, n, at / largest, levels));
	}
}

static bool
usable(float scale)
{
	/* The inverse must be finite, too. */
	return fabsf(scale) > 1e-30f;
}

float
ll_enc_scale(const float *x, const float *w, size_t n, const struct ll_enc_levels *levels)
{
	struct best best = { 0, 0 };
	float largest = 0;

	for (size_t i = 0; i < n; i++)
		if (fabsf(x[i]) > fabsf(largest))
			largest = x[i];
	if (!usable(largest))
		return 0;
	try_around(&best, x, w, n, largest, levels->hi, levels);
	if (levels->lo != -levels->hi)
		try_around(&best, x, w, n, largest, levels->lo, levels);
	for (int round = 0; round < ROUNDS && usable(best.scale); round++) {
		float before = best.gain;

		keep_better(&best, ll_enc_round(NULL, x, w, n, 1.0f / best.scale, levels));
		if (best.gain <= before)
			break;
	}
	return usable(best.scale) ? best.scale : 0;
}

float
ll_enc_line_round(float *q, const float *x, const float *w, size_t n, struct ll_enc_line line, float hi)
{
	float error[LANES] = { 0 };
	float inverse = usable(line.scale) ? 1.0f / line.scale : 0;

	for (size_t i = 0; i < n; i += LANES) {
		for (size_t l = 0; l < LANES; l++) {
			float level = nearest((x[i + l] - line.min) * inverse, 0, hi);
			float off = line.scale * level + line.min - x[i + l];

			q[i + l] = level;
			error[l] += w[i + l] * off * off;
		}
	}
	return fold(error);
}

/* The sums that do not depend on the integers. */
struct totals {
	float w, x;
};

/* The line through these integers with the least error. */
static struct ll_enc_line
solve(const float *q, const float *x, const float *w, size_t n, struct totals all, bool below)
{
	float lane_q[LANES] = { 0 }, lane_qq[LANES] = { 0 }, lane_xq[LANES] = { 0 };
	struct ll_enc_line line = { 0, 0 };
	float sum_q, qq, xq, determinant;

	for (size_t i = 0; i < n; i += LANES) {
		for (size_t l = 0; l < LANES; l++) {
			float weighted = w[i + l] * q[i + l];

			lane_q[l] += weighted;
			lane_qq[l] += weighted * q[i + l];
			lane_xq[l] += weighted * x[i + l];
		}
	}
	sum_q = fold(lane_q);
	qq = fold(lane_qq);
	xq = fold(lane_xq);
	determinant = all.w * qq - sum_q * sum_q;
	/* All integers alike: there is no line, but a constant. */
	if (!(determinant > 1e-6f * all.w * qq)) {
		line.min = all.x / all.w;
		if (below && line.min > 0)
			line = (struct ll_enc_line){ qq > 0 ? xq / qq : 0, 0 };
		return line;
	}
	line.scale = (all.w * xq - sum_q * all.x) / determinant;
	line.min = (qq * all.x - sum_q * xq) / determinant;
	if (below && line.min > 0)
		line = (struct ll_enc_line){ xq / qq, 0 };
	return line;
}

struct candidate {
	struct ll_enc_line line;
	float error;
};

/* Solves and rounds in turn from where `line` leads. */
static void
follow(struct candidate *best, const float *x, const float *w, size_t n, float hi, bool below,
    struct totals all, struct ll_enc_line line, int rounds)
{
	float q[LL_ENC_MOST], last = INFINITY;

	ll_enc_line_round(q, x, w, n, line, hi);
	for (int round = 0; round < rounds; round++) {
		float error;

		line = solve(q, x, w, n, all, below);
		if (line.scale < 0)
			return;
		error = ll_enc_line_round(q, x, w, n, line, hi);
		if (error < best->error)
			*best = (struct candidate){ line, error };
		if (error >= last)
			return;
		last = error;
	}
}

struct ll_enc_line
ll_enc_line(const float *x, const float *w, size_t n, float hi, bool below)
{
	struct candidate best;
	struct totals all = { 0, 0 };
	float low = x[0], high = x[0], range, q[LL_ENC_MOST];

	for (size_t i = 0; i < n; i++) {
		low = x[i] < low ? x[i] : low;
		high = x[i] > high ? x[i] : high;
		all.w += w[i];
		all.x += w[i] * x[i];
	}
	if (below && low > 0)
		low = 0;
	range = high - low;
	best.line = (struct ll_enc_line){ usable(range) ? range / hi : 0, low };
	best.error = ll_enc_line_round(q, x, w, n, best.line, hi);
	if (!usable(range))
		return best.line;
	/* The line that fits both ends, and those that cut off some of one, the other or both. */
	for (int k = -TRIES / 4; k < TRIES; k++) {
		float cut = range * (float)k * (hi > 4 ? 0.02f : 0.03f);

		for (int end = 0; end < 3; end++) {
			float from = end != 1 ? low + cut * 0.5f : low;
			float to = end != 0 ? high - cut * 0.5f : high;

			if (below && from > 0)
				from = 0;
			if (usable(to - from) && to > from)
				follow(&best, x, w, n, hi, below, all,
				    (struct ll_enc_line){ (to - from) / hi, from }, 2);
		}
	}
	follow(&best, x, w, n, hi, below, all, best.line, ROUNDS);
	return best.line;
}

void
ll_enc_weights(float *w, const float *x, size_t n, const float *importance)
{
	float squares = 0, most = 0, counts = 0;

	for (size_t i = 0; i < n; i++) {
		squares += x[i] * x[i];
		if (importance != NULL && importance[i] > counts)
			counts = importance[i];
	}
	squares /= (float)n;
	for (size_t i = 0; i < n; i++) {
		float square = x[i] * x[i];

		/* As a part of the largest it cannot overflow. */
		if (counts > 0)
			w[i] = importance[i] / counts * sqrtf(squares + square);
		else
			w[i] = square + squares / 16;
		most = w[i] > most ? w[i] : most;
	}
	/* What is of no importance still is near. */
	for (size_t i = 0; i < n; i++)
		w[i] = usable(most) ? w[i] / most + 1e-6f : 1.0f;
}

float
ll_enc_f16(uint8_t *out, float value)
{
	uint16_t half;

	value = value > LL_ENCODE_MAX ? LL_ENCODE_MAX : value < -LL_ENCODE_MAX ? -LL_ENCODE_MAX : value;
	half = ll_f32_to_f16(value);
	out[0] = (uint8_t)half;
	out[1] = (uint8_t)(half >> 8);
	return ll_f16_to_f32(half);
}
