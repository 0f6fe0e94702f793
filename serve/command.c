/*
 * Command lines of stages; see command.h.
 */

#include <stdio.h>

#include "base/opt.h"
#include "base/sampling.h"
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

/* The names of the numbers' options with their dashes; they live as long as the program. */
static const char *
dashed(size_t row)
{
	static char names[LL_SAMPLING_ROWS][40];

	if (ll_sampling_row(row)->letter != 0)
		snprintf(names[row], sizeof(names[row]), "-%c", ll_sampling_row(row)->letter);
	else
		snprintf(names[row], sizeof(names[row]), "--%s", ll_sampling_row(row)->name);
	return names[row];
}

static void
add_words(struct ll_command *command, const char *option, const struct ll_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		ll_command_add(command, option, words->list[i]);
}

void
ll_command_sampling(struct ll_command *command, struct ll_sampling *sampling)
{
	const struct ll_sampling_lists *lists = &ll_sampling_lists;

	for (size_t i = 0; i < LL_SAMPLING_ROWS; i++) {
		const char *value = ll_opt_own(ll_sampling_member(sampling, i));
		size_t row;

		/* A setting of a file that an option of the command line leaves idle would be refused there. */
		if (value == NULL || ll_sampling_idle(sampling, (uint64_t)1 << i, false, &row) != NULL)
			continue;
		if (ll_sampling_row(i)->type == LL_OPT_FLAG)
			ll_command_word(command, *(bool *)ll_sampling_member(sampling, i), dashed(i));
		else
			ll_command_add(command, dashed(i), value);
	}
	add_words(command, "--stop", &lists->stops);
	add_words(command, "--banned-string", &lists->banned);
	add_words(command, "--dry-breaker", &lists->breakers);
	add_words(command, "--logit-bias", &lists->biases);
	add_words(command, "--logit-bias-text", &lists->text_biases);
	ll_command_add(command, "--samplers", ll_opt_own(&lists->order));
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
