/*
 * A model of any container made into a GGUF or a folder of safetensors.
 */

#ifndef LL_MODEL_CONVERT_H
#define LL_MODEL_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hparams.h"
#include "model/save.h"

struct ll_adapters;
struct ll_err;
struct ll_model;
struct ll_pool;
struct ll_scaled_list;
struct ll_vocab;

struct ll_convert {
	/* Wants: */
	enum ll_container to;		/* GGUF or safetensors */
	uint32_t type;			/* of matrices: F32, F16, BF16; LL_DTYPES: as they are */
	bool pack;			/* to GGUF: matrices that meet products in panels, where their type has them */
	const struct ll_scaled_list *loras;	/* adapters that are merged, or NULL */
	const char *vocabulary;		/* of a folder to GGUF: a file or folder whose vocabulary is taken; else NULL */
	/* What it is done with: */
	struct ll_source *source;
	struct ll_model *base;		/* what `loras` are held against */
	struct ll_adapters *adapters;	/* without `loras` they may be set, and are merged and freed as those are */
	/* Where its vocabulary is read, one of three; none of them if there is none, or a GGUF's metadata is copied. */
	struct ll_gguf *tokenizer;	/* copied bit for bit */
	struct ll_vocab *vocab;		/* written anew; of vocab_name */
	const char *vocab_name;
	float *scores;			/* of `vocab`, from a file of their own */
	bool files;			/* the source's files are copied */
	struct ll_hparams hp;
	struct ll_rope_scaling scaling;
	struct ll_recode *jobs;
	size_t count;
	size_t packed;			/* jobs that make panels */
	struct ll_source_tensor extra;	/* the factors of the rotary frequencies, where `source` says a rule */
	float *factors;
};

/*
 * Opens a model and decides what becomes of each tensor. -LL_EINPUT, -LL_EDATA,
 * -LL_EUNSUPPORTED for what the container to be made cannot say. Close it even then.
 */
int ll_convert_plan(struct ll_convert *convert, const char *path, struct ll_err *err);
/* The parts of it for the vocabulary and for the rotary frequencies. */
int ll_convert_vocab(struct ll_convert *convert, struct ll_err *err);
int ll_convert_rope(struct ll_convert *convert, struct ll_err *err);
void ll_convert_close(struct ll_convert *convert);

/* What is lost of the vocabulary, to be told; NULL if nothing is. */
const char *ll_convert_note(const struct ll_convert *convert);

/* The files of a folder: those that may have the vocabulary. NULL behind the last. */
extern const char *const ll_convert_vocab_files[];

/* Writes the file, or the folder. `progress` may be NULL. */
int ll_convert_gguf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err);
int ll_convert_hf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err);

#endif
