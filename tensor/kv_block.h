/*
 * How a block of the KV cache lies: the keys or the values of LL_KV_BLOCK positions of one head
 * of n numbers.
 *
 * Keys are transposed, so that the positions are the lanes of a product with a query:
 *	F32, F16, BF16	[n][32]
 *	Q8_0		[m / 4][32][4] bytes, each the integer + 128, then scales [m / 32][32] in f16
 *	Q4_0		[m / 8][32][4] bytes, each the integers + 8 of two numbers 16 apart, the lower
 *			one in the low bits; then scales as above
 * with m the multiple of 32 at or above n. Values have rows of positions:
 *	F32, F16, BF16	[32][v]
 *	Q8_0		[8][m][4] integers, so that four positions lie together, then scales
 *			[m / 32][32] in f16
 *	Q4_0		[8][m / 2][4] bytes, in each 32 numbers as the keys; then scales
 * with v the multiple of 16 at or above n. What fills up is zeros.
 *
 * Integers: Q8_0 is x / scale to nearest even, scale = amax / 127 in f16; Q4_0 has scale =
 * (the number of greatest magnitude) / -8 in f16 and integers -8 .. 7, halves upwards. A block
 * of 32 numbers that are not all finite, or whose scale overflows, has a scale that makes every
 * product NaN.
 */

#ifndef LL_TENSOR_KV_BLOCK_H
#define LL_TENSOR_KV_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_kern;

#define LL_KV_BLOCK 32

enum ll_kv_type { LL_KV_F32, LL_KV_F16, LL_KV_BF16, LL_KV_Q8_0, LL_KV_Q4_0, LL_KV_TYPES };

/* "f16", ... */
const char *ll_kv_type_name(enum ll_kv_type type);

static inline bool
ll_kv_quantised(enum ll_kv_type type)
{
	return type == LL_KV_Q8_0 || type == LL_KV_Q4_0;
}

/* n as the rows of values have it, and as the vectors that attention adds up do: whole blocks of 32. */
static inline size_t
ll_kv_whole(size_t n)
{
	return (n + 31) / 32 * 32;
}

/* Bytes of a block; 0 if they do not fit. Multiples of 64. */
size_t ll_kv_key_bytes(enum ll_kv_type type, size_t n);
size_t ll_kv_value_bytes(enum ll_kv_type type, size_t n);

/* Puts the n numbers of one position at its place < LL_KV_BLOCK. */
void ll_kv_put_key(const struct ll_kern *kern, enum ll_kv_type type, void *keys, size_t place,
    const float *x, size_t n);
void ll_kv_put_value(const struct ll_kern *kern, enum ll_kv_type type, void *values, size_t place,
    const float *x, size_t n);

/* To even, of a number below 2^22 in size: rintf() is a call where a baseline has no instruction for it. */
static inline float
ll_kv_nearest(float x)
{
	const float shift = 0x1.8p23f;

	return (x + shift) - shift;
}

/*
 * In place, the Hadamard transform of a head that is quantised, its own inverse: runs whose
 * lengths are the powers of two that add up to n, longest first, at most 256; in each the
 * butterflies of distance 1, 2, 4, ..., a sum and a difference, then all times 1 / sqrt(length).
 */
void ll_kv_rotate(float *x, size_t n);

/* "TYPE", of keys and values, or "TYPE,TYPE", of keys and of values. -LL_EUSAGE. */
int ll_kv_types(enum ll_kv_type kept[2], const char *text, struct ll_err *err);

#endif
