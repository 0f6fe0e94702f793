/*
 * What the files of the net share: its activations, and what it works in.
 */

#ifndef LL_TRAIN_NET_MEMORY_H
#define LL_TRAIN_NET_MEMORY_H

#include "train/loops.h"
#include "train/net.h"
#include "train/product.h"

#ifdef LL_TRAIN_DOUBLE		/* so small that a small test has several of each */
#define LL_QUERIES 4
#define LL_HEAD_ROWS 8
#define LL_HEAD_COLS 48
#else
#define LL_QUERIES 64		/* rows of scores at a time */
#define LL_HEAD_ROWS 512	/* rows of logits at a time */
#define LL_HEAD_COLS 2048	/* and columns */
#endif
#define LL_WIDE (4u << 20)	/* numbers of frozen weights made wide at a time, at least a row */

struct ll_acts {		/* of one layer; r: 1 / root mean square, of each token */
	ll_real *x, *r1, *n1;		/* input, its norm */
	ll_real *q, *k, *v, *o, *lse;	/* rotated; lse [T][heads] */
	ll_real *x2, *r2, *n2;
	ll_real *gate, *up, *h;
};

struct ll_net_memory {
	const struct ll_loops *loops;
	struct ll_product *product;
	struct ll_acts *acts;		/* of each layer; with checkpointing all but x are one */
	ll_real *last, *r, *final;	/* behind the last layer, its norm */
	ll_real *dx, *dn;		/* [T][dim] */
	ll_real *dq, *dk, *dv, *d_o;
	ll_real *dh;			/* [T][ffn] */
	ll_real *low, *dlow;		/* [T][rank] */
	ll_real *dropped;		/* [T][most cols]: an adapter's input under dropout */
	ll_real *wide;			/* rows of frozen weights */
	ll_real *logits, *rows, *drows;	/* [LL_HEAD_ROWS][LL_HEAD_COLS], [..][dim] twice */
	ll_real *row_lse, *row_hot;	/* of those rows: log of sums, at temperature 1 and the teacher's */
	ll_real *row_target, *row_most;	/* the target's logit, the greatest */
	double *row_cross, *row_sum;	/* of the teaching's q: sum of q * (log q - logit / temperature), and of q */
	uint32_t *chosen;		/* [T]: tokens that count */
	size_t wide_count;
	size_t threads;
	struct ll_worker {		/* of each thread, for attention */
		struct ll_product *product;
		ll_real *p, *dp;	/* [LL_QUERIES][span] */
	} *workers;
	ll_real *block;			/* all of the above numbers */
	size_t block_count;
};

/* Calls fn for stretches of `grain` of `total` items, on all threads, whoever is free next. */
void ll_net_each(struct ll_net *net, size_t total, size_t grain,
    void (*fn)(void *arg, size_t begin, size_t end, size_t thread), void *arg);

/* count + rows * n numbers, rounded up to 64 bytes of floats; stays at 2^58 once it is there. */
size_t ll_count_more(size_t count, size_t rows, size_t n);

/* Lays out the memory; ll_net_bytes counts without taking any. */
int ll_net_memory_new(struct ll_net *net, struct ll_err *err);
void ll_net_memory_free(struct ll_net *net);
size_t ll_net_memory_count(const struct ll_hparams *hp, const struct ll_net_options *options, size_t threads);

/* A row of a frozen tensor, whole. */
void ll_linear_read(ll_real *out, const struct ll_tensor *tensor, size_t row);

/* Rows begin .. begin + n - 1 of weights: those that are learned, or made wide in `wide`. */
const ll_real *ll_linear_rows(struct ll_net *net, const struct ll_linear *linear, size_t begin, size_t n);

/* y [T][rows] = x [T][cols] W^T with the adapter. `key` tells matrices apart for dropout. */
void ll_linear_forward(struct ll_net *net, const struct ll_linear *linear, size_t key, size_t count,
    const ll_real *x, ll_real *y);
/* From dy: dx (add: +=), and gradients of what is learned. */
void ll_linear_back(struct ll_net *net, const struct ll_linear *linear, size_t key, size_t count,
    const ll_real *x, const ll_real *dy, ll_real *dx, bool add);

/* Causal attention within each stretch, all heads: o and lse from q, k, v. */
void ll_attend_forward(struct ll_net *net, const struct ll_batch *batch, struct ll_acts *acts);
/* dq, dk, dv from d_o. */
void ll_attend_back(struct ll_net *net, const struct ll_batch *batch, const struct ll_acts *acts);

/* The loss of memory->final; where `learn`, memory->dn becomes its gradient. */
void ll_output_run(struct ll_net *net, const struct ll_batch *batch, bool learn, struct ll_loss *loss);

#endif
