/*
 * The model that learns: from which file, or of which shape, it begins, and the file it becomes.
 * The options of that are shared by the programs that teach whole models.
 */

#ifndef LL_TRAIN_LEARNER_H
#define LL_TRAIN_LEARNER_H

#include "model/gguf.h"
#include "model/hparams.h"
#include "model/model.h"
#include "train/course.h"

struct ll_err;

struct ll_learner {
	/* The options. */
	const char *model_path, *shape_path, *vocabulary_path, *output, *dtype, *name;
	bool induction;
	/* What they name, after ll_learner_open. */
	struct ll_model *model;		/* NULL: from scratch */
	struct ll_gguf *gguf;		/* the model's or the vocabulary's file */
	struct ll_vocab *vocab;
	struct ll_hparams hp;
	struct ll_rope_scaling scaling;
	float *freqs, magnitude;
	uint32_t type;			/* of the output's matrices */
};

#define LL_OPTS_LEARNER(l) \
	{ 'm', "model", LL_OPT_STRING, &(l).model_path, "FILE", "go on from this model (default: $LL_MODEL)", 0, 0, NULL }, \
	{ 0, "shape", LL_OPT_STRING, &(l).shape_path, "FILE", "the shape of a new model, in YAML", 0, 0, NULL }, \
	{ 0, "vocabulary", LL_OPT_STRING, &(l).vocabulary_path, "FILE", "its vocabulary: a GGUF, as ll-train-bpe writes it", 0, 0, NULL }, \
	{ 0, "induction", LL_OPT_FLAG, &(l).induction, NULL, "its first values copy: induction heads", 0, 0, NULL }, \
	LL_OPT_OUTPUT((l).output), \
	{ 0, "dtype", LL_OPT_STRING, &(l).dtype, "TYPE", "matrices of the output as f32 (default), f16, bf16, q8_0, ...", 0, 0, NULL }, \
	{ 0, "name", LL_OPT_STRING, &(l).name, "TEXT", "the new model's name", 0, 0, NULL }

/* Ends the program where an option has no effect; -LL_EUSAGE where one is missing or wrong. */
int ll_learner_check(struct ll_learner *learner, struct ll_run_settings *settings, struct ll_err *err);

/* The codes of ll_gguf_open, ll_model_open, ll_vocab_open and ll_shape_read. Close it in any case. */
int ll_learner_open(struct ll_learner *learner, struct ll_err *err);
void ll_learner_close(struct ll_learner *learner);

/* What a course takes from it, its end included: ll_result_write to `output`. */
void ll_learner_course(struct ll_learner *learner, struct ll_course *course);

#endif
