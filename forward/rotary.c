/*
 * Rotary positions; see rotary.h.
 */

#include <math.h>
#include <string.h>

#include "forward/rotary.h"

void
ll_rotary_angles(float *cosine, float *sine, const float *freqs, size_t n, uint64_t position,
    float magnitude)
{
	for (size_t i = 0; i < n; i++) {
		float angle = (float)position * freqs[i];

		cosine[i] = (float)cos((double)angle) * magnitude;
		sine[i] = (float)sin((double)angle) * magnitude;
	}
}

void
ll_rotary_pair(float *x, size_t heads, size_t head_dim, size_t n, float *room)
{
	for (size_t h = 0; h < heads; h++, x += head_dim) {
		memcpy(room, x, 2 * n * sizeof(*x));
		for (size_t i = 0; i < n; i++) {
			x[2 * i] = room[i];
			x[2 * i + 1] = room[n + i];
		}
	}
}

void
ll_rotary_apply(float *x, size_t heads, size_t head_dim, const float *cosine, const float *sine, size_t n)
{
	for (size_t h = 0; h < heads; h++, x += head_dim) {
		for (size_t i = 0; i < n; i++) {
			float even = x[2 * i], odd = x[2 * i + 1];

			x[2 * i] = even * cosine[i] - odd * sine[i];
			x[2 * i + 1] = even * sine[i] + odd * cosine[i];
		}
	}
}
