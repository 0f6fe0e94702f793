/*
 * The source of every table of loops (loops.h): LL_LOOPS is its name.
 */

#if defined __GNUC__ && !defined __clang__
#pragma GCC optimize("O3", "no-math-errno", "no-trapping-math")
#endif

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tensor/exp.h"
#include "train/loops.h"

#define LANES 16

static inline ll_real
fold(ll_real *lane)
{
	for (size_t half = LANES / 2; half > 0; half /= 2)
		for (size_t l = 0; l < half; l++)
			lane[l] += lane[l + half];
	return lane[0];
}

#ifdef LL_TRAIN_DOUBLE

static inline ll_real
exponential(ll_real x)
{
	return exp(x);
}

#define ROOT sqrt
#define LOGARITHM log

#else

/* tensor/exp.h, its first way. Above what has room it stays at the greatest. */
static inline ll_real
exponential(ll_real x)
{
	ll_real high = x > 88.0f ? 88.0f : x, t = high * LL_EXP_LOG2E + LL_EXP_ROUND, n = t - LL_EXP_ROUND;
	ll_real r = (high - n * LL_EXP_LN2_HIGH) - n * LL_EXP_LN2_LOW;
	ll_real p = (((LL_EXP_C6 * r + LL_EXP_C5) * r + LL_EXP_C4) * r + LL_EXP_C3) * r + LL_EXP_C2;
	ll_real y = (p * (r * r) + r) + 1, power;
	uint32_t bits;

	memcpy(&bits, &t, sizeof bits);
	bits = (bits << 23) + LL_EXP_ONE_BITS;
	memcpy(&power, &bits, sizeof power);
	y *= power;
	return x < LL_EXP_LOWEST ? 0 : x == x ? y : x;
}

#define ROOT sqrtf
#define LOGARITHM logf

#endif

static ll_real
dot(const ll_real *a, const ll_real *b, size_t n)
{
	ll_real lane[LANES] = { 0 };
	size_t i;

	for (i = 0; i + LANES <= n; i += LANES)
		for (size_t l = 0; l < LANES; l++)
			lane[l] += a[i + l] * b[i + l];
	for (size_t l = 0; i + l < n; l++)
		lane[l] += a[i + l] * b[i + l];
	return fold(lane);
}

static ll_real
norm(ll_real *restrict y, const ll_real *restrict x, const ll_real *restrict gain, ll_real eps, size_t n)
{
	ll_real r = 1 / ROOT(dot(x, x, n) / (ll_real)n + eps);

	for (size_t i = 0; i < n; i++)
		y[i] = x[i] * r * gain[i];
	return r;
}

static void
norm_back(ll_real *restrict dx, const ll_real *restrict dy, const ll_real *restrict x, const ll_real *restrict gain,
    ll_real r, size_t n)
{
	ll_real lane[LANES] = { 0 }, along;
	size_t i;

	for (i = 0; i + LANES <= n; i += LANES)
		for (size_t l = 0; l < LANES; l++)
			lane[l] += dy[i + l] * gain[i + l] * x[i + l];
	for (size_t l = 0; i + l < n; l++)
		lane[l] += dy[i + l] * gain[i + l] * x[i + l];
	along = fold(lane) * r * r / (ll_real)n;
	for (i = 0; i < n; i++)
		dx[i] += (dy[i] * gain[i] - x[i] * along) * r;
}

static void
gain_back(ll_real *restrict dgain, const ll_real *restrict dy, const ll_real *restrict x, ll_real r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dgain[i] += dy[i] * (x[i] * r);
}

static void
rotate(ll_real *restrict x, const ll_real *restrict cosine, const ll_real *restrict sine, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		ll_real a = x[2 * i], b = x[2 * i + 1];

		x[2 * i] = a * cosine[i] - b * sine[i];
		x[2 * i + 1] = a * sine[i] + b * cosine[i];
	}
}

