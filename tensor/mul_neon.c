/*
 * Products of panels (mul.h) for NEON with dot products.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include "tensor/iq_grids.h"
#include "tensor/kern_isa.h"
#include "tensor/rows_neon.h"

#include "tensor/mul_rows.h"

/* Four units of four rows. */
static inline void
transpose(uint8_t *units, const uint8_t *row, size_t row_bytes)
{
	uint32x4_t a = v_load(row), b = v_load(row + row_bytes);
	uint32x4_t c = v_load(row + 2 * row_bytes), d = v_load(row + 3 * row_bytes);
	uint64x2_t low = vreinterpretq_u64_u32(vzip1q_u32(a, b)), high = vreinterpretq_u64_u32(vzip2q_u32(a, b));
	uint64x2_t low2 = vreinterpretq_u64_u32(vzip1q_u32(c, d)), high2 = vreinterpretq_u64_u32(vzip2q_u32(c, d));

	v_store(units, vreinterpretq_u32_u64(vzip1q_u64(low, low2)));
	v_store(units + 64, vreinterpretq_u32_u64(vzip2q_u64(low, low2)));
	v_store(units + 128, vreinterpretq_u32_u64(vzip1q_u64(high, high2)));
	v_store(units + 192, vreinterpretq_u32_u64(vzip2q_u64(high, high2)));
}

#include "tensor/interleave.h"

const struct ll_kern ll_kern_mul_neon = {
	.isa = LL_ISA_NEON,
	LL_MUL_ENTRIES,
	.interleave = interleave,
};

#endif
