/*
 * The table of each ISA, put together once: the level below, overlaid with what the ISA has.
 */

#include <pthread.h>

#include "tensor/kern_isa.h"
#include "tensor/quant.h"

#define FAMILIES 5

struct level {
	enum ll_isa below;
	const struct ll_kern *part[FAMILIES];
};

static const struct level levels[LL_ISA_COUNT] = {
	[LL_ISA_REF] = { LL_ISA_REF, { &ll_kern_dotu_ref, &ll_kern_vec_ref, &ll_kern_attn_ref } },
#if defined(__x86_64__)
	[LL_ISA_AVX2] = { LL_ISA_REF, { &ll_kern_dotq_avx2, &ll_kern_dotu_avx2,
	    &ll_kern_dotf_avx2, &ll_kern_vec_avx2, &ll_kern_attn_avx2 } },
	[LL_ISA_AVX512] = { LL_ISA_AVX2, { &ll_kern_dotq_avx512, &ll_kern_dotu_avx512,
	    &ll_kern_dotf_avx512, &ll_kern_vec_avx512, &ll_kern_attn_avx512 } },
#elif defined(__aarch64__)
	[LL_ISA_NEON] = { LL_ISA_REF, { &ll_kern_dotq_neon, &ll_kern_dotu_neon,
	    &ll_kern_dotf_neon, &ll_kern_vec_neon, &ll_kern_attn_neon } },
#endif
};

static struct ll_kern tables[LL_ISA_COUNT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
take_formats(struct ll_kern *to)
{
	for (uint32_t type = 0; type < LL_DTYPES; type++) {
		const struct ll_format *format = ll_format(type);

		if (format == NULL)
			continue;
		to->dequantize[type] = format->dequantize;
		to->dot_q8[type] = format->dot_q8;
		to->dot_f32[type] = format->dot_f32;
	}
}

#define TAKE(entry) (to->entry = part->entry != NULL ? part->entry : to->entry)

static void
take_part(struct ll_kern *to, const struct ll_kern *part)
{
	for (size_t type = 0; type < LL_DTYPES; type++) {
		TAKE(dequantize[type]);
		TAKE(dot_q8[type]);
		TAKE(dot_f32[type]);
	}
	TAKE(quantize);
	TAKE(scores_f16);
	TAKE(scores_f32);
	TAKE(mix_f16);
	TAKE(mix_f32);
	TAKE(softmax_terms);
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
	take_formats(&tables[LL_ISA_REF]);
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
