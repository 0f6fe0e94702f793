/*
 * The encoders: what they lose, beside llama.cpp's quantisers on the same rows
 * (tests/golden/encode.jsonl, made by encode.py beside it), and blocks at the edges.
 */

#include <math.h>

#include "tensor/encode.h"
#include "tensor/ops.h"
#include "tests/unit/golden.h"

#define ROWS 32
#define COLS 1024

static const uint32_t types[] = {
	LL_Q4_0, LL_Q4_1, LL_Q5_0, LL_Q5_1, LL_Q8_0, LL_Q2_K, LL_Q3_K, LL_Q4_K, LL_Q5_K, LL_Q6_K,
	LL_IQ4_NL, LL_IQ4_XS
};
#define TYPES (sizeof(types) / sizeof(types[0]))

/* Half a step, as a part of the range of numbers of one sign; what is near zero may be given up for more. */
static const float worst_error[TYPES] = {
	1.0f / 8, 1.0f / 30, 1.0f / 16, 1.0f / 62, 1.0f / 254, 1.0f / 4, 1.0f / 5, 1.0f / 28, 1.0f / 60,
	1.0f / 60, 1.0f / 8, 1.0f / 8
};

static float rows[ROWS][COLS], importance[COLS];

static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* As encode.py's. */
static float
weight(uint64_t *state)
{
	uint64_t bits = next(state);
	int sum = 0;

	for (int i = 0; i < 4; i++)
		sum += (int)(bits >> 16 * i & 0xffff) - 32768;
	return (float)sum * 0x1p-20f * (next(state) % 64 == 0 ? 4.0f : 1.0f);
}

static int
make_rows(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (size_t r = 0; r < ROWS; r++)
		for (size_t i = 0; i < COLS; i++)
			rows[r][i] = weight(&random);
	for (size_t i = 0; i < COLS; i++)
		importance[i] = (float)(1 + next(&random) % (i % 2 ? 256 : 16));
	return 0;
}

/* There and back again. */
static void
round_trip(uint32_t type, float *back, const float *x, size_t n, const float *weights)
{
	struct ll_tensor tensor = { .type = type, .rows = 1, .cols = n };

	assert_true(ll_dtype_row_bytes(type, n, &tensor.row_bytes));
	tensor.data = malloc(tensor.row_bytes);
	assert_non_null(tensor.data);
	ll_encode_row(type, (void *)(uintptr_t)tensor.data, x, n, weights);
	ll_ops_row(&tensor, 0, back);
	free((void *)(uintptr_t)tensor.data);
}

static double
root_mean_square(uint32_t type, const float *weights)
{
	double sum = 0, count = 0;
	float back[COLS];

	for (size_t r = 0; r < ROWS; r++) {
		round_trip(type, back, rows[r], COLS, weights);
		for (size_t i = 0; i < COLS; i++) {
			double w = weights != NULL ? (double)weights[i] : 1, off = (double)(back[i] - rows[r][i]);

			sum += w * off * off;
			count += w;
		}
	}
	return sqrt(sum / count);
}

static uint32_t
type_called(const char *name)
{
	for (uint32_t type = 0; type < LL_DTYPES; type++)
		if (ll_dtype_name(type) != NULL && strcmp(ll_dtype_name(type), name) == 0)
			return type;
	fail_msg("%s", name);
	return 0;
}

static void
beside_reference(const struct ll_json *record, size_t line, void *context)
{
	const char *name = ll_json_text_of(ll_json_get(record, "type"), NULL);
	uint32_t type = type_called(name);
	double plain, weighted, ours, ours_weighted;

	(void)line, (void)context;
	assert_true(ll_json_number(ll_json_get(record, "plain"), &plain));
	assert_true(ll_json_number(ll_json_get(record, "weighted"), &weighted));
	ours = root_mean_square(type, NULL);
	ours_weighted = root_mean_square(type, importance);
	print_message("# %-6s error %.3f of the reference's; with importance %.3f\n", name,
	    ours / plain, ours_weighted / weighted);
	assert_true(ours <= plain);
	assert_true(ours_weighted <= weighted);
}

static void
no_worse_than_the_reference(void **state)
{
	(void)state;
	assert_int_equal(golden_each(golden_own_path("golden/encode.jsonl"), beside_reference, NULL), TYPES);
}

/* A block of 256 numbers of one sign, one of both, and their errors. */
static void
errors_are_bounded(void **state)
{
	uint64_t random = 7;
	float x[256], back[256];

	(void)state;
	for (size_t t = 0; t < TYPES; t++) {
		for (int sign = -1; sign <= 1; sign++) {
			for (size_t i = 0; i < 256; i++) {
				x[i] = (float)(next(&random) % 65536) * 0x1p-16f;
				x[i] = sign == 0 ? 2 * x[i] - 1 : x[i] * (float)sign;
			}
			round_trip(types[t], back, x, 256, NULL);
			for (size_t i = 0; i < 256; i++)
				if (!(fabsf(back[i] - x[i]) <= worst_error[t] * (sign == 0 ? 10 : 5)))
					fail_msg("%s: %g is %g", ll_dtype_name(types[t]), (double)x[i],
					    (double)back[i]);
		}
	}
}

