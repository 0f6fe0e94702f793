/*
 * Encoders: rows of f32 made into blocks of a type. Of the quantised types those are here that
 * need no table of points: the Q types, IQ4_NL and IQ4_XS.
 *
 * A block's scales and minima are searched for, to make the weighted sum of squared errors
 * small: several are tried, each is refined by least squares with the integers kept and then
 * with the integers rounded anew. The result depends on the row alone.
 */

#ifndef LL_TENSOR_ENCODE_H
#define LL_TENSOR_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest number that may be encoded: that of f16, which scales are. */
#define LL_ENCODE_MAX 65504.0f

/* Whether there is an encoder for a type of GGUF's; F32, F16 and BF16 have one, too. */
bool ll_encode_has(uint32_t type);

/* A type with one, by its name in capitals or not; LL_DTYPES if it is none. */
uint32_t ll_encode_called(const char *name);

/*
 * x[0..n), whole blocks of the type, to `out`. All are finite and at most LL_ENCODE_MAX (F32
 * and BF16: any). `importance` is NULL, or n numbers that are finite and not negative: how
 * much the square of each column's error counts. F32, F16 and BF16 have no use for it.
 */
void ll_encode_row(uint32_t type, void *out, const float *x, size_t n, const float *importance);

#endif
