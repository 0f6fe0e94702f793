/*
 * Options; see opt.h.
 */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/opt_state.h"
#include "base/version.h"

#define FIRST_LONG 256		/* what getopt_long returns for the first entry */

bool ll_opt_quiet, ll_opt_verbose;

/* One program, one command line. */
struct ll_opt_state ll_opt_state;
#define current ll_opt_state.program
static int argument_count;
static char **arguments;
static bool want_config;

/* Of each word of the command line the option whose value it holds, and where that begins. */
struct held_value {
	const struct ll_opt *option;
	const char *text;
};
static struct held_value *held;

/* Whoever reads a stream from here is told. --print-config writes none. */
static void
tell_reader(int code, const char *text)
{
	if (current->fail != NULL && !want_config)
		current->fail(current->name, code, text);
}

static _Noreturn void
usage_error(const char *text)
{
	fprintf(stderr, "%s: %s\nusage: %s %s\n", current->name, text, current->name, current->usage);
	tell_reader(LL_EUSAGE, text);
	exit(LL_EUSAGE);
}

/* Ends the program for what is not the command line's fault. */
static _Noreturn void
fail(struct ll_err *err)
{
	tell_reader(err->code, err->text);
	exit(ll_exit(current->name, -err->code, err));
}

static size_t
table_count(const struct ll_opt *table)
{
	size_t count = 0;

	while (table[count].type != LL_OPT_END)
		count++;
	return count;
}

static bool
takes_argument(const struct ll_opt *option)
{
	return option->argument != NULL;
}

static _Noreturn void
print_help(void)
{
	printf("usage: %s %s\n%s: %s\n\n", current->name, current->usage, current->name, current->summary);
	for (const struct ll_opt *o = current->options; o->type != LL_OPT_END; o++) {
		char left[80];

		if (o->type == LL_OPT_OPERAND)
			continue;
		snprintf(left, sizeof(left), "%s%c%s --%s%s%s", o->letter ? "-" : " ",
		    o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
		    takes_argument(o) ? " " : "", takes_argument(o) ? o->argument : "");
		printf("  %-26s %s\n", left, o->help);
	}
	exit(ll_exit(current->name, 0, &(struct ll_err){ 0 }));
}

_Noreturn void
ll_opt_fail(int code, const char *text)
{
	struct ll_err err = { 0 };

	ll_fail(&err, code, "%s", text);
	tell_reader(code, err.text);
	exit(ll_exit(current->name, -code, &err));
}

static void
say_why(char *why, size_t size, const char *text, const char *what)
{
	snprintf(why, size, "'%.200s' %s", text, what);
	ll_harmless(why);
}

static bool
within_bounds(const struct ll_opt *option, double value, const char *text, char *why, size_t size)
{
	char what[100];

	if ((option->min == 0 && option->max == 0) || (value >= option->min && value <= option->max))
		return true;
	snprintf(what, sizeof(what), "is not between %.15g and %.15g", option->min, option->max);
	say_why(why, size, text, what);
	return false;
}

static bool
parse_int(const struct ll_opt *option, const char *text, char *why, size_t size)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || isspace((unsigned char)*text)) {
		say_why(why, size, text, "is not a whole number");
		return false;
	}
	/* One of more than 64 bits is out of the bounds, too. */
	if (!within_bounds(option, (double)value, text, why, size))
		return false;
	if (errno != 0) {
		say_why(why, size, text, "does not fit 64 bits");
		return false;
	}
	*(int64_t *)option->value = value;
	return true;
}

static bool
parse_uint(const struct ll_opt *option, const char *text, char *why, size_t size)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0) {
		say_why(why, size, text, "is not a whole number from 0 to 18446744073709551615");
		return false;
	}
	*(uint64_t *)option->value = value;
	return true;
}

static bool
parse_double(const struct ll_opt *option, const char *text, char *why, size_t size)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (end == text || *end != '\0' || (!isfinite(value) && errno == 0) || isspace((unsigned char)*text) ||
	    strpbrk(text, "xX") != NULL) {
		say_why(why, size, text, "is not a number");
		return false;
	}
	if (!within_bounds(option, value, text, why, size))
		return false;
	if (!isfinite(value)) {
		say_why(why, size, text, "is too large");
		return false;
	}
	*(double *)option->value = value;
	return true;
}

