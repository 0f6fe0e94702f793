/*
 * The command line of a stage, to be started or to be shown. Words are borrowed.
 */

#ifndef LL_SERVE_COMMAND_H
#define LL_SERVE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct ll_err;
struct ll_sampling;

#define LL_COMMAND_WORDS 2048

struct ll_command {
	const char *words[LL_COMMAND_WORDS];	/* the first is the program; NULL behind the last */
	size_t count;
};

void ll_command_begin(struct ll_command *command, const char *program);
/* Adds an option and its value; nothing if the value is NULL. */
void ll_command_add(struct ll_command *command, const char *option, const char *value);
/* Adds a word if `wanted`. Words beyond the bound are a bug of the caller's: they are dropped. */
void ll_command_word(struct ll_command *command, bool wanted, const char *word);

/* Adds the options of sampling as they were given: LL_OPTS_SAMPLING over `sampling`, and the lists. */
void ll_command_sampling(struct ll_command *command, struct ll_sampling *sampling);

/* Appends it as a shell reads it. -LL_ENOMEM. */
int ll_command_print(const struct ll_command *command, struct ll_buf *line, struct ll_err *err);

#endif
