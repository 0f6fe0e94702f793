/*
 * The data of a run; see lessons.h.
 */

#include "train/lessons.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/opt.h"

static void
tell(void *arg, const char *message)
{
	ll_warn(arg, "%s", message);
}

static int
make_chat(struct ll_lessons *l, struct ll_err *err)
{
	struct ll_err unknown = { 0 };
	int status;

	if (l->format_name != NULL) {
		status = ll_chat_by_name(&l->chat, l->format_name, err);
		l->chat.bos = -1;
		return status;
	}
	/* Messages are refused then, if there are any. */
	if (ll_chat_recognise(&l->chat, l->vocab, &unknown) < 0)
		l->chat.format = LL_CHAT_NONE;
	return 0;
}

static bool
reads_stdin(const struct ll_lessons *l)
{
	size_t count;
	const struct ll_operand *files = ll_sources_list(&l->files, &count);
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found = found || strcmp(files[i].value, "-") == 0;
	return found;
}

int
ll_lessons_check(const struct ll_lessons *l, const struct ll_run_settings *settings, struct ll_err *err)
{
	if (l->held_path == NULL)
		ll_opt_refuse(&settings->eval_every, "without --eval");
	if (l->held_path != NULL && strcmp(l->held_path, "-") == 0 && reads_stdin(l))
		ll_opt_wrong(&l->held_path, "standard input is what is learned from");
	if (l->files.count == 0 && !settings->dry_run && isatty(STDIN_FILENO))
		return ll_fail(err, LL_EUSAGE, "no FILE, and standard input is a terminal");
	return 0;
}

int
ll_lessons_read(struct ll_lessons *l, struct ll_err *err)
{
	struct ll_corpus_options options = { .chat = &l->chat, .answers_only = l->answers_only, .skip_bad = l->skip_bad,
	    .tell = tell };
	union { const char *text; void *arg; } program = { l->program };
	struct ll_err own = { 0 };
	size_t count;
	const struct ll_operand *files = ll_sources_list(&l->files, &count);
	int status;

	options.arg = program.arg;
	if ((status = ll_tokenizer_new(&l->tokenizer, l->vocab, err)) < 0 || (status = make_chat(l, err)) < 0)
		return status;
	options.tokenizer = l->tokenizer;
	for (size_t i = 0; i < count && status == 0 && !l->held_only; i++)
		status = ll_corpus_read(&l->corpus, files[i].value, &options, err);
	if (status == 0 && !l->held_only)
		status = ll_corpus_end(&l->corpus, err);
	if (status < 0 || l->held_path == NULL)
		return status;
	if ((status = ll_corpus_read(&l->held, l->held_path, &options, err)) == 0 &&
	    (status = ll_corpus_end(&l->held, &own)) < 0)
		status = ll_fail(err, own.code, "%s: %s", l->held_path, own.text);
	return status;
}

void
ll_lessons_free(struct ll_lessons *l)
{
	ll_corpus_free(&l->corpus);
	ll_corpus_free(&l->held);
	ll_tokenizer_free(l->tokenizer);
	free(l->files.list);
}
