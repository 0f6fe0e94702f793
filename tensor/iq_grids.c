/*
 * The tables of the IQ formats, expanded when this is compiled from iq_points.h, which has two or
 * three bits for each element.
 */

#include "tensor/iq_grids.h"

#include "tensor/iq_points.h"

/* Element i, of `bits` bits, of a packed point, at its place; it stands for `value` of what it is. */
#define PLACE(type, point, bits, i, value) \
	((type)value((point) >> (bits) * (i) & ((1u << (bits)) - 1)) << 8 * (i))
#define FOUR(type, point, bits, value) \
	(PLACE(type, point, bits, 0, value) | PLACE(type, point, bits, 1, value) | \
	PLACE(type, point, bits, 2, value) | PLACE(type, point, bits, 3, value))
#define EIGHT(point, value) \
	(FOUR(uint64_t, (point) & 255u, 2, value) | FOUR(uint64_t, (point) >> 8, 2, value) << 32)

#define IQ2_VALUE(x) ((x) == 0 ? 8u : (x) == 1 ? 25u : 43u)
#define IQ2(point) EIGHT(point, IQ2_VALUE),
#define IQ3_XXS_VALUE(x) ((x) == 7 ? 62u : 8 * (x) + 4)
#define IQ3_XXS(point) FOUR(uint32_t, point, 3, IQ3_XXS_VALUE),
#define IQ3_S_VALUE(x) (2 * (x) + 1)
#define IQ3_S(point) FOUR(uint32_t, point, 3, IQ3_S_VALUE),
#define IQ1_VALUE(x) (LL_IQ1_ZERO - 8 + 8 * (x))
#define IQ1(point) EIGHT(point, IQ1_VALUE),

const uint64_t ll_iq2_xxs_grid[256] = { LL_IQ2_XXS_POINTS(IQ2) };
const uint64_t ll_iq2_xs_grid[512] = { LL_IQ2_XS_POINTS(IQ2) };
const uint64_t ll_iq2_s_grid[1024] = { LL_IQ2_S_POINTS(IQ2) };
const uint32_t ll_iq3_xxs_grid[256] = { LL_IQ3_XXS_POINTS(IQ3_XXS) };
const uint32_t ll_iq3_s_grid[512] = { LL_IQ3_S_POINTS(IQ3_S) };
const uint64_t ll_iq1_grid[2048] = { LL_IQ1_POINTS(IQ1) };

const int8_t ll_iq4_values[16] = {
	-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
};
