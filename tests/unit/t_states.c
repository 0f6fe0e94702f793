/*
 * Hidden states on the wire: exact in f32, rounded once in f16 and bf16; and embeddings as the
 * file has them.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "embed/states.h"

#define COUNT 4096

static void
names(void **state)
{
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_states_type("f32", NULL), LL_F32);
	assert_int_equal(ll_states_type("f16", NULL), LL_F16);
	assert_int_equal(ll_states_type("bf16", NULL), LL_BF16);
	assert_int_equal(ll_states_type("F32", NULL), -LL_EUSAGE);
	assert_int_equal(ll_states_type("", NULL), -LL_EUSAGE);
	assert_int_equal(ll_states_type("q8_0", &err), -LL_EUSAGE);
	assert_non_null(strstr(err.text, "q8_0"));
	assert_int_equal(ll_states_bytes(LL_F32, 7), 28);
	assert_int_equal(ll_states_bytes(LL_F16, 7), 14);
	assert_int_equal(ll_states_bytes(LL_BF16, 7), 14);
}

static void
f32_is_exact(void **state)
{
	const float x[] = { 0, -0.0f, 1, -3.4e38f, 1e-45f, 0.1f, INFINITY, -INFINITY, NAN };
	unsigned char wire[sizeof(x) + 1];
	float back[sizeof(x) / sizeof(x[0])];

	(void)state;
	/* A wire need not be aligned for its numbers. */
	assert_int_equal(ll_states_encode(wire + 1, LL_F32, x, 9, NULL), 0);
	ll_states_decode(back, LL_F32, wire + 1, 9);
	assert_memory_equal(back, x, sizeof(x));
}

/* Relative rounding error of normal numbers: half of the last bit's place. */
static void
rounds_once(enum ll_dtype type, double bound)
{
	static float x[COUNT], once[COUNT], twice[COUNT];
	static uint16_t wire[COUNT], again[COUNT];
	struct ll_rng rng;

	ll_rng_seed(&rng, 3, 0);
	for (size_t i = 0; i < COUNT; i++)
		x[i] = (float)(ldexp(2 * ll_rng_unit(&rng) - 1, (int)(ll_rng_next(&rng) % 24) - 8));
	assert_int_equal(ll_states_encode(wire, type, x, COUNT, NULL), 0);
	ll_states_decode(once, type, wire, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		assert_true(fabs((double)once[i] - (double)x[i]) <= bound * fabs((double)x[i]) + 3e-8);
	assert_int_equal(ll_states_encode(again, type, once, COUNT, NULL), 0);
	ll_states_decode(twice, type, again, COUNT);
	assert_memory_equal(wire, again, sizeof(wire));
	assert_memory_equal(once, twice, sizeof(once));
}

static void
half_floats(void **state)
{
	const float exact[] = { 0, 1, -2.5f, 65504, -65504, 0x1p-24f, 0x1p-14f };
	const uint16_t want[] = { 0, 0x3c00, 0xc100, 0x7bff, 0xfbff, 0x0001, 0x0400 };
	uint16_t wire[7];

	(void)state;
	assert_int_equal(ll_states_encode(wire, LL_F16, exact, 7, NULL), 0);
	assert_memory_equal(wire, want, sizeof(want));
	rounds_once(LL_F16, 0x1p-11);
}

static void
brain_floats(void **state)
{
	const float exact[] = { 0, 1, -2.5f, 0x1p100f, -0x1p-100f };
	const uint16_t want[] = { 0, 0x3f80, 0xc020, 0x7180, 0x8d80 };
	uint16_t wire[5];

	(void)state;
	assert_int_equal(ll_states_encode(wire, LL_BF16, exact, 5, NULL), 0);
	assert_memory_equal(wire, want, sizeof(want));
	rounds_once(LL_BF16, 0x1p-8);
}

static void
too_large_for_f16(void **state)
{
	/* 65519.99 rounds to 65504, 65520 would round to infinity. */
	float x[] = { 1, 65519.99f, -65520 };
	uint16_t wire[3];
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_states_encode(wire, LL_F16, x, 2, NULL), 0);
	assert_int_equal(wire[1], 0x7bff);
	assert_int_equal(ll_states_encode(wire, LL_F16, x, 3, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "-65520"));
	x[2] = 3e38f;
	assert_int_equal(ll_states_encode(wire, LL_F16, x, 3, NULL), -LL_EDATA);
	assert_int_equal(ll_states_encode(wire, LL_BF16, x, 3, NULL), 0);
	x[0] = INFINITY;
	assert_int_equal(ll_states_encode(wire, LL_F16, x, 1, NULL), 0);
	assert_int_equal(wire[0], 0x7c00);
}

static void
too_large_for_bf16(void **state)
{
	/* The largest f32 is beyond the largest bf16, and rounds to infinity. */
	const float x[] = { 3.38e38f, 3.4028235e38f };
	uint16_t wire[2];
	struct ll_err err = { 0 };

	(void)state;
	assert_int_equal(ll_states_encode(wire, LL_BF16, x, 1, NULL), 0);
	assert_int_equal(ll_states_encode(wire, LL_BF16, x, 2, &err), -LL_EDATA);
	assert_non_null(strstr(err.text, "too large for bf16"));
}

static void
embeddings_are_rows(void **state)
{
	static const float rows[4][3] = { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 }, { -1, -2, -3 } };
	const struct ll_model model = {
		.hp = { .dim = 3, .vocab = 4 },
		.embedding = { .type = LL_F32, .rows = 4, .cols = 3, .row_bytes = 12, .data = rows },
	};
	const uint32_t ids[] = { 2, 0, 3, 2 };
	float out[4][3];

	(void)state;
	ll_states_embed(&out[0][0], &model, ids, 4);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(out[i], rows[ids[i]], sizeof(out[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(f32_is_exact),
		cmocka_unit_test(half_floats),
		cmocka_unit_test(brain_floats),
		cmocka_unit_test(too_large_for_f16),
		cmocka_unit_test(too_large_for_bf16),
		cmocka_unit_test(embeddings_are_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
