/*
 * Members of JSON files of hyper-parameters; see hparams_json.h.
 */

#include <inttypes.h>
#include <math.h>

#include "base/err.h"
#include "base/json.h"
#include "model/hparams_json.h"
#include "model/source.h"

int
ll_hparams_bad(const struct ll_hparams_json *r, int code, const char *key, const char *what)
{
	return ll_fail(r->err, code, "%s/%s: %.64s: %s", r->source->path, r->file, key, what);
}

const struct ll_json *
ll_hparams_get(const struct ll_json *object, const char *key)
{
	const struct ll_json *value = ll_json_get(object, key);

	return ll_json_is_null(value) ? NULL : value;
}

int
ll_hparams_size(const struct ll_hparams_json *r, const struct ll_json *object, const char *key, size_t most,
    size_t *out)
{
	const struct ll_json *value = ll_hparams_get(object, key);
	int64_t number;

	if (value == NULL)
		return 0;
	if (!ll_json_integer(value, &number))
		return ll_hparams_bad(r, LL_EDATA, key, "not a whole number");
	if (number < 1 || (uint64_t)number > most)
		return ll_fail(r->err, LL_EDATA, "%s/%s: %s: %" PRId64 " is not between 1 and %zu", r->source->path, r->file,
		    key, number, most);
	*out = (size_t)number;
	return 1;
}

int
ll_hparams_need_size(const struct ll_hparams_json *r, const char *key, size_t most, size_t *out)
{
	int status = ll_hparams_size(r, r->config, key, most, out);

	return status == 0 ? ll_hparams_bad(r, LL_EDATA, key, "key is missing") : status < 0 ? status : 0;
}

int
ll_hparams_positive(const struct ll_hparams_json *r, const struct ll_json *object, const char *key, double limit,
    float *out)
{
	const struct ll_json *value = ll_hparams_get(object, key);
	double number;

	if (value == NULL)
		return 0;
	if (!ll_json_number(value, &number))
		return ll_hparams_bad(r, LL_EDATA, key, "not a number");
	if (!isfinite(number) || (float)number <= 0 || number >= limit)
		return ll_fail(r->err, LL_EDATA, "%s/%s: %s: %g is not above 0 and below %g", r->source->path, r->file, key,
		    number, limit);
	*out = (float)number;
	return 1;
}

int
ll_hparams_truth(const struct ll_hparams_json *r, const char *key, bool *out)
{
	const struct ll_json *value = ll_hparams_get(r->config, key);

	*out = ll_json_is_true(value);
	return value == NULL || *out || ll_json_is_false(value) ? 0 :
	    ll_hparams_bad(r, LL_EDATA, key, "not true or false");
}
