/*
 * What is shown of a stream of tokens: text, sequence after sequence (transcript.h), or a
 * JSON object for each (answers.h). Knows ids, not frames.
 */

#ifndef LL_TOKENIZE_SHOWN_H
#define LL_TOKENIZE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokenize/answers.h"
#include "tokenize/tokenizer.h"

struct ll_spoken;
struct ll_transcript;

struct ll_shown {
	const struct ll_tokenizer *tokenizer;	/* set it before there are ids; borrowed */
	bool special;			/* special tokens are shown, by their names */
	bool echo;			/* prompts too */
	struct ll_transcript *transcript;	/* one of these */
	struct ll_answers *answers;
	struct ll_spoken *spoken;	/* with a transcript: answers as messages, one a line */
};

struct ll_shown_sample {
	uint32_t token, show;		/* how many bytes of its text at most */
	float logprob;
	bool final;			/* it ended the turn and is no part of the text */
	size_t count;			/* of alternatives: u32 id, f32 log-probability */
	const void *alternatives;
};

void ll_shown_free(struct ll_shown *shown);

/*
 * Prompt tokens, the first at `position`. `context`: passed on for reference; `complete`:
 * nothing answers them.
 */
int ll_shown_prompt(struct ll_shown *shown, uint64_t sequence, uint64_t position, const uint32_t *ids,
    size_t count, bool context, bool complete, struct ll_err *err);
int ll_shown_sample(struct ll_shown *shown, uint64_t sequence, uint64_t position,
    const struct ll_shown_sample *sample, struct ll_err *err);
int ll_shown_end(struct ll_shown *shown, uint64_t sequence, const struct ll_answer_end *end,
    struct ll_err *err);
/* The stream ends: in order, or it broke. */
int ll_shown_end_all(struct ll_shown *shown, bool in_order, struct ll_err *err);

/* What can be written now; the caller writes it and sets len to 0. */
struct ll_buf *ll_shown_text(struct ll_shown *shown);

#endif
