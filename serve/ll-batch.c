/*
 * ll-batch: many prompts through one pipe, ll-tokenize | ll-forward | ll-sample | ll-tokenize -d
 * as child processes; run again it does what is missing. What is done already, ledger.c knows,
 * feed.c writes the rest into the pipe; this file starts it and takes the answers.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/opt.h"
#include "base/sampling.h"
#include "base/scaled.h"
#include "sample/settings.h"
#include "serve/children.h"
#include "serve/command.h"
#include "serve/feed.h"
#include "serve/ledger.h"
#include "serve/progress.h"

#define STAGES 4

static const char *model_path, *output_path, *input_path = "-", *system_text, *date, *format_name;
/* Options of the stages are handed to them as they were given. */
static const char *batch, *context, *threads, *kv_type, *pack, *precision, *limit, *preset, *seed, *logprobs;
static struct ll_scaled_list loras;
static struct ll_sampling sampling = LL_SAMPLING_DEFAULTS;
static bool chat, unordered, retry, print_pipe, input_given;

static int
set_input(const char *path, struct ll_err *err)
{
	if (input_given)
		return ll_fail(err, LL_EUSAGE, "one file only: '%.200s' is too many", path);
	input_given = true;
	input_path = path;
	return 0;
}

static int
add_lora(const char *value, struct ll_err *err)
{
	return ll_scaled_add(&loras, "--lora", value, err);
}

static const struct ll_opt options[] = {
	LL_OPT_MODEL(model_path),
	{ 'o', "output", LL_OPT_STRING, &output_path, "FILE", "add the answers to FILE, without those that it has", 0, 0, NULL },
	{ 0, "retry", LL_OPT_FLAG, &retry, NULL, "answer again what failed in an earlier run", 0, 0, NULL },
	{ 0, "unordered", LL_OPT_FLAG, &unordered, NULL, "write each answer as it ends, not in order", 0, 0, NULL },
	{ 'x', "print", LL_OPT_FLAG, &print_pipe, NULL, "print the shell pipe that does the same, and exit", 0, 0, NULL },
	{ 0, "chat", LL_OPT_FLAG, &chat, NULL, "a prompt is a user's message in the model's chat format", 0, 0, NULL },
	{ 'S', "system", LL_OPT_STRING, &system_text, "TEXT", "system message, where a record has none", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &format_name, "NAME", "the chat format (ll-tokenize)", 0, 0, NULL },
	{ 0, "date", LL_OPT_STRING, &date, "DATE", "the date that the prompt names, where its format has one", 0, 0, NULL },
	{ 'b', "batch", LL_OPT_STRING, &batch, "N", "sequences at once (ll-forward)", 0, 0, NULL },
	{ 'c', "context", LL_OPT_STRING, &context, "N", "positions a sequence may have (ll-forward)", 0, 0, NULL },
	{ 'j', "threads", LL_OPT_STRING, &threads, "N", "threads (ll-forward)", 0, 0, NULL },
	LL_OPT_LORA(add_lora),
	{ 0, "pack", LL_OPT_STRING, &pack, "WHEN", "auto, always or never (ll-forward)", 0, 0, NULL },
	{ 0, "precision", LL_OPT_STRING, &precision, "P", "default or f32 (ll-forward)", 0, 0, NULL },
	{ 'n', "limit", LL_OPT_STRING, &limit, "N", "tokens of an answer at most (ll-sample)", 0, 0, NULL },
	LL_OPT_PRESET(preset),
	LL_OPTS_SAMPLING(sampling),
	LL_OPTS_SAMPLING_LISTS,
	{ 0, "seed", LL_OPT_STRING, &seed, "N", "seed of the random numbers (ll-sample)", 0, 0, NULL },
	LL_OPT_STOP,
	{ 0, "kv-type", LL_OPT_STRING, &kv_type, "TYPE", "how keys and values are kept (ll-forward)", 0, 0, NULL },
	{ 0, "logprobs", LL_OPT_STRING, &logprobs, "N", "add the N likeliest tokens and their log-probabilities (ll-sample)", 0, 0, NULL },
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, set_input },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-batch",
	.summary = "answer many prompts with one command",
	.usage = "[-hqvVx] [-b N] [-c N] [-j N] [-m FILE] [-n N] [-o FILE] [-S TEXT] [-t T] [--chat]\n"
	    "                [--chat-format NAME] [--date DATE] [--kv-type TYPE] [--logprobs N] [--lora FILE]\n"
	    "                [--pack WHEN] [--precision P] [--preset NAME] [--retry] [--seed N] [--stop STRING]\n"
	    "                [--unordered] [SAMPLING ...] [FILE]",
	.options = options,
};

