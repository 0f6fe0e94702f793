/*
 * Scores of sequences, put together to records: the windows of a text, the choices of a
 * question, the labels of a line. A record is given out when it is complete and those before it
 * are out, whatever the order in which its sequences were evaluated.
 */

#ifndef LL_SAMPLE_SCORES_H
#define LL_SAMPLE_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sample/tally.h"

struct ll_err;

/* A sequence of a record. */
struct ll_part {
	struct ll_tally tally;
	struct ll_buf lines;	/* what the caller keeps for each token */
	char *choice;		/* what META calls it, or NULL */
	uint64_t bytes;		/* of the choice, for a normalised score; 0: none is wanted */
	uint64_t next;		/* the least position that may still come */
	bool begun;		/* its text has begun: ll_tokenizer_strip() */
	bool closed;
};

struct ll_scored {
	uint64_t record;
	char *id;		/* JSON, or NULL */
	struct ll_part *parts;
	size_t count, cap;	/* that have come */
	size_t expected;
	size_t closed;
	size_t choices;		/* META says it is a question of so many, or 0 */
	int64_t answer;		/* which is right, or -1 */
	bool windows;		/* its sequences are windows of one text */
	bool failed;
};

struct ll_scores;

/* `give` receives each record in order; it is gone then. */
int ll_scores_new(struct ll_scores **out, int (*give)(void *arg, struct ll_scored *record, struct ll_err *err),
    void *arg, struct ll_err *err);
void ll_scores_free(struct ll_scores *scores);

/*
 * Takes a META payload (ll-stream(5)) of a sequence of which no token came yet. -LL_EDATA, beginning
 * with `where`, for a member in use that is not as it should be.
 */
int ll_scores_meta(struct ll_scores *scores, uint64_t record, uint32_t sample, const char *text, size_t length,
    const char *where, struct ll_err *err);

/* The sequence's tokens come. -LL_EDATA for one that the record should not have. */
int ll_scores_open(struct ll_scores *scores, uint64_t record, uint32_t sample, const char *where, struct ll_err *err);

/* NULL for a sequence that was not opened or whose record is out. Valid until the next call. */
struct ll_scored *ll_scores_find(const struct ll_scores *scores, uint64_t record);
struct ll_part *ll_scores_part(const struct ll_scores *scores, uint64_t record, uint32_t sample);

/* The sequence has ended; gives out what is complete. */
int ll_scores_close(struct ll_scores *scores, uint64_t record, uint32_t sample, bool failed, struct ll_err *err);

/* The stream has ended: gives out the rest, of which what is not complete has failed. */
int ll_scores_end(struct ll_scores *scores, struct ll_err *err);

/*
 * Which choice has the greatest log-probability, of equal ones the first; `normalised`: by the byte.
 * Of at least one.
 */
size_t ll_scored_best(const struct ll_scored *record, bool normalised);

/* out[0..count): probabilities of the choices if it is one of them. */
void ll_scored_probabilities(const struct ll_scored *record, double *out);

#endif
