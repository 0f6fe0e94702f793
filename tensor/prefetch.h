/*
 * When products ask memory for weights, in bytes before they use them. Figures are GB/s of one thread that reads 28.
 *
 * With few columns weights come from memory, of which only what is read in the order of addresses
 * comes at the full rate, each line once: a thread takes 24 to 28 of K-quants where lines are read again or not in order.
 * Nothing is asked for then, and mul_rows.h keeps what is read again.
 *
 * With more columns a unit is used for longer than the processor reads ahead, and between two units
 * many lines of activations come from the second cache. Weights are asked for twice: far ahead into
 * the second cache, and when they are near, into the first. 8 columns take 12.2 of Q4_0 so, 7.5 otherwise,
 * where products from the caches are at 13.2; 11.2, 6.9 and 11.6 of Q4_K. Floats, which take longer for as many
 * columns, are better off with the processor's own reading ahead for some more of them.
 *
 * Intel's processors are better off with being asked for few columns, too. On one of 2026 two threads that read 29 to
 * 32 take without and so: Q4_0 26 and 30, Q8_0 25 and 31, Q4_K 24 and 30, Q6_K 21 and 29, BF16 27 and 29, F16 25 and 28.
 */

#ifndef LL_TENSOR_PREFETCH_H
#define LL_TENSOR_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LL_PREFETCH_COLS 3		/* of whole numbers, from so many on */
#define LL_PREFETCH_FLOAT_COLS 5	/* and of floats */

/* With blocks of so many runs of 32. */
#define LL_PREFETCH_FAR(runs) ((runs) == 1 ? 4096 : 8192)
#define LL_PREFETCH_NEAR(runs) ((runs) == 1 ? 1536 : 1024)

/* Whether few columns ask, too (kern.c), and how far ahead. */
extern bool ll_prefetch_few;
#define LL_PREFETCH_FEW_FAR 3072
#define LL_PREFETCH_FEW_NEAR 1024

/* Asks for the lines that come so much later than this one. */
static inline void
ll_prefetch_line(const uint8_t *line)
{
	if (ll_prefetch_few) {
		__builtin_prefetch(line + LL_PREFETCH_FEW_FAR, 0, 1);
		__builtin_prefetch(line + LL_PREFETCH_FEW_NEAR, 0, 3);
	}
}

/* Of floats. */
static inline void
ll_prefetch_floats(const uint8_t *line, size_t cols)
{
	if (cols < LL_PREFETCH_FLOAT_COLS) {
		ll_prefetch_line(line);
		return;
	}
	__builtin_prefetch(line + LL_PREFETCH_FAR(1), 0, 1);
	__builtin_prefetch(line + LL_PREFETCH_NEAR(1), 0, 3);
}

#endif
