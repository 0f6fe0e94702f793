/* The loops for any processor, and which table a processor has. */

#define LL_LOOPS ll_loops_ref
#include "train/loops_make.h"

const struct ll_loops *
ll_loops(enum ll_isa isa)
{
#ifndef LL_TRAIN_DOUBLE
#ifdef __x86_64__
	if (isa >= LL_ISA_AVX512)
		return &ll_loops_avx512;
	if (isa == LL_ISA_AVX2)
		return &ll_loops_avx2;
#endif
#ifdef __aarch64__
	if (isa != LL_ISA_REF)
		return &ll_loops_neon;
#endif
#endif
	(void)isa;
	return &ll_loops_ref;
}
