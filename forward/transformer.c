/*
 * The forward pass; see forward.h. The order of operations is that of transformers'
 * modeling_llama.py, the layout of tensors GGUF's.
 */

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "forward/adapt.h"
#include "forward/attention.h"
#include "forward/collect.h"
#include "forward/forward.h"
#include "forward/kv.h"
#include "forward/pack.h"
#include "forward/place.h"
#include "forward/rotary.h"
#include "tensor/kern.h"

struct ll_forward {
	const struct ll_model *model;
	struct ll_forward_config config;
	struct ll_ops ops;
	struct ll_packs *packs;
	struct ll_kv *kv;
	struct ll_kv_shape shape;
	struct ll_arena *arena;
	/* Run state, each [config.rows] times: */
	float *x;		/* dim: the residual stream */
	float *h;		/* dim: normed, then what a block adds */
	float *q;		/* heads * head_dim */
	float *k, *v;		/* kv_heads * head_dim */
	float *mixed;		/* heads * head_dim */
	float *gate, *up;	/* ffn */
	float *low;		/* ll_adapt_room: between the two matrices of an adapter */
	float *cosine, *sine;	/* rope_dim / 2 */
	float *pairs;		/* once a thread, rope_dim: a head while it is put in order */
	struct ll_query *queries;
	struct ll_attention *attention;
};

/* The products of a layer, in their order. */
enum step { QKV, OUTPUT, GATE_UP, DOWN, STEPS };

struct product {
	size_t count;
	struct ll_matmul jobs[3];
};

struct need {
	void *slot;
	size_t count, size;
};

/* Carves every buffer from one arena. */
static int
plan(struct ll_forward *f, struct ll_err *err)
{
	const struct ll_hparams *hp = &f->model->hp;
	size_t rows = f->config.rows, q_dim = hp->heads * hp->head_dim, kv_dim = hp->kv_heads * hp->head_dim;
	size_t widest = hp->ffn > q_dim ? hp->ffn : q_dim;
	size_t scratch, total = 0;

	if (hp->dim > widest)
		widest = hp->dim;
	scratch = ll_ops_scratch(rows, widest, f->config.threads);

	struct need needs[] = {
		{ &f->x, rows * hp->dim, sizeof(float) }, { &f->h, rows * hp->dim, sizeof(float) },
		{ &f->q, rows * q_dim, sizeof(float) }, { &f->k, rows * kv_dim, sizeof(float) },
		{ &f->v, rows * kv_dim, sizeof(float) }, { &f->mixed, rows * q_dim, sizeof(float) },
		{ &f->gate, rows * hp->ffn, sizeof(float) }, { &f->up, rows * hp->ffn, sizeof(float) },
		{ &f->low, rows * ll_adapt_room(f->config.adapters, f->config.first, f->config.end), sizeof(float) },
		{ &f->cosine, rows * hp->rope_dim / 2, sizeof(float) },
		{ &f->sine, rows * hp->rope_dim / 2, sizeof(float) },
		{ &f->pairs, f->config.threads * hp->rope_dim, sizeof(float) },
		{ &f->queries, rows, sizeof(struct ll_query) }, { &f->ops.scratch, scratch, 1 },
	};
	size_t count = sizeof(needs) / sizeof(needs[0]);
	int status;

	for (size_t i = 0; i < count; i++)
		if (ll_add(total, ll_arena_need(needs[i].count, needs[i].size), &total))
			return ll_fail(err, LL_ENOMEM, "out of memory: run state of %zu rows", rows);
	if ((status = ll_arena_new(&f->arena, total, err)) < 0)
		return status;
	for (size_t i = 0; i < count; i++) {
		void *place = ll_arena_carve(f->arena, needs[i].count, needs[i].size);

		memcpy(needs[i].slot, &place, sizeof(place));
	}
	return 0;
}

/* The KV cache, and what attends to it. */
static int
plan_attention(struct ll_forward *f, struct ll_err *err)
{
	struct ll_attention_config config = { .ops = &f->ops, .shape = f->shape, .rows = f->config.rows };
	int status = ll_kv_new(&f->kv, &f->shape, err);

	for (size_t i = f->config.first; i < f->config.end; i++) {
		const struct ll_layer *w = &f->model->layers[i];

		if (w->heads / w->kv_heads > config.group)
			config.group = w->heads / w->kv_heads;
	}
	config.kv = f->kv;
	return status < 0 ? status : ll_attention_new(&f->attention, &config, err);
}

