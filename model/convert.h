/*
 * A model of any container made into a GGUF or a folder of safetensors.
 */

#ifndef LL_MODEL_CONVERT_H
#define LL_MODEL_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#include "model/hparams.h"
#include "model/save.h"

struct ll_err;
struct ll_pool;

struct ll_convert {
	/* Wants: */
	enum ll_container to;		/* GGUF or safetensors */
	uint32_t type;			/* of matrices: F32, F16, BF16; LL_DTYPES: as they are */
	const char *vocabulary;		/* of a folder to GGUF: a GGUF whose tokenizer.* is taken; else NULL */
	/* What it is done with: */
	struct ll_source *source;
	struct ll_gguf *tokenizer;
	struct ll_hparams hp;
	struct ll_rope_scaling scaling;
	struct ll_recode *jobs;
	size_t count;
	struct ll_source_tensor extra;	/* the factors of the rotary frequencies, where `source` has none */
	float *factors;
};

/*
 * Opens a model and decides what becomes of each tensor. -LL_EINPUT, -LL_EDATA,
 * -LL_EUNSUPPORTED for what the container to be made cannot say. Close it even then.
 */
int ll_convert_plan(struct ll_convert *convert, const char *path, struct ll_err *err);
void ll_convert_close(struct ll_convert *convert);

/* Writes the file, or the folder. `progress` may be NULL. */
int ll_convert_gguf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err);
int ll_convert_hf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err);

#endif
