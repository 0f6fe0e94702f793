/*
 * The transformer, forward and backward.
 */

#include <string.h>

#include "train/net_memory.h"

/* What the loops over tokens work on. */
struct job {
	struct ll_net *net;
	const struct ll_batch *batch;
	const struct ll_gain *gain;
	ll_real *y, *r;
	const ll_real *x, *dy;
	ll_real *a, *b, *h;
	bool back;
};

static void
embed(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	const struct ll_linear *e = &j->net->embedding;
	size_t dim = e->cols;

	(void)thread;
	for (size_t i = begin; i < end; i++) {
		size_t id = j->batch->tokens[i];

		if (e->value != NULL)
			memcpy(j->y + i * dim, e->value + id * dim, dim * sizeof *j->y);
		else
			ll_linear_read(j->y + i * dim, &e->frozen, id);
	}
}

/* Every thread has some columns, and all tokens in their order. */
static void
embed_back(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	const struct ll_loops *loops = j->net->memory->loops;
	size_t dim = j->net->hp.dim;

	(void)thread;
	for (size_t i = 0; i < j->batch->count; i++)
		loops->add(j->net->embedding.grad + j->batch->tokens[i] * dim + begin, j->x + i * dim + begin, end - begin);
}

static void
norm(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	size_t dim = j->net->hp.dim;

	(void)thread;
	for (size_t i = begin; i < end; i++)
		j->r[i] = j->net->memory->loops->norm(j->y + i * dim, j->x + i * dim, j->gain->value,
		    (ll_real)j->net->hp.norm_eps, dim);
}

static void
norm_back(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	size_t dim = j->net->hp.dim;

	(void)thread;
	for (size_t i = begin; i < end; i++)
		j->net->memory->loops->norm_back(j->y + i * dim, j->dy + i * dim, j->x + i * dim, j->gain->value, j->r[i], dim);
}

static void
gain_back(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	size_t dim = j->net->hp.dim;

	(void)thread;
	for (size_t i = 0; i < j->batch->count; i++)
		j->net->memory->loops->gain_back(j->gain->grad + begin, j->dy + i * dim + begin, j->x + i * dim + begin,
		    j->r[i], end - begin);
}

static void
rotate_row(const struct job *j, ll_real *x, size_t heads, const ll_real *cosine, const ll_real *sine)
{
	const struct ll_hparams *hp = &j->net->hp;
	const struct ll_loops *loops = j->net->memory->loops;

	for (size_t h = 0; h < heads; h++)
		(hp->halves ? loops->rotate_halves : loops->rotate)(x + h * hp->head_dim, cosine, sine, hp->rope_dim);
}

/* Queries in a and keys in b; backward by the negative angle. */
static void
rotate(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	const struct ll_hparams *hp = &j->net->hp;
	size_t half = hp->rope_dim / 2;

	(void)thread;
	for (size_t s = begin; s < end; s++) {
		const struct ll_document *span = &j->batch->spans[s];

		for (size_t p = 0; p < span->length; p++) {
			const ll_real *cosine = j->net->cosine + p * half;
			const ll_real *sine = (j->back ? j->net->minus_sine : j->net->sine) + p * half;

			rotate_row(j, j->a + (span->begin + p) * hp->heads * hp->head_dim, hp->heads, cosine, sine);
			rotate_row(j, j->b + (span->begin + p) * hp->kv_heads * hp->head_dim, hp->kv_heads, cosine, sine);
		}
	}
}

static void
swiglu(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	size_t n = j->net->hp.ffn;

	(void)thread;
	j->net->memory->loops->swiglu(j->h + begin * n, j->a + begin * n, j->b + begin * n, (end - begin) * n);
}

static void
swiglu_back(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	size_t n = j->net->hp.ffn;

	(void)thread;
	j->net->memory->loops->swiglu_back(j->a + begin * n, j->b + begin * n, j->h + begin * n, (end - begin) * n);
}

