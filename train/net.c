/*
 * The net: what it learns and what is frozen, laid out and given first values.
 */

#include "train/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/rng.h"
#include "train/net_memory.h"

static void
shape_of(const struct ll_hparams *hp, enum ll_adapter_site which, size_t *rows, size_t *cols)
{
	size_t q = hp->heads * hp->head_dim, kv = hp->kv_heads * hp->head_dim;

	*rows = which == LL_ADAPT_Q ? q : which == LL_ADAPT_K || which == LL_ADAPT_V ? kv :
	    which == LL_ADAPT_GATE || which == LL_ADAPT_UP ? hp->ffn : hp->dim;
	*cols = which == LL_ADAPT_OUTPUT ? q : which == LL_ADAPT_DOWN ? hp->ffn : hp->dim;
}

/* Adds a parameter, or counts it where there is no room for names. */
static struct ll_param *
add_param(struct ll_net *net, size_t rows, size_t cols)
{
	struct ll_param *param = NULL;

	if (net->params != NULL) {
		param = &net->params[net->param_count];
		*param = (struct ll_param){ .rows = rows, .cols = cols, .at = net->count };
	}
	net->param_count++;
	net->count = ll_count_more(net->count, rows, cols);
	return param;
}

static void
add_gain(struct ll_net *net, const char *name)
{
	struct ll_param *param = add_param(net, 1, net->hp.dim);

	if (param != NULL)
		snprintf(param->name, sizeof param->name, "%s", name);
}

static void
add_matrix(struct ll_net *net, const char *name, size_t rows, size_t cols)
{
	struct ll_param *param = add_param(net, rows, cols);

	if (param == NULL)
		return;
	snprintf(param->name, sizeof param->name, "%s", name);
	param->decays = true;
}

static void
add_layer(struct ll_net *net, size_t layer)
{
	const struct ll_net_options *o = &net->options;
	char name[64];

	for (size_t which = 0; which < LL_ADAPT_SITES; which++) {
		size_t rows, cols;

		shape_of(&net->hp, which, &rows, &cols);
		if (o->rank == 0) {
			snprintf(name, sizeof name, "blk.%zu.%s.weight", layer, ll_adapter_site_name(which));
			add_matrix(net, name, rows, cols);
		} else if (o->on[which]) {
			snprintf(name, sizeof name, "blk.%zu.%s.weight.lora_a", layer, ll_adapter_site_name(which));
			add_matrix(net, name, o->rank, cols);
			snprintf(name, sizeof name, "blk.%zu.%s.weight.lora_b", layer, ll_adapter_site_name(which));
			add_matrix(net, name, rows, o->rank);
		}
	}
	if (o->rank != 0)
		return;
	snprintf(name, sizeof name, "blk.%zu.attn_norm.weight", layer);
	add_gain(net, name);
	snprintf(name, sizeof name, "blk.%zu.ffn_norm.weight", layer);
	add_gain(net, name);
}

/* All that is learned, in its order; called twice: to count, and to name. */
static void
add_params(struct ll_net *net)
{
	net->param_count = net->count = 0;
	if (net->options.rank == 0)
		add_matrix(net, "token_embd.weight", net->hp.vocab, net->hp.dim);
	for (size_t i = 0; i < net->hp.layers; i++)
		add_layer(net, i);
	if (net->options.rank != 0)
		return;
	add_gain(net, "output_norm.weight");
	if (!net->hp.tied)
		add_matrix(net, "output.weight", net->hp.vocab, net->hp.dim);
}

/* The next parameter's numbers. */
struct cursor {
	struct ll_net *net;
	size_t next;
};

static ll_real *
wire(struct cursor *c, ll_real **grad)
{
	size_t at = c->net->params[c->next++].at;

	*grad = c->net->grads != NULL ? c->net->grads + at : NULL;
	return c->net->values + at;
}

/* First values from a base, if there is one. */
static void
copy_rows(ll_real *to, const struct ll_tensor *from)
{
	for (size_t i = 0; from != NULL && i < from->rows; i++)
		ll_linear_read(to + i * from->cols, from, i);
}

