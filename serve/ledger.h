/*
 * The file that a batch writes its answers into, line by line: what of it an earlier run has
 * done already, and the lines that are added. A line that a killed run left half-written is
 * dropped, with the other samples of its record.
 */

#ifndef LL_SERVE_LEDGER_H
#define LL_SERVE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_err;
struct ll_json;
struct ll_ledger;

/*
 * Opens standard output (NULL, "-"), a device or pipe, or a file, which is made if there is
 * none and locked against another batch. With `retry` records that failed are taken out of
 * it, with all of their samples. `path` must outlive it. -LL_ECREATE, -LL_EIO, -LL_ENOMEM;
 * -LL_EDATA for a file that holds something else. To be closed and freed whatever this returns.
 */
int ll_ledger_open(struct ll_ledger **out, const char *path, bool retry, struct ll_err *err);

/*
 * Closes the file; one that was made here and is still empty is removed after a failure.
 * `status`, or the failure of closing. NULL is fine.
 */
int ll_ledger_close(struct ll_ledger *ledger, int status, struct ll_err *err);
/* When nobody asks any more what is done. */
void ll_ledger_free(struct ll_ledger *ledger);

/* How many records are done, and how many of these failed. */
size_t ll_ledger_done(const struct ll_ledger *ledger);
size_t ll_ledger_failed(const struct ll_ledger *ledger);

/*
 * Whether a record is done: by its id (a string or whole number), or without one (NULL) by
 * its line, from 1. Each answer counts for one record: ll_ledger_rewind begins anew.
 */
bool ll_ledger_has(struct ll_ledger *ledger, const struct ll_json *id, uint64_t line);
void ll_ledger_rewind(struct ll_ledger *ledger);

/* Adds whole lines. A pipe that broke ends the process as by SIGPIPE. -LL_EIO, also for a file that was removed. */
int ll_ledger_add(struct ll_ledger *ledger, const char *lines, size_t length, struct ll_err *err);

#endif