/* y = x + y */
static void
join(void *arg, size_t begin, size_t end, size_t thread)
{
	const struct job *j = arg;
	size_t n = j->net->hp.dim;

	(void)thread;
	j->net->memory->loops->add(j->y + begin * n, j->x + begin * n, (end - begin) * n);
}

static void
run_norm(struct ll_net *net, size_t count, const struct ll_gain *gain, const ll_real *x, ll_real *y, ll_real *r)
{
	struct job j = { .net = net, .gain = gain, .x = x, .y = y, .r = r };

	ll_net_each(net, count, 16, norm, &j);
}

/* dx += the norm's gradient, from dy = memory->dn. */
static void
run_norm_back(struct ll_net *net, const struct ll_batch *batch, const struct ll_gain *gain, const ll_real *x,
    ll_real *r, ll_real *dx)
{
	struct job j = { .net = net, .batch = batch, .gain = gain, .x = x, .y = dx, .r = r, .dy = net->memory->dn };

	ll_net_each(net, batch->count, 16, norm_back, &j);
	if (gain->grad != NULL)
		ll_net_each(net, net->hp.dim, 64, gain_back, &j);
}

static void
run_rotate(struct ll_net *net, const struct ll_batch *batch, ll_real *q, ll_real *k, bool back)
{
	struct job j = { .net = net, .batch = batch, .a = q, .b = k, .back = back };

	ll_net_each(net, batch->span_count, 1, rotate, &j);
}

/* A layer's activations from its input; its output goes to `out`, NULL: it is not wanted. */
static void
layer_forward(struct ll_net *net, const struct ll_batch *batch, size_t i, struct ll_acts *acts, ll_real *out)
{
	struct ll_net_layer *layer = &net->layers[i];
	struct ll_linear *linear = layer->linear;
	size_t t = batch->count, key = i * LL_ADAPT_SITES;
	struct job j = { .net = net, .x = acts->x, .y = acts->x2 };

	run_norm(net, t, &layer->attn_norm, acts->x, acts->n1, acts->r1);
	ll_linear_forward(net, &linear[LL_ADAPT_Q], key + LL_ADAPT_Q, t, acts->n1, acts->q);
	ll_linear_forward(net, &linear[LL_ADAPT_K], key + LL_ADAPT_K, t, acts->n1, acts->k);
	ll_linear_forward(net, &linear[LL_ADAPT_V], key + LL_ADAPT_V, t, acts->n1, acts->v);
	run_rotate(net, batch, acts->q, acts->k, false);
	ll_attend_forward(net, batch, acts);
	ll_linear_forward(net, &linear[LL_ADAPT_OUTPUT], key + LL_ADAPT_OUTPUT, t, acts->o, acts->x2);
	ll_net_each(net, t, 16, join, &j);
	run_norm(net, t, &layer->ffn_norm, acts->x2, acts->n2, acts->r2);
	ll_linear_forward(net, &linear[LL_ADAPT_GATE], key + LL_ADAPT_GATE, t, acts->n2, acts->gate);
	ll_linear_forward(net, &linear[LL_ADAPT_UP], key + LL_ADAPT_UP, t, acts->n2, acts->up);
	j.a = acts->gate;
	j.b = acts->up;
	j.h = acts->h;
	ll_net_each(net, t, 8, swiglu, &j);
	if (out == NULL)
		return;
	ll_linear_forward(net, &linear[LL_ADAPT_DOWN], key + LL_ADAPT_DOWN, t, acts->h, out);
	j.x = acts->x2;
	j.y = out;
	ll_net_each(net, t, 16, join, &j);
}

