/*
 * What the files of the options share: opt.c parses the command line, opt_config.c adds what
 * files and environment say, opt_complete.c writes completions for shells.
 */

#ifndef LL_BASE_OPT_STATE_H
#define LL_BASE_OPT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/opt.h"

#define LL_OPT_MAX 64

/* Who may override whom: each of these, and one less for a preset named there. */
enum {
	LL_RANK_DEFAULT = 0,
	LL_RANK_FILES = 2,		/* + 4 for each file, + 2 in the program's section */
	LL_RANK_ENVIRONMENT = 100,
	LL_RANK_COMMAND = 102
};

struct ll_opt_state {
	const struct ll_program *program;
	int rank[LL_OPT_MAX];		/* of the value, by its place in the table */
	const char *text[LL_OPT_MAX];	/* the value as it was written */
	bool own[LL_OPT_MAX];		/* it is for this program alone: the command line's, or of its section */
	uint64_t before[LL_OPT_MAX];	/* the bytes of the default that a setting replaced */
	const char *source[LL_OPT_MAX];	/* where, for messages; NULL: the command line */
};

extern struct ll_opt_state ll_opt_state;

/* The option of this long name, or NULL. */
const struct ll_opt *ll_opt_named(const char *name);

/* Stores a value, "true" or "false" for a flag. False: `why` says what is wrong, as "'x' is not a number". */
bool ll_opt_store(const struct ll_opt *option, const char *value, char *why, size_t size);

/* Copies the bytes of an option's value from or to `bytes`. */
void ll_opt_copy(const struct ll_opt *option, uint64_t *bytes, bool back);

/* Adds what files and environment say to the options that the command line left. Ends the program with 78. */
void ll_opt_configure(void);

_Noreturn void ll_opt_print_config(void);

/* What --completion wants: "bash", "zsh", "fish", or names: "presets", "models". */
_Noreturn void ll_opt_complete(const char *what);

/* Ends the program: prints "program: text", and tells the stream. */
_Noreturn void ll_opt_fail(int code, const char *text);

#endif
