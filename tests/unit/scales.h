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

/* Sets the f16 numbers of a block; those of MXFP4 and NVFP4 take the scale's exponent. */
static inline void
put_scales(uint8_t *block, uint32_t type, uint16_t scale, uint16_t min)
{
	size_t at = type == LL_Q6_K ? 208 : type == LL_Q3_K ? 108 : type == LL_Q2_K ? 80 : type == LL_TQ1_0 ? 52 :
	    type == LL_TQ2_0 ? 64 : 0;
	unsigned exponent = scale >> 10 & 31;

	if (type == LL_MXFP4) {
		block[0] = (uint8_t)(exponent == 31 ? 255 : exponent == 0 ? scale & 3u : 112 + exponent);
		return;
	}
	/* Without a sign; f16's eight greatest exponents and its smallest are beyond it. */
	if (type == LL_NVFP4) {
		for (size_t i = 0; i < 4; i++)
			block[i] = (uint8_t)(exponent == 31 ? 0x7f : (exponent < 8 ? 0u : exponent > 23 ? 15u : exponent - 8) << 3 | i);
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