/* memory->dx: from the gradient of a layer's output to that of its input. */
static void
layer_back(struct ll_net *net, const struct ll_batch *batch, size_t i, struct ll_acts *acts)
{
	struct ll_net_memory *m = net->memory;
	struct ll_net_layer *layer = &net->layers[i];
	struct ll_linear *linear = layer->linear;
	size_t t = batch->count, key = i * LL_ADAPT_SITES;
	struct job j = { .net = net, .a = acts->gate, .b = acts->up, .h = m->dh };

	ll_linear_back(net, &linear[LL_ADAPT_DOWN], key + LL_ADAPT_DOWN, t, acts->h, m->dx, m->dh, false);
	ll_net_each(net, t, 8, swiglu_back, &j);
	ll_linear_back(net, &linear[LL_ADAPT_GATE], key + LL_ADAPT_GATE, t, acts->n2, acts->gate, m->dn, false);
	ll_linear_back(net, &linear[LL_ADAPT_UP], key + LL_ADAPT_UP, t, acts->n2, acts->up, m->dn, true);
	run_norm_back(net, batch, &layer->ffn_norm, acts->x2, acts->r2, m->dx);
	ll_linear_back(net, &linear[LL_ADAPT_OUTPUT], key + LL_ADAPT_OUTPUT, t, acts->o, m->dx, m->d_o, false);
	ll_attend_back(net, batch, acts);
	run_rotate(net, batch, m->dq, m->dk, true);
	ll_linear_back(net, &linear[LL_ADAPT_Q], key + LL_ADAPT_Q, t, acts->n1, m->dq, m->dn, false);
	ll_linear_back(net, &linear[LL_ADAPT_K], key + LL_ADAPT_K, t, acts->n1, m->dk, m->dn, true);
	ll_linear_back(net, &linear[LL_ADAPT_V], key + LL_ADAPT_V, t, acts->n1, m->dv, m->dn, true);
	run_norm_back(net, batch, &layer->attn_norm, acts->x, acts->r1, m->dx);
}

static void
forward(struct ll_net *net, const struct ll_batch *batch)
{
	struct ll_net_memory *m = net->memory;
	struct job j = { .net = net, .batch = batch, .y = m->acts[0].x };

	ll_net_each(net, batch->count, 64, embed, &j);
	for (size_t i = 0; i < net->hp.layers; i++)
		layer_forward(net, batch, i, &m->acts[i], i + 1 < net->hp.layers ? m->acts[i + 1].x : m->last);
	run_norm(net, batch->count, &net->output_norm, m->last, m->final, m->r);
}

void
ll_net_run(struct ll_net *net, const struct ll_batch *batch, bool learn, struct ll_loss *loss)
{
	struct ll_net_memory *m = net->memory;
	struct job j = { .net = net, .batch = batch, .x = m->dx };
	bool again = net->options.checkpoint;

	learn = learn && net->options.gradients;
	forward(net, batch);
	ll_output_run(net, batch, learn, loss);
	if (!learn)
		return;
	memset(m->dx, 0, batch->count * net->hp.dim * sizeof *m->dx);
	run_norm_back(net, batch, &net->output_norm, m->last, m->r, m->dx);
	for (size_t i = net->hp.layers; i-- > 0;) {
		if (again)
			layer_forward(net, batch, i, &m->acts[i], NULL);
		layer_back(net, batch, i, &m->acts[i]);
	}
	if (net->embedding.grad != NULL)
		ll_net_each(net, net->hp.dim, 64, embed_back, &j);
}

void
ll_net_logits(struct ll_net *net, const struct ll_batch *batch, ll_real *logits)
{
	struct ll_net_memory *m = net->memory;
	const struct ll_linear *output = &net->output;
	size_t part = output->value != NULL ? output->rows : m->wide_count / output->cols;

	forward(net, batch);
	for (size_t begin = 0; begin < output->rows; begin += part) {
		size_t n = output->rows - begin < part ? output->rows - begin : part;

		ll_product_run(m->product, batch->count, n, output->cols, ll_by_rows(m->final, output->cols),
		    ll_turned(ll_linear_rows(net, output, begin, n), output->cols), logits + begin, output->rows, false);
	}
}
