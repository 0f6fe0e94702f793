/*
 * Log-probabilities of tokens, summed up: perplexity and bits per byte with their standard
 * errors, which are those of independent tokens.
 */

#ifndef LL_SAMPLE_TALLY_H
#define LL_SAMPLE_TALLY_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. Sums over tokens of x = -log-probability, natural, and b = bytes. */
struct ll_tally {
	uint64_t tokens;
	double x, xx, b, bb, xb;
};

/* `logprob` is at most 0 and may be -infinity; `bytes` are those of the token's text. */
void ll_tally_add(struct ll_tally *tally, double logprob, size_t bytes);
void ll_tally_merge(struct ll_tally *tally, const struct ll_tally *other);

/* A number and its standard error; NaN where it is not known. */
struct ll_estimate {
	double value, error;
};

/* exp of the mean of x; its error by the delta method. */
struct ll_estimate ll_tally_perplexity(const struct ll_tally *tally);

/* sum(x) / sum(b) in bits; its error is that of a ratio of sums (Cochran 1977, section 2.11). */
struct ll_estimate ll_tally_bits_per_byte(const struct ll_tally *tally);

/* Of the mean of n numbers, from the sum of squares of their differences to it, which rounding may have left below 0. */
double ll_tally_error(double squares, double n);

/* The 95% interval of a proportion of `count` (Wilson 1927). */
void ll_tally_wilson(uint64_t hits, uint64_t count, double *low, double *high);

#endif
