/*
 * Attention as an entry of kernels.h. It is measured through forward/forward.h, whatever its
 * cache looks like, in a model that is next to nothing else: the time of rows at a depth, less
 * that of the same rows of a sequence that begins. Its weights are zeros, so that keys and
 * values are, and all positions weigh the same: none can be passed over.
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "bench/kernels.h"
#include "bench/probe.h"
#include "forward/forward.h"
#include "model/model.h"

#define DIM 32		/* one block of Q8_0: what is not attention is as little as can be */
#define CHUNK 256
#define MOST_LAYERS 64
#define FILL_WINDOW 32
#define KV_BYTES 2
#define STEPS 3		/* in a round, of each kind, while there is one row */

enum { HEADS, KV_HEADS, HEAD_DIM };
enum { DEEP = 1, SHALLOW };

struct thin {
	struct ll_model model;
	struct ll_layer layer[MOST_LAYERS];
	float *ones, *freqs;
	void *zeros;		/* of the largest matrix */
	struct ll_forward *forward;
	struct ll_row *rows;
};

static size_t
kv_bytes(const struct ll_kernel_run *run)
{
	return 2 * run->shape[KV_HEADS] * run->shape[HEAD_DIM] * KV_BYTES * (run->config->depth + run->rows);
}

/* As many as do not fit the caches; but one row alone takes so little of each that memory counts. */
static size_t
layers(const struct ll_kernel_run *run)
{
	size_t wanted = 1;

	if (run->config->memory && run->rows < 16)
		wanted = ll_probe_memory(run->config->threads) / kv_bytes(run) + 1;
	return wanted < MOST_LAYERS ? wanted : MOST_LAYERS;
}

static struct ll_tensor
matrix(const struct thin *thin, size_t rows, size_t cols)
{
	struct ll_tensor w = { .type = LL_Q8_0, .rows = rows, .cols = cols, .data = thin->zeros };

	(void)ll_dtype_row_bytes(LL_Q8_0, cols, &w.row_bytes);
	return w;
}

static void
set_model(struct thin *thin, const struct ll_kernel_run *run)
{
	size_t q_dim = run->shape[HEADS] * run->shape[HEAD_DIM], kv_dim = run->shape[KV_HEADS] * run->shape[HEAD_DIM];
	const struct ll_tensor norm = { .type = LL_F32, .rows = 1, .cols = DIM, .row_bytes = DIM * sizeof(float),
		.data = thin->ones };
	const struct ll_layer layer = {
		.attn_norm = norm, .ffn_norm = norm, .wq = matrix(thin, q_dim, DIM), .wk = matrix(thin, kv_dim, DIM),
		.wv = matrix(thin, kv_dim, DIM), .wo = matrix(thin, DIM, q_dim), .gate = matrix(thin, DIM, DIM),
		.up = matrix(thin, DIM, DIM), .down = matrix(thin, DIM, DIM), .heads = run->shape[HEADS],
		.kv_heads = run->shape[KV_HEADS], .ffn = DIM,
	};

	thin->model = (struct ll_model){
		.hp = { .layers = layers(run), .context = run->config->depth + run->rows, .dim = DIM, .ffn = DIM,
		    .heads = run->shape[HEADS], .kv_heads = run->shape[KV_HEADS], .head_dim = run->shape[HEAD_DIM],
		    .vocab = DIM, .rope_dim = run->shape[HEAD_DIM], .rope_base = 500000, .norm_eps = 1e-5f },
		.output_norm = norm, .output = matrix(thin, DIM, DIM), .embedding = matrix(thin, DIM, DIM),
		.rope_freqs = thin->freqs, .rope_magnitude = 1, .layers = thin->layer,
	};
	for (size_t i = 0; i < thin->model.hp.layers; i++)
		thin->layer[i] = layer;
}

static int
run_rows(struct thin *thin, uint64_t sequence, size_t begin, size_t count, struct ll_err *err)
{
	float *states = ll_forward_states(thin->forward);

	for (size_t i = 0; i < count; i++)
		thin->rows[i] = (struct ll_row){ sequence << 32, begin + i };
	for (size_t i = 0; i < count * DIM; i++)
		states[i] = 1;
	return ll_forward_layers(thin->forward, thin->rows, count, err);
}

