/*
 * The loops of training that are no products of matrices: norms, rotation, softmax, SwiGLU,
 * each forward and backward, over one row; and the optimiser's step. One table per ISA, made
 * from one source (loops_make.h) by the compiler: each result is made in the same steps, so the
 * bits are the same. A sum over a row has LL_LANES lanes, folded in halves (tensor/kern.h).
 */

#ifndef LL_TRAIN_LOOPS_H
#define LL_TRAIN_LOOPS_H

#include <stddef.h>

#include "base/cpu.h"
#include "train/real.h"

/* What one step of AdamW needs beside the arrays (Loshchilov and Hutter 2019, algorithm 2). */
struct ll_adamw {
	ll_real rate;			/* of learning, this step's */
	ll_real beta1, beta2, epsilon;
	ll_real decay;			/* rate * weight decay */
	ll_real unbias1, unbias2;	/* 1 / (1 - beta^step) */
	ll_real scale;			/* what gradients are multiplied by: clipping, mean over tokens */
};

struct ll_loops {
	/* RMSNorm (Zhang and Sennrich 2019): y = gain * x * r; returns r = 1 / sqrt(mean(x^2) + eps). */
	ll_real (*norm)(ll_real *y, const ll_real *x, const ll_real *gain, ll_real eps, size_t n);
	/* dx += of that, from dy. */
	void (*norm_back)(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *gain, ll_real r, size_t n);
	/* dgain += dy * x * r */
	void (*gain_back)(ll_real *dgain, const ll_real *dy, const ll_real *x, ll_real r, size_t n);
	/* Rotates pairs (2i, 2i + 1), or (i, i + n/2) with `halves`, by angles of these cosines and sines. */
	void (*rotate)(ll_real *x, const ll_real *cosine, const ll_real *sine, size_t n);
	void (*rotate_halves)(ll_real *x, const ll_real *cosine, const ll_real *sine, size_t n);
	/* h = gate * sigmoid(gate) * up */
	void (*swiglu)(ll_real *h, const ll_real *gate, const ll_real *up, size_t n);
	/* Puts the gradients of gate and up in their place, from dh. */
	void (*swiglu_back)(ll_real *gate, ll_real *up, const ll_real *dh, size_t n);
	/* s = exp(s * scale - log of their sum); returns that logarithm. */
	ll_real (*softmax)(ll_real *s, ll_real scale, size_t n);
	/* s = exp(s * scale - lse) */
	void (*exponentials)(ll_real *s, ll_real scale, ll_real lse, size_t n);
	/* log of the sum of exp(s * scale) */
	ll_real (*logsumexp)(const ll_real *s, ll_real scale, size_t n);
	/* dp = p * (dp - delta) * scale */
	void (*softmax_back)(ll_real *dp, const ll_real *p, ll_real delta, ll_real scale, size_t n);
	ll_real (*greatest)(const ll_real *s, size_t n);
	ll_real (*dot)(const ll_real *a, const ll_real *b, size_t n);
	void (*add)(ll_real *y, const ll_real *x, size_t n);
	void (*scale)(ll_real *y, ll_real by, size_t n);
	/* value and its moments m and v, from grad */
	void (*adamw)(ll_real *value, ll_real *m, ll_real *v, const ll_real *grad, const struct ll_adamw *step, size_t n);
};

const struct ll_loops *ll_loops(enum ll_isa isa);

extern const struct ll_loops ll_loops_ref;
#ifndef LL_TRAIN_DOUBLE
extern const struct ll_loops ll_loops_avx2, ll_loops_avx512, ll_loops_neon;
#endif

#endif