/* Learned: its numbers are the base's at first. Frozen: it is the base's. */
static void
wire_linear(struct cursor *c, struct ll_linear *linear, const struct ll_tensor *from, size_t rows, size_t cols,
    bool adapts)
{
	const struct ll_net_options *o = &c->net->options;

	linear->rows = rows;
	linear->cols = cols;
	if (o->rank == 0) {
		ll_real *value = wire(c, &linear->grad);

		linear->value = value;
		copy_rows(value, from);
		return;
	}
	linear->frozen = *from;
	if (adapts) {
		linear->rank = o->rank;
		linear->a = wire(c, &linear->da);
		linear->b = wire(c, &linear->db);
	}
}

static void
wire_gain(struct cursor *c, struct ll_gain *gain, const struct ll_tensor *from, size_t constant)
{
	struct ll_net *net = c->net;
	ll_real *value;

	if (net->options.rank == 0)
		value = wire(c, &gain->grad);
	else
		value = net->constants + constant * net->hp.dim;
	gain->value = value;
	copy_rows(value, from);
}

static void
wire_layer(struct cursor *c, size_t i)
{
	struct ll_net_layer *layer = &c->net->layers[i];
	const struct ll_layer *from = c->net->base != NULL ? &c->net->base->layers[i] : NULL;

	for (size_t which = 0; which < LL_ADAPT_SITES; which++) {
		size_t rows, cols;

		shape_of(&c->net->hp, which, &rows, &cols);
		wire_linear(c, &layer->linear[which], from != NULL ? ll_adapter_matrix(c->net->base, i, which) : NULL,
		    rows, cols, c->net->options.on[which]);
	}
	wire_gain(c, &layer->attn_norm, from != NULL ? &from->attn_norm : NULL, 2 * i);
	wire_gain(c, &layer->ffn_norm, from != NULL ? &from->ffn_norm : NULL, 2 * i + 1);
}

static void
wire_all(struct ll_net *net)
{
	const struct ll_model *base = net->base;
	const struct ll_hparams *hp = &net->hp;
	struct cursor c = { net, 0 };

	wire_linear(&c, &net->embedding, base != NULL ? &base->embedding : NULL, hp->vocab, hp->dim, false);
	for (size_t i = 0; i < hp->layers; i++)
		wire_layer(&c, i);
	wire_gain(&c, &net->output_norm, base != NULL ? &base->output_norm : NULL, 2 * hp->layers);
	if (hp->tied)
		net->output = net->embedding;
	else
		wire_linear(&c, &net->output, base != NULL ? &base->output : NULL, hp->vocab, hp->dim, false);
}

static int
make_turns(struct ll_net *net, const float *freqs, float magnitude, struct ll_err *err)
{
	size_t half = net->hp.rope_dim / 2, span = net->options.span;

	net->cosine = ll_alloc(span * half, sizeof *net->cosine, err);
	net->sine = ll_alloc(span * half, sizeof *net->sine, err);
	net->minus_sine = ll_alloc(span * half, sizeof *net->sine, err);
	if (net->cosine == NULL || net->sine == NULL || net->minus_sine == NULL)
		return -LL_ENOMEM;
	for (size_t p = 0; p < span; p++)
		for (size_t i = 0; i < half; i++) {
			float angle = (float)p * freqs[i];	/* as transformers has it */

			net->cosine[p * half + i] = (ll_real)(cos((double)angle) * (double)magnitude);
			net->sine[p * half + i] = (ll_real)(sin((double)angle) * (double)magnitude);
			net->minus_sine[p * half + i] = -net->sine[p * half + i];
		}
	return 0;
}

static int
check_base(const struct ll_model *base, struct ll_err *err)
{
	const struct ll_hparams *hp = &base->hp;

	if (hp->window != 0)
		return ll_fail(err, LL_EUNSUPPORTED, "%s: attention in a window of %zu positions cannot be trained",
		    base->path, hp->window);
	for (size_t i = 0; i < hp->layers; i++) {
		const struct ll_layer *l = &base->layers[i];

		if (l->heads != hp->heads || l->kv_heads != hp->kv_heads || l->ffn != hp->ffn)
			return ll_fail(err, LL_EUNSUPPORTED, "%s: layer %zu: layers of different sizes cannot be trained",
			    base->path, i);
		if (l->bq.data != NULL || l->bk.data != NULL || l->bv.data != NULL || l->bo.data != NULL ||
		    l->bgate.data != NULL || l->bup.data != NULL || l->bdown.data != NULL)
			return ll_fail(err, LL_EUNSUPPORTED, "%s: layer %zu: biases cannot be trained", base->path, i);
	}
	return 0;
}

