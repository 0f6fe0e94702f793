/*
 * Blocks of the KV cache; see kv_block.h.
 */

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/err.h"
#include "tensor/kern.h"
#include "tensor/kv_block.h"

#define MOST_ROTATED 256

static const struct {
	const char *name;
	size_t bytes;		/* of a number; 0: quantised, then of 32 with their scale */
	size_t block_bytes;
} types[LL_KV_TYPES] = {
	[LL_KV_F32] = { "f32", 4, 0 }, [LL_KV_F16] = { "f16", 2, 0 }, [LL_KV_BF16] = { "bf16", 2, 0 },
	[LL_KV_Q8_0] = { "q8_0", 0, 34 }, [LL_KV_Q4_0] = { "q4_0", 0, 18 },
};

const char *
ll_kv_type_name(enum ll_kv_type type)
{
	return types[type].name;
}

static size_t
block_bytes(enum ll_kv_type type, size_t n)
{
	size_t bytes;

	if (n > SIZE_MAX - 31 || ll_mul(types[type].bytes * LL_KV_BLOCK, n, &bytes))
		return 0;
	if (ll_kv_quantised(type) && ll_mul(types[type].block_bytes * LL_KV_BLOCK, (n + 31) / 32, &bytes))
		return 0;
	return bytes;
}

size_t
ll_kv_key_bytes(enum ll_kv_type type, size_t n)
{
	return block_bytes(type, n);
}

size_t
ll_kv_value_bytes(enum ll_kv_type type, size_t n)
{
	return n > SIZE_MAX - 31 ? 0 : block_bytes(type, (n + 15) / 16 * 16);
}

/* The scale of 32 numbers, or as many as there are, in f16 as it is kept. */
static uint16_t
scale_of(const float *x, size_t count, bool four)
{
	float most = 0.0f;

	for (size_t i = 0; i < count; i++) {
		if (!isfinite(x[i]))
			return ll_f32_to_f16(NAN);
		if (fabsf(x[i]) > fabsf(most))
			most = x[i];
	}
	return ll_f32_to_f16(four ? most / -8.0f : fabsf(most) / 127.0f);
}

/* floorf() is a call, as rintf() is. */
static inline float
floor_of(float x)
{
	float near = ll_kv_nearest(x);

	return near > x ? near - 1.0f : near;
}

/* Rounds one block; integers of what fills it up are 0. */
static uint16_t
round_block(int8_t *q, const float *x, size_t count, bool four)
{
	uint16_t kept = scale_of(x, count, four);
	float scale = ll_f16_to_f32(kept);
	float inverse = scale != 0.0f && isfinite(scale) ? 1.0f / scale : 0.0f;

	memset(q, 0, 32);
	for (size_t i = 0; i < count && inverse != 0.0f; i++) {
		float value = four ? floor_of(x[i] * inverse + 0.5f) : ll_kv_nearest(x[i] * inverse);
		float most = four ? 7.0f : 127.0f, least = four ? -8.0f : -127.0f;

		q[i] = (int8_t)(value > most ? most : value < least ? least : value);
	}
	return kept;
}

static void
put_quantised_key(bool four, uint8_t *keys, size_t place, const float *x, size_t n)
{
	size_t blocks = (n + 31) / 32, bytes = (four ? 16 : 32) * LL_KV_BLOCK;
	uint16_t *scales = (uint16_t *)(void *)(keys + blocks * bytes);

	for (size_t b = 0; b < blocks; b++, keys += bytes) {
		int8_t q[32];

		scales[b * LL_KV_BLOCK + place] = round_block(q, x + 32 * b, n - 32 * b < 32 ? n - 32 * b : 32, four);
		for (size_t i = 0; i < (four ? 16 : 32); i++)
			keys[(i / 4 * LL_KV_BLOCK + place) * 4 + i % 4] = (uint8_t)(four ?
			    (q[i] + 8) | (q[i + 16] + 8) << 4 : q[i] + 128);
	}
}

static void
put_quantised_value(bool four, uint8_t *values, size_t place, const float *x, size_t n)
{
	size_t blocks = (n + 31) / 32, bytes = four ? 16 : 32;
	uint16_t *scales = (uint16_t *)(void *)(values + LL_KV_BLOCK * blocks * bytes);

	values += place / 4 * blocks * bytes * 4 + place % 4;
	for (size_t b = 0; b < blocks; b++) {
		uint8_t *at = values + b * bytes * 4;
		int8_t q[32];

		scales[b * LL_KV_BLOCK + place] = round_block(q, x + 32 * b, n - 32 * b < 32 ? n - 32 * b : 32, four);
		for (size_t i = 0; i < bytes; i++)
			at[4 * i] = (uint8_t)(four ? (q[i] + 8) | (q[i + 16] + 8) << 4 : q[i]);
	}
}