bool
ll_opt_store(const struct ll_opt *option, const char *value, char *why, size_t size)
{
	switch (option->type) {
	case LL_OPT_FLAG:
		*(bool *)option->value = strcmp(value, "false") != 0;
		if (*(bool *)option->value && strcmp(value, "true") != 0)
			say_why(why, size, value, "is not true or false");
		return strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
	case LL_OPT_INT:
		return parse_int(option, value, why, size);
	case LL_OPT_UINT:
		return parse_uint(option, value, why, size);
	case LL_OPT_DOUBLE:
		return parse_double(option, value, why, size);
	case LL_OPT_STRING:
		if (*value == '\0' && strcmp(option->argument, "FILE") == 0) {
			say_why(why, size, value, "is not the name of a file");
			return false;
		}
		*(const char **)option->value = value;
		return true;
	default:
		return false;
	}
}

void
ll_opt_copy(const struct ll_opt *option, uint64_t *bytes, bool back)
{
	size_t size = option->type == LL_OPT_FLAG ? sizeof(bool) : option->type == LL_OPT_STRING ?
	    sizeof(const char *) : sizeof(uint64_t);

	if (option->type == LL_OPT_CALL)
		return;
	memcpy(back ? option->value : bytes, back ? (void *)bytes : option->value, size);
}

static void
call(const struct ll_opt *option, const char *value)
{
	struct ll_err err = { 0 };

	if (option->call(value, &err) < 0) {
		if (err.code == LL_EUSAGE)
			usage_error(err.text);
		fail(&err);
	}
}

static void
store(const struct ll_opt *option, const char *value)
{
	char why[300], message[400];

	if (ll_opt_store(option, value, why, sizeof(why)))
		return;
	snprintf(message, sizeof(message), "--%s: %s", option->name, why);
	usage_error(message);
}

static void
apply(const struct ll_opt *option, const char *value)
{
	size_t i = (size_t)(option - current->options);

	ll_opt_state.rank[i] = LL_RANK_COMMAND;
	ll_opt_state.own[i] = true;
	ll_opt_state.text[i] = value;
	switch (option->type) {
	case LL_OPT_FLAG:
		ll_opt_state.text[i] = "true";
		store(option, "true");
		break;
	case LL_OPT_INT:
	case LL_OPT_UINT:
	case LL_OPT_DOUBLE:
	case LL_OPT_STRING:
		store(option, value);
		break;
	case LL_OPT_CALL:
	case LL_OPT_OPERAND:
		call(option, value);
		break;
	case LL_OPT_HELP:
		print_help();
	case LL_OPT_VERSION:
		printf("%s %s\n", current->name, LL_VERSION);
		exit(ll_exit(current->name, 0, &(struct ll_err){ 0 }));
	case LL_OPT_CONFIG:
		want_config = true;
		break;
	case LL_OPT_END:
		break;
	}
}

