/*
 * What the options of a program say about its model; see model.h.
 */

#include <stdlib.h>

#include "base/config.h"
#include "base/err.h"
#include "model/model.h"

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
		return ll_fail(err, LL_EUSAGE, "no model: give -m FILE or set LL_MODEL");
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