struct run {
	struct ll_ledger *ledger;
	struct ll_feed feed;	/* its thread may outlive main(), so all of this is static */
	struct ll_children children;
	struct ll_progress progress;
	struct ll_lines answers;
};

/*
 * The stages; for the eye without what only this program has a use for. Settings for all
 * programs they find themselves.
 */
static void
make_commands(struct ll_command commands[STAGES], bool shown)
{
	struct ll_command *tokenize = &commands[0], *forward = &commands[1], *sample = &commands[2],
	    *decode = &commands[3];

	ll_command_begin(tokenize, "ll-tokenize");
	ll_command_word(tokenize, true, "--jsonl");
	ll_command_add(tokenize, "-m", model_path);
	ll_command_word(tokenize, chat, "--chat");
	ll_command_add(tokenize, "-S", ll_opt_own(&system_text));
	ll_command_add(tokenize, "--chat-format", ll_opt_own(&format_name));
	ll_command_add(tokenize, "--date", ll_opt_own(&date));
	if (shown) {
		ll_command_word(tokenize, input_path[0] == '-' && input_path[1] != '\0', "--");
		ll_command_word(tokenize, input_given, input_path);
	} else {
		ll_command_add(tokenize, "--name", strcmp(input_path, "-") != 0 ? input_path : NULL);
	}
	/* A stage that is not told takes LL_MODEL's. */
	ll_command_begin(forward, "ll-forward");
	ll_command_add(forward, "-m", model_path);
	ll_command_add(forward, "-b", ll_opt_own(&batch));
	ll_command_add(forward, "-c", ll_opt_own(&context));
	ll_command_add(forward, "-j", ll_opt_own(&threads));
	ll_command_add(forward, "--kv-type", ll_opt_own(&kv_type));
	for (size_t i = 0; i < loras.count; i++)
		ll_command_add(forward, "--lora", loras.list[i].text);
	ll_command_add(forward, "--pack", ll_opt_own(&pack));
	ll_command_add(forward, "--precision", ll_opt_own(&precision));
	ll_command_begin(sample, "ll-sample");
	if (ll_settings_need_vocab(&ll_sampling_lists, &sampling))
		ll_command_add(sample, "-m", model_path);
	ll_command_add(sample, "-n", ll_opt_own(&limit));
	ll_command_sampling(sample, &sampling);
	ll_command_add(sample, "--seed", ll_opt_own(&seed));
	ll_command_add(sample, "--logprobs", ll_opt_own(&logprobs));
	ll_command_begin(decode, "ll-tokenize");
	ll_command_add(decode, "-m", model_path);
	ll_command_word(decode, true, "-d");
	ll_command_word(decode, true, "--jsonl");
	ll_command_word(decode, unordered, "--unordered");
	for (int i = 0; i < STAGES; i++) {
		ll_command_word(&commands[i], ll_opt_quiet, "-q");
		ll_command_word(&commands[i], ll_opt_verbose, "-v");
	}
}

static int
print_equivalent(struct ll_err *err)
{
	struct ll_command commands[STAGES];
	struct ll_buf line = { 0 };
	int status = 0;

	make_commands(commands, true);
	for (int i = 0; i < STAGES && status == 0; i++)
		if (i == 0 || (status = ll_buf_puts(&line, " | ", err)) == 0)
			status = ll_command_print(&commands[i], &line, err);
	if (status == 0 && output_path != NULL && (status = ll_buf_puts(&line, " > ", err)) == 0)
		status = ll_opt_quote(&line, output_path, err);
	if (status == 0)
		puts(line.data);
	ll_buf_free(&line);
	return status;
}

/* Counts what is left where that can be done before it is read; 0: there is nothing to do. */
static int
count_left(struct run *run, bool *known, struct ll_err *err)
{
	struct stat info;
	int status;

	*known = strcmp(input_path, "-") != 0 && stat(input_path, &info) == 0 && S_ISREG(info.st_mode) &&
	    (ll_ledger_done(run->ledger) > 0 || isatty(STDERR_FILENO));
	if (!*known)
		return 1;
	if ((status = ll_feed_count(&run->feed, err)) < 0)
		return status;
	return run->feed.left > 0;
}

