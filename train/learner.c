/*
 * The model that learns; see learner.h.
 */

#include "train/learner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/opt.h"
#include "model/model.h"
#include "tensor/encode.h"
#include "train/induction.h"
#include "train/result.h"
#include "train/shape.h"

static void
check_dtype(struct ll_learner *l)
{
	char why[160];

	if (l->dtype == NULL) {
		l->type = LL_F32;
		return;
	}
	if ((l->type = ll_encode_called(l->dtype)) != LL_DTYPES)
		return;
	snprintf(why, sizeof why, "'%.64s' is not f32, f16, bf16 or a type of blocks, such as q8_0", l->dtype);
	ll_opt_wrong(&l->dtype, why);
}

int
ll_learner_check(struct ll_learner *l, struct ll_run_settings *settings, struct ll_err *err)
{
	const struct ll_opt_rule rules[] = {
		{ l->shape_path != NULL, &l->model_path, "with --shape: a new model goes on from none" },
		{ l->shape_path == NULL, &l->vocabulary_path, "without --shape: a model has its own" },
		{ l->shape_path == NULL, &l->name, "without --shape: a model has its own" },
		{ l->shape_path == NULL, &l->induction, "without --shape: a model has its values" },
	};

	int status;

	ll_opt_refuse_all(rules, sizeof rules / sizeof *rules);
	check_dtype(l);
	if (settings->rate <= 0 && ll_opt_given(&settings->rate))
		ll_opt_wrong(&settings->rate, "nothing is learned at 0");
	if (settings->rate <= 0)
		settings->rate = 1e-3;
	if ((status = ll_run_settings_check(settings, l->output, err)) < 0)
		return status;
	if (l->shape_path != NULL && l->vocabulary_path == NULL)
		return ll_fail(err, LL_EUSAGE, "no --vocabulary FILE for the new model");
	return l->shape_path != NULL ? 0 : ll_model_choose(&l->model_path, l->model_path, "", err);
}

static int
open_model(struct ll_learner *l, struct ll_err *err)
{
	struct stat is;
	int status;

	if (stat(l->model_path, &is) == 0 && S_ISDIR(is.st_mode))
		return ll_fail(err, LL_EUNSUPPORTED, "%s: a run goes on from a GGUF, which ll-convert makes of a folder",
		    l->model_path);
	if ((status = ll_gguf_open_first(&l->gguf, l->model_path, err)) < 0 ||
	    (status = ll_model_open(&l->model, l->model_path, err)) < 0 ||
	    (status = ll_vocab_open(&l->vocab, l->model_path, err)) < 0)
		return status;
	l->hp = l->model->hp;
	l->magnitude = l->model->rope_magnitude;
	return 0;
}

int
ll_learner_open(struct ll_learner *l, struct ll_err *err)
{
	int status;

	if (l->model_path != NULL)
		return open_model(l, err);
	if ((status = ll_gguf_open(&l->gguf, l->vocabulary_path, err)) < 0 ||
	    (status = ll_vocab_open(&l->vocab, l->vocabulary_path, err)) < 0 ||
	    (status = ll_shape_read(&l->hp, &l->scaling, l->shape_path, err)) < 0)
		return status;
	if (l->induction && (status = ll_induction_fits(&l->hp, l->shape_path, err)) < 0)
		return status;
	l->hp.vocab = l->vocab->count;
	l->magnitude = 1;
	l->freqs = ll_rope_freqs(&l->hp, &l->scaling, NULL, err);
	return l->freqs != NULL ? 0 : -LL_ENOMEM;
}

void
ll_learner_close(struct ll_learner *l)
{
	free(l->freqs);
	ll_vocab_free(l->vocab);
	ll_model_close(l->model);
	ll_gguf_close(l->gguf);
}

static int
finish(void *context, struct ll_net *net, struct ll_err *err)
{
	const struct ll_learner *l = context;
	struct ll_result result = { .net = net, .scaling = &l->scaling, .vocab = l->gguf,
	    .base = l->model != NULL ? l->gguf : NULL, .name = l->name, .type = l->type };

	return ll_result_write(&result, l->output, err);
}

void
ll_learner_course(struct ll_learner *l, struct ll_course *course)
{
	course->output = l->output;
	course->hp = l->hp;
	course->rope_freqs = l->model != NULL ? l->model->rope_freqs : l->freqs;
	course->rope_magnitude = l->magnitude;
	course->base = l->model;
	course->from = l->model != NULL ? l->model->fingerprint : ll_vocab_fingerprint(l->vocab);
	course->first = l->model != NULL ? LL_FIRST_GIVEN : l->induction ? LL_FIRST_INDUCTION : LL_FIRST_RANDOM;
	course->finish = finish;
	course->context = l;
}
