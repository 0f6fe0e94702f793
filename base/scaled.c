/*
 * Files with factors; see scaled.h.
 */

#include "base/scaled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

int
ll_scaled_add(struct ll_scaled_list *list, const char *option, const char *text, struct ll_err *err)
{
	const char *colon = strrchr(text, ':');
	struct ll_scaled one = { .scale = 1, .text = text };
	char *end;
	int status;

	if (colon != NULL) {
		one.scale = strtod(colon + 1, &end);
		if (end == colon + 1 || *end != '\0' || !isfinite(one.scale))
			return ll_fail(err, LL_EUSAGE, "%s: scale '%.50s' is not a number", option, colon + 1);
	}
	if ((status = ll_grow(&list->list, &list->cap, list->count + 1, sizeof(*list->list), err)) < 0)
		return status;
	one.path = ll_copy(text, colon != NULL ? (size_t)(colon - text) : strlen(text), err);
	if (one.path == NULL)
		return -LL_ENOMEM;
	list->list[list->count++] = one;
	return 0;
}

void
ll_scaled_free(struct ll_scaled_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->list[i].path);
	free(list->list);
	*list = (struct ll_scaled_list){ 0 };
}