int
ll_forward_new(struct ll_forward **out, const struct ll_model *model,
    const struct ll_forward_config *config, struct ll_err *err)
{
	struct ll_forward *f = ll_alloc(1, sizeof(*f), err);
	int isa, status;

	if (f == NULL)
		return -LL_ENOMEM;
	f->model = model;
	f->config = *config;
	f->ops.precision = config->precision;
	f->shape = (struct ll_kv_shape){
		.layers = config->end - config->first, .kv_heads = model->hp.kv_heads,
		.head_dim = model->hp.head_dim, .type = { config->kv_type[LL_KV_KEYS], config->kv_type[LL_KV_VALUES] },
	};
	if ((status = isa = ll_cpu_isa(err)) < 0)
		goto failed;
	f->ops.kern = ll_kern((enum ll_isa)isa);
	if ((status = ll_pool_new(&f->ops.pool, config->threads, err)) < 0 || (status = plan(f, err)) < 0 ||
	    (status = ll_packs_new(&f->packs, model, config, f->ops.pool, err)) < 0 ||
	    (config->first < config->end && (status = plan_attention(f, err)) < 0))
		goto failed;
	*out = f;
	return 0;
failed:
	ll_forward_free(f);
	return status;
}

void
ll_forward_free(struct ll_forward *f)
{
	if (f == NULL)
		return;
	/* First its threads, which may still read weights. */
	ll_pool_free(f->ops.pool);
	ll_attention_free(f->attention);
	ll_packs_free(f->packs);
	ll_kv_free(f->kv);
	ll_arena_free(f->arena);
	free(f);
}

float *
ll_forward_states(struct ll_forward *f)
{
	return f->x;
}

/* Makes the rows' positions part of their sequences. */
static int
place_rows(struct ll_forward *f, const struct ll_row *rows, size_t count, struct ll_err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct ll_kv_sequence *sequence = ll_kv_sequence(f->kv, rows[i].sequence, err);
		int status;

		if (sequence == NULL)
			return -LL_ENOMEM;
		if (rows[i].position > sequence->length)
			return ll_fail(err, LL_EDATA, "sequence %" PRIu64 ": rows begin at position %" PRIu64
			    ", but only %zu came before", rows[i].sequence >> 32, rows[i].position, sequence->length);
		if (rows[i].position < sequence->length)
			ll_kv_cut(f->kv, rows[i].sequence, rows[i].position);
		if ((status = ll_kv_extend(f->kv, sequence, 1, err)) < 0)
			return status;
	}
	return 0;
}

static void
set_angles(struct ll_forward *f, const struct ll_row *rows, size_t count)
{
	size_t n = f->model->hp.rope_dim / 2;

	for (size_t i = 0; i < count; i++)
		ll_rotary_angles(f->cosine + i * n, f->sine + i * n, f->model->rope_freqs, n, rows[i].position,
		    f->model->rope_magnitude);
}

/* Adds a bias, if there is one, to each row of a product. */
static void
add_bias(const struct ll_forward *f, const struct ll_tensor *bias, float *y, size_t count)
{
	if (bias->data == NULL)
		return;
	for (size_t i = 0; i < count; i++, y += bias->cols)
		f->ops.kern->add(y, bias->data, bias->cols);
}

/* The rows of this call, as this layer's heads lie. */
static void
set_queries(struct ll_forward *f, const struct ll_row *rows, size_t q_dim, size_t count)
{
	size_t window = f->model->hp.window;

	for (size_t i = 0; i < count; i++) {
		struct ll_query *query = &f->queries[i];

		query->position = rows[i].position;
		query->first = window != 0 && rows[i].position >= window ? rows[i].position + 1 - window : 0;
		query->q = f->q + i * q_dim;
		query->out = f->mixed + i * q_dim;
	}
}

/* For an importance matrix: what a layer's matrices are about to meet. */
static void
collect(const struct ll_forward *f, size_t layer, enum ll_meets what, const float *x, size_t count)
{
	if (f->config.collect != NULL)
		ll_collect_add(f->config.collect, f->ops.pool, f->config.first + layer, what, x, count);
}

/* The matrices of a product; behind the last layer the head, which has no place yet for what it makes. */
static struct product
product_of(const struct ll_forward *f, size_t layer, enum step step)
{
	const struct ll_hparams *hp = &f->model->hp;
	const struct ll_layer *w;

	if (layer == f->shape.layers)
		return (struct product){ ll_packs_head(f->packs)->data != NULL, { { ll_packs_head(f->packs), NULL, hp->vocab } } };
	w = ll_packs_layer(f->packs, layer);
	switch (step) {
	case QKV:
		return (struct product){ 3, { { &w->wq, f->q, w->heads * hp->head_dim },
		    { &w->wk, f->k, w->kv_heads * hp->head_dim }, { &w->wv, f->v, w->kv_heads * hp->head_dim } } };
	case OUTPUT:
		return (struct product){ 1, { { &w->wo, f->h, hp->dim } } };
	case GATE_UP:
		return (struct product){ 2, { { &w->gate, f->gate, w->ffn }, { &w->up, f->up, w->ffn } } };
	default:
		return (struct product){ 1, { { &w->down, f->h, hp->dim } } };
	}
}

