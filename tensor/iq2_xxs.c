/*
 * IQ2_XXS: blocks of 256, eight elements at a time one of 256 points of a grid. Each 32 have four
 * indices and a word: four times seven signs, of which the eighth follows, and at its top four bits
 * of sub. Weights are point * scale * (2 * sub + 1) / 8.
 */

#include "tensor/iq_grids.h"
#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_iq2_xxs *from = w;
	float scale = ll_load_f16(from->scale) * 0.125f;

	for (size_t b = 0; b < blocks; b++) {
		uint32_t word = ll_load_u32(from->part[b].sign);

		for (size_t i = 0; i < 4; i++)
			ll_put8(out->q[b] + 8 * i, ll_negate8(ll_iq2_xxs_grid[from->part[b].q[i]],
			    ll_even_signs(word >> 7 * i)));
		ll_scale_block(out, b, scale * (float)(2 * (word >> 28) + 1));
	}
}

const struct ll_format ll_format_iq2_xxs = {
	.info = { "IQ2_XXS", 256, sizeof(struct ll_iq2_xxs) },
	.unpack = unpack,
	.halves = true,
};
