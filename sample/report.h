/*
 * What ll-score prints: as lines "name value", "name value +- error", as lines of columns, or
 * as JSON, an object a line.
 */

#ifndef LL_SAMPLE_REPORT_H
#define LL_SAMPLE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sample/divergence.h"
#include "sample/scores.h"

/* Of questions: how many there are, and of those with a known answer how many were right. */
struct ll_report_choices {
	uint64_t items, answered, right, right_normalised;
	bool normalised;	/* each of them had bytes to normalise by */
};

/* Each appends to `out`; -LL_ENOMEM. */
int ll_report_text(struct ll_buf *out, const struct ll_tally *tally, bool json, struct ll_err *err);
int ll_report_questions(struct ll_buf *out, const struct ll_report_choices *choices, bool json, struct ll_err *err);
int ll_report_divergence(struct ll_buf *out, const struct ll_divergence_report *report, uint64_t rows, bool json,
    struct ll_err *err);

/* The line of a record; that of one that failed is empty, or in JSON has its id and "failed". */
int ll_report_record(struct ll_buf *out, const struct ll_scored *record, bool json, struct ll_err *err);
int ll_report_question(struct ll_buf *out, const struct ll_scored *record, bool json, struct ll_err *err);
int ll_report_class(struct ll_buf *out, const struct ll_scored *record, bool json, struct ll_err *err);

/* Whether each choice of a question has bytes to normalise its score by. */
bool ll_report_normalised(const struct ll_scored *record);

/* A token; `sequence` is how ll_sequence_name() calls it, `text` the token's bytes. */
struct ll_report_token {
	const char *sequence;
	uint64_t position;
	uint32_t id;
	double logprob;
	const char *text;
	size_t length;
};
int ll_report_token(struct ll_buf *out, const struct ll_report_token *token, bool json, struct ll_err *err);

#endif
