/*
 * The searches of the encoders; see enc_search.h.
 *
 * For given integers the best scale is a quotient of two sums, the best line the solution of
 * two equations, and the error that is left follows from the same sums. So a search rounds to
 * some scales or lines, takes the integers whose best one leaves the least error, and then rounds
 * and solves in turn until nothing is gained.
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
#define TRIES 8			/* scales on each side of the one that fits the largest number */
#define CUTS 9			/* how much of the numbers' range is cut off, at most, */
#define CUT 0.02f		/* in units of this part of it */
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

unsigned
ll_enc_iq4_index(float value)
{
	unsigned index = 0;

	while (index < 15 && (float)ll_iq4_values[index] < value)
		index++;
	return index;
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
	float step = (fabsf(top) > 32 ? 0.01f * fabsf(top) : 0.25f) * (top < 0 ? -1.0f : 1.0f);
	int tries = levels->lo != -levels->hi ? TRIES : 2 * TRIES;

	for (int k = -tries; k <= tries; k++) {
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

/* The sums of one rounding, each times w: q, q * q and x * q. */
struct line_sums {
	float q, qq, xq;
};

/* And those that do not depend on the integers. */
struct totals {
	float w, x, xx;
};

static struct line_sums
add_line(const float *q, const float *x, const float *w, size_t n)
{
	float lane_q[LANES] = { 0 }, lane_qq[LANES] = { 0 }, lane_xq[LANES] = { 0 };

	for (size_t i = 0; i < n; i += LANES) {
		for (size_t l = 0; l < LANES; l++) {
			float weighted = w[i + l] * q[i + l];

			lane_q[l] += weighted;
			lane_qq[l] += weighted * q[i + l];
			lane_xq[l] += weighted * x[i + l];
		}
	}
	return (struct line_sums){ fold(lane_q), fold(lane_qq), fold(lane_xq) };
}

/* The line through the integers of these sums with the least error. */
static struct ll_enc_line
solve(const struct line_sums *sums, const struct totals *all, bool below)
{
	float determinant = all->w * sums->qq - sums->q * sums->q;
	struct ll_enc_line line = { 0, 0 };

	/* All integers alike: there is no line, but a constant. */
	if (!(determinant > 1e-6f * all->w * sums->qq)) {
		line.min = all->x / all->w;
		if (below && line.min > 0)
			line = (struct ll_enc_line){ sums->qq > 0 ? sums->xq / sums->qq : 0, 0 };
		return line;
	}
	line.scale = (all->w * sums->xq - sums->q * all->x) / determinant;
	line.min = (sums->qq * all->x - sums->q * sums->xq) / determinant;
	if (below && line.min > 0)
		line = (struct ll_enc_line){ sums->xq / sums->qq, 0 };
	return line;
}

struct candidate {
	struct ll_enc_line line;
	float error;
};

/* Rounds to the line from `low` to `high`, and keeps the best line for these integers if it is better. */
static void
try_line(struct candidate *best, const float *x, const float *w, size_t n, float hi, bool below,
    const struct totals *all, float low, float high)
{
	float lane_q[LANES] = { 0 }, lane_qq[LANES] = { 0 }, lane_xq[LANES] = { 0 };
	float inverse = hi / (high - low);
	struct candidate found;
	struct line_sums sums;

	for (size_t i = 0; i < n; i += LANES) {
		for (size_t l = 0; l < LANES; l++) {
			float level = nearest((x[i + l] - low) * inverse, 0, hi), weighted = w[i + l] * level;

			lane_q[l] += weighted;
			lane_qq[l] += weighted * level;
			lane_xq[l] += weighted * x[i + l];
		}
	}
	sums = (struct line_sums){ fold(lane_q), fold(lane_qq), fold(lane_xq) };
	found.line = solve(&sums, all, below);
	found.error = all->xx - found.line.scale * sums.xq - found.line.min * all->x;
	if (found.line.scale >= 0 && found.error < best->error)
		*best = found;
}

/* Rounds and solves in turn from where the best is, with its error told anew. */
static void
settle(struct candidate *best, const float *x, const float *w, size_t n, float hi, bool below,
    const struct totals *all)
{
	struct ll_enc_line line = best->line;
	float q[LL_ENC_MOST];

	best->error = INFINITY;
	for (int round = 0; round < ROUNDS; round++) {
		float error = ll_enc_line_round(q, x, w, n, line, hi);
		struct line_sums sums;

		if (!(error < best->error))
			return;
		*best = (struct candidate){ line, error };
		sums = add_line(q, x, w, n);
		line = solve(&sums, all, below);
		if (line.scale < 0)
			return;
	}
}

struct ll_enc_line
ll_enc_line(const float *x, const float *w, size_t n, float hi, bool below)
{
	struct candidate best;
	struct totals all = { 0, 0, 0 };
	float low = x[0], high = x[0], range;

	for (size_t i = 0; i < n; i++) {
		low = x[i] < low ? x[i] : low;
		high = x[i] > high ? x[i] : high;
		all.w += w[i];
		all.x += w[i] * x[i];
		all.xx += w[i] * x[i] * x[i];
	}
	if (below && low > 0)
		low = 0;
	range = high - low;
	best = (struct candidate){ { usable(range) ? range / hi : 0, low }, INFINITY };
	if (!usable(range))
		return best.line;
	/* Lines that fit both ends, or cut off some of one, the other or both, or leave room. */
	for (int k = -CUTS / 3; k <= CUTS; k++) {
		float cut = range * (float)k * CUT;

		try_line(&best, x, w, n, hi, below, &all, low + cut, high - cut);
		if (k == 0 || (below && low + cut > 0))
			continue;
		try_line(&best, x, w, n, hi, below, &all, low + 2 * cut, high);
		try_line(&best, x, w, n, hi, below, &all, low, high - 2 * cut);
	}
	settle(&best, x, w, n, hi, below, &all);
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
		/* As a part of the largest it cannot overflow. */
		w[i] = (counts > 0 ? importance[i] / counts : 1) * sqrtf(squares + x[i] * x[i]);
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
