/*
 * Checkpoints: all that a run is continued from, in one GGUF that takes its name when it is whole.
 * Parameters have their names, their moments those with ".m" and ".v" behind, all F32.
 */

#ifndef LL_TRAIN_STATE_H
#define LL_TRAIN_STATE_H

#include <stdint.h>

#include "train/row_feed.h"
#include "train/optimise.h"

struct ll_err;
struct ll_gguf;

struct ll_run_progress {
	uint64_t step;			/* steps done */
	struct ll_row_place place;
	uint64_t tokens, targets;	/* run so far */
	double seconds;			/* spent so far */
};

/*
 * `settings` is what a run depends on, lines of "name value": a run is continued only under
 * the same. -LL_ECREATE, -LL_EIO, -LL_ENOMEM.
 */
int ll_state_save(const char *path, const struct ll_optimiser *optimiser, const struct ll_run_progress *progress,
    const char *settings, struct ll_err *err);

/* -LL_EINPUT; -LL_EDATA for a damaged file; -LL_EUSAGE for other settings, naming the first one. */
int ll_state_load(const char *path, struct ll_optimiser *optimiser, struct ll_run_progress *progress,
    const char *settings, struct ll_err *err);
/* The same from a file that is open. */
int ll_state_take(const struct ll_gguf *gguf, struct ll_optimiser *optimiser, struct ll_run_progress *progress,
    const char *settings, struct ll_err *err);

#endif