/* One of a layer's products, with what adapters add. */
static void
multiply(struct ll_forward *f, size_t layer, enum step step, const float *x, size_t cols, size_t rows)
{
	static const enum ll_adapter_site sites[STEPS] = { LL_ADAPT_Q, LL_ADAPT_OUTPUT, LL_ADAPT_GATE, LL_ADAPT_DOWN };
	const struct product now = product_of(f, layer, step);
	const struct product next = product_of(f, layer + (step + 1) / STEPS, (step + 1) % STEPS);

	f->ops.next = next.jobs;
	f->ops.next_count = next.count;
	ll_ops_matmul(&f->ops, now.jobs, now.count, x, cols, rows);
	ll_adapt(&f->ops, f->config.adapters, f->low, f->config.first + layer, sites[step], now.jobs, now.count, x, cols, rows);
	f->ops.next_count = 0;
}

static void
attention_block(struct ll_forward *f, const struct ll_layer *w, size_t layer, const struct ll_row *rows, size_t count)
{
	const struct ll_hparams *hp = &f->model->hp;
	size_t q_dim = w->heads * hp->head_dim;
	struct ll_place place = {
		.ops = &f->ops, .kv = f->kv, .shape = f->shape, .layer = layer, .heads = w->heads,
		.kv_heads = w->kv_heads, .q = f->q, .k = f->k, .v = f->v, .cosine = f->cosine, .sine = f->sine,
		.pairs = hp->rope_dim / 2, .halves = hp->halves, .room = f->pairs,
	};

	ll_ops_rmsnorm(&f->ops, f->h, f->x, w->attn_norm.data, hp->norm_eps, count, hp->dim);
	collect(f, layer, LL_MEETS_QKV, f->h, count);
	multiply(f, layer, QKV, f->h, hp->dim, count);
	add_bias(f, &w->bq, f->q, count);
	add_bias(f, &w->bk, f->k, count);
	add_bias(f, &w->bv, f->v, count);
	set_queries(f, rows, q_dim, count);
	ll_place_run(&place, f->queries, count);
	ll_attention_run(f->attention, layer, w->heads, w->kv_heads, f->queries, count);
	collect(f, layer, LL_MEETS_ATTN_OUTPUT, f->mixed, count);
	multiply(f, layer, OUTPUT, f->mixed, q_dim, count);
	add_bias(f, &w->bo, f->h, count);
	ll_ops_add(&f->ops, f->x, f->h, count * hp->dim);
}

/* Of many rows in one, if nobody wants what is between the products. */
static bool
feed_forward(struct ll_forward *f, const struct ll_layer *w, size_t layer, size_t count)
{
	const struct product down = product_of(f, layer, DOWN);

	return w->bgate.data == NULL && w->bup.data == NULL && f->config.collect == NULL &&
	    ll_adapters_count(f->config.adapters) == 0 &&
	    ll_ops_feed_forward(&f->ops, &w->gate, &w->up, down.jobs, f->h, f->model->hp.dim, count);
}

static void
ffn_block(struct ll_forward *f, const struct ll_layer *w, size_t layer, size_t count)
{
	const struct ll_hparams *hp = &f->model->hp;

	ll_ops_rmsnorm(&f->ops, f->h, f->x, w->ffn_norm.data, hp->norm_eps, count, hp->dim);
	collect(f, layer, LL_MEETS_GATE_UP, f->h, count);
	if (!feed_forward(f, w, layer, count)) {
		multiply(f, layer, GATE_UP, f->h, hp->dim, count);
		add_bias(f, &w->bgate, f->gate, count);
		add_bias(f, &w->bup, f->up, count);
		ll_ops_swiglu(&f->ops, f->gate, f->up, count * w->ffn);
		collect(f, layer, LL_MEETS_DOWN, f->gate, count);
		multiply(f, layer, DOWN, f->gate, w->ffn, count);
	}
	add_bias(f, &w->bdown, f->h, count);
	ll_ops_add(&f->ops, f->x, f->h, count * hp->dim);
}

static int
check_finite(const struct ll_forward *f, size_t layer, const struct ll_row *rows, size_t count, struct ll_err *err)
{
	size_t dim = f->model->hp.dim;

	for (size_t i = 0; i < count; i++)
		if (!isfinite(f->ops.kern->sum_squares(f->x + i * dim, dim)))
			return ll_fail(err, LL_EDATA, "layer %zu: hidden state of sequence %" PRIu64 ", position %"
			    PRIu64 " is not finite", f->config.first + layer, rows[i].sequence >> 32, rows[i].position);
	return 0;
}

