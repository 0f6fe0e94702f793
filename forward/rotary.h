/*
 * Rotary positions (Su et al. 2021), the scaling of a long context included in the frequencies.
 */

#ifndef LL_FORWARD_ROTARY_H
#define LL_FORWARD_ROTARY_H

#include <stddef.h>
#include <stdint.h>

/*
 * cosine[i], sine[i] of position * freqs[i] for i < n. The angle is rounded to f32, as the
 * reference (transformers) does it: at position 131,071 that is part of what models learned.
 * Both are multiplied by `magnitude` (yarn's; else 1).
 */
void ll_rotary_angles(float *cosine, float *sine, const float *freqs, size_t n, uint64_t position,
    float magnitude);

/*
 * Puts the first 2n numbers of each of `heads` vectors, whose pairs are n apart, in the order
 * that ll_rotary_apply wants. `room` is 2n floats.
 */
void ll_rotary_pair(float *x, size_t heads, size_t head_dim, size_t n, float *room);

/* Rotates the pairs (2i, 2i + 1), i < n, of each of `heads` vectors of head_dim floats. */
void ll_rotary_apply(float *x, size_t heads, size_t head_dim, const float *cosine,
    const float *sine, size_t n);

#endif
