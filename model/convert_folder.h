/*
 * A folder that is written: its files get their names together, when all of them are whole.
 */

#ifndef LL_MODEL_CONVERT_FOLDER_H
#define LL_MODEL_CONVERT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/io.h"

struct ll_convert;
struct ll_err;

#define LL_FOLDER_FILES 12

struct ll_folder {
	const char *path;		/* borrowed */
	bool made;
	size_t count;
	struct ll_out outs[LL_FOLDER_FILES];
	const char *names[LL_FOLDER_FILES];	/* borrowed */
};

/* Makes the folder, unless it is there. -LL_ECREATE. Close it if this succeeds. */
int ll_folder_open(struct ll_folder *folder, const char *path, struct ll_err *err);
/* Begins a file; *out is the folder's. */
int ll_folder_add(struct ll_folder *folder, struct ll_out **out, const char *name, struct ll_err *err);
/* Names the files (status >= 0) or drops them, and the folder if it was made; returns `status`, or its own failure. */
int ll_folder_close(struct ll_folder *folder, int status, struct ll_err *err);

/* Adds the files of the vocabulary: copies, or new ones. */
int ll_folder_vocab(struct ll_folder *folder, const struct ll_convert *convert, struct ll_err *err);

#endif