int
ll_net_new(struct ll_net **out, const struct ll_hparams *hp, const float *rope_freqs, float magnitude,
    const struct ll_model *base, const struct ll_net_options *options, struct ll_pool *pool, struct ll_err *err)
{
	struct ll_net *net;
	int status;

	*out = NULL;
	if (base != NULL && (status = check_base(base, err)) < 0)
		return status;
	if ((net = ll_alloc(1, sizeof *net, err)) == NULL)
		return -LL_ENOMEM;
	net->hp = *hp;
	net->options = *options;
	net->pool = pool;
	net->base = base;
	add_params(net);
	status = -LL_ENOMEM;
	if ((net->params = ll_alloc(net->param_count, sizeof *net->params, err)) == NULL)
		goto fail;
	add_params(net);
	if ((net->values = ll_alloc_large(net->count, sizeof *net->values, err)) == NULL ||
	    (net->layers = ll_alloc(hp->layers, sizeof *net->layers, err)) == NULL ||
	    (net->constants = ll_alloc((2 * hp->layers + 1) * hp->dim, sizeof *net->constants, err)) == NULL)
		goto fail;
	if (options->gradients &&
	    (net->grads = ll_alloc_large(net->count, sizeof *net->grads, err)) == NULL)
		goto fail;
	wire_all(net);
	if ((status = make_turns(net, rope_freqs, magnitude, err)) < 0 ||
	    (status = ll_net_memory_new(net, err)) < 0)
		goto fail;
	*out = net;
	return 0;
fail:
	ll_net_free(net);
	return status;
}

void
ll_net_free(struct ll_net *net)
{
	if (net == NULL)
		return;
	ll_net_memory_free(net);
	ll_free_large(net->values, net->count, sizeof *net->values);
	ll_free_large(net->grads, net->count, sizeof *net->grads);
	free(net->constants);
	free(net->params);
	free(net->layers);
	free(net->cosine);
	free(net->sine);
	free(net->minus_sine);
	free(net);
}

uint64_t
ll_net_bytes(const struct ll_hparams *hp, const struct ll_net_options *options, size_t threads, uint64_t *learned)
{
	struct ll_net net = { .hp = *hp, .options = *options };
	size_t once = options->gradients ? 2 : 1;

	add_params(&net);
	*learned = net.count;
	return (net.count * once + (2 * hp->layers + 1) * hp->dim + options->span * hp->rope_dim / 2 * 3 +
	    ll_net_memory_count(hp, options, threads)) * sizeof(ll_real);
}

/* Box and Muller 1958. */
static double
normal(struct ll_rng *rng)
{
	double u = 1 - ll_rng_unit(rng), v = ll_rng_unit(rng);

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static bool
ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

void
ll_net_random(struct ll_net *net, uint64_t seed)
{
	for (size_t i = 0; i < net->param_count; i++) {
		const struct ll_param *param = &net->params[i];
		ll_real *value = net->values + param->at;
		bool none = ends_in(param->name, ".lora_b"), uniform = ends_in(param->name, ".lora_a");
		double deviation = 0.02;
		struct ll_rng rng;

		ll_rng_seed(&rng, seed, i);
		if (strstr(param->name, "attn_output.weight") != NULL || strstr(param->name, "ffn_down.weight") != NULL)
			deviation /= sqrt(2.0 * (double)net->hp.layers);
		for (size_t j = 0; j < param->rows * param->cols; j++)
			value[j] = !param->decays ? 1 : none ? 0 : uniform ?
			    (ll_real)((2 * ll_rng_unit(&rng) - 1) / sqrt((double)param->cols)) :
			    (ll_real)(deviation * normal(&rng));
	}
}
