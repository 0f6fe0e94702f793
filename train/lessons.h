/*
 * The data of a run, read with a model's own vocabulary and chat format: what is learned from and
 * what is held out.
 */

#ifndef LL_TRAIN_LESSONS_H
#define LL_TRAIN_LESSONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vocab.h"
#include "train/corpus.h"

struct ll_err;

struct ll_lessons {
	/* Set before ll_lessons_read. */
	const char *program;		/* for warnings */
	const struct ll_vocab *vocab;	/* borrowed */
	const char *format_name;	/* of chats; NULL: as the vocabulary's template says */
	bool answers_only, skip_bad;
	const char **files;
	size_t file_count;
	const char *held_path;		/* NULL: nothing is held out */
	bool held_only;			/* what is learned from comes otherwise */
	/* What comes of it. */
	struct ll_tokenizer *tokenizer;
	struct ll_chat chat;
	struct ll_corpus corpus, held;
};

/* The codes of ll_corpus_read; stdin is read where there are no files (and not held_only). */
int ll_lessons_read(struct ll_lessons *lessons, struct ll_err *err);
void ll_lessons_free(struct ll_lessons *lessons);

/* Rows of an epoch, `context` inputs each. */
int ll_lessons_rows(const struct ll_lessons *lessons, size_t context, uint64_t seed, uint64_t *rows, struct ll_err *err);

#endif
