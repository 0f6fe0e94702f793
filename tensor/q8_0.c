/*
 * Q8_0: blocks of 32 signed bytes with one f16 scale.
 */

#include "tensor/unpack.h"

static void
unpack(struct ll_unpacked *out, const void *w, size_t blocks)
{
	const struct ll_q8_0 *from = w;

	for (size_t b = 0; b < blocks; b++, from++) {
		memcpy(out->q[b], from->q, sizeof from->q);
		ll_scale_block(out, b, ll_load_f16(from->scale));
	}
}

const struct ll_format ll_format_q8_0 = {
	.info = { "Q8_0", 32, sizeof(struct ll_q8_0) },
	.unpack = unpack,
	.panel = true,
};
