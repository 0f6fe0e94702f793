/*
 * What the processor can do; see cpu.h.
 */

#include <stdlib.h>
#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "base/cpu.h"
#include "base/err.h"

static const char *const names[LL_ISA_COUNT] = {
	[LL_ISA_REF] = "ref", [LL_ISA_AVX2] = "avx2", [LL_ISA_AVX512] = "avx512",
	[LL_ISA_AVX512BF16] = "avx512bf16", [LL_ISA_AMX] = "amx", [LL_ISA_NEON] = "neon",
	[LL_ISA_NEON_I8MM] = "neoni8mm",
};

#if defined(__x86_64__)
/* Tiles of 8-bit integers and of BF16: bits 22, 24 and 25 of EDX of leaf 7. */
#define AMX_BITS (1u << 22 | 1u << 24 | 1u << 25)

/*
 * Linux saves tiles only for a process that has asked for it, once for all its threads. It says no
 * where it does not know them, or a thread's stack for signals is too small.
 */
static int
have_tiles(void)
{
#if defined(__linux__) && defined(SYS_arch_prctl)
	enum { REQUEST = 0x1023, TILES = 18 };	/* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA */
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & AMX_BITS) == AMX_BITS &&
	    syscall(SYS_arch_prctl, REQUEST, TILES) == 0;
#else
	return 0;
#endif
}
#endif

static int
have(enum ll_isa isa)
{
#if defined(__x86_64__)
	if (isa == LL_ISA_AVX2)
		return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");	/* all have F16C */
	if (isa == LL_ISA_AVX512)
		return have(LL_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
		    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
		    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
	if (isa == LL_ISA_AVX512BF16)
		return have(LL_ISA_AVX512) && __builtin_cpu_supports("avx512bf16");
	if (isa == LL_ISA_AMX)
		return have(LL_ISA_AVX512BF16) && have_tiles();
#elif defined(__aarch64__) && defined(__linux__)
	if (isa == LL_ISA_NEON)
		return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
	if (isa == LL_ISA_NEON_I8MM)
		return have(LL_ISA_NEON) && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#endif
	return isa == LL_ISA_REF;
}

int
ll_cpu_isa(struct ll_err *err)
{
	const char *allowed = getenv("LL_CPU");
	int top = LL_ISA_COUNT - 1;

	if (allowed != NULL && *allowed != '\0') {
		for (top = 0; top < LL_ISA_COUNT && strcmp(names[top], allowed) != 0; top++)
			continue;
		if (top == LL_ISA_COUNT || !have((enum ll_isa)top))
			return ll_fail(err, LL_ECONFIG,
			    "LL_CPU=%s: this processor and program have no such level", allowed);
	}
	while (!have((enum ll_isa)top))
		top--;
	return top;
}

const char *
ll_cpu_name(enum ll_isa isa)
{
	return names[isa];
}
