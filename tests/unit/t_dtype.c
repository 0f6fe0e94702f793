/*
 * Half and brain floats over every value, names and sizes, and dequantisation against
 * tests/golden/dequant.json (made by dequant.py beside it): some blocks in full, and the crc32
 * of what many blocks of known bytes stand for.
 */

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "tensor/dtype.h"
#include "tensor/ops.h"

#define GOLDEN "tests/golden/dequant.json"

static uint32_t
bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static float
float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

/* What IEEE 754 says that the bits of a finite half mean. */
static double
meaning(uint16_t half)
{
	int exponent = half >> 10 & 31;
	int mantissa = half & 0x3ff;
	double size = exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);

	return half & 0x8000 ? -size : size;
}

static void
f16_there_and_back(void **state)
{
	(void)state;
	for (uint32_t half = 0; half < 0x10000; half++) {
		float value = ll_f16_to_f32((uint16_t)half);

		if ((half & 0x7fff) > 0x7c00) {
			assert_true(isnan(value));
			assert_int_equal(ll_f32_to_f16(value), half | 0x200);
			continue;
		}
		if ((half & 0x7fff) == 0x7c00)
			assert_true(isinf(value) && (value < 0.0f) == (half >= 0x8000));
		else
			assert_true((double)value == meaning((uint16_t)half));
		assert_int_equal(ll_f32_to_f16(value), half);
	}
}

/* Between two neighbours, the middle goes to the even one, what lies beside it to the nearer. */
static void
f16_rounds_to_even(void **state)
{
	(void)state;
	for (uint32_t half = 0; half < 0x7c00; half++) {
		double above = half == 0x7bff ? 65536.0 : meaning((uint16_t)(half + 1));
		float middle = (float)((meaning((uint16_t)half) + above) / 2.0);
		uint32_t even = half + (half & 1);

		assert_int_equal(ll_f32_to_f16(middle), even);
		assert_int_equal(ll_f32_to_f16(-middle), even | 0x8000);
		assert_int_equal(ll_f32_to_f16(nextafterf(middle, 0.0f)), half);
		assert_int_equal(ll_f32_to_f16(nextafterf(middle, INFINITY)), half + 1);
	}
	assert_int_equal(ll_f32_to_f16(1e30f), 0x7c00);
	assert_int_equal(ll_f32_to_f16(-1e30f), 0xfc00);
	assert_int_equal(ll_f32_to_f16(0x1p-26f), 0);
}

static void
bf16(void **state)
{
	(void)state;
	for (uint32_t brain = 0; brain < 0x10000; brain++) {
		float value = ll_bf16_to_f32((uint16_t)brain);

		assert_int_equal(bits_of(value), brain << 16);
		if (isnan(value)) {
			assert_int_equal(ll_f32_to_bf16(value), brain | 0x40);
			continue;
		}
		assert_int_equal(ll_f32_to_bf16(value), brain);
		if (isinf(value))
			continue;
		assert_int_equal(ll_f32_to_bf16(float_of(brain << 16 | 0x7fff)), brain);
		assert_int_equal(ll_f32_to_bf16(float_of(brain << 16 | 0x8000)), brain + (brain & 1));
		assert_int_equal(ll_f32_to_bf16(float_of(brain << 16 | 0x8001)), brain + 1);
	}
	assert_true(isnan(ll_bf16_to_f32(ll_f32_to_bf16(float_of(0x7f800001)))));
}

/* Every byte against its meaning: 1.mmm * 2^(e - 7), or m * 2^-9; no infinities. */
static void
f8_e4m3(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		int exponent = byte >> 3 & 15, mantissa = byte & 7;
		double size = exponent == 0 ? ldexp(mantissa, -9) : ldexp(8 + mantissa, exponent - 10);
		float value = ll_f8_e4m3_to_f32((uint8_t)byte);

		if ((byte & 0x7f) == 0x7f)
			assert_true(isnan(value));
		else
			assert_int_equal(bits_of(value), bits_of((float)(byte & 0x80 ? -size : size)));
	}
}

static void
names(void **state)
{
	(void)state;
	assert_string_equal(ll_dtype_name(LL_Q6_K), "Q6_K");
	assert_string_equal(ll_dtype_name(16), "IQ2_XXS");
	assert_string_equal(ll_dtype_name(40), "NVFP4");
	for (uint32_t type = 0; type <= 42; type++) {
		assert_non_null(ll_dtype_name(type));
		if (ll_dtype(type) != NULL)
			assert_string_equal(ll_dtype(type)->name, ll_dtype_name(type));
	}
	assert_null(ll_dtype_name(43));
	assert_string_equal(ll_dtype_name(LL_F8_E4M3), "F8_E4M3");
	assert_true(ll_dtype_private(LL_F8_E4M3) && !ll_dtype_private(LL_BF16));
	assert_null(ll_dtype_name(LL_DTYPES));
	assert_null(ll_dtype_name(UINT32_MAX));
	assert_null(ll_dtype(15));
	assert_null(ll_dtype(UINT32_MAX));
}

