/*
 * The tables of the IQ formats: points of eight or four elements as one number, a byte each, the
 * first lowest. They were found by their author's searches and are facts of the formats.
 */

#ifndef LL_TENSOR_IQ_GRIDS_H
#define LL_TENSOR_IQ_GRIDS_H

#include <stdint.h>

extern const uint64_t ll_iq2_xxs_grid[256];
extern const uint64_t ll_iq2_xs_grid[512];
extern const uint64_t ll_iq2_s_grid[1024];
extern const uint32_t ll_iq3_xxs_grid[256];
extern const uint32_t ll_iq3_s_grid[512];

/* Each element is LL_IQ1_ZERO + 8 * (-1, 0 or 1). */
#define LL_IQ1_ZERO 9
extern const uint64_t ll_iq1_grid[2048];

extern const int8_t ll_iq4_values[16];

#endif
