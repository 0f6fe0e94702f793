/*
 * Hidden states at the edges; see states.h.
 */

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "embed/states.h"
#include "tensor/ops.h"

void
ll_states_embed(float *out, const struct ll_model *model, const uint32_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ll_ops_row(&model->embedding, ids[i], out + i * model->hp.dim);
}

int
ll_states_type(const char *name, struct ll_err *err)
{
	if (strcmp(name, "f32") == 0)
		return LL_F32;
	if (strcmp(name, "f16") == 0)
		return LL_F16;
	if (strcmp(name, "bf16") == 0)
		return LL_BF16;
	return ll_fail(err, LL_EUSAGE, "--dtype: '%.50s' is not f32, f16 or bf16", name);
}

size_t
ll_states_bytes(enum ll_dtype type, size_t n)
{
	return type == LL_F32 ? n * 4 : n * 2;
}

int
ll_states_encode(void *out, enum ll_dtype type, const float *x, size_t n, struct ll_err *err)
{
	uint16_t *half = out, infinity = type == LL_F16 ? 0x7c00 : 0x7f80;

	if (type == LL_F32) {
		memcpy(out, x, n * sizeof(*x));
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		half[i] = type == LL_F16 ? ll_f32_to_f16(x[i]) : ll_f32_to_bf16(x[i]);
		if ((half[i] & 0x7fff) == infinity && isfinite(x[i]))
			return ll_fail(err, LL_EDATA, "has %g, too large for %s: use %sf32", (double)x[i],
			    type == LL_F16 ? "f16" : "bf16", type == LL_F16 ? "bf16 or " : "");
	}
	return 0;
}

void
ll_states_decode(float *out, enum ll_dtype type, const void *in, size_t n)
{
	if (type == LL_F32)
		memcpy(out, in, n * sizeof(*out));
	else
		ll_dequantize(out, type, in, n);
}