/* What answers tell of the progress: only for somebody who sees it. */
static void
note_answer(struct run *run, const char *line, size_t length)
{
	struct ll_json *answer = NULL;
	int64_t tokens = 0, sample = 0;

	if (!run->progress.shown || ll_json_parse_line(&answer, line, length, "", NULL) < 0)
		return;
	ll_json_integer(ll_json_get(answer, "generated_tokens"), &tokens);
	ll_json_integer(ll_json_get(answer, "sample"), &sample);
	ll_json_free(answer);
	ll_progress_add(&run->progress, sample == 0, (uint64_t)tokens);
}

/* Whole lines go into the file at once, and nothing else does. */
static int
take_answers(struct run *run, struct ll_err *err)
{
	ssize_t count = 1;
	int status = 0;

	while (status == 0) {
		const char *line, *begin = NULL;
		size_t length, whole = 0;

		count = ll_lines_read(&run->answers, run->children.out, NULL, -1, "ll-tokenize", err);
		if (count <= 0)
			break;
		while (ll_lines_next(&run->answers, false, &line, &length)) {
			begin = begin == NULL ? line : begin;
			whole += length + 1;
			note_answer(run, line, length);
		}
		if (whole > 0)
			status = ll_ledger_add(run->ledger, begin, whole, err);
	}
	return status < 0 ? status : (int)count;
}

static int
start_pipe(struct run *run, struct ll_err *err)
{
	struct ll_command commands[STAGES];
	char *const *words[STAGES];
	int status;

	make_commands(commands, false);
	/* A record's strings make ll-sample look for a vocabulary, where the command line has no say. */
	if (model_path != NULL && setenv("LL_MODEL", model_path, 1) < 0)
		return ll_fail_errno(err, LL_ENOMEM, "LL_MODEL");
	/* execv(3) does not write to them, whatever its type says. */
	for (int i = 0; i < STAGES; i++)
		words[i] = (char *const *)(uintptr_t)commands[i].words;
	if ((status = ll_children_start(&run->children, words, STAGES, -1, err)) < 0)
		return status;
	/* The thread closes what it writes into. */
	status = ll_feed_start(&run->feed, run->children.in, err);
	if (status == 0)
		run->children.in = -1;
	return status;
}

/* What stages told of themselves is not told again. */
static int
collect(struct run *run, int status, struct ll_err *err)
{
	int code, fed;

	if (status < 0 && run->children.group > 0)
		kill(-run->children.group, SIGTERM);
	code = ll_children_wait(&run->children);
	fed = ll_feed_end(&run->feed, err);
	if (status < 0 || (status = fed) < 0)
		return status;
	if (code == LL_EBUG)
		return ll_fail(err, LL_EBUG, "a stage of the pipe was killed");
	if (code == 0)
		return 0;
	*err = (struct ll_err){ .code = code, .reported = 1 };
	return -code;
}

static int
answer_all(struct run *run, struct ll_err *err)
{
	bool known;
	int status = count_left(run, &known, err);

	if (status > 0) {
		ll_progress_begin(&run->progress, program.name, ll_ledger_done(run->ledger),
		    known ? run->feed.left + ll_ledger_done(run->ledger) : 0);
		if ((status = start_pipe(run, err)) == 0)
			status = take_answers(run, err);
		status = collect(run, status, err);
		ll_progress_end(&run->progress);
	}
	if (status == 0 && ll_ledger_failed(run->ledger) > 0)
		return ll_fail(err, LL_EDATA, "%s: records that failed in an earlier run: %zu; --retry answers them again",
		    output_path, ll_ledger_failed(run->ledger));
	return status;
}

static int
run_batch(struct ll_err *err)
{
	static struct run run = { .children = { .in = -1, .out = -1 }, .answers = { .delimiter = '\n' } };
	int status;

	signal(SIGPIPE, SIG_IGN);
	if ((status = ll_ledger_open(&run.ledger, output_path, retry, err)) == 0) {
		run.feed.ledger = run.ledger;
		if ((status = ll_sources_add(&run.feed.sources, input_path, false, err)) == 0)
			status = answer_all(&run, err);
	}
	ll_lines_free(&run.answers);
	status = ll_ledger_close(run.ledger, status, err);
	if (run.feed.started)
		return status;
	free(run.feed.sources.list);
	ll_ledger_free(run.ledger);
	return status;
}

int
main(int argc, char **argv)
{
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if (output_path == NULL || strcmp(output_path, "-") == 0)
		ll_opt_refuse(&retry, "without --output");
	ll_sampling_refuse(&sampling, "with temperature 0");
	if (sampling.temperature <= 0)
		ll_opt_refuse(&seed, "with temperature 0");
	status = print_pipe ? print_equivalent(&err) : run_batch(&err);
	ll_scaled_free(&loras);
	return ll_exit(program.name, status, &err);
}
