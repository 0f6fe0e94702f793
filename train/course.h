/*
 * A run from its options to its end: the memory, the net, the optimiser, the steps. What is
 * written at the end is the program's.
 */

#ifndef LL_TRAIN_COURSE_H
#define LL_TRAIN_COURSE_H

#include "train/lessons.h"
#include "train/run_settings.h"

struct ll_err;

enum ll_first {				/* a run's first values */
	LL_FIRST_GIVEN,			/* as they come */
	LL_FIRST_RANDOM,		/* ll_net_random */
	LL_FIRST_INDUCTION,		/* ll_net_induction */
};

struct ll_course {
	const char *program;
	struct ll_run_settings *settings;
	const char *output;		/* the checkpoint's name comes from it where --state says none */
	struct ll_hparams hp;
	const float *rope_freqs;
	float rope_magnitude;
	const struct ll_model *base;	/* NULL: from scratch */
	uint64_t from;			/* fingerprint of the base, or of the vocabulary */
	struct ll_net_options net;	/* what is not in the settings: adapters */
	uint64_t more;			/* bytes of memory beside the net's */
	struct ll_lessons *lessons;	/* data; not yet read */
	const struct ll_row_feed *feed;	/* another source of rows; NULL: the lessons */
	uint64_t feed_rows;		/* of an epoch of it; 0: not known, and there is but one */
	uint64_t feed_hash;		/* what a run over it is resumed on */
	double hard, temperature;	/* of a teacher; both 0: none */
	enum ll_first first;
	int (*finish)(void *context, struct ll_net *net, struct ll_err *err);
	void *context;
};

/* Inputs of a row at most: --context, or what stands for it. Ends the program where the model has fewer. */
size_t ll_course_span(const struct ll_course *course);

/*
 * The codes of ll_lessons_read, ll_net_new and ll_fit_run; -LL_ECREATE before anything is run
 * where output or checkpoint cannot be made. A run that a signal stops ends the process by that
 * signal, its checkpoint made, and nothing finished.
 */
int ll_course_run(struct ll_course *course, struct ll_err *err);

#endif
