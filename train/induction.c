/*
 * First values that copy; see induction.h.
 */

#include "train/induction.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"

#define DEVIATION 0.02		/* of ll_net_random */

/* Logits by which the position before leads, and the same token before. */
#define LEAD 4.0
#define MATCH 9.0

/* How far heads of layer 0 look back. */
#define BACK 3

/* How long what is found is, beside the embedding's own part. */
#define FOUND 5.0

int
ll_induction_fits(const struct ll_hparams *hp, const char *path, struct ll_err *err)
{
	if (hp->layers < 2)
		return ll_fail(err, LL_EDATA, "%s: layers: induction heads take 2", path);
	if (hp->head_dim > hp->dim / 2)
		return ll_fail(err, LL_EDATA, "%s: head_dim: induction heads of %zu do not fit twice in a hidden_size of %zu",
		    path, hp->head_dim, hp->dim);
	return 0;
}

/* Rows of length 1, each at right angles to the others: Gram and Schmidt. */
static void
draw_directions(double *rows, size_t count, size_t n, struct ll_rng *rng)
{
	for (size_t i = 0; i < count; i++) {
		double *row = rows + i * n, square = 0;

		for (size_t l = 0; l < n; l++)
			row[l] = 2 * ll_rng_unit(rng) - 1;
		for (size_t j = 0; j < i; j++) {
			double along = 0;

			for (size_t l = 0; l < n; l++)
				along += row[l] * rows[j * n + l];
			for (size_t l = 0; l < n; l++)
				row[l] -= along * rows[j * n + l];
		}
		for (size_t l = 0; l < n; l++)
			square += row[l] * row[l];
		for (size_t l = 0; l < n; l++)
			row[l] /= sqrt(square);
	}
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static ll_real *
values_of(struct ll_net *net, const struct ll_linear *linear)
{
	return net->values + (linear->value - net->values);
}

/*
 * A head's query is its key turned some positions back, both along the shared part alone. Rows of a
 * head are pairs, the fastest first.
 */
static void
look_back(struct ll_net *net, size_t head, const double *shared)
{
	const struct ll_hparams *hp = &net->hp;
	size_t half = hp->rope_dim / 2, fast = half / 5 > 0 ? half / 5 : 1, group = head / (hp->heads / hp->kv_heads);
	ll_real *q = values_of(net, &net->layers[0].linear[LL_ADAPT_Q]) + head * hp->head_dim * hp->dim;
	ll_real *k = values_of(net, &net->layers[0].linear[LL_ADAPT_K]) + group * hp->head_dim * hp->dim;
	const ll_real *cosine = net->cosine + (head + 1) * half, *sine = net->sine + (head + 1) * half;
	double length = sqrt(2 * LEAD * sqrt((double)hp->head_dim) / (double)hp->dim);

	for (size_t pair = 0; pair < fast; pair++) {
		size_t even = 2 * pair * hp->dim, odd = even + hp->dim;

		for (size_t l = 0; l < hp->dim; l++) {
			k[even + l] = (ll_real)(length * shared[l]);
			k[odd + l] = 0;
			q[even + l] = (ll_real)(length * shared[l] * (double)cosine[pair]);
			q[odd + l] = (ll_real)(-length * shared[l] * (double)sine[pair]);
		}
	}
}

/* A head adds what it reads along the rows of `in`, `scale` times along the rows of `out`. */
static void
pass_on(struct ll_net *net, size_t layer, size_t head, const double *in, const double *out, double scale)
{
	const struct ll_hparams *hp = &net->hp;
	size_t group = head / (hp->heads / hp->kv_heads), n = hp->head_dim;
	ll_real *v = values_of(net, &net->layers[layer].linear[LL_ADAPT_V]) + group * n * hp->dim;
	ll_real *o = values_of(net, &net->layers[layer].linear[LL_ADAPT_OUTPUT]) + head * n;

	for (size_t i = 0; i < n; i++)
		for (size_t l = 0; l < hp->dim; l++) {
			v[i * hp->dim + l] = (ll_real)in[i * hp->dim + l];
			o[l * hp->heads * n + i] = (ll_real)(scale * out[i * hp->dim + l]);
		}
}

/*
 * A head of layer 1 compares along the slow half of the pairs, which distance hardly turns: pair
 * after pair by turns the queries' parts with the keys'.
 */
static void
compare(struct ll_net *net, size_t head, const double *const *mine, const double *const *theirs, size_t count)
{
	const struct ll_hparams *hp = &net->hp;
	size_t half = hp->rope_dim / 2, group = head / (hp->heads / hp->kv_heads);
	ll_real *q = values_of(net, &net->layers[1].linear[LL_ADAPT_Q]) + head * hp->head_dim * hp->dim;
	ll_real *k = values_of(net, &net->layers[1].linear[LL_ADAPT_K]) + group * hp->head_dim * hp->dim;
	double length = sqrt(MATCH * (double)count * sqrt((double)hp->head_dim) / (double)(2 * (half - half / 2)));

	for (size_t row = half / 2 * 2; row < half * 2; row++)
		for (size_t l = 0; l < hp->dim; l++) {
			q[row * hp->dim + l] = (ll_real)(length * mine[row / 2 % count][row * hp->dim + l]);
			k[row * hp->dim + l] = (ll_real)(length * theirs[row / 2 % count][row * hp->dim + l]);
		}
}

int
ll_net_induction(struct ll_net *net, uint64_t seed, struct ll_err *err)
{
	const struct ll_hparams *hp = &net->hp;
	size_t n = hp->head_dim * hp->dim, back = least(least(BACK, hp->dim / hp->head_dim - 1),
	    least(hp->heads, net->options.span - 1));
	size_t groups = least(2, least(hp->kv_heads, back));
	ll_real *embedding = values_of(net, &net->embedding);
	double *shared = ll_alloc((back + 2) * n + hp->dim, sizeof *shared, err);
	double scale = DEVIATION * sqrt(2 * (double)hp->dim / (double)(hp->head_dim * back));
	const double *parts[BACK + 2];
	struct ll_rng rng;

	if (shared == NULL)
		return -LL_ENOMEM;
	ll_net_random(net, seed);
	ll_rng_seed(&rng, seed, net->param_count);
	draw_directions(shared, 1, hp->dim, &rng);
	draw_directions(shared + hp->dim, (back + 1) * hp->head_dim, hp->dim, &rng);
	draw_directions(shared + hp->dim + (back + 1) * n, hp->head_dim, hp->dim, &rng);
	for (size_t i = 0; i < back + 2; i++)
		parts[i] = shared + hp->dim + i * n;
	for (size_t i = 0; i < hp->vocab; i++)
		for (size_t l = 0; l < hp->dim; l++)
			embedding[i * hp->dim + l] += (ll_real)(DEVIATION * sqrt((double)hp->dim) * shared[l]);
	for (size_t head = 0; head < back; head++) {
		look_back(net, head, shared);
		pass_on(net, 0, head, parts[0], parts[head + 1], scale);
	}
	for (size_t group = 0; group < groups; group++) {
		size_t head = group * (hp->heads / hp->kv_heads);

		compare(net, head, parts + group, parts + group + 1, least(2, back - group));
		pass_on(net, 1, head, parts[back + 1], parts[back + 1], FOUND * scale);
	}
	free(shared);
	return 0;
}
