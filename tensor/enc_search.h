/*
 * The searches of the encoders, over one block of at most LL_ENC_MOST numbers x with the
 * weights w of their squared errors. The count n is a multiple of 16; integers are kept as
 * floats until they are packed.
 */

#ifndef LL_TENSOR_ENC_SEARCH_H
#define LL_TENSOR_ENC_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LL_ENC_MOST 256

/* What a number can be, times the scale: lo to hi, or the 16 of IQ4_NL. */
struct ll_enc_levels {
	float lo, hi;
	bool iq4;
};

/* The sums of one rounding, for a scale by least squares: of w * x * q and of w * q * q. */
struct ll_enc_sums {
	float xq, qq;
};

/* A block of the types with a minimum: q * scale + min. */
struct ll_enc_line {
	float scale, min;
};

/* Rounds x * inverse to levels, into q unless it is NULL. */
struct ll_enc_sums ll_enc_round(float *q, const float *x, const float *w, size_t n, float inverse,
    const struct ll_enc_levels *levels);

/* Which of IQ4_NL's integers it is. */
unsigned ll_enc_iq4_index(float value);

/* The scale, of any sign, for which the error is least; 0 if all is 0. */
float ll_enc_scale(const float *x, const float *w, size_t n, const struct ll_enc_levels *levels);

/* Rounds to 0..hi for this scale and minimum, into q; the error. */
float ll_enc_line_round(float *q, const float *x, const float *w, size_t n, struct ll_enc_line line,
    float hi);

/* The scale >= 0 and the minimum for which the error is least; with `below` the minimum is <= 0. */
struct ll_enc_line ll_enc_line(const float *x, const float *w, size_t n, float hi, bool below);

/*
 * The weights of the squared errors of n numbers: importance, or 1, times about their size, the
 * root of square and mean square. With the squares themselves, or with 1 for all, the products
 * of SmolLM2's matrices with its activations are further from the exact ones, in sum over the
 * kinds of matrices. All are positive.
 */
void ll_enc_weights(float *w, const float *x, size_t n, const float *importance);

/* To the nearest half float, kept finite; what it is again. */
float ll_enc_f16(uint8_t *out, float value);

#endif
