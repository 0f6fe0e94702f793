/*
 * AdamW with decoupled decay (Loshchilov and Hutter 2019), clipping by the global norm (Pascanu
 * et al. 2013), and the schedule of the rate of learning.
 */

#ifndef LL_TRAIN_OPTIMISE_H
#define LL_TRAIN_OPTIMISE_H

#include <stdint.h>

#include "train/net.h"

struct ll_err;

enum ll_schedule {
	LL_SCHEDULE_COSINE,	/* from the top to the least along half a cosine (Loshchilov and Hutter 2017) */
	LL_SCHEDULE_WSD,	/* stays at the top, then falls as a line over the last `fall` steps (Hu et al. 2024) */
	LL_SCHEDULE_CONSTANT
};

struct ll_optimise_options {
	enum ll_schedule schedule;
	uint64_t steps, warmup, fall;	/* warm-up: a line from 0 over its steps */
	double rate, least;		/* at the top, at the end */
	double beta1, beta2, epsilon, decay;
	double clip;			/* the greatest norm of gradients; 0: any */
};

struct ll_optimiser {
	struct ll_net *net;
	struct ll_optimise_options options;
	ll_real *m, *v;			/* moments, as long as net->values */
	double *parts;			/* of the norm */
};

int ll_optimiser_new(struct ll_optimiser *optimiser, struct ll_net *net, const struct ll_optimise_options *options,
    struct ll_err *err);
void ll_optimiser_free(struct ll_optimiser *optimiser);

/* Steps count from 1. */
double ll_learning_rate(const struct ll_optimise_options *options, uint64_t step);

/* The norm of scale * gradients; not finite where one of them is not. */
double ll_gradient_norm(struct ll_optimiser *optimiser, double scale);

/* One step with scale * gradients, whose norm was `norm`; then gradients are 0. */
void ll_optimise(struct ll_optimiser *optimiser, uint64_t step, double scale, double norm);

#endif
