/*
 * The spread; see measure.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "bench/measure.h"

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct ll_spread
ll_spread_of(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return (struct ll_spread){ values[0], (values[(count - 1) / 2] + values[count / 2]) / 2,
		values[count - 1] };
}

static struct ll_json *
spread_value(struct ll_spread spread, double unit)
{
	struct ll_json *value = ll_json_object();

	ll_json_set(value, "min", ll_json_real(spread.min * unit));
	ll_json_set(value, "median", ll_json_real(spread.median * unit));
	ll_json_set(value, "max", ll_json_real(spread.max * unit));
	return value;
}

void
ll_spread_json(struct ll_json *object, const char *key, struct ll_spread spread, double unit)
{
	ll_json_set(object, key, spread_value(spread, unit));
}

void
ll_rounds_json(struct ll_json *object, const char *key, const double *values, size_t count,
    struct ll_err *err)
{
	double *sorted = ll_alloc(count, sizeof(*sorted), err);
	struct ll_json *rounds = ll_json_array(), *value;

	if (sorted == NULL) {
		ll_json_free(rounds);
		return;
	}
	memcpy(sorted, values, count * sizeof(*sorted));
	value = spread_value(ll_spread_of(sorted, count), 1);
	free(sorted);
	for (size_t i = 0; i < count; i++)
		ll_json_add(rounds, ll_json_real(values[i]));
	ll_json_set(value, "rounds", rounds);
	ll_json_set(object, key, value);
}

void
ll_text_json(struct ll_json *object, const char *key, const char *text)
{
	ll_json_set(object, key, ll_json_string(text, strlen(text)));
}

int
ll_measure_print(struct ll_json *object, struct ll_err *err)
{
	char *text = ll_json_text(object, true, err);

	ll_json_free(object);
	if (text == NULL)
		return -LL_ENOMEM;
	puts(text);
	free(text);
	return 0;
}
