/*
 * A GGUF quantised into another: which tensor gets which type, and the file.
 */

#ifndef LL_MODEL_QUANTIZE_H
#define LL_MODEL_QUANTIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/imatrix.h"
#include "model/mix.h"
#include "model/save.h"

struct ll_err;
struct ll_pool;

/* Of tensors whose name a shell pattern matches. */
struct ll_quantize_rule {
	char *pattern;
	uint32_t type;
	size_t line;			/* in its file */
	bool used;
};

struct ll_quantize_rules {
	const char *path;		/* for messages; borrowed */
	struct ll_quantize_rule *rules;
	size_t count, cap;
};

struct ll_quantize {
	/* Wants; zero is the default of each but the mix. */
	const struct ll_mix *mix;
	bool pure;			/* its type for every matrix */
	bool requantize;		/* also from types that have lost something */
	const struct ll_imatrix *imatrix;
	const char *imatrix_path;
	struct ll_quantize_rules *rules;
	/* The plan: */
	struct ll_source *source;
	struct ll_recode *jobs;		/* one for each tensor */
	size_t count;
	size_t fallbacks;		/* tensors whose rows are no whole blocks of their type */
	size_t unimportant;		/* quantised tensors that the importance matrix lacks, but for the embedding */
};

/*
 * Opens a GGUF and decides what becomes of each tensor. -LL_EINPUT, -LL_EDATA,
 * -LL_EUNSUPPORTED for a model that is not understood, for a container other than GGUF, and for
 * lossy types without `requantize`; -LL_ECONFIG for a rule that matches nothing. Close it even then.
 */
int ll_quantize_plan(struct ll_quantize *q, const char *path, struct ll_err *err);
void ll_quantize_close(struct ll_quantize *q);

/* Writes the file that was planned. `progress` may be NULL. */
int ll_quantize_write(const struct ll_quantize *q, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err);

/* The bytes of tensors that the file will have, and has. */
void ll_quantize_sizes(const struct ll_quantize *q, uint64_t *before, uint64_t *after);

#endif
