/*
 * What was learned, as a model file.
 */

#ifndef LL_TRAIN_RESULT_H
#define LL_TRAIN_RESULT_H

#include <stdint.h>

#include "model/gguf.h"
#include "model/hparams.h"
#include "train/net.h"

struct ll_err;

struct ll_result {
	const struct ll_net *net;		/* all of which is learned */
	const struct ll_rope_scaling *scaling;
	const struct ll_gguf *vocab;		/* its tokenizer.* is copied */
	const struct ll_gguf *base;		/* not NULL: all its metadata and rope_freqs.weight are, instead */
	const char *name;			/* general.name without a base; NULL: none */
	uint32_t type;				/* of matrices that have whole blocks of it; others are F32 */
};

/* A GGUF at `path` (NULL or "-": stdout). -LL_EDATA for a number that the type cannot hold; -LL_ECREATE, -LL_EIO. */
int ll_result_write(const struct ll_result *result, const char *path, struct ll_err *err);

#endif
