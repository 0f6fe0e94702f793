/*
 * The loops that find a processor's limits: one table per ISA, as for the kernels. An entry
 * that a table lacks is the table's below; LL_PEAK_BF16 of none is LL_PEAK_F32, and the last
 * two of none are LL_PEAK_INT8.
 */

#ifndef LL_BENCH_LIMITS_ISA_H
#define LL_BENCH_LIMITS_ISA_H

#include <stddef.h>
#include <stdint.h>

enum ll_peak {
	LL_PEAK_F32,
	LL_PEAK_BF16,	/* products of bf16 summed in f32 */
	LL_PEAK_INT8,	/* products of 8-bit integers summed in 32 bits, and nothing else */
	/* The same as blocks of 32 quantised weights want it (README.md, "A format's own bound"): */
	LL_PEAK_SCALE,	/* each block's sum is scaled and added to an f32 */
	LL_PEAK_MIN,	/* and once more: a minimum, or a second scale */
	LL_PEAKS
};

struct ll_peak_loop {
	const char *how;			/* the instructions */
	float (*run)(size_t turns);		/* what it gives means nothing, but that it was computed */
	double ops;				/* in a turn; a multiply-add is two */
};

struct ll_limits_isa {
	/*
	 * Reads `bytes` bytes, a multiple of 4096, from 64-byte aligned memory: in one stream, or
	 * in 4 or 8 that take turns and lie as far apart as they can.
	 */
	uint64_t (*read)(const unsigned char *data, size_t bytes, size_t streams);
	struct ll_peak_loop peak[LL_PEAKS];
};

extern const struct ll_limits_isa ll_limits_ref;
#if defined(__x86_64__)
extern const struct ll_limits_isa ll_limits_avx2, ll_limits_avx512, ll_limits_avx512bf16, ll_limits_amx;
#elif defined(__aarch64__)
extern const struct ll_limits_isa ll_limits_neon;
#endif

/*
 * An operand that the compiler knows nothing of, so that it can neither drop nor move what is
 * computed from it.
 */
#if defined(__x86_64__)
#define LL_UNKNOWN(x) __asm__("" : "+v"(x))
#else
#define LL_UNKNOWN(x) __asm__("" : "+w"(x))
#endif

#endif
