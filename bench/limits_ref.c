/*
 * Limits of plain C, which is what a processor has for us when LL_CPU=ref.
 */

#define LL_READ_WIDTH 16

#include "bench/limits_isa.h"
#include "bench/limits_read.h"

#define CHAINS 8

static float
f32(size_t turns)
{
	float sum[CHAINS] = { 0 }, x = 1e-3f, y = 1e-3f, all = 0;

	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 8
		for (size_t k = 0; k < CHAINS; k++) {
			LL_UNKNOWN(x);
			sum[k] += x * y;
		}
	for (size_t k = 0; k < CHAINS; k++)
		all += sum[k];
	return all;
}

static float
int8(size_t turns)
{
	int32_t sum[CHAINS] = { 0 }, all = 0;
	int32_t x = 3, y = -2;

	for (size_t i = 0; i < turns; i++)
#pragma GCC unroll 8
		for (size_t k = 0; k < CHAINS; k++) {
			__asm__("" : "+r"(x));
			sum[k] = (int32_t)((uint32_t)sum[k] + (uint32_t)((int8_t)x * (int8_t)y));
		}
	for (size_t k = 0; k < CHAINS; k++)
		all = (int32_t)((uint32_t)all + (uint32_t)sum[k]);
	return (float)all;
}

const struct ll_limits_isa ll_limits_ref = {
	.read = read_memory,
	.peak = {
		[LL_PEAK_F32] = { "scalar multiply and add", f32, 2 * CHAINS },
		[LL_PEAK_INT8] = { "scalar multiply and add", int8, 2 * CHAINS },
	},
};
