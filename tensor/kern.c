/*
 * The table of each ISA, put together once: the level below, overlaid with what the ISA has.
 */

#include <pthread.h>

#include "tensor/kern_isa.h"
#include "tensor/prefetch.h"
#include "tensor/quant.h"

#define FAMILIES 3

struct level {
	enum ll_isa below;
	const struct ll_kern *part[FAMILIES];
};

static const struct level levels[LL_ISA_COUNT] = {
	[LL_ISA_REF] = { LL_ISA_REF, { &ll_kern_mul_ref, &ll_kern_vec_ref, &ll_kern_attn_ref } },
#if defined(__x86_64__)
	[LL_ISA_AVX2] = { LL_ISA_REF, { &ll_kern_mul_avx2, &ll_kern_vec_avx2, &ll_kern_attn_avx2 } },
	[LL_ISA_AVX512] = { LL_ISA_AVX2, { &ll_kern_mul_avx512, &ll_kern_vec_avx512,
	    &ll_kern_attn_avx512 } },
	[LL_ISA_AVX512BF16] = { LL_ISA_AVX512, { &ll_kern_mul_avx512bf16 } },
	[LL_ISA_AMX] = { LL_ISA_AVX512BF16, { &ll_kern_mul_amx } },
#elif defined(__aarch64__)
	[LL_ISA_NEON] = { LL_ISA_REF, { &ll_kern_mul_neon, &ll_kern_vec_neon, &ll_kern_attn_neon } },
	[LL_ISA_NEON_I8MM] = { LL_ISA_NEON, { &ll_kern_mul_neoni8mm } },
#endif
};

static struct ll_kern tables[LL_ISA_COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

bool ll_prefetch_few;

#define TAKE(entry) (to->entry = part->entry ? part->entry : to->entry)

static void
take_part(struct ll_kern *to, const struct ll_kern *part)
{
	for (size_t type = 0; type < LL_DTYPES; type++) {
		TAKE(mul[type]);
		TAKE(mul_two[type]);
		TAKE(mul_runs[type]);
		TAKE(mul_lying[type]);
		TAKE(widen[type]);
		if (part->wants[type] != LL_ACT_Q8)
			to->wants[type] = part->wants[type];
	}
	for (size_t kind = 0; kind < LL_WIDE_KINDS; kind++) {
		TAKE(mul_wide[kind]);
		TAKE(mul_wide_two[kind]);
	}
	for (size_t kind = 0; kind < LL_ACT_KINDS; kind++)
		TAKE(act[kind]);
	TAKE(wide_first);
	TAKE(wide_signed);
	TAKE(cols);
	TAKE(rest);
	TAKE(interleave);
	for (size_t type = 0; type < LL_KV_TYPES; type++) {
		TAKE(scores[type]);
		TAKE(mix[type]);
		TAKE(kv_widen[type]);
	}
	TAKE(weigh);
	TAKE(blend);
	TAKE(softmax_terms);
	TAKE(sum_powers);
	TAKE(max);
	TAKE(sum_squares);
	TAKE(swiglu);
	TAKE(scale);
	TAKE(add);
	TAKE(f32_to_f16);
}

static void
build(void)
{
#if defined(__x86_64__)
	ll_prefetch_few = __builtin_cpu_is("intel");
#endif
	for (size_t isa = 0; isa < LL_ISA_COUNT; isa++) {
		if (isa != LL_ISA_REF)
			tables[isa] = tables[levels[isa].below];
		tables[isa].isa = (enum ll_isa)isa;
		for (size_t i = 0; i < FAMILIES && levels[isa].part[i] != NULL; i++)
			take_part(&tables[isa], levels[isa].part[i]);
	}
}

const struct ll_kern *
ll_kern(enum ll_isa isa)
{
	pthread_once(&once, build);
	return &tables[isa];
}
