/*
 * Encoders of blocks of 32 with one scale: Q4_0, Q5_0, Q8_0, IQ4_NL, and with a minimum: Q4_1,
 * Q5_1. What the bits are is in the files of the formats.
 */

#include "tensor/enc_block.h"
#include "tensor/enc_search.h"
#include "tensor/iq_grids.h"
#include "tensor/quant.h"

static const struct ll_enc_levels levels4 = { -8, 7, false };
static const struct ll_enc_levels levels5 = { -16, 15, false };
static const struct ll_enc_levels levels8 = { -127, 127, false };
static const struct ll_enc_levels levels_iq4 = { -127, 113, true };

/* The scale into `out`, the levels for what it was rounded to into q. */
static void
fit(float *q, uint8_t *out, const float *x, const float *importance, const struct ll_enc_levels *levels)
{
	float w[32], scale;

	ll_enc_weights(w, x, 32, importance);
	/* With eight bits nothing has to be given up for the large ones. */
	for (size_t i = 0; i < 32 && levels == &levels8 && importance == NULL; i++)
		w[i] = 1;
	scale = ll_enc_f16(out, ll_enc_scale(x, w, 32, levels));
	ll_enc_round(q, x, w, 32, scale != 0 ? 1.0f / scale : 0, levels);
}

static void
fit_line(float *q, uint8_t *scale, uint8_t *min, const float *x, const float *importance, float hi)
{
	struct ll_enc_line line;
	float w[32];

	ll_enc_weights(w, x, 32, importance);
	line = ll_enc_line(x, w, 32, hi, false);
	line.scale = ll_enc_f16(scale, line.scale);
	line.min = ll_enc_f16(min, line.min);
	ll_enc_line_round(q, x, w, 32, line, hi);
}

static const float *
part(const float *importance, size_t b)
{
	return importance != NULL ? importance + 32 * b : NULL;
}

/* Element i in the low nibble of byte i, element i + 16 in the high one; each plus `zero`. */
static void
pack4(uint8_t *out, const float *q, int zero)
{
	for (size_t i = 0; i < 16; i++) {
		unsigned low = (unsigned)((int)q[i] + zero), high = (unsigned)((int)q[i + 16] + zero);

		out[i] = (uint8_t)((low & 15) | (high & 15) << 4);
	}
}

/* The fifth bits. */
static void
pack5(uint8_t *out, const float *q, int zero)
{
	for (size_t i = 0; i < 4; i++)
		out[i] = 0;
	for (size_t i = 0; i < 32; i++)
		out[i / 8] |= (uint8_t)(((unsigned)((int)q[i] + zero) >> 4 & 1) << i % 8);
}

void
ll_enc_q4_0(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q4_0 *block = out;
	float q[32];

	for (size_t b = 0; b < n / 32; b++) {
		fit(q, block[b].scale, x + 32 * b, part(importance, b), &levels4);
		pack4(block[b].q, q, 8);
	}
}

void
ll_enc_q5_0(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q5_0 *block = out;
	float q[32];

	for (size_t b = 0; b < n / 32; b++) {
		fit(q, block[b].scale, x + 32 * b, part(importance, b), &levels5);
		pack4(block[b].q, q, 16);
		pack5(block[b].high, q, 16);
	}
}

void
ll_enc_q8_0(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q8_0 *block = out;
	float q[32];

	for (size_t b = 0; b < n / 32; b++) {
		fit(q, block[b].scale, x + 32 * b, part(importance, b), &levels8);
		for (size_t i = 0; i < 32; i++)
			block[b].q[i] = (int8_t)q[i];
	}
}

void
ll_enc_q4_1(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q4_1 *block = out;
	float q[32];

	for (size_t b = 0; b < n / 32; b++) {
		fit_line(q, block[b].scale, block[b].min, x + 32 * b, part(importance, b), 15);
		pack4(block[b].q, q, 0);
	}
}

void
ll_enc_q5_1(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_q5_1 *block = out;
	float q[32];

	for (size_t b = 0; b < n / 32; b++) {
		fit_line(q, block[b].scale, block[b].min, x + 32 * b, part(importance, b), 31);
		pack4(block[b].q, q, 0);
		pack5(block[b].high, q, 0);
	}
}

static unsigned
iq4_index(float value)
{
	unsigned index = 0;

	while (index < 15 && (float)ll_iq4_values[index] < value)
		index++;
	return index;
}

void
ll_enc_iq4_nl(void *out, const float *x, size_t n, const float *importance)
{
	struct ll_iq4_nl *block = out;
	float q[32];

	for (size_t b = 0; b < n / 32; b++) {
		fit(q, block[b].scale, x + 32 * b, part(importance, b), &levels_iq4);
		for (size_t i = 0; i < 16; i++)
			block[b].q[i] = (uint8_t)(iq4_index(q[i]) | iq4_index(q[i + 16]) << 4);
	}
}
