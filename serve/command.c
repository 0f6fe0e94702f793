/*
 * Command lines of stages; see command.h.
 */

#include "base/opt.h"
#include "serve/command.h"

void
ll_command_word(struct ll_command *command, bool wanted, const char *word)
{
	if (wanted && command->count + 1 < LL_COMMAND_WORDS)
		command->words[command->count++] = word;
}

void
ll_command_begin(struct ll_command *command, const char *program)
{
	*command = (struct ll_command){ .count = 0 };
	ll_command_word(command, true, program);
}

void
ll_command_add(struct ll_command *command, const char *option, const char *value)
{
	ll_command_word(command, value != NULL, option);
	ll_command_word(command, value != NULL, value);
}

int
ll_command_print(const struct ll_command *command, struct ll_buf *line, struct ll_err *err)
{
	int status = 0;

	for (size_t i = 0; i < command->count && status == 0; i++)
		if (i == 0 || (status = ll_buf_puts(line, " ", err)) == 0)
			status = ll_opt_quote(line, command->words[i], err);
	return status;
}
