/*
 * Encoders: which type has which, and those of plain floats; see encode.h.
 */

#include "tensor/encode.h"

#include <string.h>
#include <strings.h>

#include "tensor/dtype.h"
#include "tensor/enc_block.h"

static void
store_u16(uint8_t *out, uint16_t value)
{
	out[0] = (uint8_t)value;
	out[1] = (uint8_t)(value >> 8);
}

static void
encode_f32(void *out, const float *x, size_t n, const float *importance)
{
	uint8_t *to = out;

	(void)importance;
	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &x[i], sizeof(bits));
		store_u16(to + 4 * i, (uint16_t)bits);
		store_u16(to + 4 * i + 2, (uint16_t)(bits >> 16));
	}
}

static void
encode_f16(void *out, const float *x, size_t n, const float *importance)
{
	uint8_t *to = out;

	(void)importance;
	for (size_t i = 0; i < n; i++)
		store_u16(to + 2 * i, ll_f32_to_f16(x[i]));
}

static void
encode_bf16(void *out, const float *x, size_t n, const float *importance)
{
	uint8_t *to = out;

	(void)importance;
	for (size_t i = 0; i < n; i++)
		store_u16(to + 2 * i, ll_f32_to_bf16(x[i]));
}

static ll_enc_row *const encoders[LL_DTYPES] = {
	[LL_F32] = encode_f32, [LL_F16] = encode_f16, [LL_BF16] = encode_bf16,
	[LL_Q4_0] = ll_enc_q4_0, [LL_Q4_1] = ll_enc_q4_1,
	[LL_Q5_0] = ll_enc_q5_0, [LL_Q5_1] = ll_enc_q5_1, [LL_Q8_0] = ll_enc_q8_0,
	[LL_Q2_K] = ll_enc_q2_k, [LL_Q3_K] = ll_enc_q3_k, [LL_Q4_K] = ll_enc_q4_k,
	[LL_Q5_K] = ll_enc_q5_k, [LL_Q6_K] = ll_enc_q6_k,
	[LL_IQ4_NL] = ll_enc_iq4_nl, [LL_IQ4_XS] = ll_enc_iq4_xs,
};

bool
ll_encode_has(uint32_t type)
{
	return type < LL_DTYPES && encoders[type] != NULL;
}

uint32_t
ll_encode_called(const char *name)
{
	uint32_t type = 0;

	while (type < LL_DTYPES && !(ll_encode_has(type) && strcasecmp(ll_dtype_name(type), name) == 0))
		type++;
	return type;
}

void
ll_encode_row(uint32_t type, void *out, const float *x, size_t n, const float *importance)
{
	encoders[type](out, x, n, importance);
}
