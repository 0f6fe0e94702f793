/*
 * The reading loop for registers of LL_READ_WIDTH bytes; each ISA's file includes it once.
 */

#ifndef LL_BENCH_LIMITS_READ_H
#define LL_BENCH_LIMITS_READ_H

#include <stddef.h>
#include <stdint.h>

#define LINE 64
#define LINES 8		/* in a turn */

typedef uint64_t ll_wide __attribute__((vector_size(LL_READ_WIDTH)));

/* `streams` is a constant where this is used: the loops inside are unrolled. */
static inline __attribute__((always_inline)) uint64_t
read_streams(const unsigned char *data, size_t bytes, size_t streams)
{
	size_t run = LINES / streams * LINE, apart = bytes / streams;
	ll_wide sum[LINES] = { { 0 } };

	for (size_t at = 0; at < apart; at += run)
#pragma GCC unroll 8
		for (size_t line = 0; line < LINES; line++) {
			size_t stream = line * streams / LINES, place = line % (LINES / streams) * LINE;
			const ll_wide *from = (const void *)(data + stream * apart + at + place);

#pragma GCC unroll 4
			for (size_t i = 0; i < LINE / LL_READ_WIDTH; i++)
				sum[line] ^= from[i];
		}
	for (size_t line = 1; line < LINES; line++)
		sum[0] ^= sum[line];
	return sum[0][0] ^ sum[0][1];
}

static uint64_t
read_memory(const unsigned char *data, size_t bytes, size_t streams)
{
	if (streams == 8)
		return read_streams(data, bytes, 8);
	if (streams == 4)
		return read_streams(data, bytes, 4);
	return read_streams(data, bytes, 1);
}

#undef LINE
#undef LINES

#endif
