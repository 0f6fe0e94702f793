/*
 * Rotary frequencies, and angles up to position 131,071, against transformers
 * (tests/golden/rotary.py); and the rotation itself.
 */

#include <math.h>

#include "forward/rotary.h"
#include "model/hparams.h"
#include "tests/unit/golden.h"

#define MOST 64

/* Two libraries' cosines of one float32 angle differ by an ulp of 1 at most. */
#define ANGLE_BOUND 6e-8

/*
 * Dividing by factors that were rounded to float32 moves a frequency by two ulp at most: of the
 * angles that are scaled, up to 131071 * 2 pi / 2048 = 402 radians, these are 3e-5 each.
 */
#define FACTOR_BOUND 7e-5

struct worst {
	double freqs;		/* relative */
	double angles;
	size_t records;
};

static double
number_of(const struct ll_json *object, const char *key)
{
	double value = NAN;

	assert_true(ll_json_number(ll_json_get(object, key), &value));
	return value;
}

static void
numbers_of(float *out, const struct ll_json *object, const char *key, size_t n)
{
	const struct ll_json *array = ll_json_get(object, key);

	assert_int_equal(ll_json_count(array), n);
	for (size_t i = 0; i < n; i++) {
		double value = NAN;

		assert_true(ll_json_number(ll_json_at(array, i), &value));
		out[i] = (float)value;
	}
}

static void
raise_to(double *worst, double value)
{
	assert_true(isfinite(value));
	if (value > *worst)
		*worst = value;
}

static struct ll_rope_scaling
scaling_of(const struct ll_json *record)
{
	const struct ll_json *scaling = ll_json_get(record, "scaling");

	if (ll_json_count(scaling) == 0)
		return (struct ll_rope_scaling){ 0 };
	return (struct ll_rope_scaling){
		.kind = LL_ROPE_LLAMA3,
		.factor = (float)number_of(scaling, "factor"),
		.low = (float)number_of(scaling, "low_freq_factor"),
		.high = (float)number_of(scaling, "high_freq_factor"),
		.original = (float)number_of(scaling, "original_max_position_embeddings"),
	};
}

static void
compare_angles(const struct ll_json *record, const float *freqs, size_t n, struct worst *worst)
{
	const struct ll_json *angles = ll_json_get(record, "angles");

	assert_int_equal(ll_json_count(angles), 7);
	for (size_t i = 0; i < ll_json_count(angles); i++) {
		const struct ll_json *at = ll_json_at(angles, i);
		float want_cosine[MOST], want_sine[MOST], cosine[MOST], sine[MOST];
		int64_t position;

		assert_true(ll_json_integer(ll_json_get(at, "position"), &position));
		numbers_of(want_cosine, at, "cos", n);
		numbers_of(want_sine, at, "sin", n);
		ll_rotary_angles(cosine, sine, freqs, n, (uint64_t)position, 1);
		for (size_t j = 0; j < n; j++) {
			raise_to(&worst->angles, fabs((double)cosine[j] - (double)want_cosine[j]));
			raise_to(&worst->angles, fabs((double)sine[j] - (double)want_sine[j]));
		}
	}
}

static void
compare(const struct ll_json *record, const struct ll_rope_scaling *scaling, const float *factors,
    struct worst *worst)
{
	struct ll_hparams hp = {
		.rope_dim = (size_t)number_of(record, "head_dim"), .rope_base = (float)number_of(record, "base"),
	};
	size_t n = hp.rope_dim / 2;
	struct ll_err err = { 0 };
	float *freqs = ll_rope_freqs(&hp, scaling, (const unsigned char *)factors, &err);
	float want[MOST];

	assert_non_null(freqs);
	assert_true(n <= MOST);
	numbers_of(want, record, "freqs", n);
	for (size_t i = 0; i < n; i++)
		raise_to(&worst->freqs, fabs((double)freqs[i] / (double)want[i] - 1));
	compare_angles(record, freqs, n, worst);
	free(freqs);
	worst->records++;
}

static void
by_parameters(const struct ll_json *record, size_t line, void *context)
{
	struct ll_rope_scaling scaling = scaling_of(record);

	(void)line;
	compare(record, &scaling, NULL, context);
}

static void
by_factors(const struct ll_json *record, size_t line, void *context)
{
	struct ll_rope_scaling none = { 0 };
	float factors[MOST];
	size_t n = ll_json_count(ll_json_get(record, "factors"));

	(void)line;
	if (n == 0)
		return;
	assert_true(n <= MOST);
	numbers_of(factors, record, "factors", n);
	compare(record, &none, factors, context);
}

static void
angles_are_the_reference(void **state)
{
	struct worst worst = { 0 };

	(void)state;
	golden_each(golden_own_path("golden/rotary.jsonl"), by_parameters, &worst);
	print_message("# frequencies within %.2g of themselves, angles within %.2g\n", worst.freqs, worst.angles);
	assert_int_equal(worst.records, 2);
	assert_true(worst.freqs == 0);
	assert_true(worst.angles <= ANGLE_BOUND);
}

static void
factors_do_the_same(void **state)
{
	struct worst worst = { 0 };

	(void)state;
	golden_each(golden_own_path("golden/rotary.jsonl"), by_factors, &worst);
	print_message("# by factors: frequencies within %.2g of themselves, angles within %.2g\n",
	    worst.freqs, worst.angles);
	assert_int_equal(worst.records, 1);
	assert_true(worst.angles <= FACTOR_BOUND);
}

static void
neighbours_are_rotated(void **state)
{
	const float cosine[] = { 0, 0.6f }, sine[] = { 1, 0.8f };
	float x[12] = { 1, 2, 10, 5, 7, 8, -1, -2, 0, 1, 3, 4 };
	const float want[12] = { -2, 1, 2, 11, 7, 8, 2, -1, -0.8f, 0.6f, 3, 4 };

	(void)state;
	/* Two heads of six; the last pair of each is beyond the rotated ones. */
	ll_rotary_apply(x, 2, 6, cosine, sine, 2);
	for (size_t i = 0; i < 12; i++)
		assert_true(fabsf(x[i] - want[i]) < 1e-6f);
}

static void
position_0_changes_nothing(void **state)
{
	const float freqs[] = { 1, 0.1f, 0.01f };
	float cosine[3], sine[3], x[6] = { 1, -2, 3e30f, -4e-30f, 5, 6 };
	const float want[6] = { 1, -2, 3e30f, -4e-30f, 5, 6 };

	(void)state;
	ll_rotary_angles(cosine, sine, freqs, 3, 0, 1);
	ll_rotary_apply(x, 1, 6, cosine, sine, 3);
	assert_memory_equal(x, want, sizeof(x));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(angles_are_the_reference),
		cmocka_unit_test(factors_do_the_same),
		cmocka_unit_test(neighbours_are_rotated),
		cmocka_unit_test(position_0_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
