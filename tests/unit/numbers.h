/*
 * What tests of kernels are made of: numbers of several kinds, weights, lengths of rows.
 */

#ifndef TESTS_UNIT_NUMBERS_H
#define TESTS_UNIT_NUMBERS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tensor/quant.h"
#include "tests/unit/scales.h"

#define MOST 1100		/* elements of a row */

/* What the numbers of a test look like. */
enum kind { ORDINARY, WILD, TINY, BROKEN, KINDS };
static const char *const kind_names[] = { "ordinary", "extreme", "subnormal", "not finite" };

static inline uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline float
number(uint64_t *state, enum kind kind)
{
	float value = (float)(int32_t)next(state) * 0x1p-31f;

	switch (kind) {
	case WILD:
		return ldexpf(value, (int)(next(state) % 200) - 100);
	case TINY:
		return ldexpf(value, -120 - (int)(next(state) % 30));
	case BROKEN:
		if (next(state) % 50 == 0)
			return next(state) % 2 ? NAN : next(state) % 2 ? INFINITY : -INFINITY;
		return next(state) % 20 == 0 ? -0.0f : value;
	default:
		return 4.0f * value;
	}
}

static inline void
numbers(uint64_t *state, float *x, size_t n, enum kind kind)
{
	for (size_t i = 0; i < n; i++)
		x[i] = number(state, kind);
}

static inline uint16_t
half(uint64_t *state, enum kind kind)
{
	if (kind == TINY)
		return (uint16_t)(next(state) & 0x83ff);
	return ll_f32_to_f16(number(state, kind));
}

/* A row of n weights: any bytes, but scales and floats of the kind wanted. */
static inline void
weights(uint64_t *state, uint8_t *w, uint32_t type, size_t n, enum kind kind)
{
	const struct ll_dtype_info *info = ll_dtype(type);

	for (size_t i = 0; i < n / info->block * info->bytes; i++)
		w[i] = (uint8_t)next(state);
	for (size_t b = 0; b < n / info->block; b++, w += info->bytes) {
		float value = number(state, kind);

		if (type == LL_F32)
			memcpy(w, &value, sizeof value);
		else if (type == LL_F8_E4M3)
			*w ^= kind != BROKEN && (*w & 0x7f) == 0x7f;
		else if (type == LL_BF16)
			memcpy(w, &(uint16_t){ ll_f32_to_bf16(value) }, 2);
		else
			put_scales(w, type, half(state, kind), half(state, kind));
	}
}

static inline bool
same(const float *a, const float *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
			return false;
	return true;
}

/* The shapes tried: every remainder, and some long rows. */
static inline size_t
length(size_t i, size_t block)
{
	static const size_t whole[] = { 1, 2, 3, 4, 7, 18, 31 };
	size_t n = block > 1 ? whole[i % 7] * block : i < 70 ? i + 1 : 64 * (i % 16) + i % 3;

	return n > MOST ? block > 1 ? block * (MOST / block) : MOST : n;
}

#endif
