/*
 * A training run: steps of batches from a feed, held-out evaluation, checkpoints, and the
 * telling of it on the terminal and in a log.
 */

#ifndef LL_TRAIN_FIT_H
#define LL_TRAIN_FIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "train/row_feed.h"
#include "train/optimise.h"
#include "train/state.h"

struct ll_err;

#define LL_FIT_ENDLESS UINT64_MAX	/* steps of a run that ends with its epochs */

struct ll_fit_options {
	const char *program;		/* for messages */
	uint64_t steps;
	size_t rows;			/* of a step, from the feed */
	size_t micro;			/* rows run at once; their gradients are added */
	size_t span;			/* inputs of a row at most */
	uint64_t seed;			/* of dropout */
	double hard, temperature;	/* of a teacher, see struct ll_batch */
	uint64_t eval_every;		/* steps; 0: at the end alone, where there is something held out */
	uint64_t save_every;		/* steps; 0: at the end of the run alone */
	uint64_t epochs;		/* ends after so many, though steps are left; 0: any */
	const char *state;		/* checkpoint; NULL: none */
	bool resume;
	const char *log;		/* JSON Lines; NULL: none */
	const char *settings;		/* see ll_state_save */
	bool quiet;
};

struct ll_fit {
	struct ll_fit_options options;
	struct ll_net *net;
	struct ll_optimiser optimiser;
	struct ll_row_feed feed;
	const struct ll_corpus *held;	/* NULL: nothing is held out */
	struct ll_run_progress progress;
	int stopped;			/* by this signal */
	/* Private. */
	struct ll_gather gather;
	FILE *log;
	double began;
	bool terminal, ended;
};

/*
 * Runs to the end: 0. Where checkpoints are made, SIGINT and SIGTERM end it after the step that runs,
 * with a checkpoint: 1 (a second one ends the process, as each does without checkpoints). -LL_EDATA
 * where the loss is no number any more: the message has the step, and the last checkpoint stays;
 * -LL_ECREATE and -LL_EIO for checkpoints and logs.
 */
int ll_fit_run(struct ll_fit *fit, struct ll_err *err);

#endif
