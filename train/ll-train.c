/*
 * ll-train: teaches a model from text, from scratch or from where it stands.
 *
 * The net and its gradients are net_run.c's, the run is fit.c's, the data lessons.c's; where it begins and
 * ends is learner.c's.
 */

#include "base/err.h"
#include "base/io.h"
#include "base/opt.h"
#include "train/learner.h"

static struct ll_learner learner;
static struct ll_lessons lessons;
static struct ll_run_settings settings = LL_SETTINGS;

static int
add_file(const char *value, struct ll_err *err)
{
	return ll_sources_add(&lessons.files, value, false, err);
}

static const struct ll_opt options[] = {
	LL_OPTS_LEARNER(learner),
	{ 0, "eval", LL_OPT_STRING, &lessons.held_path, "FILE", "held-out text", 0, 0, NULL },
	{ 0, "answers-only", LL_OPT_FLAG, &lessons.answers_only, NULL, "of messages learn the assistant's turns alone", 0, 0, NULL },
	{ 0, "skip-bad", LL_OPT_FLAG, &lessons.skip_bad, NULL, "pass over bad lines of JSON Lines", 0, 0, NULL },
	{ 0, "chat-format", LL_OPT_STRING, &lessons.format_name, "NAME", "of messages (default: the model's)", 0, 0, NULL },
	LL_OPTS_FIT(settings),
	LL_OPTS_COMMON,
	{ 0, "file", LL_OPT_OPERAND, NULL, NULL, NULL, 0, 0, add_file },
	{ 0 }
};

static const struct ll_program program = {
	.name = "ll-train",
	.summary = "teach a model from text",
	.usage = "[-hqvV] [-o FILE] [OPTION ...] --shape FILE --vocabulary FILE [FILE ...]\n"
	    "       ll-train [-hqvV] [-o FILE] [OPTION ...] [-m FILE] [FILE ...]",
	.options = options,
};

int
main(int argc, char **argv)
{
	struct ll_course course = { .program = program.name, .settings = &settings, .lessons = &lessons };
	struct ll_err err = { 0 };
	int status;

	ll_start();
	ll_opt_parse(&program, argc, argv);
	lessons.program = program.name;
	if ((status = ll_learner_check(&learner, &settings, &err)) == 0 &&
	    (status = ll_lessons_check(&lessons, &settings, &err)) == 0 && (status = ll_learner_open(&learner, &err)) == 0) {
		lessons.vocab = learner.vocab;
		ll_learner_course(&learner, &course);
		status = ll_course_run(&course, &err);
	}
	ll_lessons_free(&lessons);
	ll_learner_close(&learner);
	return ll_exit(program.name, status, &err);
}
