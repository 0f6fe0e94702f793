/*
 * IQ3_XXS: blocks of 256, four elements at a time one of 256 points of a grid. Each 32 have eight
 * indices and a word as in IQ2_XXS. Weights are point * scale * (2 * sub + 1) / 4.
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq3_xxs *from = w;
	float scale = ll_load_f16(from->scale) * 0.25f;

	for (size_t b = 0; b < blocks; b++) {
		uint32_t word = ll_load_u32(from->sign[b]);

		for (size_t i = 0; i < 4; i++) {
			const uint8_t *q = from->q + 8 * b + 2 * i;
			uint64_t points = ll_iq3_xxs_grid[q[0]] | (uint64_t)ll_iq3_xxs_grid[q[1]] << 32;

			ll_put8(out->q[b] + 8 * i, ll_negate8(points, ll_even_signs(word >> 7 * i)));
		}
		ll_scale_block(out, b, scale * (float)(2 * (word >> 28) + 1));
	}
}

const struct ll_format ll_format_iq3_xxs = {
	.info = { "IQ3_XXS", 256, sizeof(struct ll_iq3_xxs) },
	.unpack = unpack,
	.halves = true,
};
