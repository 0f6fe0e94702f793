/*
 * Questions with choices, from JSON Lines, as prompts that a model is scored on. ll-tokenize(1)
 * describes the fields and the prompts.
 */

#ifndef LL_TOKENIZE_CHOICES_H
#define LL_TOKENIZE_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct ll_err;
struct ll_json;

#define LL_CHOICES_MAX 26

/* Everything is borrowed from `json`. */
struct ll_question {
	struct ll_json *json;
	const struct ll_json *id;	/* or NULL */
	const char *text;
	size_t length;
	struct {
		const char *text;
		size_t length;
	} choices[LL_CHOICES_MAX];
	size_t count;			/* at least 2 */
	int answer;			/* which is right, or -1 */
};

/* Parses a line; `where` begins every message. -LL_EDATA, -LL_ENOMEM. Free in any case. */
int ll_question_parse(struct ll_question *question, const char *line, size_t length, const char *where,
    struct ll_err *err);
void ll_question_free(struct ll_question *question);

/* Appends the question, with `letters` its choices behind letters too, so that an answer may follow. */
int ll_question_ask(const struct ll_question *question, bool letters, struct ll_buf *out, struct ll_err *err);

/* What answers it: a letter, or the choice's text. */
const char *ll_question_choice(const struct ll_question *question, size_t choice, bool letters, size_t *length);

/* The labels of "yes,no,maybe": at least two, none empty or twice. -LL_EUSAGE. Free with free(*text), which holds them. */
int ll_labels_parse(const char *list, char **text, const char *labels[LL_CHOICES_MAX], size_t *count,
    struct ll_err *err);

/*
 * Appends the META of a choice: `front` is an object's text, whose members come first; of `count` this
 * is the one called `choice`; `answer` and `bytes` stand there unless they are -1 and 0.
 */
int ll_choice_meta(struct ll_buf *out, const char *front, size_t count, const char *choice, size_t length, int answer,
    size_t bytes, struct ll_err *err);

#endif
