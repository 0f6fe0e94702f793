/*
 * Completion scripts for bash, zsh and fish, written from a program's table of options; see
 * opt_state.h. Names of models and presets are asked for when they are wanted.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/err.h"
#include "base/opt_state.h"

static _Noreturn void
done(void)
{
	exit(ll_exit(ll_opt_state.program->name, 0, &(struct ll_err){ 0 }));
}

static void
print_name(const char *name, void *arg)
{
	(void)arg;
	puts(name);
}

static bool
is_option(const struct ll_opt *option)
{
	return option->type != LL_OPT_OPERAND;
}

/* What may follow an option: nothing, files, or the words of a list. */
static bool
wants_file(const struct ll_opt *option)
{
	return option->argument != NULL && strcmp(option->argument, "FILE") == 0;
}

static const char *
words_of(const struct ll_opt *option)
{
	const struct ll_config_key *key = ll_config_key(option->name);

	return key != NULL ? key->values : NULL;
}

/* "models" or "presets": the program itself knows them. */
static const char *
asks_for(const struct ll_opt *option)
{
	if (strcmp(option->name, "model") == 0)
		return "models";
	return strcmp(option->name, "preset") == 0 ? "presets" : NULL;
}

static bool
has_operands(void)
{
	for (const struct ll_opt *o = ll_opt_state.program->options; o->type != LL_OPT_END; o++)
		if (!is_option(o))
			return true;
	return false;
}

/* Help in single quotes; `also` is escaped with a backslash. */
static void
print_quoted(const char *text, const char *also)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr(also, *text) != NULL)
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

/* An arm of the case over the word before: the option's names, and what follows it. */
static void
bash_argument(const struct ll_opt *option)
{
	const char *name = ll_opt_state.program->name, *asked = asks_for(option), *words = words_of(option);

	fputs("\t", stdout);
	if (option->letter != 0)
		printf("-%c|", option->letter);
	printf("--%s)\n\t\tCOMPREPLY=(", option->name);
	if (asked != NULL)
		printf("$(compgen -W \"$(%s --completion %s 2>/dev/null)\" -- \"$cur\")", name, asked);
	if (words != NULL) {
		fputs("$(compgen -W '", stdout);
		for (; *words != '\0'; words++)
			putchar(*words == ' ' ? '\n' : *words);
		fputs("' -- \"$cur\")", stdout);
	}
	if (wants_file(option))
		printf("%s$(compgen -f -- \"$cur\")", asked != NULL ? "\n" : "");
	printf(")\n\t\treturn 0 ;;\n");
}

static void
bash(const char *name)
{
	const struct ll_opt *options = ll_opt_state.program->options;
	char function[64];

	snprintf(function, sizeof(function), "_%s", name);
	for (char *p = function; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	printf("# bash completion for %s, written by %s --completion bash\n%s()\n{\n", name, name, function);
	/* Words are lines: a file's name may have spaces. "=" is a word of its own to bash. */
	printf("\tlocal IFS=$'\\n' cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tif [ \"$cur\" = = ]; then cur=; elif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	    "\tCOMPREPLY=()\n\tcase $prev in\n");
	for (const struct ll_opt *o = options; o->type != LL_OPT_END; o++)
		if (is_option(o) && o->argument != NULL)
			bash_argument(o);
	printf("\tesac\n\tcase $cur in\n\t-*)\n\t\tCOMPREPLY=($(compgen -W '");
	for (const struct ll_opt *o = options; o->type != LL_OPT_END; o++)
		if (is_option(o))
			printf("%s--%s", o == options ? "" : "\n", o->name);
	printf("' -- \"$cur\")) ;;\n");
	if (has_operands())
		printf("\t*)\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\")) ;;\n");
	printf("\tesac\n}\ncomplete -o filenames -F %s %s\n", function, name);
}

static void
zsh_argument(const struct ll_opt *option, const char *name)
{
	const char *asked = asks_for(option), *words = words_of(option);

	printf(":%s:", option->argument);
	if (asked != NULL && wants_file(option))
		printf("{ compadd -- ${(f)\"$(%s --completion %s 2>/dev/null)\"}; _files }", name, asked);
	else if (asked != NULL)
		printf("{ compadd -- ${(f)\"$(%s --completion %s 2>/dev/null)\"} }", name, asked);
	else if (words != NULL)
		printf("(%s)", words);
	else if (wants_file(option))
		printf("_files");
	else
		printf(" ");
}

static void
zsh_line(const struct ll_opt *option, const char *name, bool letter)
{
	if (letter)
		printf(" \\\n\t'-%c%s[", option->letter, option->argument != NULL ? "+" : "");
	else
		printf(" \\\n\t'--%s%s[", option->name, option->argument != NULL ? "=" : "");
	print_quoted(option->help, "[]:\\");
	putchar(']');
	if (option->argument != NULL)
		zsh_argument(option, name);
	putchar('\'');
}

static void
zsh(const char *name)
{
	printf("#compdef %s\n# zsh completion, written by %s --completion zsh\n_arguments -s", name, name);
	for (const struct ll_opt *o = ll_opt_state.program->options; o->type != LL_OPT_END; o++) {
		if (!is_option(o))
			continue;
		if (o->letter != 0)
			zsh_line(o, name, true);
		zsh_line(o, name, false);
	}
	printf("%s\n", has_operands() ? " \\\n\t'*:file:_files'" : "");
}

static void
fish(const char *name)
{
	printf("# fish completion for %s, written by %s --completion fish\n", name, name);
	if (!has_operands())
		printf("complete -c %s -f\n", name);
	for (const struct ll_opt *o = ll_opt_state.program->options; o->type != LL_OPT_END; o++) {
		if (!is_option(o))
			continue;
		printf("complete -c %s", name);
		if (o->letter != 0)
			printf(" -s %c", o->letter);
		printf(" -l %s%s -d '", o->name, o->argument == NULL ? "" : wants_file(o) ? " -r -F" : " -x");
		for (const char *p = o->help; *p != '\0'; p++)
			printf("%s%c", *p == '\'' || *p == '\\' ? "\\" : "", *p);
		putchar('\'');
		if (asks_for(o) != NULL)
			printf(" -a '(%s --completion %s 2>/dev/null)'", name, asks_for(o));
		else if (words_of(o) != NULL)
			printf(" -a '%s'", words_of(o));
		putchar('\n');
	}
}

_Noreturn void
ll_opt_complete(const char *what)
{
	const struct ll_config_file *files;
	struct ll_err err = { 0 };
	size_t count;

	if (strcmp(what, "bash") == 0) {
		bash(ll_opt_state.program->name);
	} else if (strcmp(what, "zsh") == 0) {
		zsh(ll_opt_state.program->name);
	} else if (strcmp(what, "fish") == 0) {
		fish(ll_opt_state.program->name);
	} else if (strcmp(what, "models") == 0 || strcmp(what, "presets") == 0) {
		if (ll_config_read(&files, &count, &err) < 0)
			ll_opt_fail(err.code, err.text);
		ll_config_names(what, print_name, NULL);
	} else {
		ll_opt_fail(LL_EUSAGE, "--completion: not one of bash, zsh, fish, models, presets");
	}
	done();
}
