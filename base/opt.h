/*
 * Options. One table per program drives getopt_long(3), --help, --print-config, completion in
 * shells and, through --help, the check of the manual page. Groups that several programs share are macros at the end, so
 * that the same option has the same letter, name and words everywhere.
 */

#ifndef LL_BASE_OPT_H
#define LL_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;

enum ll_opt_type {
	LL_OPT_END,
	LL_OPT_FLAG,		/* bool *: set to true */
	LL_OPT_INT,		/* int64_t *, within min..max */
	LL_OPT_UINT,		/* uint64_t *, decimal, any */
	LL_OPT_DOUBLE,		/* double *, finite, within min..max */
	LL_OPT_STRING,		/* const char ** */
	LL_OPT_CALL,		/* int (*)(const char *value, struct ll_err *), in the order given */
	LL_OPT_OPERAND,		/* the same for operands, in order with LL_OPT_CALL; at most one entry */
	LL_OPT_HELP,
	LL_OPT_VERSION,
	LL_OPT_CONFIG		/* --print-config */
};

struct ll_opt {
	int letter;		/* 0: long only */
	const char *name;	/* long name; for LL_OPT_OPERAND the operand's name in the usage */
	enum ll_opt_type type;
	void *value;		/* or NULL */
	const char *argument;	/* its name in --help, "N" or "FILE"; NULL for flags */
	const char *help;
	double min, max;	/* both 0: no bounds */
	int (*call)(const char *value, struct ll_err *err);
};

struct ll_program {
	const char *name;	/* "ll-cat" */
	const char *summary;	/* one line, as in the manual page's Nd */
	const char *usage;	/* what follows the name in the usage line, e.g. "[-o FILE] [STREAM ...]" */
	const struct ll_opt *options;
	/* Or NULL: called before the exit of a wrong command line (stream/: ll_stream_fail). */
	void (*fail)(const char *program, int code, const char *message);
};

/*
 * Parses the command line. A wrong one prints one line and the usage on stderr and exits
 * with 64; -h prints help on stdout, -V the version, and both exit with 0. Operands are an
 * error unless the table has an LL_OPT_OPERAND. No operand or value is modified.
 *
 * Options that the command line left and that base/config.h lists then take their values from
 * the environment and the configuration files, see ll-config(5); a wrong one there prints one
 * line and exits with 78. "--completion bash|zsh|fish" as the only option prints a script.
 */
void ll_opt_parse(const struct ll_program *program, int argc, char **argv);

/* Whether the option whose value is at `value` was given, or set by a file or the environment. */
bool ll_opt_given(const void *value);

/*
 * What it was given as, on the command line or by what is for this program alone; else NULL.
 * For handing it on to the programs that this one starts: settings for all they find themselves.
 */
const char *ll_opt_own(const void *value);

/*
 * Ends the program with 64 if the option whose value is at `value` was given on the command
 * line: "ll-x: --name has no effect WHY". A setting of a file is for whatever it fits.
 */
void ll_opt_refuse(const void *value, const char *why);

/*
 * Ends the program because of the option's value, which only a look at other things showed to be
 * wrong: with 64, "ll-x: --name: WHY", or 78 and the place where a file or the environment set it.
 */
_Noreturn void ll_opt_wrong(const void *value, const char *why);

/*
 * For what a library refused with -LL_EUSAGE as "--name: WHY" or "--name WHY": where a file or
 * the environment set that option, *err is of that place and -LL_ECONFIG comes back, else `status`.
 * ll_exit does it; who tells the status before, as in a stream, calls it first.
 */
int ll_opt_blame(int status, struct ll_err *err);

/* The same as ll_opt_refuse for each rule whose `when` is true. */
struct ll_opt_rule {
	bool when;
	const void *value;
	const char *why;
};
void ll_opt_refuse_all(const struct ll_opt_rule *rules, size_t count);

/* Set by LL_OPTS_COMMON. */
extern bool ll_opt_quiet, ll_opt_verbose;
/* That of ll_opt_parse, or "ll" before it. */
const char *ll_opt_program_name(void);

/* Appends a word as a shell needs it: quoted if it must be. */
struct ll_buf;
int ll_opt_quote(struct ll_buf *line, const char *word, struct ll_err *err);

/* argv as one shell line, for the history of a stream; values of options whose letter is in `hide` as "...". */
char *ll_opt_command(const char *hide, struct ll_err *err);

#define LL_OPTS_COMMON \
	{ 'q', "quiet", LL_OPT_FLAG, &ll_opt_quiet, NULL, "no warnings", 0, 0, NULL }, \
	{ 'v', "verbose", LL_OPT_FLAG, &ll_opt_verbose, NULL, "say on standard error what is done", 0, 0, NULL }, \
	{ 0, "print-config", LL_OPT_CONFIG, NULL, NULL, "print the settings and where each comes from", 0, 0, NULL }, \
	{ 'h', "help", LL_OPT_HELP, NULL, NULL, "print this help", 0, 0, NULL }, \
	{ 'V', "version", LL_OPT_VERSION, NULL, NULL, "print the version", 0, 0, NULL }

#define LL_OPT_MODEL(variable) \
	{ 'm', "model", LL_OPT_STRING, &(variable), "FILE", "model file (default: $LL_MODEL)", 0, 0, NULL }
#define LL_OPT_OUTPUT(variable) \
	{ 'o', "output", LL_OPT_STRING, &(variable), "FILE", "write to FILE instead of standard output", 0, 0, NULL }
#define LL_OPT_THREADS(variable) \
	{ 'j', "threads", LL_OPT_INT, &(variable), "N", "threads (default: one for each core)", 1, 1024, NULL }

/* Names settings that the programs or a configuration file bring: ll-config(5). */
#define LL_OPT_PRESET(variable) \
	{ 0, "preset", LL_OPT_STRING, &(variable), "NAME", "settings of this name: creative, precise, greedy, ...", 0, 0, NULL }

/* Of the programs that can be the head of a pipe. */
#define LL_OPTS_HEAD(batch, chunk, context, once, all, loop) \
	{ 'b', "batch", LL_OPT_INT, &(batch), "N", "sequences at once (default 8)", 1, 4096, NULL }, \
	{ 'c', "context", LL_OPT_INT, &(context), "N", "positions a sequence may have (default: the model's)", 1, 1e9, NULL }, \
	{ 0, "chunk", LL_OPT_INT, &(chunk), "N", "prompt positions in a step (default 256)", 1, 65536, NULL }, \
	{ 0, "once", LL_OPT_FLAG, &(once), NULL, "evaluate the prompts and end: offer no return path", 0, 0, NULL }, \
	{ 0, "all", LL_OPT_FLAG, &(all), NULL, "want logits at every position; implies --once", 0, 0, NULL }, \
	{ 0, "loop", LL_OPT_FLAG, &(loop), NULL, "wait for a feeder even if another stage declines", 0, 0, NULL }

#endif
