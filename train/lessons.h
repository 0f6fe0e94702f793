/*
 * The data of a run, read with a model's own vocabulary and chat format: what is learned from and
 * what is held out.
 */

#ifndef LL_TRAIN_LESSONS_H
#define LL_TRAIN_LESSONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sources.h"
#include "base/vocab.h"
#include "train/corpus.h"
#include "train/run_settings.h"

struct ll_err;

struct ll_lessons {
	/* The options. */
	const char *format_name;	/* of chats; NULL: as the vocabulary's template says */
	bool answers_only, skip_bad;
	struct ll_sources files;	/* none: standard input */
	const char *held_path;		/* NULL: nothing is held out */
	/* Set before ll_lessons_read. */
	bool held_only;			/* what is learned from comes otherwise */
	const char *program;		/* for warnings */
	const struct ll_vocab *vocab;	/* borrowed */
	/* What comes of it. */
	struct ll_tokenizer *tokenizer;
	struct ll_chat chat;
	struct ll_corpus corpus, held;
};

/*
 * Of files: ends the program where an option has no effect, or standard input is to be both; -LL_EUSAGE where
 * there is nothing to read but a terminal.
 */
int ll_lessons_check(const struct ll_lessons *lessons, const struct ll_run_settings *settings, struct ll_err *err);

/* The codes of ll_corpus_read. */
int ll_lessons_read(struct ll_lessons *lessons, struct ll_err *err);
void ll_lessons_free(struct ll_lessons *lessons);

#endif
