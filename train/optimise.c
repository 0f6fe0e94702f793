/*
 * AdamW; see optimise.h.
 */

#include "train/optimise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "train/net_memory.h"

#define PART 4096	/* numbers of one part of the norm, whoever sums it */

int
ll_optimiser_new(struct ll_optimiser *optimiser, struct ll_net *net, const struct ll_optimise_options *options,
    struct ll_err *err)
{
	*optimiser = (struct ll_optimiser){ .net = net, .options = *options };
	optimiser->m = ll_alloc_large(net->count, sizeof *optimiser->m, err);
	optimiser->v = ll_alloc_large(net->count, sizeof *optimiser->v, err);
	optimiser->parts = ll_alloc(net->count / PART + 1, sizeof *optimiser->parts, err);
	if (optimiser->m != NULL && optimiser->v != NULL && optimiser->parts != NULL)
		return 0;
	ll_optimiser_free(optimiser);
	return -LL_ENOMEM;
}

void
ll_optimiser_free(struct ll_optimiser *optimiser)
{
	if (optimiser->net == NULL)
		return;
	ll_free_large(optimiser->m, optimiser->net->count, sizeof *optimiser->m);
	ll_free_large(optimiser->v, optimiser->net->count, sizeof *optimiser->v);
	free(optimiser->parts);
	*optimiser = (struct ll_optimiser){ 0 };
}

double
ll_learning_rate(const struct ll_optimise_options *o, uint64_t step)
{
	double done;

	if (step <= o->warmup)
		return o->rate * (double)step / (double)o->warmup;
	switch (o->schedule) {
	case LL_SCHEDULE_COSINE:
		done = (double)(step - o->warmup) / (double)(o->steps > o->warmup ? o->steps - o->warmup : 1);
		return o->least + (o->rate - o->least) * 0.5 * (1 + cos(M_PI * (done < 1 ? done : 1)));
	case LL_SCHEDULE_WSD:
		if (step + o->fall <= o->steps)
			return o->rate;
		done = (double)(step + o->fall - o->steps) / (double)o->fall;
		return o->rate + (o->least - o->rate) * (done < 1 ? done : 1);
	default:
		return o->rate;
	}
}

static void
sum_parts(void *arg, size_t begin, size_t end, size_t thread)
{
	struct ll_optimiser *o = arg;
	size_t count = o->net->count;

	(void)thread;
	for (size_t part = begin; part < end; part++) {
		size_t at = part * PART, n = count - at < PART ? count - at : PART;
		const ll_real *grads = o->net->grads + at;

		o->parts[part] = (double)o->net->memory->loops->dot(grads, grads, n);
	}
}

double
ll_gradient_norm(struct ll_optimiser *optimiser, double scale)
{
	size_t parts = (optimiser->net->count + PART - 1) / PART;
	double sum = 0;

	ll_net_each(optimiser->net, parts, 8, sum_parts, optimiser);
	for (size_t i = 0; i < parts; i++)
		sum += optimiser->parts[i];
	return sqrt(sum) * scale;
}

struct stepping {
	struct ll_optimiser *optimiser;
	struct ll_adamw step;
	size_t at;
};

static void
step_part(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct stepping *s = arg;
	struct ll_optimiser *o = s->optimiser;
	size_t at = s->at + begin;

	(void)thread;
	o->net->memory->loops->adamw(o->net->values + at, o->m + at, o->v + at, o->net->grads + at, &s->step, end - begin);
	memset(o->net->grads + at, 0, (end - begin) * sizeof *o->net->grads);
}

void
ll_optimise(struct ll_optimiser *optimiser, uint64_t step, double scale, double norm)
{
	const struct ll_optimise_options *o = &optimiser->options;
	struct ll_net *net = optimiser->net;
	double rate = ll_learning_rate(o, step);
	struct stepping s = { .optimiser = optimiser };

	if (o->clip > 0 && norm > o->clip)
		scale *= o->clip / norm;
	s.step = (struct ll_adamw){
		.rate = (ll_real)rate,
		.beta1 = (ll_real)o->beta1,
		.beta2 = (ll_real)o->beta2,
		.epsilon = (ll_real)o->epsilon,
		.unbias1 = (ll_real)(1 / (1 - pow(o->beta1, (double)step))),
		.unbias2 = (ll_real)(1 / (1 - pow(o->beta2, (double)step))),
		.scale = (ll_real)scale,
	};
	for (size_t i = 0; i < net->param_count; i++) {
		const struct ll_param *param = &net->params[i];

		s.at = param->at;
		s.step.decay = param->decays ? (ll_real)(rate * o->decay) : 0;
		ll_net_each(net, param->rows * param->cols, PART, step_part, &s);
	}
}
