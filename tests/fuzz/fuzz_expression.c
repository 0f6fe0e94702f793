/*
 * Fuzz target: an expression over three rows, parsed and run.
 */

#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a", "b", "c" };
	static const float a[17] = { 1, -2, 3 }, b[17] = { 4, 0, -5, 6 }, c[17] = { 1e30f, -1e-30f };
	static const float *const rows[] = { a, b, c };
	struct ll_err err = { 0 };
	struct ll_expression *expression;
	float out[17];
	char *text = ll_copy((const char *)data, size, NULL);

	if (text == NULL)
		return 0;
	/* What is refused is told with its place; what is not uses a member and runs. */
	if (ll_expression_new(&expression, text, names, 3, &err) < 0) {
		if (err.code == 0 || expression != NULL)
			abort();
	} else if (ll_expression_run(expression, out, rows, 17, &err) < 0 || !(ll_expression_uses(expression, 0) ||
	    ll_expression_uses(expression, 1) || ll_expression_uses(expression, 2))) {
		abort();
	}
	ll_expression_free(expression);
	free(text);
	return 0;
}
