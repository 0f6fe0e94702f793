/*
 * What a program reads: operands and literal texts in the order given, joined and whole, or
 * taken apart into lines that come out as soon as they are there.
 */

#ifndef LL_BASE_SOURCES_H
#define LL_BASE_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

struct ll_err;

struct ll_operand {
	const char *value;
	bool literal;
};

/* Zero-initialise; free `list` with free(). Values are borrowed. */
struct ll_sources {
	struct ll_operand *list;
	size_t count, cap;
};

/* A literal text, or the name of a file ("-": standard input). -LL_ENOMEM. */
int ll_sources_add(struct ll_sources *sources, const char *value, bool literal, struct ll_err *err);

/* All of them, or standard input alone where there are none. */
const struct ll_operand *ll_sources_list(const struct ll_sources *sources, size_t *count);

/* Text that was read: everything, or a line. Valid during the call. */
struct ll_cut {
	const char *text;
	size_t length;
	const char *name;	/* of the source where it ended */
	size_t line;		/* from 1; 0 if it is everything */
};

struct ll_sources_plan {
	bool split;		/* into lines, which end with: */
	char delimiter;
	bool apart;		/* lines end where their source does, which may be compressed and begin
				   with a byte order mark, and are counted anew */
	size_t most;		/* as in struct ll_lines */
	const char *stdin_name;	/* NULL: "standard input" */
	int out;		/* watched while it waits, as by ll_read; or -1 */
	int (*take)(void *arg, const struct ll_cut *cut, struct ll_err *err);
	int (*rest)(void *arg, struct ll_err *err);	/* before it waits for more; may be NULL */
	void *arg;
};

/*
 * Reads all sources, standard input if there are none. -LL_EINPUT, -LL_EIO, -LL_ENOMEM,
 * -LL_EDATA for damaged compression, or what a call returned.
 */
int ll_sources_read(const struct ll_sources *sources, const struct ll_sources_plan *plan, struct ll_err *err);

#endif
