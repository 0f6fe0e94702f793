#include "train/lessons.h"

#include <string.h>

#include "base/err.h"

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
	bool found = l->file_count == 0 && !l->held_only;

	for (size_t i = 0; i < l->file_count; i++)
		found = found || strcmp(l->files[i], "-") == 0;
	return found;
}

int
ll_lessons_read(struct ll_lessons *l, struct ll_err *err)
{
	struct ll_corpus_options options = { .chat = &l->chat, .answers_only = l->answers_only, .skip_bad = l->skip_bad,
	    .tell = tell };
	union { const char *text; void *arg; } program = { l->program };
	struct ll_err own = { 0 };
	int status;

	if (l->held_path != NULL && strcmp(l->held_path, "-") == 0 && reads_stdin(l))
		return ll_fail(err, LL_EUSAGE, "--eval: standard input is what is learned from");
	options.arg = program.arg;
	if ((status = ll_tokenizer_new(&l->tokenizer, l->vocab, err)) < 0 || (status = make_chat(l, err)) < 0)
		return status;
	options.tokenizer = l->tokenizer;
	if (l->file_count == 0 && !l->held_only)
		status = ll_corpus_read(&l->corpus, "-", &options, err);
	for (size_t i = 0; i < l->file_count && status == 0; i++)
		status = ll_corpus_read(&l->corpus, l->files[i], &options, err);
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
}

int
ll_lessons_rows(const struct ll_lessons *l, size_t context, uint64_t seed, uint64_t *rows, struct ll_err *err)
{
	struct ll_order order = { 0 };
	int status = ll_order_make(&order, &l->corpus, context, seed, 0, true, err);

	*rows = order.rows;
	ll_order_free(&order);
	return status;
}