/* The head is told of every row, whichever logits are wanted. */
static void
collect_ends(struct ll_forward *f, const struct ll_row *rows, size_t count)
{
	const struct ll_model *model = f->model;

	for (size_t i = 0; i < count; i++)
		if (rows[i].position == 0)
			ll_collect_begin(f->config.collect);
	if (f->config.end < model->hp.layers)
		return;
	ll_ops_rmsnorm(&f->ops, f->h, f->x, model->output_norm.data, model->hp.norm_eps, count, model->hp.dim);
	ll_collect_add(f->config.collect, f->ops.pool, 0, LL_MEETS_HEAD, f->h, count);
}

int
ll_forward_layers(struct ll_forward *f, const struct ll_row *rows, size_t count, struct ll_err *err)
{
	int status;

	if ((status = place_rows(f, rows, count, err)) < 0)
		return status;
	for (size_t i = 0; i < count; i++)
		f->queries[i].sequence = ll_kv_sequence(f->kv, rows[i].sequence, err);
	set_angles(f, rows, count);
	ll_packs_step(f->packs, count);
	for (size_t layer = 0; layer < f->shape.layers; layer++) {
		const struct ll_layer *w = ll_packs_layer(f->packs, layer);

		attention_block(f, w, layer, rows, count);
		ffn_block(f, w, layer, count);
		if ((status = check_finite(f, layer, rows, count, err)) < 0)
			return status;
	}
	if (f->config.collect != NULL)
		collect_ends(f, rows, count);
	return 0;
}

void
ll_forward_norm(struct ll_forward *f, float *out, const float *state)
{
	ll_ops_rmsnorm(&f->ops, out, state, f->model->output_norm.data, f->model->hp.norm_eps, 1,
	    f->model->hp.dim);
}

void
ll_forward_logits(struct ll_forward *f, float *logits, const float *normed, size_t count)
{
	struct ll_matmul head = { ll_packs_head(f->packs), logits, f->model->hp.vocab };

	/* Else the layers told it. */
	if (f->shape.layers == 0)
		ll_packs_step(f->packs, count);
	ll_ops_matmul(&f->ops, &head, 1, normed, f->model->hp.dim, count);
	ll_adapt(&f->ops, f->config.adapters, f->low, LL_ADAPT_HEAD, 0, &head, 1, normed, f->model->hp.dim, count);
}

size_t
ll_forward_scores(struct ll_forward *f, unsigned char *out, float *logits, const uint32_t *ids, size_t count)
{
	size_t vocab = f->model->hp.vocab;

	for (size_t i = 0; i < count; i++) {
		memset(out + i * LL_SCORE_BYTES, 0, 8);
		memcpy(out + i * LL_SCORE_BYTES + 8, &ids[i], sizeof(ids[i]));
		memcpy(out + i * LL_SCORE_BYTES + 12, &logits[i * vocab + ids[i]], sizeof(*logits));
	}
	ll_ops_logsumexp(&f->ops, logits, vocab, logits, vocab, count);
	for (size_t i = 0; i < count; i++) {
		if (!isfinite(logits[i * vocab]))
			return i;
		memcpy(out + i * LL_SCORE_BYTES, &logits[i * vocab], sizeof(*logits));
	}
	return count;
}

int
ll_forward_fork(struct ll_forward *f, uint64_t child, uint64_t parent, size_t keep, struct ll_err *err)
{
	return ll_kv_fork(f->kv, child, parent, keep, err);
}

void
ll_forward_cut(struct ll_forward *f, uint64_t sequence, size_t keep)
{
	ll_kv_cut(f->kv, sequence, keep);
}

void
ll_forward_end(struct ll_forward *f, uint64_t sequence)
{
	ll_kv_end(f->kv, sequence);
}

size_t
ll_forward_bytes(const struct ll_forward *f)
{
	return ll_arena_used(f->arena) + ll_attention_bytes(f->attention) + ll_kv_bytes(f->kv);
}

size_t
ll_forward_packed(const struct ll_forward *f)
{
	return ll_packs_bytes(f->packs);
}

int
ll_forward_precision(const char *name, struct ll_err *err)
{
	if (strcmp(name, "default") == 0)
		return LL_PRECISION_DEFAULT;
	if (strcmp(name, "f32") == 0)
		return LL_PRECISION_F32;
	return ll_fail(err, LL_EUSAGE, "--precision: '%.50s' is not default or f32", name);
}

const char *
ll_forward_isa(const struct ll_forward *f)
{
	return ll_cpu_name(f->ops.kern->isa);
}
