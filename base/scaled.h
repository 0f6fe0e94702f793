/*
 * Options that name files, each with a factor: FILE or FILE:SCALE. The last colon counts, so
 * that a file whose name has one needs a scale, which is 1 where none is given.
 */

#ifndef LL_BASE_SCALED_H
#define LL_BASE_SCALED_H

#include <stddef.h>

struct ll_err;

struct ll_scaled {
	char *path;
	double scale;		/* finite */
	const char *text;	/* what was given; borrowed */
};

/* Zero-initialise. */
struct ll_scaled_list {
	struct ll_scaled *list;
	size_t count, cap;
};

/* -LL_EUSAGE, naming the option, for a scale that is no number; -LL_ENOMEM. */
int ll_scaled_add(struct ll_scaled_list *list, const char *option, const char *text, struct ll_err *err);
void ll_scaled_free(struct ll_scaled_list *list);

/* Adapters, of the programs that run layers or start those that do. */
#define LL_OPT_LORA(add) \
	{ 0, "lora", LL_OPT_CALL, NULL, "FILE", "add an adapter to the model, FILE:SCALE times SCALE", 0, 0, add }

#endif
