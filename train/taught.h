/*
 * Documents with what a teacher says of them: at some positions, the probabilities of what
 * follows (Hinton et al. 2015, arXiv 1503.02531), made from its logits as they come.
 */

#ifndef LL_TRAIN_TAUGHT_H
#define LL_TRAIN_TAUGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;

struct ll_taught_row {
	float *probabilities;		/* NULL: nothing is said at this position */
	uint32_t *ids;			/* NULL: 0 .. count - 1; else they lie behind the probabilities */
	size_t count;
};

struct ll_taught {
	struct ll_taught *next;		/* in a queue of the owner's */
	uint64_t sequence;
	uint32_t *tokens;
	size_t count, cap;
	struct ll_taught_row *rows;	/* row_count of them, by position; the one at p is of token p + 1 */
	size_t row_count, rows_cap;
	size_t from;			/* what is said before this position does not count */
};

/* Documents that still grow, by sequence. Zero-initialise. */
struct ll_taught_set {
	void *root;
};

/* NULL where there is none. */
struct ll_taught *ll_taught_find(const struct ll_taught_set *set, uint64_t sequence);
/* A new one, which the set owns; NULL when out of memory. */
struct ll_taught *ll_taught_add(struct ll_taught_set *set, uint64_t sequence, struct ll_err *err);
/* The document is the caller's from now on: ll_taught_free. NULL where there is none. */
struct ll_taught *ll_taught_remove(struct ll_taught_set *set, uint64_t sequence);
/* The same for whichever; the same one for the same set. */
struct ll_taught *ll_taught_remove_any(struct ll_taught_set *set);
void ll_taught_set_free(struct ll_taught_set *set);
void ll_taught_free(struct ll_taught *document);

/* How rows are read. Zero-initialise but for the first two; free with ll_teacher_free. */
struct ll_teacher {
	size_t vocab;
	double temperature;
	uint32_t *marks, mark;		/* [vocab]: in which row an id was last */
};

void ll_teacher_free(struct ll_teacher *teacher);

/*
 * The document is cut to `position`, what was said from there on is forgotten, and ids go on. -LL_EDATA, beginning
 * with `where`, for a position beyond its end and an id beyond the vocabulary; -LL_ENOMEM.
 */
int ll_teacher_tokens(const struct ll_teacher *teacher, struct ll_taught *document, uint64_t position,
    const uint32_t *ids, size_t count, const char *where, struct ll_err *err);

/*
 * What follows `position`, in place of what was said there: softmax(logits / temperature), [vocab].
 * -LL_EDATA, beginning with `where`: no token there, or logits that are no distribution; -LL_ENOMEM.
 */
int ll_teacher_dense(struct ll_teacher *teacher, struct ll_taught *document, uint64_t position, const float *logits,
    size_t count, const char *where, struct ll_err *err);

/*
 * The same from some ids, in any order. At temperature 1 the probabilities are exp(logit -
 * log_sum_exp), which need not sum to 1: of the largest they are what they are among all, of a random
 * sample (Anshumann et al. 2025, arXiv 2503.16870) its weights. At any other they are
 * softmax(logits / temperature) of those that are listed.
 */
int ll_teacher_sparse(struct ll_teacher *teacher, struct ll_taught *document, uint64_t position, float log_sum_exp,
    const uint32_t *ids, const float *logits, size_t count, const char *where, struct ll_err *err);

#endif