static void
rotate_halves(ll_real *restrict x, const ll_real *restrict cosine, const ll_real *restrict sine, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		ll_real a = x[i], b = x[i + n / 2];

		x[i] = a * cosine[i] - b * sine[i];
		x[i + n / 2] = a * sine[i] + b * cosine[i];
	}
}

static void
swiglu(ll_real *restrict h, const ll_real *restrict gate, const ll_real *restrict up, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h[i] = gate[i] / (1 + exponential(-gate[i])) * up[i];
}

static void
swiglu_back(ll_real *restrict gate, ll_real *restrict up, const ll_real *restrict dh, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ll_real g = gate[i], sigmoid = 1 / (1 + exponential(-g)), silu = g * sigmoid;

		gate[i] = dh[i] * up[i] * (sigmoid + silu * (1 - sigmoid));
		up[i] = dh[i] * silu;
	}
}

static ll_real
greatest(const ll_real *s, size_t n)
{
	ll_real lane[LANES];
	size_t i;

	for (size_t l = 0; l < LANES; l++)
		lane[l] = -INFINITY;
	for (i = 0; i + LANES <= n; i += LANES)
		for (size_t l = 0; l < LANES; l++)
			lane[l] = s[i + l] > lane[l] ? s[i + l] : lane[l];
	for (; i < n; i++)
		lane[0] = s[i] > lane[0] ? s[i] : lane[0];
	for (size_t l = 1; l < LANES; l++)
		lane[0] = lane[l] > lane[0] ? lane[l] : lane[0];
	return lane[0];
}

/* `scale` is above 0. */
static ll_real
logsumexp(const ll_real *s, ll_real scale, size_t n)
{
	ll_real most = greatest(s, n) * scale, lane[LANES] = { 0 };
	size_t i;

	for (i = 0; i + LANES <= n; i += LANES)
		for (size_t l = 0; l < LANES; l++)
			lane[l] += exponential(s[i + l] * scale - most);
	for (size_t l = 0; i + l < n; l++)
		lane[l] += exponential(s[i + l] * scale - most);
	return most + LOGARITHM(fold(lane));
}

static void
exponentials(ll_real *s, ll_real scale, ll_real lse, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s[i] = exponential(s[i] * scale - lse);
}

static ll_real
softmax(ll_real *s, ll_real scale, size_t n)
{
	ll_real lse = logsumexp(s, scale, n);

	exponentials(s, scale, lse, n);
	return lse;
}

static void
softmax_back(ll_real *restrict dp, const ll_real *restrict p, ll_real delta, ll_real scale, size_t n)
{
	for (size_t i = 0; i < n; i++)
		dp[i] = p[i] * (dp[i] - delta) * scale;
}

static void
add(ll_real *restrict y, const ll_real *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

static void
scale_by(ll_real *y, ll_real by, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] *= by;
}

static void
adamw(ll_real *restrict value, ll_real *restrict m, ll_real *restrict v, const ll_real *restrict grad,
    const struct ll_adamw *step, size_t n)
{
	struct ll_adamw s = *step;

	for (size_t i = 0; i < n; i++) {
		ll_real g = grad[i] * s.scale;

		m[i] = s.beta1 * m[i] + (1 - s.beta1) * g;
		v[i] = s.beta2 * v[i] + (1 - s.beta2) * g * g;
		value[i] -= s.decay * value[i] + s.rate * (m[i] * s.unbias1) / (ROOT(v[i] * s.unbias2) + s.epsilon);
	}
}

const struct ll_loops LL_LOOPS = {
	.norm = norm,
	.norm_back = norm_back,
	.gain_back = gain_back,
	.rotate = rotate,
	.rotate_halves = rotate_halves,
	.swiglu = swiglu,
	.swiglu_back = swiglu_back,
	.softmax = softmax,
	.exponentials = exponentials,
	.logsumexp = logsumexp,
	.softmax_back = softmax_back,
	.greatest = greatest,
	.dot = dot,
	.add = add,
	.scale = scale_by,
	.adamw = adamw,
};
