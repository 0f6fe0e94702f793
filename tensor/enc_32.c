/*
 * Encoders of blocks of 32 with one scale: Q4_0, Q5_0, Q8_0, IQ4_NL, and with a minimum: Q4_1,
 * Q5_1. What the bits are is in the files of the formats.
 */

#include <string.h>

#include "tensor/enc_block.h"
#include "tensor/enc_search.h"
#include "tensor/quant.h"

struct format {
	size_t bytes;				/* of a block: the scale, a minimum if there is one, the rest */
	const struct ll_enc_levels *levels;	/* NULL: from 0 to hi, with a minimum */
	float hi;
	int zero;				/* what stands for the integer 0 */
	void (*pack)(uint8_t *rest, const float *q, int zero);
};

static const struct ll_enc_levels levels4 = { -8, 7, false };
static const struct ll_enc_levels levels5 = { -16, 15, false };
static const struct ll_enc_levels levels8 = { -127, 127, false };
static const struct ll_enc_levels levels_iq4 = { -127, 113, true };

/* The scale to `scale`, the levels for what it was rounded to into q. */
static void
fit(float *q, uint8_t *scale, const float *x, const float *w, const struct ll_enc_levels *levels)
{
	float rounded = ll_enc_f16(scale, ll_enc_scale(x, w, 32, levels));

	ll_enc_round(q, x, w, 32, rounded != 0 ? 1.0f / rounded : 0, levels);
}

static void
fit_line(float *q, uint8_t *scale, uint8_t *min, const float *x, const float *w, float hi)
{
	struct ll_enc_line line = ll_enc_line(x, w, 32, hi, false);

	line.scale = ll_enc_f16(scale, line.scale);
	line.min = ll_enc_f16(min, line.min);
	ll_enc_line_round(q, x, w, 32, line, hi);
}

static void
encode(void *out, const float *x, size_t n, const float *importance, const struct format *format)
{
	uint8_t *block = out;
	float q[32], w[32];

	for (size_t i = 0; i < n; i += 32, block += format->bytes) {
		ll_enc_weights(w, x + i, 32, importance != NULL ? importance + i : NULL);
		if (format->levels != NULL)
			fit(q, block, x + i, w, format->levels);
		else
			fit_line(q, block, block + 2, x + i, w, format->hi);
		format->pack(block + (format->levels != NULL ? 2 : 4), q, format->zero);
	}
}

/* Element i in the low nibble of byte i, element i + 16 in the high one. */
static void
pack4(uint8_t *rest, const float *q, int zero)
{
	for (size_t i = 0; i < 16; i++) {
		unsigned low = (unsigned)((int)q[i] + zero), high = (unsigned)((int)q[i + 16] + zero);

		rest[i] = (uint8_t)((low & 15) | (high & 15) << 4);
	}
}

/* The fifth bits before the others. */
static void
pack5(uint8_t *rest, const float *q, int zero)
{
	memset(rest, 0, 4);
	for (size_t i = 0; i < 32; i++)
		rest[i / 8] |= (uint8_t)(((unsigned)((int)q[i] + zero) >> 4 & 1) << i % 8);
	pack4(rest + 4, q, zero);
}

static void
pack8(uint8_t *rest, const float *q, int zero)
{
	for (size_t i = 0; i < 32; i++)
		rest[i] = (uint8_t)((int)q[i] + zero);
}

static void
pack_iq4(uint8_t *rest, const float *q, int zero)
{
	(void)zero;
	for (size_t i = 0; i < 16; i++)
		rest[i] = (uint8_t)(ll_enc_iq4_index(q[i]) | ll_enc_iq4_index(q[i + 16]) << 4);
}

static const struct format q4_0 = { sizeof(struct ll_q4_0), &levels4, 0, 8, pack4 };
static const struct format q4_1 = { sizeof(struct ll_q4_1), NULL, 15, 0, pack4 };
static const struct format q5_0 = { sizeof(struct ll_q5_0), &levels5, 0, 16, pack5 };
static const struct format q5_1 = { sizeof(struct ll_q5_1), NULL, 31, 0, pack5 };
static const struct format q8_0 = { sizeof(struct ll_q8_0), &levels8, 0, 0, pack8 };
static const struct format iq4_nl = { sizeof(struct ll_iq4_nl), &levels_iq4, 0, 0, pack_iq4 };

void
ll_enc_q4_0(void *out, const float *x, size_t n, const float *importance)
{
	encode(out, x, n, importance, &q4_0);
}

void
ll_enc_q4_1(void *out, const float *x, size_t n, const float *importance)
{
	encode(out, x, n, importance, &q4_1);
}

void
ll_enc_q5_0(void *out, const float *x, size_t n, const float *importance)
{
	encode(out, x, n, importance, &q5_0);
}

void
ll_enc_q5_1(void *out, const float *x, size_t n, const float *importance)
{
	encode(out, x, n, importance, &q5_1);
}

void
ll_enc_q8_0(void *out, const float *x, size_t n, const float *importance)
{
	encode(out, x, n, importance, &q8_0);
}

void
ll_enc_iq4_nl(void *out, const float *x, size_t n, const float *importance)
{
	encode(out, x, n, importance, &iq4_nl);
}
