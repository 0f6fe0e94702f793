/*
 * What the options of a program say about its model; see model.h.
 */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/opt_state.h"
#include "model/model.h"

#define BOXED "ll-4m.gguf"

/* The model that is installed with the programs, said once. */
static int
choose_boxed(const char **path, struct ll_err *err)
{
	static const char *kept;
	char found[PATH_MAX + 40];

	if (kept == NULL) {
		char *copy;

		if (!ll_config_shared(found, sizeof(found), BOXED))
			return ll_fail(err, LL_EUSAGE, "no model: give -m FILE or set LL_MODEL");
		if ((copy = ll_copy(found, strlen(found), err)) == NULL || (kept = ll_config_keep(copy, err)) == NULL)
			return -LL_ENOMEM;
		if (ll_opt_state.program != NULL)
			ll_warn(ll_opt_state.program->name, "no model is named: taking the one that comes with ll, %s", kept);
	}
	*path = kept;
	return 0;
}

int
ll_model_choose(const char **path, const char *option, const char *named, struct ll_err *err)
{
	const char *environment = getenv("LL_MODEL");

	if (option != NULL)
		*path = option;
	else if (environment != NULL && *environment != '\0')
		*path = environment;
	else if (*named != '\0' || ll_config_default_model != NULL) {
		*path = *named != '\0' ? named : ll_config_default_model;
		return 0;
	} else
		return choose_boxed(path, err);
	return ll_config_model(path, err);
}

int
ll_model_context(const struct ll_model *model, int64_t *context, struct ll_err *err)
{
	if (*context == 0)
		*context = (int64_t)model->hp.context;
	if ((uint64_t)*context > model->hp.context)
		return ll_fail(err, LL_EUSAGE, "--context: %lld is more than the %zu positions of %s",
		    (long long)*context, model->hp.context, model->path);
	return 0;
}

int
ll_model_layers(const struct ll_model *model, const char *text, size_t *first, size_t *last, struct ll_err *err)
{
	size_t count = model->hp.layers;
	char *end;

	*first = *last = strtoul(text, &end, 10);
	if (end != text && *end == '-') {
		const char *second = end + 1;

		*last = *second == '\0' ? count - 1 : strtoul(second, &end, 10);
		if (*second == '\0')
			end = (char *)(uintptr_t)second;
	}
	if (end == text || *end != '\0' || strpbrk(text, "+ ") != NULL || *text == '-')
		return ll_fail(err, LL_EUSAGE, "--layers: '%.100s' is not A-B", text);
	if (*first > *last && *last < count && text[strlen(text) - 1] != '-')
		return ll_fail(err, LL_EUSAGE, "--layers: %.100s ends before it begins", text);
	if (*first > *last || *last >= count)
		return ll_fail(err, LL_EUSAGE, "--layers: %s, but %s has layers 0 to %zu", text, model->path,
		    count - 1);
	return 0;
}
