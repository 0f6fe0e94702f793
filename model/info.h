/*
 * What ll-info(1) tells of a file: gathered by info.c, written by info_text.c and
 * info_json.c.
 */

#ifndef LL_MODEL_INFO_H
#define LL_MODEL_INFO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/adapter.h"
#include "model/gguf.h"
#include "model/hparams.h"
#include "model/model.h"
#include "model/source.h"

#define LL_INFO_TYPES 65	/* by GGUF's number; the last one counts all from 64 on */

struct ll_info {
	const char *path;
	size_t size;			/* of the file, or of all that belong to it */
	struct ll_source *source;	/* NULL: a rank file */
	const struct ll_gguf *gguf;	/* of a GGUF, its first part; else NULL */
	struct ll_model *model;		/* NULL: it cannot be run, because of */
	char refusal[1000];		/* or "" for an adapter that is understood */
	bool is_adapter;		/* of no model; what it is: */
	double alpha;			/* 0: it does not say */
	uint64_t base;			/* the model's fingerprint; 0: it tells none */
	size_t rank_least, rank_most;
	size_t adapted[LL_ADAPT_SITES];	/* layers with a pair for the site */
	bool adapts_head;
	struct ll_hparams hp;		/* hp.layers is 0 if they cannot be read */
	struct ll_rope_scaling scaling;
	struct ll_vocab *vocab;		/* NULL: it cannot be used, because of */
	char vocab_refusal[1000];
	const char *chat;		/* the name of its chat format, set by the program; or NULL */
	uint64_t parameters;
	struct ll_info_type {
		size_t tensors, bytes;
	} types[LL_INFO_TYPES];
	size_t tensor_bytes;		/* all of them */
	size_t packed;			/* tensors whose rows lie in panels */
};

/* What a context takes; SIZE_MAX where a number does not fit. */
struct ll_info_memory {
	size_t context, kv_f16, kv_f32, run_state;
};

/* What to tell besides the overview. */
struct ll_info_wants {
	size_t context;			/* 0: the model's */
	bool tensors, metadata;
};

/*
 * Opens a model file, a folder or a rank file. A sound file that cannot be run, or whose vocabulary cannot be
 * used, is no failure. `path` must outlive it. Close with ll_info_close even on failure.
 */
int ll_info_open(struct ll_info *info, const char *path, struct ll_err *err);
/* The same over what is open, which ll_info_close then closes. */
int ll_info_of(struct ll_info *info, struct ll_source *source, const char *path, struct ll_err *err);
void ll_info_close(struct ll_info *info);

/* Only where hp.layers is not 0. */
void ll_info_memory(const struct ll_info *info, size_t context, struct ll_info_memory *memory);

/* The name of entry i of info->types. */
const char *ll_info_type_name(size_t i);

/* Errors of writing are left in the stream. */
void ll_info_text(FILE *out, const struct ll_info *info, const struct ll_info_wants *wants);
int ll_info_json(FILE *out, const struct ll_info *info, const struct ll_info_wants *wants,
    struct ll_err *err);

#endif
