/*
 * Expressions over rows: their values against ones computed here, and what is refused.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rng.h"
#include "sample/expression.h"

#define COUNT 999

static const char *const names[] = { "a", "b", "c_2" };

static float rows[3][COUNT], out[COUNT];
static const float *const row_list[] = { rows[0], rows[1], rows[2] };

static int
set_up(void **state)
{
	struct ll_rng rng;

	(void)state;
	ll_rng_seed(&rng, 9, 0);
	for (size_t r = 0; r < 3; r++)
		for (size_t i = 0; i < COUNT; i++)
			rows[r][i] = (float)(20 * ll_rng_unit(&rng) - 10);
	rows[0][5] = rows[2][5] = -INFINITY;
	return 0;
}

static void
run(const char *text)
{
	struct ll_expression *expression;
	struct ll_err err = { 0 };

	if (ll_expression_new(&expression, text, names, 3, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	/* Twice: nothing stays from the first time. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(ll_expression_run(expression, out, row_list, COUNT, &err), 0);
	ll_expression_free(expression);
}

static double
log_sum_exp(const float *x)
{
	double sum = 0;

	for (size_t i = 0; i < COUNT; i++)
		sum += exp((double)x[i]);
	return log(sum);
}

static bool
near(float x, double y)
{
	return (double)x == y || fabs((double)x - y) <= 2e-6 * (1 + fabs(y));
}

#define ASSERT_ROW(text, value) \
	do { \
		run(text); \
		for (size_t i = 0; i < COUNT; i++) { \
			double a = (double)rows[0][i], b = (double)rows[1][i], c = (double)rows[2][i], want = (value); \
			(void)a, (void)b, (void)c; \
			if (!near(out[i], want)) \
				fail_msg("%s: [%zu] is %g, not %g", text, i, (double)out[i], want); \
		} \
	} while (0)

static void
operators(void **state)
{
	(void)state;
	ASSERT_ROW("a", a);
	ASSERT_ROW(" ( ( b ) ) ", b);
	ASSERT_ROW("a+b*2", a + b * 2);
	ASSERT_ROW("b - a/2 - 1", i == 5 ? INFINITY : b - a / 2 - 1);
	ASSERT_ROW("a - (b - 1)", a - (b - 1));
	ASSERT_ROW("-b*2", -b * 2);
	ASSERT_ROW("2 - -b", 2 + b);
	ASSERT_ROW("--b", b);
	ASSERT_ROW("8/4/2*b", b);
	ASSERT_ROW("b*(1-0.5)+.5e1*b-5E0*b", b * 0.5);
	ASSERT_ROW("c_2 + 0.5*(b-1e-3)", c + 0.5 * (b - 0.001));
	ASSERT_ROW("max(b, 2)", fmax(b, 2));
	ASSERT_ROW("min(a, max(b, -1))", fmin(a, fmax(b, -1)));
	ASSERT_ROW("1/(2-b)", 1 / (2 - b));
}

static void
of_rows(void **state)
{
	double la = log_sum_exp(rows[0]), lb = log_sum_exp(rows[1]);
	float most = -INFINITY;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		most = rows[1][i] > most ? rows[1][i] : most;
	ASSERT_ROW("softmax(a)", exp(a - la));
	ASSERT_ROW("log_softmax(a)", a - la);
	ASSERT_ROW("log(0.5*softmax(a) + 0.5*softmax(b))", log(0.5 * exp(a - la) + 0.5 * exp(b - lb)));
	ASSERT_ROW("log(exp(b))", b);
	ASSERT_ROW("b + mask(b, 0.1)", b >= (double)most + log(0.1) ? b : -INFINITY);
	ASSERT_ROW("mask(b, 1)", b == (double)most ? 0 : -INFINITY);
	ASSERT_ROW("softmax(b) - softmax(b + 1000)", 0);
}

static void
not_a_number_comes_out(void **state)
{
	static const char *const texts[] = { "a - c_2", "max(a - c_2, b)", "max(b, a - c_2)", "min(a - c_2, b)",
		"mask(a - c_2, 0.5)", "softmax(a - c_2)", "b + log(0 - softmax(b))", "0*a" };

	(void)state;
	for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
		run(texts[t]);
		if (!isnan(out[5]))
			fail_msg("%s: %g", texts[t], (double)out[5]);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "column 1: an operand is missing" }, { "a+", "column 3: an operand is missing" },
		{ "a b", "column 3: an operator is missing" }, { "(a", "column 3: ')' is missing" },
		{ "a)", "column 2: an operator is missing" }, { "a ? b", "column 3: an operator is missing" },
		{ "d", "column 1: this names no member and no function" }, { "a + A", "column 5: this names no" },
		{ "1", "column 1: a constant" }, { "2*(3-1)", "column 1: a constant" },
		{ "a + 1/0", "column 6: this constant is not finite" }, { "a*log(0-1)", "column 3: this constant" },
		{ "a*1e99", "column 3: this constant" }, { "a*exp(1000)", "column 3: this constant" },
		{ "1.2.3*a", "column 1: this is not a number" }, { "1e*a", "column 1: this is not a number" },
		{ "0x10*a", "column 1: this is not a number" }, { ".*a", "column 1: this is not a number" },
		{ "2a", "column 1: this is not a number" }, { "inf*a", "column 1: this names no" },
		{ "exp a", "column 5: '(' is missing" }, { "exp(a, b)", "column 6: ')' is missing" },
		{ "max(a)", "column 6: ',' is missing" }, { "softmax(2)", "column 1: a softmax of a constant" },
		{ "a*log_softmax(1+1)", "column 3: a softmax of a constant" }, { "mask(2, 0.1)", "column 1: mask of a constant" },
		{ "mask(a, b)", "column 1: mask(row, share)" }, { "mask(a, 0)", "column 1: mask(row, share)" },
		{ "mask(a, 1.1)", "column 1: mask(row, share)" }, { "mask(a)", "column 7: ',' is missing" },
		{ "a\x01", "column 2: an operator is missing" }, { "*a", "column 1: this is no operand" },
	};

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct ll_expression *expression;
		struct ll_err err = { 0 };

		assert_int_equal(ll_expression_new(&expression, cases[c].text, names, 3, &err), -LL_EUSAGE);
		assert_null(expression);
		if (strstr(err.text, cases[c].told) == NULL)
			fail_msg("'%s': '%s', not '%s'", cases[c].text, err.text, cases[c].told);
	}
}

/* `count` times `before`, then a, then as often `after`. */
static int
parse_repeated(const char *before, const char *after, size_t count, struct ll_err *err)
{
	struct ll_expression *expression;
	char *text = calloc(count, strlen(before) + strlen(after) + 2);
	int status;

	for (size_t i = 0; i < count; i++)
		strcat(text, before);
	strcat(text, "a");
	for (size_t i = 0; i < count; i++)
		strcat(text, after);
	*err = (struct ll_err){ 0 };
	status = ll_expression_new(&expression, text, names, 3, err);
	ll_expression_free(expression);
	free(text);
	return status;
}

