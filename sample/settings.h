/*
 * How one sequence is sampled: what the command line says, and where the sequence's META frame
 * says otherwise, that. ll-sample(1) describes it.
 */

#ifndef LL_SAMPLE_SETTINGS_H
#define LL_SAMPLE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample/order.h"

struct ll_err;
struct ll_record;
struct ll_stops;
struct ll_strings;
struct ll_vocab;

struct ll_settings {
	struct ll_sampling sampling;
	struct ll_order order;
	uint64_t limit;			/* tokens of a turn; UINT64_MAX: none */
	size_t ranked;			/* alternatives to tell */
	size_t samples;			/* answers; made by forking unless they came as sequences */
	bool own_samples;		/* the record said how many */
	size_t best_of;			/* from among so many; at least samples */
	size_t beams;			/* 0: no search */
	bool own_seed;
	uint64_t seed;			/* if it has its own */

	/* NULL or 0 for none; borrowed from the defaults unless they are in `owned`. */
	const struct ll_stops *stops;
	const struct ll_strings *banned, *breakers;
	const struct ll_bias *biases;	/* by id, then by text */
	size_t bias_count, id_bias_count;
	struct {
		struct ll_stops *stops;
		struct ll_strings *banned, *breakers;
		struct ll_bias *biases;
	} owned;

	unsigned users;			/* beside the first: sequences that were forked */
	char idle[120];			/* "x has no effect y": of the record, beside the command line; or "" */
};

/* What tokens and texts mean there. */
struct ll_settings_place {
	const struct ll_vocab *vocab;	/* NULL unless it is needed */
	uint64_t vocab_size;		/* logits of a row; 0: not known */
	bool answered;			/* there is a return path */
	const char *where;		/* begins messages */
};

/* Whether command line lists, or a record beside `defaults`, need the vocabulary's bytes. */
bool ll_settings_need_vocab(const struct ll_sampling_lists *lists, const struct ll_sampling *sampling);
bool ll_settings_record_needs_vocab(const struct ll_record *meta, const struct ll_settings *defaults);

/* How many answers are one sequence's by a record: each of several that came as sequences has one. 0: it does not say. */
size_t ll_settings_record_answers(const struct ll_record *meta);

/*
 * Of the command line: completes `settings`, whose numbers are set. -LL_EUSAGE for a list that does
 * not fit, -LL_EDATA where several answers are asked for without a return path.
 */
int ll_settings_complete(struct ll_settings *settings, const struct ll_sampling_lists *lists,
    const struct ll_settings_place *place, struct ll_err *err);

/*
 * Of a sequence. *out is NULL when META says nothing about sampling; else free it, before the
 * defaults. -LL_EDATA, naming `where`, the field and its value.
 */
int ll_settings_make(struct ll_settings **out, const struct ll_settings *defaults, const struct ll_record *meta,
    const struct ll_settings_place *place, struct ll_err *err);

/* A seed that is drawn has 53 bits: every reader of JSON has it exactly. */
uint64_t ll_settings_seed(void);

/*
 * What the sequence's META does not say, as members of JSON with a comma before each, or "". One that
 * is drawn where the command line draws nothing has no seed but one made for it here.
 */
void ll_settings_tell(struct ll_settings *settings, const struct ll_settings *defaults, char *text, size_t size);

/* Frees what the command line's own. */
void ll_settings_drop(struct ll_settings *settings);
/* Frees those of a sequence with their last user; NULL is fine. */
void ll_settings_free(struct ll_settings *settings);

#endif
