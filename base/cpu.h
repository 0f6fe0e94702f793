/*
 * What the processor can do, read once. LL_CPU in the environment lowers it:
 * "ref" (scalar), "avx2", "avx512", "avx512bf16", "amx", "neon"; unset means all there is.
 */

#ifndef LL_BASE_CPU_H
#define LL_BASE_CPU_H

struct ll_err;

enum ll_isa {
	LL_ISA_REF,		/* scalar C */
	LL_ISA_AVX2,		/* AVX2, FMA and F16C */
	LL_ISA_AVX512,		/* AVX-512 F, BW, VL, DQ and VNNI */
	LL_ISA_AVX512BF16,	/* and BF16 */
	LL_ISA_AMX,		/* and AMX: tiles of 8-bit integers and of BF16 */
	LL_ISA_NEON,		/* ARMv8.2 with dot product */
	LL_ISA_NEON_I8MM,	/* and products of 8-bit matrices */
	LL_ISA_COUNT
};

/* The best ISA of this processor that LL_CPU allows; -LL_ECONFIG if LL_CPU names none of its. */
int ll_cpu_isa(struct ll_err *err);

/* "ref", "avx2", "avx512", "avx512bf16", "amx", "neon", "neoni8mm" */
const char *ll_cpu_name(enum ll_isa isa);

#endif
