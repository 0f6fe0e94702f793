/*
 * Products of panels (mul.h) for AVX-512 with VNNI.
 */

#if defined(__AVX512VNNI__)

#include "tensor/kern_isa.h"
#include "tensor/iq_grids.h"
#include "tensor/rows_avx512.h"

#include "tensor/mul_rows.h"

#include "tensor/interleave.h"

const struct ll_kern ll_kern_mul_avx512 = {
	.isa = LL_ISA_AVX512,
	LL_MUL_ENTRIES,
	.interleave = interleave,
};

#endif