const struct ll_opt *
ll_opt_named(const char *name)
{
	for (const struct ll_opt *o = current->options; o->type != LL_OPT_END; o++)
		if (o->type != LL_OPT_OPERAND && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static void
operand(const char *value)
{
	char message[300];

	for (const struct ll_opt *o = current->options; o->type != LL_OPT_END; o++) {
		if (o->type == LL_OPT_OPERAND) {
			apply(o, value);
			return;
		}
	}
	snprintf(message, sizeof(message), "unexpected operand '%.200s'", value);
	usage_error(message);
}

/* The tables that getopt_long wants; a leading '-' gives operands in their place. */
static void
make_tables(char *letters, struct option *longs)
{
	*letters++ = '-';
	*letters++ = ':';
	for (const struct ll_opt *o = current->options; o->type != LL_OPT_END; o++) {
		if (o->type == LL_OPT_OPERAND)
			continue;
		if (o->letter != 0) {
			*letters++ = (char)o->letter;
			if (takes_argument(o))
				*letters++ = ':';
		}
		*longs++ = (struct option){ o->name, takes_argument(o) ? required_argument : no_argument,
			NULL, FIRST_LONG + (int)(o - current->options) };
	}
	*letters = '\0';
	*longs = (struct option){ 0 };
}

const char *
ll_opt_program_name(void)
{
	return current != NULL ? current->name : "ll";
}

static const struct ll_opt *
by_letter(int letter)
{
	for (const struct ll_opt *o = current->options; o->type != LL_OPT_END; o++)
		if (o->letter == letter && o->type != LL_OPT_OPERAND)
			return o;
	return NULL;
}

/* Whether a word like --x begins several options; the message names two of them. */
static bool
is_beginning(const char *word, char *message, size_t size)
{
	const char *first = NULL;
	size_t length = strcspn(word, "=");

	for (const struct ll_opt *o = current->options; o->type != LL_OPT_END && length > 2; o++) {
		if (o->name == NULL || o->type == LL_OPT_OPERAND || strncmp(o->name, word + 2, length - 2) != 0)
			continue;
		if (first == NULL) {
			first = o->name;
			continue;
		}
		snprintf(message, size, "%.*s: is it --%s or --%s?", (int)length, word, first, o->name);
		return true;
	}
	return false;
}

static _Noreturn void
bad_option(int what, char **argv)
{
	char message[300];
	const char *word = argv[optind - 1];

	if (what == '?' && optopt == 0 && is_beginning(word, message, sizeof(message)))
		usage_error(message);
	if (optopt > 0 && optopt < FIRST_LONG)
		snprintf(message, sizeof(message), what == ':' ? "-%c: needs a value" : "-%c: unknown option",
		    optopt);
	else
		snprintf(message, sizeof(message), what == ':' ? "%.200s: needs a value" :
		    optopt != 0 ? "%.200s: takes no value" : "%.200s: unknown option", word);
	ll_harmless(message);
	usage_error(message);
}

static void
take_option(const struct ll_opt *option, const char *value)
{
	/* A value is the last word that getopt_long took, or that word's end. */
	if (value != NULL)
		held[optind - 1] = (struct held_value){ option, value };
	apply(option, value);
}

void
ll_opt_parse(const struct ll_program *program, int argc, char **argv)
{
	char letters[2 * LL_OPT_MAX + 3];
	struct option longs[LL_OPT_MAX + 1];
	struct ll_err err = { 0 };
	int what;

	/* Numbers are read and written with a point whatever the locale: none is set. */
	setlocale(LC_ALL, "C");
	current = program;
	argument_count = argc;
	arguments = argv;
	if (table_count(program->options) > LL_OPT_MAX)
		abort();
	if (argc == 3 && strcmp(argv[1], "--completion") == 0)
		ll_opt_complete(argv[2]);
	if ((held = ll_alloc((size_t)argc + 1, sizeof(*held), &err)) == NULL)
		fail(&err);
	make_tables(letters, longs);
	opterr = 0;
	while ((what = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (what == 1)
			operand(optarg);
		else if (what == '?' || what == ':')
			bad_option(what, argv);
		else
			take_option(what >= FIRST_LONG ? &program->options[what - FIRST_LONG] : by_letter(what), optarg);
	}
	for (; optind < argc; optind++)
		operand(argv[optind]);
	ll_opt_configure();
	if (want_config)
		ll_opt_print_config();
}

/* The place in the table of the option whose value is there and not its default, or -1. */
static int
place_of(const void *value)
{
	for (int i = 0; current->options[i].type != LL_OPT_END; i++)
		if (current->options[i].value == value && ll_opt_state.rank[i] > LL_RANK_DEFAULT)
			return i;
	return -1;
}

bool
ll_opt_given(const void *value)
{
	return place_of(value) >= 0;
}

const char *
ll_opt_own(const void *value)
{
	int i = place_of(value);

	return i >= 0 && ll_opt_state.own[i] ? ll_opt_state.text[i] : NULL;
}

void
ll_opt_refuse(const void *value, const char *why)
{
	char message[300];
	int i = place_of(value);

	if (i < 0)
		return;
	/* A setting is for whatever it has an effect on; elsewhere it is as if it were not there. */
	if (ll_opt_state.source[i] != NULL) {
		ll_note(current->name, "%s: %s has no effect %s", ll_opt_state.source[i], current->options[i].name, why);
		ll_opt_copy(&current->options[i], &ll_opt_state.before[i], true);
		ll_opt_state.rank[i] = LL_RANK_DEFAULT;
		ll_opt_state.source[i] = NULL;
		return;
	}
	snprintf(message, sizeof(message), "--%s has no effect %s", current->options[i].name, why);
	usage_error(message);
}

void
ll_opt_refuse_all(const struct ll_opt_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].when)
			ll_opt_refuse(rules[i].value, rules[i].why);
}

void
ll_opt_wrong(const void *value, const char *why)
{
	char message[600];
	int i = place_of(value);

	if (i >= 0 && ll_opt_state.source[i] != NULL) {
		snprintf(message, sizeof(message), "%.250s: %s: %.300s", ll_opt_state.source[i], current->options[i].name,
		    why);
		ll_opt_fail(LL_ECONFIG, message);
	}
	snprintf(message, sizeof(message), "--%s: %.300s", i >= 0 ? current->options[i].name : "", why);
	usage_error(message);
}

int
ll_opt_blame(int status, struct ll_err *err)
{
	char text[sizeof(err->text)];
	size_t length = strncmp(err->text, "--", 2) == 0 ? strcspn(err->text + 2, ": ") : 0;

	if (status != -LL_EUSAGE || err->reported || current == NULL)
		return status;
	for (int i = 0; current->options[i].type != LL_OPT_END; i++) {
		const char *name = current->options[i].name, *source = ll_opt_state.source[i];

		if (source == NULL || strlen(name) != length || memcmp(name, err->text + 2, length) != 0)
			continue;
		snprintf(text, sizeof(text), "%.250s: %.700s", source, err->text + 2);
		*err = (struct ll_err){ 0 };
		return ll_fail(err, LL_ECONFIG, "%s", text);
	}
	return status;
}

int
ll_opt_quote(struct ll_buf *line, const char *word, struct ll_err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";

	if (*word != '\0' && word[strspn(word, plain)] == '\0')
		return ll_buf_puts(line, word, err);
	ll_buf_puts(line, "'", err);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			ll_buf_puts(line, "'\\''", err);
		else
			ll_buf_add(line, word, 1, err);
	return ll_buf_puts(line, "'", err);
}

static bool
is_hidden(const struct ll_opt *option, const char *hide)
{
	return option != NULL && option->letter != 0 && strchr(hide, option->letter) != NULL;
}

/* What was not on the command line but counts as if it were. */
static void
add_settings(struct ll_buf *line, const char *hide, struct ll_err *err)
{
	for (int i = 0; current->options[i].type != LL_OPT_END; i++) {
		const struct ll_opt *o = &current->options[i];

		if (ll_opt_state.source[i] == NULL || o->type == LL_OPT_FLAG)
			continue;
		ll_buf_printf(line, err, " --%s=", o->name);
		if (o->letter != 0 && strchr(hide, o->letter) != NULL)
			ll_buf_puts(line, "...", err);
		else
			ll_opt_quote(line, ll_opt_state.text[i], err);
	}
}

char *
ll_opt_command(const char *hide, struct ll_err *err)
{
	struct ll_buf line = { 0 };

	ll_buf_puts(&line, current->name, err);
	for (int i = 1; i < argument_count; i++) {
		ll_buf_puts(&line, " ", err);
		if (is_hidden(held[i].option, hide)) {
			ll_buf_add(&line, arguments[i], (size_t)(held[i].text - arguments[i]), err);
			ll_buf_puts(&line, "...", err);
		} else {
			ll_opt_quote(&line, arguments[i], err);
		}
	}
	add_settings(&line, hide, err);
	if (err->code != 0) {
		ll_buf_free(&line);
		return NULL;
	}
	return line.data;
}
