/*
 * Products of panels (mul.h) for AVX2 with FMA.
 */

#if defined(__AVX2__)

#include "tensor/iq_grids.h"
#include "tensor/kern_isa.h"
#include "tensor/rows_avx2.h"

#include "tensor/mul_rows.h"

#include "tensor/interleave.h"

const struct ll_kern ll_kern_mul_avx2 = {
	.isa = LL_ISA_AVX2,
	LL_MUL_ENTRIES,
	.interleave = interleave,
};

#endif
