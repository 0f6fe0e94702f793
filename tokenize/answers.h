/*
 * Answers as JSON Lines: one object a sequence, gathered from what a stream tells of it and
 * given out when all samples of its record have ended, in the order of the records or as they
 * end. ll-tokenize(1) describes the object. Knows nothing of frames.
 *
 * Memory is that of what has not ended, and in order also of what waits for it.
 */

#ifndef LL_TOKENIZE_ANSWERS_H
#define LL_TOKENIZE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct ll_answers;
struct ll_err;

/* A sampled token; the alternatives are put in by ll_answers_alternative. */
struct ll_answer_token {
	uint32_t id;
	const char *bytes;	/* of its text, whole */
	size_t length;
	float logprob;
};

struct ll_answer_end {
	const char *reason;
	uint64_t prompt, generated;
	int code;		/* 0, or why the sequence failed: */
	const char *message;
};

/* A sequence is its record's number, in the upper 32 bits, and its sample's. */
int ll_answers_new(struct ll_answers **out, bool in_order, struct ll_err *err);
void ll_answers_free(struct ll_answers *answers);

/* A stream begins: the seed that its samples have unless a record has its own, or NULL; whether it has log-probabilities. */
void ll_answers_begin(struct ll_answers *answers, const uint64_t *seed, bool logprobs);

/* A sequence's META payload. -LL_EDATA for one that is none; `where` begins the message. */
int ll_answers_meta(struct ll_answers *answers, uint64_t sequence, const char *text, size_t length,
    const char *where, struct ll_err *err);
/* The sequence is there, with so many more prompt tokens. */
int ll_answers_prompt(struct ll_answers *answers, uint64_t sequence, uint64_t tokens, struct ll_err *err);
/* Whether its text has begun, for ll_tokenizer_strip: false at first. NULL: *err says why. */
bool *ll_answers_begun(struct ll_answers *answers, uint64_t sequence, struct ll_err *err);
int ll_answers_text(struct ll_answers *answers, uint64_t sequence, const char *bytes, size_t length,
    struct ll_err *err);
/* Whether the record or the stream asks for log-probabilities, be it without others. */
bool ll_answers_asks_logprobs(struct ll_answers *answers, uint64_t sequence);
/* Log-probabilities: of a token, and then of others that might have come in its place. */
int ll_answers_logprob(struct ll_answers *answers, uint64_t sequence, const struct ll_answer_token *token,
    struct ll_err *err);
int ll_answers_alternative(struct ll_answers *answers, uint64_t sequence,
    const struct ll_answer_token *token, struct ll_err *err);
/* NULL: it is complete, but nothing was to be answered. */
int ll_answers_end(struct ll_answers *answers, uint64_t sequence, const struct ll_answer_end *end,
    struct ll_err *err);

/* The stream ends in order: everything has ended. */
int ll_answers_end_all(struct ll_answers *answers, struct ll_err *err);
/* The stream broke: what has ended is given out, the rest is no answer. */
int ll_answers_give_up(struct ll_answers *answers, struct ll_err *err);

/* Whole lines that can be written now; the caller writes them and sets len to 0. */
struct ll_buf *ll_answers_lines(struct ll_answers *answers);

#endif
