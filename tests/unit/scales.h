/*
 * Where a block of weights has its scale and minimum: any other bytes are weights.
 */

#ifndef TESTS_UNIT_SCALES_H
#define TESTS_UNIT_SCALES_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/dtype.h"

static inline void
put_half(uint8_t *at, uint16_t half)
{
	at[0] = (uint8_t)half;
	at[1] = (uint8_t)(half >> 8);
}

/* Sets the f16 numbers of a block; MXFP4, which has a power of two, takes the scale's exponent. */
static inline void
put_scales(uint8_t *block, uint32_t type, uint16_t scale, uint16_t min)
{
	size_t at = type == LL_Q6_K ? 208 : type == LL_Q3_K ? 108 : type == LL_Q2_K ? 80 : 0;
	unsigned exponent = scale >> 10 & 31;

	if (type == LL_MXFP4) {
		block[0] = (uint8_t)(exponent == 31 ? 255 : exponent == 0 ? scale & 3u : 112 + exponent);
		return;
	}
	if (type == LL_IQ1_M) {
		for (size_t i = 0; i < 4; i++)
			block[49 + 2 * i] = (uint8_t)((block[49 + 2 * i] & 15) | (scale >> 4 * i & 15) << 4);
		return;
	}
	put_half(block + at, scale);
	if (type == LL_Q4_1 || type == LL_Q5_1 || type == LL_Q2_K || type == LL_Q4_K || type == LL_Q5_K)
		put_half(block + at + 2, min);
}

#endif