static void
zeros_stay_zeros(void **state)
{
	float x[256] = { 0 }, weights[256] = { 0 }, back[256];

	(void)state;
	for (size_t t = 0; t < TYPES; t++) {
		round_trip(types[t], back, x, 256, NULL);
		for (size_t i = 0; i < 256; i++)
			assert_true(back[i] == 0);
		round_trip(types[t], back, x, 256, weights);
		for (size_t i = 0; i < 256; i++)
			assert_true(back[i] == 0);
	}
}

/* The largest and the smallest numbers, alone and among zeros: all comes back finite. */
static void
extremes(void **state)
{
	static const float sizes[] = { LL_ENCODE_MAX, 1e-3f, 6e-8f, 1e-20f, 1e-38f, 1e-45f };
	float x[256], back[256], weights[256];

	(void)state;
	for (size_t t = 0; t < TYPES; t++) {
		for (size_t s = 0; s < 3 * sizeof(sizes) / sizeof(sizes[0]); s++) {
			float size = sizes[s / 3];

			for (size_t i = 0; i < 256; i++) {
				x[i] = s % 3 == 0 ? size : s % 3 == 1 ? (i % 7 == 0 ? -size : 0) : i % 2 ? size : -size;
				weights[i] = i % 3 == 0 ? 3e38f : i % 3 == 1 ? 1e-38f : 0;
			}
			for (int weighted = 0; weighted < 2; weighted++) {
				round_trip(types[t], back, x, 256, weighted ? weights : NULL);
				for (size_t i = 0; i < 256; i++)
					assert_true(fabsf(back[i]) <= 1.2f * size + 1e-4f);
			}
		}
	}
}

/* The numbers that a block can hold exactly come back exactly. */
static void
exact_numbers(void **state)
{
	static const uint32_t even[] = { LL_Q4_0, LL_Q5_0, LL_Q8_0, LL_Q4_1, LL_Q5_1, LL_Q6_K };
	float x[256], back[256];
	uint64_t random = 3;

	(void)state;
	for (size_t i = 0; i < 256; i++)
		x[i] = 0.25f * (float)((int)(next(&random) % 16) - 8);
	for (size_t i = 0; i < 256; i += 16)
		x[i] = -2, x[i + 1] = 1.75f;
	for (size_t t = 0; t < sizeof(even) / sizeof(even[0]); t++) {
		float error = 0;

		round_trip(even[t], back, x, 256, NULL);
		for (size_t i = 0; i < 256; i++)
			error = fmaxf(error, fabsf(back[i] - x[i]));
		if (error > (even[t] == LL_Q8_0 || even[t] == LL_Q6_K || even[t] == LL_Q5_1 ? 0.02f : 0.0f))
			fail_msg("%s: %g", ll_dtype_name(even[t]), (double)error);
	}
}

/* Where only some columns count, those lose less. */
static void
importance_counts(void **state)
{
	float weights[COLS], back[COLS];

	(void)state;
	for (size_t i = 0; i < COLS; i++)
		weights[i] = i % 8 == 0 ? 100 : 1;
	for (size_t t = 0; t < TYPES; t++) {
		double with = 0, without = 0;

		for (size_t r = 0; r < ROWS; r++) {
			for (int weighted = 0; weighted < 2; weighted++) {
				round_trip(types[t], back, rows[r], COLS, weighted ? weights : NULL);
				for (size_t i = 0; i < COLS; i += 8)
					*(weighted ? &with : &without) +=
					    (double)((back[i] - rows[r][i]) * (back[i] - rows[r][i]));
			}
		}
		if (!(with < 0.95 * without))
			fail_msg("%s: %g, without %g", ll_dtype_name(types[t]), with, without);
	}
}

static void
plain_floats(void **state)
{
	float x[4] = { 1.0f, -0.1f, 65504.0f, 6e-8f }, back[4];

	(void)state;
	round_trip(LL_F32, back, x, 4, NULL);
	assert_memory_equal(back, x, sizeof(x));
	round_trip(LL_F16, back, x, 4, NULL);
	assert_true(back[0] == 1 && fabsf(back[1] + 0.1f) < 5e-5f && back[2] == 65504 && back[3] == 0x1p-24f);
	round_trip(LL_BF16, back, x, 4, NULL);
	assert_true(back[0] == 1 && fabsf(back[1] + 0.1f) < 4e-4f && back[2] == 65536);
	assert_false(ll_encode_has(LL_IQ2_XXS));
	assert_false(ll_encode_has(1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_worse_than_the_reference),
		cmocka_unit_test(errors_are_bounded),
		cmocka_unit_test(zeros_stay_zeros),
		cmocka_unit_test(extremes),
		cmocka_unit_test(exact_numbers),
		cmocka_unit_test(importance_counts),
		cmocka_unit_test(plain_floats),
	};

	return cmocka_run_group_tests(tests, make_rows, NULL);
}
