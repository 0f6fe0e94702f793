/*
 * ll-train: teaches a model from text, from scratch or from where it stands.
 *
 * The net and its gradients are net_run.c's, the run is fit.c's, the data lessons.c's; where it begins and
 * ends is learner.c's.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/opt.h"
#include "train/learner.h"

static const char *held_path, *format_name;
static bool answers_only, skip_bad;
static struct ll_learner learner;
static struct ll_settings settings = LL_SETTINGS;
static const char **files;
static size_t file_count, file_cap;

static int
take_file(const char *value, struct ll_err *err)
{
	if (ll_grow(&files, &file_cap, file_count + 1, sizeof *files, err) < 0)
		return -LL_ENOMEM;
	files[file_count++] = value;
	return 0;
}

static const struct ll_opt options[] = {
	LL_OPTS_LEARNER(learner),
	{ 0, "eval", LL_OPT_STRING, &held_path, "FILE", "held-out text", 0, 0, NULL },
	{ 0, "answers-only", LL_OPT_FLAG, &answers_only, NULL, "of messages learn the assistant's turns alone", 0, 0, NULL },
	{ 0, "skip-bad", LL_OPT_FLAG, &skip_bad, NULL, "pass over bad lines of JSON Lines", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &format_name, "NAME", "of messages (default: the model's)", 0, 0, NULL },
	LL_OPTS_FIT(settings),
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, take_file },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-train",
	.summary = "teach a model from text",
	.usage = "[-hqvV] [-o FILE] [OPTION ...] --shape FILE --vocabulary FILE [FILE ...]\n"
	    "       ll-train [-hqvV] [-o FILE] [OPTION ...] [-m FILE] [FILE ...]",
	.options = options,
};

static bool
reads_stdin(void)
{
	bool found = file_count == 0;

	for (size_t i = 0; i < file_count; i++)
		found = found || strcmp(files[i], "-") == 0;
	return found;
}

int
main(int argc, char **argv)
{
	struct ll_lessons lessons = { .program = program.name };
	struct ll_course course = { .program = program.name, .settings = &settings, .lessons = &lessons };
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	if (held_path == NULL)
		ll_opt_refuse(&settings.eval_every, "without --eval");
	if (held_path != NULL && strcmp(held_path, "-") == 0 && reads_stdin())
		ll_opt_wrong(&held_path, "standard input is what is learned from");
	if ((status = ll_learner_check(&learner, &settings, &err)) == 0 && !settings.dry_run && file_count == 0 &&
	    isatty(STDIN_FILENO))
		status = ll_fail(&err, LL_EUSAGE, "no FILE, and standard input is a terminal");
	if (status == 0)
		status = ll_learner_open(&learner, &err);
	if (status == 0) {
		lessons.vocab = learner.vocab;
		lessons.format_name = format_name;
		lessons.answers_only = answers_only;
		lessons.skip_bad = skip_bad;
		lessons.files = files;
		lessons.file_count = file_count;
		lessons.held_path = held_path;
		ll_learner_course(&learner, &course);
		status = ll_course_run(&course, &err);
	}
	ll_lessons_free(&lessons);
	ll_learner_close(&learner);
	free(files);
	return ll_exit(program.name, status, &err);
}