/* See steps.c for the window. */
static int
fill(struct thin *thin, size_t depth, struct ll_err *err)
{
	int status = 0;

	thin->model.hp.window = FILL_WINDOW;
	for (size_t at = 0; at < depth && status == 0; at += CHUNK)
		status = run_rows(thin, DEEP, at, depth - at < CHUNK ? depth - at : CHUNK, err);
	thin->model.hp.window = 0;
	return status;
}

static void
attention_close(struct ll_kernel_run *run)
{
	struct thin *thin = run->state;

	ll_forward_free(thin->forward);
	free(thin->ones);
	free(thin->freqs);
	free(thin->zeros);
	free(thin->rows);
	free(thin);
}

static int
attention_open(struct ll_kernel_run *run, struct ll_err *err)
{
	size_t q_dim = run->shape[HEADS] * run->shape[HEAD_DIM], most = run->rows > CHUNK ? run->rows : CHUNK;
	struct ll_forward_config config = { .rows = most, .threads = run->config->threads, .pack = LL_PACK_NEVER,
		.kv_type = { LL_KV_F16, LL_KV_F16 } };
	struct thin *thin;
	int status;

	if (run->shape[HEADS] % run->shape[KV_HEADS] != 0 || run->shape[HEAD_DIM] % 32 != 0)
		return ll_fail(err, LL_EUSAGE, "--shape: %zu heads over %zu of %zu: not a multiple, or not of 32",
		    run->shape[HEADS], run->shape[KV_HEADS], run->shape[HEAD_DIM]);
	if ((thin = run->state = ll_alloc(1, sizeof(*thin), err)) == NULL)
		return -LL_ENOMEM;
	thin->ones = ll_alloc(DIM, sizeof(float), err);
	thin->freqs = ll_alloc(run->shape[HEAD_DIM] / 2, sizeof(float), err);
	thin->zeros = ll_alloc(q_dim, 2 * DIM, err);
	thin->rows = ll_alloc(most, sizeof(*thin->rows), err);
	if (thin->ones == NULL || thin->freqs == NULL || thin->zeros == NULL || thin->rows == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < DIM; i++)
		thin->ones[i] = 1;
	set_model(thin, run);
	config.end = thin->model.hp.layers;
	if ((status = ll_forward_new(&thin->forward, &thin->model, &config, err)) < 0)
		return status;
	return fill(thin, run->config->depth, err);
}

static int
time_rows(struct ll_kernel_run *run, uint64_t sequence, size_t depth, double *seconds, struct ll_err *err)
{
	struct thin *thin = run->state;
	size_t steps = run->rows == 1 ? STEPS : 1;
	double begin = ll_clock_seconds();
	int status = 0;

	for (size_t i = 0; i < steps && status == 0; i++) {
		status = run_rows(thin, sequence, depth, run->rows, err);
		ll_forward_cut(thin->forward, sequence << 32, depth);
	}
	*seconds = (ll_clock_seconds() - begin) / (double)steps;
	return status;
}

static int
attention_seconds(struct ll_kernel_run *run, double *seconds, struct ll_err *err)
{
	double deep, shallow;
	int status;

	if ((status = time_rows(run, DEEP, run->config->depth, &deep, err)) < 0 ||
	    (status = time_rows(run, SHALLOW, 0, &shallow, err)) < 0)
		return status;
	/* On a machine that is busy with other things it may be less than nothing. */
	*seconds = (deep > shallow ? deep - shallow : deep) / (double)layers(run);
	return 0;
}

/* What `rows` rows do more at the depth than at the beginning, in one layer. */
static struct ll_work
attention_work(const struct ll_kernel_run *run)
{
	double pairs = (double)run->rows * (double)run->config->depth;

	return (struct ll_work){
		.bytes = 2.0 * (double)(run->shape[KV_HEADS] * run->shape[HEAD_DIM]) * KV_BYTES * (double)run->config->depth,
		.ops = { [LL_PEAK_BF16] = 4.0 * (double)(run->shape[HEADS] * run->shape[HEAD_DIM]) * pairs },
	};
}

const struct ll_kernel ll_kernel_attention = {
	.name = "attention", .dims = "HEADSxKV_HEADSxSIZE", .dim_count = 3, .shape = { 32, 8, 128 },
	.rows = { 1, 64 }, .work = attention_work, .open = attention_open, .close = attention_close,
	.seconds = attention_seconds,
};