static void
row_bytes(void **state)
{
	size_t bytes;

	(void)state;
	assert_true(ll_dtype_row_bytes(LL_Q4_1, 576, &bytes));
	assert_int_equal(bytes, 360);
	assert_true(ll_dtype_row_bytes(LL_Q6_K, 512, &bytes));
	assert_int_equal(bytes, 420);
	assert_true(ll_dtype_row_bytes(LL_BF16, 7, &bytes));
	assert_int_equal(bytes, 14);
	assert_false(ll_dtype_row_bytes(LL_Q4_0, 1, &bytes));
	assert_false(ll_dtype_row_bytes(LL_Q6_K, 32, &bytes));
	assert_true(ll_dtype_row_bytes(LL_IQ1_M, 512, &bytes));
	assert_int_equal(bytes, 112);
	assert_true(ll_dtype_row_bytes(LL_MXFP4, 96, &bytes));
	assert_int_equal(bytes, 51);
	assert_false(ll_dtype_row_bytes(LL_Q4_K, 128, &bytes));
	assert_false(ll_dtype_row_bytes(15, 256, &bytes));
	assert_false(ll_dtype_row_bytes(LL_F32, SIZE_MAX / 2, &bytes));
}

/* The bytes that a string of hexadecimal digits spells; free() them. */
static uint8_t *
unhex(const struct ll_json *entry, const char *key, size_t *length)
{
	const char *text = ll_json_text_of(ll_json_get(entry, key), length);
	uint8_t *bytes;

	assert_non_null(text);
	*length /= 2;
	bytes = malloc(*length + 1);
	assert_non_null(bytes);
	for (size_t i = 0; i < *length; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return bytes;
}

/* Rows at an even and at an odd address. */
static void
check_entry(const struct ll_json *entry)
{
	int64_t type = 0;
	size_t length, want_length, bytes, name_length;
	uint8_t *data = unhex(entry, "bytes", &length);
	uint8_t *want = unhex(entry, "f32", &want_length);
	struct ll_tensor tensor = { .rows = 1, .cols = want_length / 4, .row_bytes = length };
	float *got = malloc(want_length);

	assert_true(got != NULL && ll_json_integer(ll_json_get(entry, "number"), &type));
	assert_string_equal(ll_json_text_of(ll_json_get(entry, "type"), &name_length),
	    ll_dtype_name((uint32_t)type));
	assert_true(ll_dtype_row_bytes((uint32_t)type, tensor.cols, &bytes));
	assert_int_equal(bytes, length);
	tensor.type = (enum ll_dtype)type;
	for (size_t odd = 0; odd < 2; odd++) {
		memmove(data + odd, data, length);
		tensor.data = data + odd;
		memset(got, 0, want_length);
		ll_ops_row(&tensor, 0, got);
		assert_memory_equal(got, want, want_length);
	}
	free(data);
	free(want);
	free(got);
}

/* The blocks that dequant.py's many_blocks makes; free() them. */
static uint8_t *
many_blocks(size_t count, size_t bytes, const struct ll_json *cleared)
{
	uint8_t *data = malloc(count * bytes);
	uint64_t state = bytes;

	assert_non_null(data);
	for (size_t i = 0; i < count * bytes; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		data[i] = (uint8_t)state;
	}
	for (size_t i = 0; i < ll_json_count(cleared); i++) {
		int64_t at;

		assert_true(ll_json_integer(ll_json_at(cleared, i), &at));
		for (size_t block = 0; block < count; block++)
			data[block * bytes + (size_t)at] &= 0xbf;
	}
	return data;
}

static void
check_many(const struct ll_json *entry)
{
	const struct ll_dtype_info *info;
	struct ll_tensor tensor = { .rows = 1 };
	int64_t type, count, crc;
	uint8_t *data;
	float *got;

	if (ll_json_get(entry, "many") == NULL)
		return;
	assert_true(ll_json_integer(ll_json_get(entry, "number"), &type));
	assert_true(ll_json_integer(ll_json_get(entry, "many"), &count));
	assert_true(ll_json_integer(ll_json_get(entry, "crc"), &crc));
	info = ll_dtype((uint32_t)type);
	data = many_blocks((size_t)count, info->bytes, ll_json_get(entry, "cleared"));
	tensor.type = (enum ll_dtype)type;
	tensor.cols = (size_t)count * info->block;
	tensor.row_bytes = (size_t)count * info->bytes;
	tensor.data = data;
	got = malloc(tensor.cols * sizeof *got);
	assert_non_null(got);
	ll_ops_row(&tensor, 0, got);
	assert_int_equal(ll_crc32(0, got, tensor.cols * sizeof *got), crc);
	free(data);
	free(got);
}

static void
dequantization(void **state)
{
	struct ll_buf text = { 0 };
	struct ll_json *golden;
	int fd = open(GOLDEN, O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ll_read_all(fd, &text, GOLDEN, NULL), 0);
	close(fd);
	assert_int_equal(ll_json_parse(&golden, text.data, text.len, GOLDEN, NULL), 0);
	assert_int_equal(ll_json_count(golden), 28);
	for (size_t i = 0; i < 28; i++) {
		check_entry(ll_json_at(golden, i));
		check_many(ll_json_at(golden, i));
	}
	ll_json_free(golden);
	ll_buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(f16_there_and_back),
		cmocka_unit_test(f16_rounds_to_even),
		cmocka_unit_test(bf16),
		cmocka_unit_test(f8_e4m3),
		cmocka_unit_test(names),
		cmocka_unit_test(row_bytes),
		cmocka_unit_test(dequantization),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
