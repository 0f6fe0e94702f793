/*
 * Products of panels (mul.h) for NEON with dot products.
 */

#if defined(__ARM_FEATURE_DOTPROD)

#include "tensor/iq_grids.h"
#include "tensor/kern_isa.h"
#include "tensor/rows_neon.h"

#include "tensor/mul_rows.h"

#include "tensor/interleave.h"

const struct ll_kern ll_kern_mul_neon = {
	.isa = LL_ISA_NEON,
	LL_MUL_ENTRIES,
	.interleave = interleave,
};

#endif
