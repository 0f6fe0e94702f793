/*
 * The log of a run: JSON Lines, of which each begins with its step.
 */

#ifndef LL_TRAIN_FIT_LOG_H
#define LL_TRAIN_FIT_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ll_err;

/*
 * A new log in the place of one that is there. -LL_ECREATE, also where another run writes it or it
 * is no log, and then stays as it is; -LL_EIO.
 */
int ll_fit_log_new(FILE **out, const char *path, struct ll_err *err);

/*
 * The log of a run that goes on behind `step`: what later steps wrote, and a line that was not
 * ended, are cut off; with `again` the evaluation at `step` as well, since it will be made again.
 * A file that is not there is made. -LL_ECREATE, -LL_EIO; -LL_EDATA with the number of a line
 * that is none of a log, and then the file stays as it is.
 */
int ll_fit_log_resume(FILE **out, const char *path, uint64_t step, bool again, struct ll_err *err);

#endif