static void
bounds(void **state)
{
	struct ll_err err;

	(void)state;
	assert_int_equal(parse_repeated("(", ")", 63, &err), 0);
	assert_int_equal(parse_repeated("(", ")", 64, &err), -LL_EUSAGE);
	assert_non_null(strstr(err.text, "nested too deep"));
	assert_int_equal(parse_repeated("-", "", 63, &err), 0);
	assert_int_equal(parse_repeated("-", "", 4000, &err), -LL_EUSAGE);
	assert_int_equal(parse_repeated("a+(", ")", 15, &err), 0);
	assert_int_equal(parse_repeated("a+(", ")", 16, &err), -LL_EUSAGE);
	assert_non_null(strstr(err.text, "column 49: too many operands"));
	assert_int_equal(parse_repeated("a+", "", 2047, &err), 0);
	assert_int_equal(parse_repeated("a+", "", 2048, &err), -LL_EUSAGE);
	assert_non_null(strstr(err.text, "4097 bytes, but 4096 are the most"));
	assert_true(ll_expression_is_name("a_1") && ll_expression_is_name("Z"));
	assert_false(ll_expression_is_name("") || ll_expression_is_name("1a") || ll_expression_is_name("a-b") ||
	    ll_expression_is_name("max") || ll_expression_is_name("a234567890123456789012345678901x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators),
		cmocka_unit_test(of_rows),
		cmocka_unit_test(not_a_number_comes_out),
		cmocka_unit_test(refused),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