/* 16 numbers in a type of 2 bytes. */
static void
narrow(const struct ll_kern *kern, enum ll_kv_type type, uint16_t *to, const float *x, size_t n)
{
	if (type == LL_KV_F16) {
		kern->f32_to_f16(to, x, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = ll_f32_to_bf16(x[i]);
}

void
ll_kv_put_key(const struct ll_kern *kern, enum ll_kv_type type, void *keys, size_t place,
    const float *x, size_t n)
{
	uint16_t narrowed[16];

	if (ll_kv_quantised(type)) {
		put_quantised_key(type == LL_KV_Q4_0, keys, place, x, n);
		return;
	}
	for (size_t i = 0; i < n && type == LL_KV_F32; i++)
		((float *)keys)[i * LL_KV_BLOCK + place] = x[i];
	for (size_t i = 0; i < n && type != LL_KV_F32; i += 16) {
		size_t count = n - i < 16 ? n - i : 16;

		narrow(kern, type, narrowed, x + i, count);
		for (size_t j = 0; j < count; j++)
			((uint16_t *)keys)[(i + j) * LL_KV_BLOCK + place] = narrowed[j];
	}
}

void
ll_kv_put_value(const struct ll_kern *kern, enum ll_kv_type type, void *values, size_t place,
    const float *x, size_t n)
{
	size_t v = (n + 15) / 16 * 16, bytes = types[type].bytes;
	uint8_t *row = (uint8_t *)values + place * v * bytes;

	if (ll_kv_quantised(type)) {
		put_quantised_value(type == LL_KV_Q4_0, values, place, x, n);
		return;
	}
	if (type == LL_KV_F32)
		memcpy(row, x, n * bytes);
	else
		narrow(kern, type, (uint16_t *)(void *)row, x, n);
	memset(row + n * bytes, 0, (v - n) * bytes);
}

/* Of four neighbours, the distances 1 and 2. */
static inline void
rotate_four(float *x)
{
	float a = x[0] + x[1], b = x[0] - x[1], c = x[2] + x[3], d = x[2] - x[3];

	x[0] = a + c;
	x[1] = b + d;
	x[2] = a - c;
	x[3] = b - d;
}

/* One distance, `count` butterflies side by side: a constant, so that compilers make vectors of them. */
static inline void
butterflies(float *restrict a, float *restrict b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		float sum = a[i] + b[i], difference = a[i] - b[i];

		a[i] = sum;
		b[i] = difference;
	}
}

/* Butterflies over a power of two of numbers. */
static void
rotate_run(float *x, size_t length)
{
	float scale = 1.0f / sqrtf((float)length);

	if (length == 2)
		butterflies(x, x + 1, 1);
	for (size_t i = 0; i + 4 <= length; i += 4)
		rotate_four(x + i);
	for (size_t half = 4; half < length; half *= 2)
		for (size_t i = 0; i < length; i += 2 * half)
			for (size_t j = i; j < i + half; j += 4)
				butterflies(x + j, x + j + half, 4);
	for (size_t i = 0; i < length; i++)
		x[i] *= scale;
}

void
ll_kv_rotate(float *x, size_t n)
{
	while (n > 0) {
		size_t length = MOST_ROTATED;

		while (length > n)
			length /= 2;
		rotate_run(x, length);
		x += length;
		n -= length;
	}
}

int
ll_kv_types(enum ll_kv_type kept[2], const char *text, struct ll_err *err)
{
	const char *comma = strchr(text, ',');
	const char *parts[2] = { text, comma != NULL ? comma + 1 : text };
	size_t lengths[2] = { comma != NULL ? (size_t)(comma - text) : strlen(text), strlen(parts[1]) };

	for (size_t i = 0; i < 2; i++) {
		size_t type = 0;

		while (type < LL_KV_TYPES && (strlen(ll_kv_type_name((enum ll_kv_type)type)) != lengths[i] ||
		    memcmp(parts[i], ll_kv_type_name((enum ll_kv_type)type), lengths[i]) != 0))
			type++;
		if (type == LL_KV_TYPES)
			return ll_fail(err, LL_EUSAGE, "--kv-type: '%.50s' is not f16, bf16, q8_0, q4_0 or f32, nor two of these",
			    text);
		kept[i] = (enum ll_kv_type)type;
	}
	return 0;
}
